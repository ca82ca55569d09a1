package soc2.change.bounded_bots_test

import rego.v1

import data.soc2.change.bounded_bots as control

_parameters := {"CHG-16": {"allowed_bots": [{"login": "dependabot[bot]", "paths": ["package-lock.json"]}]}}

_robot := {"login": "dependabot", "type": "bot"}

_commit := {
	"oid": "aaaa",
	"parents": ["cccc"],
	"authors": [_robot],
	"committer": {"login": "web-flow"},
	"committed_via_web": true,
	"merges_base": false,
	"clean_merge": false,
}

_pull := {
	"state": "open",
	"author": _robot,
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": []},
	"files": {"complete": true, "items": [{"path": "package-lock.json", "status": "modified"}]},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _robot, "before": null, "after": "aaaa", "forced": false}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

# Who asked the bot is not known here, which makes no difference.
test_allow_inside_its_paths if {
	control.deny == set() with input as _except({}) with data.parameters as _parameters
	control.unknown == set() with input as _except({}) with data.parameters as _parameters
	control.applicable with input as _except({}) with data.parameters as _parameters
}

test_allow_opened_by_a_person if {
	pull := {"object": {"author": {"login": "alice", "type": "user"}}}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
	not control.applicable with input as pull with data.parameters as _parameters
}

test_deny_not_listed if {
	expected := {{"message": "the bot \"dependabot\" is not allowed to open changes", "path": ["author", "login"]}}
	control.deny == expected with input as _except({}) with data.parameters as {"CHG-16": {"allowed_bots": []}}
}

test_deny_outside_its_paths if {
	files := [{"path": "package-lock.json", "previous_path": "src/auth.ts", "status": "renamed"}]
	message := "the bot \"dependabot\" may not change src/auth.ts"
	expected := {{"message": message, "path": ["files", "items", 0, "previous_path"]}}
	control.deny == expected with input as _except({"files": {"complete": true, "items": files}})
		with data.parameters as _parameters
}

_merged_by_another(clean) := _except({
	"head": {"oid": "bbbb"},
	"commits": {"complete": true, "items": [_commit, object.union(_commit, {
		"oid": "bbbb",
		"parents": ["aaaa", "dddd"],
		"authors": [{"login": "other[bot]"}],
		"merges_base": true,
		"clean_merge": clean,
	})]},
	"pushes": {"complete": true, "items": [
		{"actor": _robot, "before": null, "after": "aaaa", "forced": false},
		{"actor": _robot, "before": "aaaa", "after": "bbbb", "forced": false},
	]},
})

test_deny_commit_of_another_bot if {
	message := "the bot \"other[bot]\", which is not allowed, wrote bbbb"
	expected := {{"message": message, "path": ["commits", "items", 1, "authors", 0]}}
	control.deny == expected with input as _merged_by_another(false) with data.parameters as _parameters
	control.unknown == set() with input as _merged_by_another(false) with data.parameters as _parameters
}

test_allow_commit_of_another_listed_bot if {
	both := [{"login": "dependabot", "paths": ["*"]}, {"login": "other", "paths": ["*"]}]
	control.deny == set() with input as _merged_by_another(false)
		with data.parameters as {"CHG-16": {"allowed_bots": both}}
}

test_allow_bots_in_the_change_of_a_person if {
	person := {"object": object.union(_merged_by_another(false).object, {"author": {"login": "alice", "type": "user"}})}
	control.deny == set() with input as person with data.parameters as _parameters
	control.unknown == set() with input as person with data.parameters as {}
}

test_allow_commit_of_a_person if {
	commit := object.union(_commit, {"authors": [{"login": "alice"}]})
	control.deny == set() with input as _except({"commits": {"complete": true, "items": [commit]}})
		with data.parameters as _parameters
}

test_unknown_merge_of_another_bot if {
	message := "whether the bot \"other[bot]\", which is not allowed, changed anything is not known"
	expected := {{"message": message, "path": ["commits", "items", 1, "authors", 0]}}
	control.deny == set() with input as _merged_by_another(null) with data.parameters as _parameters
	control.unknown == expected with input as _merged_by_another(null) with data.parameters as _parameters
}

_approval(reviewer) := {
	"author": reviewer,
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": true,
}

test_deny_approved_by_a_bot_only if {
	reviews := {"reviews": {"complete": true, "items": [_approval({"login": "approver", "type": "bot"})]}}
	message := "\"approver\" is a bot, and nobody else has approved"
	expected := {{"message": message, "path": ["reviews", "items", 0]}}
	control.deny == expected with input as _except(reviews) with data.parameters as _parameters
}

# That a reader's approval counts for nothing is said by CHG-01.
test_allow_approved_by_a_reader_only if {
	reader := object.union(_approval({"login": "bob", "type": "user"}), {"author_can_push": false})
	control.deny == set() with input as _except({"reviews": {"complete": true, "items": [reader]}})
		with data.parameters as _parameters
}

test_allow_approved_by_a_person_too if {
	reviews := {"reviews": {"complete": true, "items": [
		_approval({"login": "approver", "type": "bot"}),
		_approval({"login": "bob", "type": "user"}),
	]}}
	control.deny == set() with input as _except(reviews) with data.parameters as _parameters
}

test_unknown_lists_cut_short if {
	cut := {"complete": false}
	pull := _except({"files": cut, "reviews": cut, "commits": cut})
	expected := {{"message": message, "path": [section]} |
		some section, things in {"files": "changed files", "reviews": "reviews", "commits": "commits"}
		message := sprintf("the list of %s was cut short, so nothing can be concluded from it", [things])
	}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_author_deleted if {
	expected := {{"message": "the account that opened the change was deleted", "path": ["author"]}}
	control.unknown == expected with input as _except({"author": null}) with data.parameters as _parameters
}

test_unknown_without_parameter if {
	expected := {{"message": "the parameter allowed_bots has no value"}}
	control.deny == set() with input as _merged_by_another(false) with data.parameters as {}
	control.unknown == expected with input as _merged_by_another(false) with data.parameters as {}
}
