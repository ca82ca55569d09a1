package soc2.lib.review_test

import rego.v1

import data.soc2.lib.review

_alice := {"login": "alice", "type": "user"}

_bob := {"login": "bob", "type": "user"}

_approval := {
	"author": _bob,
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": true,
}

_but(changes) := object.union(_approval, changes)

_pull(reviews) := {"object": {
	"state": "open",
	"author": _alice,
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": reviews},
	"base_changes": {"complete": true, "items": []},
}}

_except(changes) := {"object": object.union(_pull([_approval]).object, changes)}

_none := {"counted": set(), "possible": set()}

_first := {"counted": {0}, "possible": {0}}

_doubtful := {"counted": set(), "possible": {0}}

test_allow_approval_of_the_head if {
	review.approvals == {0: "bob"} with input as _pull([_approval])
	not review.refusals[0] with input as _pull([_approval])
	review.independent == _first with input as _pull([_approval])
	review.final == _first with input as _pull([_approval])
}

test_deny_latest_opinion_takes_effect if {
	reviews := [
		_approval,
		_but({
			"author": {"login": "Bob", "type": "user"},
			"state": "DISMISSED",
			"submitted_at": "2026-11-21T11:00:01+01:00",
		}),
		_but({"state": "COMMENTED", "submitted_at": "2026-11-21T12:00:00Z"}),
		_but({"state": "PENDING", "submitted_at": null}),
	]
	review.effective == {"bob": {1: reviews[1]}} with input as _pull(reviews)
	review.approvals == {} with input as _pull(reviews)
}

test_deny_opinion_after_the_merge if {
	merged := {"state": "merged", "merged_at": "2026-11-21T09:59:59Z"}
	review.effective == {} with input as _except(merged)
}

test_deny_refused_approvals if {
	reviews := [
		_but({"author": null}),
		_but({"author": {"login": "review", "type": "bot"}}),
		_but({"author": {"login": "acme", "type": "organization"}}),
		_but({"author": {"login": "ALICE", "type": "user"}}),
		_but({"author_can_push": false}),
	]
	expected := {
		0: {"the reviewer's account was deleted"},
		1: {"the reviewer is a bot, and a bot's approval never counts"},
		2: {"the reviewer is not a person's account"},
		3: {"the reviewer is the author of the change"},
		4: {"the reviewer has no write access"},
	}
	review.refusals == expected with input as _pull(reviews)
	review.independent == _none with input as _pull(reviews)
}

test_unknown_write_access if {
	reviews := [_but({"author_can_push": null})]
	review.doubts == {0: {"the reviewer's write access is not known"}} with input as _pull(reviews)
	review.independent == _doubtful with input as _pull(reviews)
}

test_unknown_order_of_one_second if {
	reviews := [_approval, _but({"state": "CHANGES_REQUESTED"})]
	reason := "the same reviewer submitted another review in the same second"
	review.ambiguous == {"bob"} with input as _pull(reviews)
	review.doubts == {0: {reason}} with input as _pull(reviews)
}

test_allow_the_same_approval_twice_in_one_second if {
	review.ambiguous == set() with input as _pull([_approval, _approval])
	review.approvals == {1: "bob"} with input as _pull([_approval, _approval])
}

test_unknown_author_deleted if {
	expected := {0: {"the account of the author of the change was deleted"}}
	review.doubts == expected with input as _except({"author": null})
}

test_unknown_time_of_the_merge if {
	expected := {0: {"it is not known when the change was merged"}}
	review.doubts == expected with input as _except({"state": "merged"})
}

test_deny_approval_of_another_commit if {
	expected := {0: {"it is for aaaa, which is not the head commit"}}
	review.outdated == expected with input as _except({"head": {"oid": "bbbb"}})
	review.final == _none with input as _except({"head": {"oid": "bbbb"}})
}

_changed(at) := {"base_changes": {"complete": true, "items": [{"at": at, "from": "develop", "to": "main"}]}}

test_deny_approval_before_another_base if {
	expected := {0: {"it was given before the base branch was changed"}}
	review.outdated == expected with input as _except(_changed("2026-11-21T10:00:00Z"))
}

test_allow_another_base_before_the_approval_or_after_the_merge if {
	not review.outdated[0] with input as _except(_changed("2026-11-21T09:59:59Z"))
	merged := object.union(
		{"state": "merged", "merged_at": "2026-11-21T10:00:00Z"},
		_changed("2026-11-21T11:00:00Z"),
	)
	not review.outdated[0] with input as _except(merged)
}

test_unknown_reviewed_commit if {
	reviews := [_but({"commit_oid": null})]
	expected := {0: {"GitHub no longer names the commit that was reviewed"}}
	review.outdated_doubts == expected with input as _pull(reviews)
	review.final == _doubtful with input as _pull(reviews)
}

test_unknown_changes_of_the_base if {
	expected := {0: {"the list of changes of the base branch was cut short, so nothing can be concluded from it"}}
	review.outdated_doubts == expected with input as _except({"base_changes": {"complete": false, "items": []}})
}

test_allow_findings_name_the_reviewer if {
	path := ["reviews", "items", 0]
	refused := {"message": "the approval by \"bob\" does not count: it is void", "path": path}
	review.refused(0, "it is void") == refused with input as _pull([_approval])
	doubted := {"message": "whether the approval by a deleted account counts is not known: it is odd", "path": path}
	review.doubted(0, "it is odd") == doubted with input as _pull([_but({"author": null})])
}
