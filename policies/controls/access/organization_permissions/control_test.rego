package soc2.access.organization_permissions_test

import rego.v1

import data.soc2.access.organization_permissions

_list(items) := {"complete": true, "items": items}

_organization(fields) := {"kind": "github_organization", "object": object.union(
	{
		"default_repository_permission": "read",
		"admins": _list([{"login": "bob"}]),
		"outside_collaborators": _list([]),
		"pending_invitations": _list([]),
		"installations": _list([]),
	},
	fields,
)}

_repository(fields) := {"kind": "github_repository", "object": object.union(
	{"outside_collaborators": _list([]), "deploy_keys": _list([])},
	fields,
)}

_parameters := {"ACC-10": {
	"base_permissions": ["none", "read"],
	"most_admins": 1,
	"outsiders": ["Eve"],
	"apps": ["known"],
	"writing_keys": [6],
}}

_app(name, permissions) := {"app": name, "permissions": permissions, "suspended": false}

test_allow_what_was_given if {
	every request in [
		_organization({
			"outside_collaborators": _list([{"login": "eve"}]),
			"installations": _list([_app("known", {"members": "write"}), _app("other", {"members": "read"})]),
			"pending_invitations": _list([{"role": "direct_member"}]),
		}),
		_repository({"deploy_keys": _list([{"id": 6, "read_only": false}, {"id": 7, "read_only": true}])}),
	] {
		organization_permissions.applicable with input as request with data.parameters as _parameters
		organization_permissions.deny == set() with input as request with data.parameters as _parameters
		organization_permissions.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_more_than_was_given if {
	organization_permissions.deny == {
		{
			"message": "every member has permission write in every repository",
			"path": ["default_repository_permission"],
		},
		{"message": "there are 2 owners, invited ones counted, and not at most 1", "path": ["admins"]},
		{"message": "outside collaborator mallory was not approved", "path": ["outside_collaborators", "items", 0]},
		{
			"message": "app other may change members and was not approved for it",
			"path": ["installations", "items", 0, "permissions", "members"],
		},
	} with input as _organization({
		"default_repository_permission": "write",
		"pending_invitations": _list([{"role": "admin"}]),
		"outside_collaborators": _list([{"login": "mallory"}]),
		"installations": _list([_app("other", {"members": "write", "metadata": "read"})]),
	})
		with data.parameters as _parameters
}

test_deny_key_that_writes if {
	organization_permissions.deny == {{
		"message": "deploy key 7 may write and was not approved",
		"path": ["deploy_keys", "items", 0, "read_only"],
	}} with input as _repository({"deploy_keys": _list([{"id": 7, "read_only": false}])})
		with data.parameters as _parameters
}

test_unknown_not_read if {
	every kind, number in {"github_organization": 5, "github_repository": 2} {
		nothing := {"kind": kind, "object": {}}
		organization_permissions.deny == set() with input as nothing with data.parameters as _parameters
		count(organization_permissions.unknown) == number with input as nothing with data.parameters as _parameters
	}
}

test_unknown_without_parameters if {
	organization_permissions.unknown == {{"message": "the parameters have no value"}} with input as _organization({})
		with data.parameters as {"ACC-10": {}}
}
