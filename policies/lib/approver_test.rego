package soc2.lib.approver_test

import rego.v1

import data.soc2.lib.approver

_alice := {"login": "alice", "type": "user"}

_approval := {
	"author": {"login": "bob", "type": "user"},
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
	"reviews": {"complete": true, "items": [_approval]},
	"base_changes": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _alice, "before": null, "after": "aaaa", "forced": false}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_review(changes) := _except({"reviews": {"complete": true, "items": [object.union(_approval, changes)]}})

_commits(changes) := _except({"commits": {"complete": true, "items": [object.union(_commit, changes)]}})

_path := ["reviews", "items", 0]

_no(reason) := {"message": sprintf("the approval by \"bob\" does not count: %s", [reason]), "path": _path}

_maybe(reason) := {
	"message": sprintf("whether the approval by \"bob\" counts is not known: %s", [reason]),
	"path": _path,
}

test_allow_stands if {
	approver.counted == {0} with input as _except({})
	approver.possible == {0} with input as _except({})
	approver.refused == {} with input as _except({})
	approver.doubted == {} with input as _except({})
}

test_deny_contributor if {
	approver.possible == set() with input as _commits({"authors": [{"login": "Bob"}]})
	approver.counted == set() with input as _commits({"authors": [{"login": "Bob"}]})
	expected := {0: {_no("the reviewer wrote aaaa")}}
	approver.refused == expected with input as _commits({"authors": [{"login": "Bob"}]})
	approver.doubted == {} with input as _commits({"authors": [{"login": "Bob"}]})
}

test_deny_refused_and_outdated if {
	expected := {0: {
		_no("the reviewer has no write access"),
		_no("it is for bbbb, which is not the head commit"),
	}}
	approver.refused == expected with input as _review({"author_can_push": false, "commit_oid": "bbbb"})
}

test_unknown_merge_not_computed if {
	merge := {"authors": [{"login": "bob"}], "merges_base": true, "clean_merge": null}
	approver.counted == set() with input as _commits(merge)
	approver.possible == {0} with input as _commits(merge)
	reason := "the reviewer wrote aaaa, and whether that merge holds anything of its own was not computed"
	approver.doubted == {0: {_maybe(reason)}} with input as _commits(merge)
	approver.refused == {} with input as _commits(merge)
}

test_unknown_doubts if {
	expected := {0: {
		_maybe("the reviewer's write access is not known"),
		_maybe("GitHub no longer names the commit that was reviewed"),
	}}
	approver.doubted == expected with input as _review({"author_can_push": null, "commit_oid": null})
}

test_unknown_blind_spot if {
	message := "who wrote aaaa is not known: the e-mail address maps to no account"
	expected := {0: {{"message": message, "path": ["commits", "items", 0, "authors", 0]}}}
	approver.counted == set() with input as _commits({"authors": [{"login": null}]})
	approver.possible == {0} with input as _commits({"authors": [{"login": null}]})
	approver.doubted == expected with input as _commits({"authors": [{"login": null}]})
}
