package soc2.lib.branch_rules_test

import rego.v1

import data.soc2.lib.branch_rules

_ruleset(enforcement, rules) := {"id": 1, "name": "a", "enforcement": enforcement, "rules": rules}

_branch(fields) := object.union(
	{"name": "main", "protection": null, "rulesets": {"complete": true, "items": []}},
	fields,
)

_repository(branches) := {"object": {
	"default_branch": "main",
	"archived": false,
	"branches": {"complete": true, "items": branches},
	"tag_rulesets": {"complete": true, "items": [{"ruleset": _ruleset("active", [])}]},
}}

_pull_request := {"required_approvals": 1}

_both := _branch({
	"protection": {"pull_request": _pull_request, "status_checks": {"strict": true}},
	"rulesets": {"complete": true, "items": [
		_ruleset("active", [
			{"type": "deletion"},
			{"type": "pull_request", "pull_request": {"required_approvals": 2}},
			{"type": "required_status_checks", "status_checks": {"strict": false}},
		]),
		_ruleset("evaluate", [{"type": "update"}]),
	]},
})

test_allow_both_sources_together if {
	request := _repository([_both])
	branch_rules.pull_requests == {0: [_pull_request, {"required_approvals": 2}]} with input as request
	branch_rules.status_checks == {0: [{"strict": true}, {"strict": false}]} with input as request
	branch_rules.gaps == {0: set()} with input as request
	branch_rules.unread == set() with input as request
	branch_rules.unread_tags == set() with input as request
	branch_rules.place(0) == ["branches", "items", 0, "name"]
}

test_allow_active_rulesets_only if {
	branch_rules.types(_both) == {"deletion", "pull_request", "required_status_checks"}
	request := _repository([_both])
	paths := {path | some path, _ in branch_rules.active_rulesets} with input as request
	paths == {
		["branches", "items", 0, "rulesets", "items", 0],
		["tag_rulesets", "items", 0, "ruleset"],
	}
}

test_allow_nothing_of_an_archived_repository if {
	archived := {"object": {"archived": true, "branches": {"items": [_both]}}}
	branch_rules.branches == {} with input as archived
	branch_rules.active_rulesets == {} with input as archived
	branch_rules.unread == set() with input as archived
	branch_rules.unread_tags == set() with input as archived
}

test_unknown_parts_of_a_branch if {
	branch := {"name": "main", "rulesets": {"complete": false, "items": []}}
	branch_rules.gaps == {0: {
		{
			"message": `the protection of branch "main" could not be read: the document does not say why`,
			"path": ["branches", "items", 0],
		},
		{
			"message": `the list of rulesets of branch "main" was cut short, so nothing can be concluded from it`,
			"path": ["branches", "items", 0, "rulesets"],
		},
	}} with input as _repository([branch])
}

test_unknown_branches_and_tags_not_read if {
	count(branch_rules.unread) == 1 with input as {"object": {}}
	count(branch_rules.unread_tags) == 1 with input as {"object": {}}
}
