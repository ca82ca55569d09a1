package soc2.change.linked_ticket_test

import rego.v1

import data.soc2.change.linked_ticket as control

_pull := {
	"state": "open",
	"collected_at": "2026-11-23T09:00:00Z",
	"title": "Round totals",
	"body": "<!-- SHOP-1 -->",
	"author": {"login": "alice", "type": "user"},
	"head": {"oid": "aaaa", "ref": "rounding"},
	"commits": {"complete": true, "items": [{"oid": "aaaa", "message_headline": "Round"}]},
	"linked_issues": {"complete": true, "items": []},
}

_except(changes) := {"object": object.union(_pull, changes)}

_without(fields) := {"object": object.remove(_pull, fields)}

_issues(items) := _except({"linked_issues": {"complete": true, "items": items}})

_with(changes) := {"CHG-08": object.union(
	{
		"key_pattern": `\bSHOP-[1-9][0-9]*\b`,
		"look_in": ["title", "body", "branch", "commits"],
		"require_approved_ticket": false,
		"unattended_bots": [],
	},
	changes,
)}

_parameters := _with({})

_approval := _with({"require_approved_ticket": true})

_none := {{"message": "the change names no ticket and no issue is linked to it", "path": ["title"]}}

test_allow_key_anywhere if {
	every changes in [
		{"title": "SHOP-7: round"},
		{"body": "SHOP-7"},
		{"head": {"ref": "SHOP-7-round"}},
		{"commits": {"items": [{"oid": "aaaa", "message_headline": "SHOP-7 round"}]}},
		{"linked_issues": {"items": [{"key": "acme/shop#7"}]}},
		{"linked_issues": {"items": [{"key": "SHOP-7", "source": "title"}]}},
	] {
		control.applicable with input as _except(changes) with data.parameters as _parameters
		control.deny == set() with input as _except(changes) with data.parameters as _parameters
		control.unknown == set() with input as _except(changes) with data.parameters as _parameters
	}
}

test_deny_no_ticket if {
	control.deny == _none with input as _except({}) with data.parameters as _parameters
	control.deny == _none with input as _except({"title": "SHOP-7"}) with data.parameters as _with({"key_pattern": ""})
	control.deny == _none with input as _except({"title": "SHOP-7"}) with data.parameters as _with({"look_in": ["body"]})
	control.deny == _none with input as _issues([{"key": "UTF-8", "source": "title"}]) with data.parameters as _parameters
}

test_deny_ticket_not_approved if {
	pull := _except({
		"state": "merged",
		"merged_at": "2026-11-22T09:00:00Z",
		"linked_issues": {"items": [
			{"key": "SHOP-7", "approved_at": null},
			{"key": "SHOP-8", "approved_at": "2026-11-22T09:00:01Z"},
		]},
	})
	expected := {
		{"message": "no ticket that was approved is linked to the change", "path": ["title"]},
		{"message": "SHOP-7 was not approved", "path": ["linked_issues", "items", 0]},
		{"message": "SHOP-8 was approved too late", "path": ["linked_issues", "items", 1]},
	}
	control.deny == expected with input as pull with data.parameters as _approval
	control.unknown == set() with input as pull with data.parameters as _approval
}

test_allow_ticket_approved if {
	pull := _issues([{"key": "SHOP-7", "approved_at": "2026-11-23T10:00:00+01:00"}])
	control.deny == set() with input as pull with data.parameters as _approval
	control.unknown == set() with input as pull with data.parameters as _approval
}

test_unknown_approval_not_exported if {
	message := "it is not known whether SHOP-7 was approved"
	expected := {{"message": message, "path": ["linked_issues", "items", 0]}}
	control.deny == set() with input as _issues([{"key": "SHOP-7"}]) with data.parameters as _approval
	control.unknown == expected with input as _issues([{"key": "SHOP-7"}]) with data.parameters as _approval
}

test_unknown_not_read if {
	issues := "the linked issues could not be read: the document does not say why"
	control.unknown == {{"message": issues, "path": ["linked_issues"]}} with input as _without(["linked_issues"])
		with data.parameters as _parameters
	control.unknown == {{"message": "the description was not read"}} with input as _without(["body"])
		with data.parameters as _parameters
	commits := "the commits could not be read: the document does not say why"
	control.unknown == {{"message": commits, "path": ["commits"]}} with input as _without(["commits"])
		with data.parameters as _parameters
	control.deny == set() with input as _without(["commits"]) with data.parameters as _parameters
	unread := _except({"commits": {"items": [{"oid": "aaaa"}]}})
	message := "the message of commit aaaa was not read"
	control.unknown == {{"message": message, "path": ["commits", "items", 0]}} with input as unread
		with data.parameters as _parameters
}

test_unknown_without_parameters if {
	expected := {{"message": sprintf("the parameter %s has no value", [name])} |
		some name in ["key_pattern", "look_in", "require_approved_ticket"]
	}
	control.unknown == expected with input as _except({}) with data.parameters as {"CHG-08": {}}
}

_robot := {"login": "dependabot", "type": "bot"}

_by_bot := {"object": {
	"state": "open",
	"title": "Bump express",
	"body": "Bumps express.",
	"author": _robot,
	"triggered_by": null,
	"head": {"oid": "aaaa", "ref": "dependabot/express"},
	"linked_issues": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [{"oid": "aaaa", "authors": [_robot], "committer": _robot}]},
	"pushes": {"complete": true, "items": [{"actor": _robot, "after": "aaaa"}]},
	"files": {"complete": true, "items": [{"path": "package-lock.json"}]},
}}

_bots := [{"login": "dependabot", "paths": ["package-lock.json"]}]

test_allow_unattended_bot if {
	granted := _with({"unattended_bots": _bots})
	not control.applicable with input as _by_bot with data.parameters as granted
	control.deny == set() with input as _by_bot with data.parameters as granted
	control.deny == _none with input as _by_bot with data.parameters as _with({"look_in": ["title"]})
}
