package soc2.change.sensitive_paths_test

import rego.v1

import data.soc2.change.sensitive_paths as control

_alice := {"login": "alice", "type": "user"}

_approval(login) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": true,
}

_commit := {
	"oid": "aaaa",
	"parents": ["cccc"],
	"authors": [{"login": "alice"}],
	"committer": {"login": "alice"},
	"committed_via_web": false,
	"merges_base": false,
	"clean_merge": false,
}

_pull := {
	"state": "open",
	"author": _alice,
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": [_approval("bob")]},
	"base_changes": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _alice, "before": null, "after": "aaaa", "forced": false}]},
	"files": {"complete": true, "items": [{"path": "README.md"}, {"path": ".github/workflows/ci.yml"}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_reviews(items) := _except({"reviews": {"complete": true, "items": items}})

_parameters := {"CHG-06": {"minimum_approvals": 2, "paths": [".github/workflows/**"]}}

_place := ["files", "items", 1, "path"]

test_allow_two_approvals if {
	pull := _reviews([_approval("bob"), _approval("carol")])
	control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_allow_nothing_sensitive if {
	pull := _except({"files": {"complete": true, "items": [{"path": "README.md"}]}})
	not control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_deny_one_approval if {
	reviews := [_approval("bob"), _approval("alice")]
	message := concat("", [
		"sensitive: .github/workflows/ci.yml; ",
		"the change has 1 of 2 approvals by people who did not contribute to it",
	])
	expected := {
		{"message": message, "path": _place},
		{
			"message": "the approval by \"alice\" does not count: the reviewer is the author of the change",
			"path": ["reviews", "items", 1],
		},
		{
			"message": concat(" ", [
				"the approval by \"alice\" does not count:",
				"the reviewer committed aaaa, opened the change, pushed to the branch, wrote aaaa",
			]),
			"path": ["reviews", "items", 1],
		},
	}
	control.deny == expected with input as _reviews(reviews) with data.parameters as _parameters
}

test_unknown_write_access_of_the_second if {
	reviews := [_approval("bob"), object.union(_approval("carol"), {"author_can_push": null})]
	message := "whether the approval by \"carol\" counts is not known: the reviewer's write access is not known"
	expected := {{"message": message, "path": ["reviews", "items", 1]}}
	control.deny == set() with input as _reviews(reviews) with data.parameters as _parameters
	control.unknown == expected with input as _reviews(reviews) with data.parameters as _parameters
}

test_unknown_lists_cut_short if {
	pull := _except({"reviews": {"complete": false}, "files": {"complete": false}})
	expected := {{"message": message, "path": [section]} |
		some section, things in {"reviews": "reviews", "files": "changed files"}
		message := sprintf("the list of %s was cut short, so nothing can be concluded from it", [things])
	}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_without_parameters if {
	expected := {
		{"message": "the parameter minimum_approvals has no value"},
		{"message": "the parameter paths has no value"},
	}
	control.unknown == expected with input as _except({}) with data.parameters as {"CHG-06": {}}
}
