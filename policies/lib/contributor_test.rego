package soc2.lib.contributor_test

import rego.v1

import data.soc2.lib.contributor

_alice := {"login": "alice", "type": "user"}

_bob := {"login": "bob", "type": "user"}

_commit := {
	"oid": "aaaa",
	"parents": ["cccc"],
	"authors": [{"login": "alice"}],
	"committer": {"login": "alice"},
	"committed_via_web": false,
	"merges_base": false,
	"clean_merge": false,
}

_push := {"actor": _alice, "before": null, "after": "aaaa", "at": "2026-11-20T08:00:00Z", "forced": false}

_pull := {
	"author": _alice,
	"head": {"oid": "aaaa"},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [_push]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_commits(changes) := _except({"commits": {"complete": true, "items": [object.union(_commit, changes)]}})

_pushes(items) := _except({"pushes": {"complete": true, "items": items}})

_deeds := {[contribution.account, contribution.deed, contribution.sure] |
	some contribution in contributor.contributions
}

_blind := {[spot.path, spot.message] | some spot in contributor.blind_spots}

_authors := ["commits", "items", 0, "authors", 0]

_committer := ["commits", "items", 0, "committer"]

_opened := ["alice", "opened the change", true]

test_allow_one_contributor if {
	expected := {
		_opened,
		["alice", "wrote aaaa", true],
		["alice", "committed aaaa", true],
		["alice", "pushed to the branch", true],
	}
	_deeds == expected with input as _except({})
	_blind == set() with input as _except({})
}

test_deny_everyone_with_a_part if {
	changes := {"authors": [{"login": "alice"}, {"login": "Bob"}], "committer": {"login": "carol"}}
	pull := object.union(_commits(changes).object, {
		"triggered_by": {"login": "dave", "type": "user"},
		"pushes": {"complete": true, "items": [object.union(_push, {"actor": {"login": "Erin", "type": "user"}})]},
	})
	expected := {
		_opened,
		["dave", "had the bot make the change", true],
		["alice", "wrote aaaa", true],
		["bob", "wrote aaaa", true],
		["carol", "committed aaaa", true],
		["erin", "pushed to the branch", true],
	}
	_deeds == expected with input as {"object": pull}
}

test_allow_committed_on_the_site if {
	changes := {"committer": {"login": "Web-Flow"}, "committed_via_web": true}
	not "web-flow" in {deed[0] | some deed in _deeds} with input as _commits(changes)
	_blind == set() with input as _commits(changes)
}

test_unknown_web_flow_elsewhere if {
	reason := "is not known: it is given as web-flow, GitHub's own account"
	expected := {
		[_authors, sprintf("who wrote aaaa %s", [reason])],
		[_committer, sprintf("who committed aaaa %s", [reason])],
	}
	_blind == expected with input as _commits({"authors": [{"login": "web-flow"}], "committer": {"login": "web-flow"}})
}

test_unknown_written_by_web_flow if {
	changes := {"authors": [{"login": "web-flow"}], "committer": {"login": "web-flow"}, "committed_via_web": true}
	expected := {[_authors, "who wrote aaaa is not known: it is given as web-flow, GitHub's own account"]}
	_blind == expected with input as _commits(changes)
}

test_unknown_nobody_named if {
	expected := {
		[_authors, "who wrote aaaa is not known: the e-mail address maps to no account"],
		[_committer, "who committed aaaa is not known: GitHub names nobody"],
	}
	_blind == expected with input as _commits({"authors": [{"login": null, "name": "Alice"}], "committer": null})
	none := {[["commits", "items", 0], "commit aaaa names no author"]}
	_blind == none with input as _commits({"authors": []})
}

# Bob brings the base branch in and pushes the merge, and only that.
_merge(clean, before) := {"object": object.union(_pull, {
	"head": {"oid": "bbbb"},
	"commits": {"complete": true, "items": [_commit, {
		"oid": "bbbb",
		"parents": ["aaaa", "dddd"],
		"authors": [{"login": "bob"}],
		"committer": {"login": "bob"},
		"committed_via_web": false,
		"merges_base": true,
		"clean_merge": clean,
	}]},
	"pushes": {"complete": true, "items": [_push, {
		"actor": _bob,
		"before": before,
		"after": "bbbb",
		"at": "2026-11-21T08:00:00Z",
		"forced": false,
	}]},
})}

_of_bob := {[deed[1], deed[2]] | some deed in _deeds; deed[0] == "bob"}

test_allow_clean_merge_of_the_base if {
	_of_bob == set() with input as _merge(true, "aaaa")
	_blind == set() with input as _merge(true, "aaaa")
}

test_deny_edited_merge_of_the_base if {
	expected := {["wrote bbbb", true], ["committed bbbb", true], ["pushed to the branch", true]}
	_of_bob == expected with input as _merge(false, "aaaa")
}

test_deny_clean_merge_pushed_with_more if {
	_of_bob == {["pushed to the branch", true]} with input as _merge(true, "cccc")
}

# Another push from the same commit is not the merge.
test_deny_something_else_pushed if {
	merge := _merge(true, "aaaa").object
	other := {"actor": _bob, "before": "aaaa", "after": "eeee", "at": "2026-11-21T07:00:00Z", "forced": true}
	pushes := {"pushes": {"complete": true, "items": array.concat(merge.pushes.items, [other])}}
	_of_bob == {["pushed to the branch", true]} with input as {"object": object.union(merge, pushes)}
}

test_allow_clean_merge_pushed_by_a_deleted_account if {
	merge := _merge(true, "aaaa").object
	gone := object.union(merge.pushes.items[1], {"actor": null})
	pushes := {"pushes": {"complete": true, "items": [merge.pushes.items[0], gone]}}
	_blind == set() with input as {"object": object.union(merge, pushes)}
}

test_unknown_merge_of_the_base if {
	expected := {["wrote bbbb", false], ["committed bbbb", false], ["pushed to the branch", false]}
	_of_bob == expected with input as _merge(null, "aaaa")
}

test_unknown_lists_cut_short if {
	cut := {"complete": false, "items": []}
	expected := {
		[["commits"], "the list of commits was cut short, so nothing can be concluded from it"],
		[["pushes"], "the list of pushes to the branch was cut short, so nothing can be concluded from it"],
	}
	_blind == expected with input as _except({"commits": cut, "pushes": cut})
}

test_unknown_author_deleted if {
	_blind == {[["author"], "the account that opened the change was deleted"]} with input as _except({"author": null})
	not _opened in _deeds with input as _except({"author": null})
}

test_unknown_who_asked_the_bot if {
	robot := {"author": {"login": "agent", "type": "bot"}}
	message := concat("", [
		"the account on whose behalf the bot opened the change could not be read: ",
		"the document does not say why",
	])
	_blind == {[["triggered_by"], message]} with input as _except(robot)
	_blind == set() with input as _except(object.union(robot, {"triggered_by": null}))
	_blind == set() with input as _except(object.union(robot, {"triggered_by": _bob}))
}

test_unknown_pusher if {
	path := ["pushes", "items", 0, "actor"]
	_blind == {[path, "who pushed aaaa is not known"]} with input as _pushes([object.union(_push, {"actor": null})])
}

test_unknown_push_of_the_head if {
	_blind == {[["pushes"], "no push of the head commit is listed"]} with input as _pushes([])
}
