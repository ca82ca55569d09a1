package soc2.access.strong_authentication_test

import rego.v1

import data.soc2.access.strong_authentication

_list(items) := {"complete": true, "items": items}

_dave := _list([{"login": "dave"}])

_organization(fields) := {"kind": "github_organization", "object": object.union(
	{
		"two_factor_required": true,
		"members_without_two_factor": _list([]),
		"members_with_insecure_two_factor": _list([]),
		"outside_collaborators": _list([]),
		"single_sign_on": {"enforced": true, "unlinked_members": _list([])},
	},
	fields,
)}

_loose := {"ACC-09": {"single_sign_on": false, "secure_methods": false}}

_strict := {"ACC-09": {"single_sign_on": true, "secure_methods": true}}

test_allow_second_factor_for_all if {
	every parameters in [_loose, _strict] {
		strong_authentication.applicable with input as _organization({}) with data.parameters as parameters
		strong_authentication.deny == set() with input as _organization({}) with data.parameters as parameters
		strong_authentication.unknown == set() with input as _organization({}) with data.parameters as parameters
	}
}

test_deny_without_a_second_factor if {
	strong_authentication.deny == {
		{"message": "two-factor authentication is not required", "path": ["two_factor_required"]},
		{"message": "member dave has no two-factor authentication", "path": ["members_without_two_factor", "items", 0]},
		{
			"message": "outside collaborator eve has no two-factor authentication",
			"path": ["outside_collaborators", "items", 0],
		},
	} with input as _organization({
		"two_factor_required": false,
		"members_without_two_factor": _dave,
		"outside_collaborators": _list([{"login": "eve", "two_factor": false}]),
	})
		with data.parameters as _loose
}

test_deny_insecure_methods_where_refused if {
	request := _organization({"members_with_insecure_two_factor": _dave})
	strong_authentication.deny == set() with input as request with data.parameters as _loose
	strong_authentication.deny == {{
		"message": "member dave has two-factor authentication that is not secure",
		"path": ["members_with_insecure_two_factor", "items", 0],
	}} with input as request with data.parameters as _strict
}

test_deny_single_sign_on_where_asked_for if {
	none := _organization({"single_sign_on": null})
	strong_authentication.deny == set() with input as none with data.parameters as _loose
	strong_authentication.deny == {{"message": "there is no single sign-on", "path": ["single_sign_on"]}}
		with input as none
		with data.parameters as _strict
	strong_authentication.deny == {
		{"message": "single sign-on is not enforced", "path": ["single_sign_on", "enforced"]},
		{
			"message": "member dave has no identity at the provider",
			"path": ["single_sign_on", "unlinked_members", "items", 0],
		},
	} with input as _organization({"single_sign_on": {"enforced": false, "unlinked_members": _dave}})
		with data.parameters as _strict
}

test_unknown_not_read if {
	nothing := {"object": {}}
	strong_authentication.deny == set() with input as nothing with data.parameters as _strict
	count(strong_authentication.unknown) == 3 with input as nothing with data.parameters as _loose
	count(strong_authentication.unknown) == 5 with input as nothing with data.parameters as _strict
	of_eve := "the two-factor authentication of outside collaborator eve"
	collaborator := json.patch(
		_organization({"outside_collaborators": _list([{"login": "eve"}])}),
		[{"op": "replace", "path": "object/single_sign_on", "value": {}}],
	)
	strong_authentication.unknown == {
		{
			"message": sprintf("%s could not be read: the document does not say why", [of_eve]),
			"path": ["outside_collaborators", "items", 0],
		},
		{
			"message": "the enforcement of single sign-on could not be read: the document does not say why",
			"path": ["single_sign_on"],
		},
		{
			"message": "the members without an identity could not be read: the document does not say why",
			"path": ["single_sign_on"],
		},
	} with input as collaborator with data.parameters as _strict
}

test_unknown_without_parameters if {
	strong_authentication.unknown == {{"message": "the parameters have no value"}} with input as _organization({})
		with data.parameters as {"ACC-09": {}}
}
