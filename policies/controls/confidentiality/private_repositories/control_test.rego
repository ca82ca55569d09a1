package soc2.confidentiality.private_repositories_test

import rego.v1

import data.soc2.confidentiality.private_repositories

_repository(name, visibility) := {
	"kind": "github_repository",
	"object": {"owner": "acme", "name": name, "visibility": visibility},
}

_organization(privileges) := {"kind": "github_organization", "object": {"member_privileges": privileges}}

_parameters := {"CNF-03": {"public_repositories": ["Acme/web*"], "privileges": ["change_visibility"]}}

test_allow_private if {
	every request in [
		_repository("shop", "private"),
		_repository("shop", "internal"),
		_repository("website", "public"),
		_organization({"change_visibility": false, "create_public_pages": true}),
	] {
		private_repositories.applicable with input as request with data.parameters as _parameters
		private_repositories.deny == set() with input as request with data.parameters as _parameters
		private_repositories.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_public if {
	private_repositories.deny == {{
		"message": "the repository is public",
		"path": ["visibility"],
	}} with input as _repository("shop", "public") with data.parameters as _parameters
}

test_deny_privilege if {
	private_repositories.deny == {{
		"message": "members may change the visibility of repositories",
		"path": ["member_privileges", "change_visibility"],
	}} with input as _organization({"change_visibility": true}) with data.parameters as _parameters
}

test_unknown_privileges_not_read if {
	private_repositories.unknown == {{
		"message": "whether members may change the visibility of repositories was not read",
		"path": ["member_privileges"],
	}} with input as _organization({}) with data.parameters as _parameters
	nothing := {"kind": "github_organization", "object": {}}
	count(private_repositories.unknown) == 1 with input as nothing with data.parameters as _parameters
}

test_unknown_without_parameters if {
	private_repositories.unknown == {{"message": "the parameters have no value"}}
		with input as _repository("shop", "private")
		with data.parameters as {"CNF-03": {}}
}
