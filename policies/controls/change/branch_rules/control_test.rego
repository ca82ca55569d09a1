package soc2.change.branch_rules_test

import rego.v1

import data.soc2.change.branch_rules

_pull_request := {
	"required_approvals": 1,
	"dismiss_stale_reviews": true,
	"require_code_owners": true,
	"require_last_push_approval": true,
}

_protection := {
	"pull_request": _pull_request,
	"status_checks": {"strict": true, "checks": [{"context": "ci"}]},
}

_branch(protection) := {"name": "main", "protection": protection, "rulesets": {"complete": true, "items": []}}

_repository(branch) := {
	"kind": "github_repository",
	"object": {"archived": false, "default_branch": "main", "branches": {"complete": true, "items": [branch]}},
}

_demands := ["code_owners", "last_push_approval", "stale_dismissal", "strict_checks"]

_parameters := {"CHG-11": {"approvals": 1, "demands": _demands}}

_at(message) := {"message": message, "path": ["branches", "items", 0, "name"]}

test_allow_everything_demanded if {
	request := _repository(_branch(_protection))
	branch_rules.applicable with input as request with data.parameters as _parameters
	branch_rules.deny == set() with input as request with data.parameters as _parameters
	branch_rules.unknown == set() with input as request with data.parameters as _parameters
}

test_deny_no_protection if {
	branch_rules.deny == {
		_at(`branch "main" takes changes without a pull request`),
		_at(`branch "main" does not ask code owners`),
		_at(`branch "main" lets who pushed last approve the push`),
		_at(`branch "main" keeps approvals when something is pushed`),
		_at(`branch "main" requires no checks on an up-to-date branch`),
	} with input as _repository(_branch(null)) with data.parameters as _parameters
}

test_deny_too_few_approvals if {
	two := {"CHG-11": {"approvals": 2, "demands": _demands}}
	request := _repository(_branch(_protection))
	branch_rules.deny == {_at(`branch "main" asks for 1 approvals, not for 2`)} with input as request
		with data.parameters as two
}

test_allow_what_is_not_demanded if {
	weak := {"pull_request": {"required_approvals": 1}, "status_checks": null}
	branch_rules.deny == set() with input as _repository(_branch(weak))
		with data.parameters as {"CHG-11": {"approvals": 1, "demands": []}}
}

test_unknown_protection_not_read if {
	request := _repository(object.remove(_branch(null), ["protection"]))
	branch_rules.deny == set() with input as request with data.parameters as _parameters
	branch_rules.unknown == {{
		"message": `the protection of branch "main" could not be read: the document does not say why`,
		"path": ["branches", "items", 0],
	}} with input as request with data.parameters as _parameters
}

test_unknown_branches_not_read if {
	request := {"object": {"archived": false, "default_branch": "main"}}
	count(branch_rules.unknown) == 1 with input as request with data.parameters as _parameters
}

test_unknown_without_parameters if {
	request := _repository(_branch(_protection))
	branch_rules.unknown == {{"message": "the parameters have no value"}} with input as request
		with data.parameters as {"CHG-11": {}}
}

test_allow_archived if {
	request := {"object": {"archived": true, "default_branch": "main"}}
	not branch_rules.applicable with input as request with data.parameters as _parameters
}
