package soc2.change.approver_contribution_test

import rego.v1

import data.soc2.change.approver_contribution as control

_parameters := {"CHG-03": {"minimum_approvals": 1, "unattended_bots": []}}

_alice := {"login": "alice", "type": "user"}

_approval(login, oid) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": oid,
	"author_can_push": true,
}

_commit := {
	"oid": "aaaa",
	"parents": ["cccc"],
	"authors": [{"login": "alice"}, {"login": "bob"}],
	"committer": {"login": "alice"},
	"merges_base": false,
	"clean_merge": false,
}

_pull(reviews) := {"object": {
	"state": "open",
	"author": _alice,
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": reviews},
	"base_changes": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _alice, "before": null, "after": "aaaa", "forced": false}]},
}}

_except(reviews, changes) := {"object": object.union(_pull(reviews).object, changes)}

_missing := {"message": "the change has 0 of 1 approvals by people who did not contribute to it", "path": ["reviews"]}

_doubt(reason) := {
	"message": sprintf("whether the approval by \"bob\" counts is not known: %s", [reason]),
	"path": ["reviews", "items", 0],
}

test_allow_approved_by_an_outsider if {
	reviews := [_approval("bob", "aaaa"), _approval("carol", "aaaa")]
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
	control.applicable with input as _pull(reviews) with data.parameters as _parameters
}

test_deny_approved_by_a_contributor if {
	message := "the approval by \"bob\" does not count: the reviewer wrote aaaa"
	expected := {_missing, {"message": message, "path": ["reviews", "items", 0]}}
	control.deny == expected with input as _pull([_approval("bob", "aaaa")]) with data.parameters as _parameters
}

test_deny_no_approval if {
	control.deny == {_missing} with input as _pull([]) with data.parameters as _parameters
}

# Carol's approval has fallen, so it cannot make up for Bob's.
test_deny_outsider_approved_an_older_commit if {
	reviews := [_approval("carol", "bbbb"), _approval("bob", "aaaa")]
	message := "the approval by \"bob\" does not count: the reviewer wrote aaaa"
	expected := {_missing, {"message": message, "path": ["reviews", "items", 1]}}
	control.deny == expected with input as _pull(reviews) with data.parameters as _parameters
}

# That the head commit is not approved at all is said by CHG-02.
test_allow_older_commit_approved_by_an_outsider if {
	reviews := [_approval("carol", "bbbb")]
	control.deny == set() with input as _pull(reviews) with data.parameters as _parameters
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
}

test_unknown_merge_not_computed if {
	pull := _except([_approval("bob", "aaaa")], {"commits": {"complete": true, "items": [
		object.union(_commit, {"oid": "cccc", "authors": [{"login": "alice"}]}),
		object.union(_commit, {"parents": ["cccc", "dddd"], "merges_base": true, "clean_merge": null}),
	]}})
	expected := {_doubt("the reviewer wrote aaaa, and whether that merge holds anything of its own was not computed")}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_contributor if {
	nameless := object.union(_commit, {"authors": [{"login": null}]})
	pull := _except([_approval("bob", "aaaa")], {"commits": {"complete": true, "items": [nameless]}})
	message := "who wrote aaaa is not known: the e-mail address maps to no account"
	expected := {{"message": message, "path": ["commits", "items", 0, "authors", 0]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_approval if {
	reviews := [object.union(_approval("bob", null), {"author_can_push": null})]
	pull := _except(reviews, {"commits": {"complete": true, "items": [object.union(_commit, {"authors": [_alice]})]}})
	expected := {
		_doubt("the reviewer's write access is not known"),
		_doubt("GitHub no longer names the commit that was reviewed"),
	}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_allow_another_approval_in_doubt if {
	reviews := [object.union(_approval("dave", "aaaa"), {"author_can_push": null}), _approval("carol", "aaaa")]
	control.unknown == set() with input as _pull(reviews) with data.parameters as _parameters
}

test_deny_no_approval_whoever_contributed if {
	nameless := object.union(_commit, {"authors": [{"login": null}]})
	pull := _except([], {"commits": {"complete": true, "items": [nameless]}})
	control.deny == {_missing} with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_unknown_reviews_cut_short if {
	pull := _except([], {"reviews": {"complete": false}})
	message := "the list of reviews was cut short, so nothing can be concluded from it"
	control.deny == set() with input as pull with data.parameters as _parameters
	expected := {{"message": message, "path": ["reviews"]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_without_parameter if {
	expected := {{"message": "the parameter minimum_approvals has no value"}}
	control.deny == set() with input as _pull([]) with data.parameters as {"CHG-03": {}}
	control.unknown == expected with input as _pull([]) with data.parameters as {"CHG-03": {}}
}

test_allow_unattended_bot if {
	robot := {"login": "dependabot", "type": "bot"}
	pull := _except([], {
		"author": robot,
		"triggered_by": null,
		"files": {"complete": true, "items": [{"path": "package-lock.json"}]},
		"commits": {"complete": true, "items": [{"oid": "aaaa", "authors": [robot], "committer": robot}]},
		"pushes": {"complete": true, "items": [{"actor": robot, "after": "aaaa"}]},
	})
	rules := [{"login": "dependabot", "paths": ["package-lock.json"]}]
	granted := {"CHG-03": {"minimum_approvals": 1, "unattended_bots": rules}}
	not control.applicable with input as pull with data.parameters as granted
	control.deny == set() with input as pull with data.parameters as granted
	approval := object.union(_approval("bob", "aaaa"), {"author_can_push": null})
	doubtful := {"object": object.union(pull.object, {"reviews": {"complete": false, "items": [approval]}})}
	control.unknown == set() with input as doubtful with data.parameters as granted
}
