package soc2.change.independent_approval_test

import rego.v1

import data.soc2.change.independent_approval as control

_parameters := {"CHG-01": {"minimum_approvals": 1, "unattended_bots": []}}

_approval(login, can_push) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": can_push,
}

_pull(reviews) := {"object": {
	"state": "open",
	"author": {"login": "alice", "type": "user"},
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": reviews},
}}

test_allow_approved if {
	reviews := [_approval("bob", true)]
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
	control.applicable with input as _pull(reviews) with data.parameters as _parameters
}

test_deny_not_approved if {
	expected := {{"message": "the change has 0 of 1 independent approvals", "path": ["reviews"]}}
	control.deny == expected with input as _pull([]) with data.parameters as _parameters
}

test_deny_approved_by_the_author if {
	message := "the approval by \"Alice\" does not count: the reviewer is the author of the change"
	expected := {
		{"message": "the change has 0 of 1 independent approvals", "path": ["reviews"]},
		{"message": message, "path": ["reviews", "items", 0]},
	}
	control.deny == expected with input as _pull([_approval("Alice", true)]) with data.parameters as _parameters
}

test_deny_too_few if {
	two := {"CHG-01": {"minimum_approvals": 2, "unattended_bots": []}}
	expected := {{"message": "the change has 1 of 2 independent approvals", "path": ["reviews"]}}
	control.deny == expected with input as _pull([_approval("bob", true)]) with data.parameters as two
}

test_unknown_write_access if {
	reviews := [_approval("bob", null)]
	message := "whether the approval by \"bob\" counts is not known: the reviewer's write access is not known"
	expected := {{"message": message, "path": ["reviews", "items", 0]}}
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == expected with input as _pull(reviews) with data.parameters as _parameters
}

test_allow_another_approval_in_doubt if {
	reviews := [_approval("bob", null), _approval("carol", true)]
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
}

test_unknown_reviews_cut_short if {
	pull := {"object": {"author": {"login": "alice", "type": "user"}, "reviews": {"complete": false, "items": []}}}
	message := "the list of reviews was cut short, so nothing can be concluded from it"
	control.deny == set() with input as pull with data.parameters as _parameters
	expected := {{"message": message, "path": ["reviews"]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_without_parameter if {
	expected := {{"message": "the parameter minimum_approvals has no value"}}
	control.deny == set() with input as _pull([]) with data.parameters as {"CHG-01": {}}
	control.unknown == expected with input as _pull([]) with data.parameters as {"CHG-01": {}}
}

test_allow_unattended_bot if {
	robot := {"login": "dependabot", "type": "bot"}
	pull := {"object": {
		"author": robot,
		"triggered_by": null,
		"head": {"oid": "aaaa"},
		"reviews": {"complete": true, "items": []},
		"files": {"complete": true, "items": [{"path": "package-lock.json"}]},
		"commits": {"complete": true, "items": [{"oid": "aaaa", "authors": [robot], "committer": robot}]},
		"pushes": {"complete": true, "items": [{"actor": robot, "after": "aaaa"}]},
	}}
	rules := [{"login": "dependabot", "paths": ["package-lock.json"]}]
	granted := {"CHG-01": {"minimum_approvals": 1, "unattended_bots": rules}}
	not control.applicable with input as pull with data.parameters as granted
	control.deny == set() with input as pull with data.parameters as granted
	approval := object.union(_approval("bob", true), {"author_can_push": null})
	doubtful := {"object": object.union(pull.object, {"reviews": {"complete": false, "items": [approval]}})}
	control.unknown == set() with input as doubtful with data.parameters as granted
	control.applicable with input as pull with data.parameters as _parameters
}
