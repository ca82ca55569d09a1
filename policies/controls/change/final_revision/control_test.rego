package soc2.change.final_revision_test

import rego.v1

import data.soc2.change.final_revision as control

_parameters := {"CHG-02": {"minimum_approvals": 1, "unattended_bots": []}}

_approval(login, oid) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": oid,
	"author_can_push": true,
}

_pull(reviews) := {"object": {
	"state": "open",
	"author": {"login": "alice", "type": "user"},
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": reviews},
	"base_changes": {"complete": true, "items": []},
}}

_bob := ["reviews", "items", 0]

test_allow_head_approved if {
	reviews := [_approval("bob", "aaaa"), _approval("carol", "bbbb")]
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
	control.applicable with input as _pull(reviews) with data.parameters as _parameters
}

test_deny_older_commit_approved if {
	message := "the approval by \"bob\" does not count: it is for bbbb, which is not the head commit"
	expected := {
		{"message": "the final revision has 0 of 1 independent approvals", "path": ["reviews"]},
		{"message": message, "path": _bob},
	}
	control.deny == expected with input as _pull([_approval("bob", "bbbb")]) with data.parameters as _parameters
}

# That the author's approval counts for nothing is said by CHG-01.
test_deny_head_approved_by_the_author if {
	expected := {{"message": "the final revision has 0 of 1 independent approvals", "path": ["reviews"]}}
	control.deny == expected with input as _pull([_approval("alice", "aaaa")]) with data.parameters as _parameters
}

test_unknown_commit_not_named if {
	prefix := "whether the approval by \"bob\" counts is not known:"
	message := sprintf("%s GitHub no longer names the commit that was reviewed", [prefix])
	reviews := [_approval("bob", null)]
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == {{"message": message, "path": _bob}} with input as _pull(reviews)
		with data.parameters as _parameters
}

test_unknown_write_access if {
	reviews := [object.union(_approval("bob", "aaaa"), {"author_can_push": null})]
	message := "whether the approval by \"bob\" counts is not known: the reviewer's write access is not known"
	control.unknown == {{"message": message, "path": _bob}} with input as _pull(reviews)
		with data.parameters as _parameters
}

test_allow_another_approval_in_doubt if {
	reviews := [_approval("bob", null), _approval("carol", "aaaa")]
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
}

test_unknown_reviews_cut_short if {
	pull := {"object": object.union(_pull([]).object, {"reviews": {"complete": false}})}
	message := "the list of reviews was cut short, so nothing can be concluded from it"
	control.deny == set() with input as pull with data.parameters as _parameters
	expected := {{"message": message, "path": ["reviews"]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_without_parameter if {
	expected := {{"message": "the parameter minimum_approvals has no value"}}
	control.deny == set() with input as _pull([]) with data.parameters as {"CHG-02": {}}
	control.unknown == expected with input as _pull([]) with data.parameters as {"CHG-02": {}}
}

test_allow_unattended_bot if {
	robot := {"login": "dependabot", "type": "bot"}
	pull := {"object": object.union(_pull([]).object, {
		"author": robot,
		"triggered_by": null,
		"files": {"complete": true, "items": [{"path": "package-lock.json"}]},
		"commits": {"complete": true, "items": [{"oid": "aaaa", "authors": [robot], "committer": robot}]},
		"pushes": {"complete": true, "items": [{"actor": robot, "after": "aaaa"}]},
	})}
	rules := [{"login": "dependabot", "paths": ["package-lock.json"]}]
	granted := {"CHG-02": {"minimum_approvals": 1, "unattended_bots": rules}}
	not control.applicable with input as pull with data.parameters as granted
	control.deny == set() with input as pull with data.parameters as granted
	approval := object.union(_approval("bob", "aaaa"), {"author_can_push": null})
	doubtful := {"object": object.union(pull.object, {"reviews": {"complete": false, "items": [approval]}})}
	control.unknown == set() with input as doubtful with data.parameters as granted
}
