package soc2.change.bypass_use_test

import rego.v1

import data.soc2.change.bypass_use

_bypass(actor) := {"id": 9, "actor": actor, "ref": "refs/heads/main", "at": "2026-11-20T09:00:00Z", "result": "bypass"}

_period(since, items) := {"object": {"archived": false, "default_branch": "main", "rule_bypasses": {
	"since_at": since,
	"until_at": "2026-11-23T09:00:00Z",
	"complete": true,
	"items": items,
}}}

_week(items) := _period("2026-11-16T09:00:00Z", items)

_explained(by) := {"CHG-13": {"days": 7, "explained": [{"rule_suite": 9, "approved_by": by}]}}

_none := {"CHG-13": {"days": 7, "explained": []}}

test_allow_explained if {
	bypass_use.applicable with input as _week([]) with data.parameters as _none
	bypass_use.deny == set() with input as _week([_bypass("bob")]) with data.parameters as _explained("carol")
	bypass_use.unknown == set() with input as _week([_bypass("bob")]) with data.parameters as _explained("carol")
}

test_unknown_exempt_actor if {
	branch := {"name": "main", "protection": null, "rulesets": {"complete": true, "items": [{
		"name": "reviewed",
		"enforcement": "active",
		"rules": [],
		"bypass_actors": [{"type": "team", "mode": "exempt"}],
	}]}}
	section := {"branches": {"complete": true, "items": [branch]}}
	request := {"object": object.union(_week([]).object, section)}
	bypass_use.unknown == {{
		"message": `an actor is exempt from ruleset "reviewed", and of what it does GitHub notes nothing`,
		"path": ["branches", "items", 0, "rulesets", "items", 0, "bypass_actors", 0, "mode"],
	}} with input as request with data.parameters as _none
}

test_deny_not_explained if {
	every actor, name in {"bob": "bob", null: "somebody"} {
		bypass_use.deny == {{
			"message": sprintf("%s passed over the rules of refs/heads/main (rule suite 9) without an explanation", [name]),
			"path": ["rule_bypasses", "items", 0],
		}} with input as _week([_bypass(actor)]) with data.parameters as _none
	}
}

test_deny_approved_by_the_actor if {
	bypass_use.deny == {{
		"message": "bob approved their own bypass of the rules of refs/heads/main (rule suite 9)",
		"path": ["rule_bypasses", "items", 0, "actor"],
	}} with input as _week([_bypass("bob")]) with data.parameters as _explained("Bob")
}

test_unknown_actor if {
	bypass_use.unknown == {{
		"message": "who passed over the rules of refs/heads/main (rule suite 9) is not known",
		"path": ["rule_bypasses", "items", 0, "actor"],
	}} with input as _week([_bypass(null)]) with data.parameters as _explained("carol")
}

test_unknown_not_read if {
	bypass_use.unknown == {{
		"message": "the bypasses of rules could not be read: the document does not say why",
		"path": [],
	}} with input as {"object": {}} with data.parameters as _none
}

test_unknown_period_too_short if {
	bypass_use.unknown == {{
		"message": "the bypasses of less than 7 days were read",
		"path": ["rule_bypasses", "since_at"],
	}} with input as _period("2026-11-16T09:00:01Z", []) with data.parameters as _none
}

test_unknown_without_parameters if {
	bypass_use.unknown == {{"message": "the parameters have no value"}} with input as _week([_bypass("bob")])
		with data.parameters as {"CHG-13": {}}
}
