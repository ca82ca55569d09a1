package soc2.change.direct_push_test

import rego.v1

import data.soc2.change.direct_push as control

_push(commits) := {"object": {
	"ref": "refs/heads/main",
	"before": "b",
	"after": "c2",
	"forced": false,
	"commits": {"complete": true, "items": commits},
}}

_except(changes) := {"object": object.union(_push([_commit("c1", [_pull({})])]).object, changes)}

_commit(oid, pulls) := {"oid": oid, "pull_requests": {"complete": true, "items": pulls}}

_pull(changes) := object.union(
	{"number": 42, "merged": true, "merge_commit_oid": "c1", "base_ref": "main", "head_oid": "h"},
	changes,
)

_first := ["commits", "items", 0]

_unread(reason) := sprintf("the commits of the push could not be read: %s", [reason])

_messages(findings) := {finding.message | some finding in findings}

test_allow_merged if {
	control.deny == set() with input as _except({})
	control.unknown == set() with input as _except({})
}

test_allow_rebased if {
	pull := _pull({"merge_commit_oid": "c2"})
	control.deny == set() with input as _push([_commit("c1", [pull]), _commit("c2", [pull])])
}

test_allow_decided if {
	pull := _pull({"decision": {"index": 17, "outcome": "allow", "head_oid": "h"}})
	control.deny == set() with input as _push([_commit("c1", [pull])])
}

test_deny_pushed_directly if {
	message := "no pull request that was merged into this branch brought c1"
	control.deny == {{"message": message, "path": _first}} with input as _push([_commit("c1", [])])
}

test_deny_commit_before_a_rebased_one if {
	pushed := [_commit("c1", []), _commit("c2", [_pull({"merge_commit_oid": "c2"})])]
	message := "no pull request that was merged into this branch brought c1"
	control.deny == {{"message": message, "path": _first}} with input as _push(pushed)
}

test_deny_what_does_not_explain if {
	expected := {
		"it was pushed, not merged by GitHub: its own head is among the commits": {"head_oid": "c1"},
		"the ledger holds no decision on it": {"decision": null},
		"record 17 does not say which head it is about": {"decision": {"index": 17, "outcome": "allow", "head_oid": null}},
		"record 17 is about another head than the one that was merged": {"decision": {
			"index": 17,
			"outcome": "allow",
			"head_oid": "other",
		}},
		"record 17 does not allow it (deny)": {"decision": {"index": 17, "outcome": "deny", "head_oid": "h"}},
	}
	every reason, changes in expected {
		message := sprintf("pull request #42 does not explain c1: %s", [reason])
		control.deny == {{"message": message, "path": _first}} with input as _push([_commit("c1", [_pull(changes)])])
	}
}

test_deny_merge_commit_by_hand if {
	commit := object.union(_commit("c1", [_pull({})]), {"parents": ["b", "h"], "committer": {"login": "mallory"}})
	reason := "its merge commit was pushed, not made by GitHub: \"mallory\" committed it"
	message := sprintf("pull request #42 does not explain c1: %s", [reason])
	control.deny == {{"message": message, "path": _first}} with input as _push([commit])
}

test_allow_merge_commit_of_github if {
	commit := object.union(_commit("c1", [_pull({})]), {"parents": ["b", "h"], "committer": {"login": "web-flow"}})
	control.deny == set() with input as _push([commit])
}

test_deny_forced_and_removed if {
	control.deny == {{
		"message": "the push was forced: b is no longer on the branch",
		"path": ["forced"],
	}} with input as _except({"forced": true})
	control.deny == {{"message": "the branch was removed at b", "path": ["after"]}} with input as _except({"after": null})
}

test_unknown_commits if {
	cut := _except({"commits": {"complete": false}})
	control.unknown == {{"message": "the list of commits was cut short", "path": ["commits"]}} with input as cut
	absent := {"object": {"ref": "refs/heads/main", "after": "c", "before": "b", "forced": false}}
	_messages(control.unknown) == {_unread("the document does not say why")} with input as absent
	explained := {"object": object.union(absent.object, {"unavailable": {"commits": {"reason": "no access"}}})}
	_messages(control.unknown) == {_unread("no access")} with input as explained
}

test_unknown_pull_requests if {
	cut := object.union(_commit("c1", []), {"pull_requests": {"complete": false}})
	_messages(control.unknown) == {"the pull requests of c1 could not all be read"} with input as _push([cut])
	control.deny == set() with input as _push([cut])
	unnamed := _push([_commit("c1", [_pull({"merge_commit_oid": null})])])
	_messages(control.unknown) == {"GitHub does not name the merge commit of the pull request of c1"} with input as unnamed
	control.deny == set() with input as unnamed
}
