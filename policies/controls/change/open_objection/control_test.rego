package soc2.change.open_objection_test

import rego.v1

import data.soc2.change.open_objection as control

_review(login, state, can_push) := {
	"author": {"login": login, "type": "user"},
	"state": state,
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": can_push,
}

_pull(reviews, threads) := {"object": {
	"state": "open",
	"author": {"login": "alice", "type": "user"},
	"reviews": {"complete": true, "items": reviews},
	"review_threads": {"complete": true, "items": threads},
}}

_doubt(reason) := {
	"message": sprintf("whether \"bob\" still objects is not known: %s", [reason]),
	"path": ["reviews", "items", 0],
}

test_allow_nothing_open if {
	reviews := [
		_review("bob", "APPROVED", true),
		_review("carol", "DISMISSED", true),
		_review("eve", "CHANGES_REQUESTED", false),
	]
	control.deny == set() with input as _pull(reviews, [{"resolved": true, "outdated": false}])
	control.unknown == set() with input as _pull(reviews, [{"resolved": true, "outdated": false}])
	control.applicable with input as _pull(reviews, [])
}

test_deny_changes_requested if {
	message := "\"bob\" asked for changes and has not approved since"
	expected := {{"message": message, "path": ["reviews", "items", 0, "state"]}}
	control.deny == expected with input as _pull([_review("bob", "CHANGES_REQUESTED", true)], [])
}

test_deny_deleted_account_objects if {
	review := object.union(_review("bob", "CHANGES_REQUESTED", true), {"author": null})
	message := "a deleted account asked for changes and has not approved since"
	expected := {{"message": message, "path": ["reviews", "items", 0, "state"]}}
	control.deny == expected with input as _pull([review], [])
}

test_unknown_write_access if {
	pull := _pull([_review("bob", "CHANGES_REQUESTED", null)], [])
	control.deny == set() with input as pull
	control.unknown == {_doubt("the reviewer's write access is not known")} with input as pull
}

test_unknown_order_of_one_second if {
	pull := _pull([_review("bob", "CHANGES_REQUESTED", true), _review("bob", "APPROVED", true)], [])
	control.deny == set() with input as pull
	control.unknown == {_doubt("another review of the same second says otherwise")} with input as pull
}

test_deny_open_threads if {
	threads := [
		{"resolved": false, "outdated": true, "path": "src/total.ts"},
		{"resolved": false, "outdated": false},
		{"resolved": true, "outdated": false},
	]
	expected := {
		{"message": "the review thread on src/total.ts is not resolved", "path": ["review_threads", "items", 0]},
		{"message": "the review thread is not resolved", "path": ["review_threads", "items", 1]},
	}
	control.deny == expected with input as _pull([], threads)
}

test_allow_thread_after_the_merge if {
	thread := {"resolved": false, "outdated": false, "opened_at": "2026-11-22T09:00:01Z"}
	merged := {"state": "merged", "merged_at": "2026-11-22T09:00:00Z"}
	control.deny == set() with input as {"object": object.union(_pull([], [thread]).object, merged)}
}

test_unknown_lists if {
	absence := "could not be read: the document does not say why"
	expected := {
		{"message": sprintf("the reviews %s", [absence]), "path": ["reviews"]},
		{"message": sprintf("the review threads %s", [absence]), "path": ["review_threads"]},
	}
	control.deny == set() with input as {"object": {}}
	control.unknown == expected with input as {"object": {}}
}
