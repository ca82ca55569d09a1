package soc2.change.bypass_actors_test

import rego.v1

import data.soc2.change.bypass_actors

_nobody := {"users": [], "teams": [], "apps": []}

_protection := {"enforce_admins": true, "bypass_pull_request": _nobody}

_ruleset(fields) := object.union({"id": 7, "name": "reviewed", "enforcement": "active", "rules": []}, fields)

_repository(protection, rulesets) := {"kind": "github_repository", "object": {
	"archived": false,
	"default_branch": "main",
	"branches": {"complete": true, "items": [{
		"name": "main",
		"protection": protection,
		"rulesets": {"complete": true, "items": rulesets},
	}]},
	"tag_rulesets": {"complete": true, "items": []},
}}

_allowing(allowed) := {"CHG-12": {"allowed": allowed}}

_actor(actor) := _repository(null, [_ruleset({"bypass_actors": [actor]})])

_place := ["branches", "items", 0, "rulesets", "items", 0, "bypass_actors", 0]

test_allow_nobody if {
	request := _repository(_protection, [_ruleset({"bypass_actors": []})])
	bypass_actors.applicable with input as request with data.parameters as _allowing([])
	bypass_actors.deny == set() with input as request with data.parameters as _allowing([])
	bypass_actors.unknown == set() with input as request with data.parameters as _allowing([])
}

test_allow_named_actors if {
	every allowed, actor in {
		{"type": "team", "name": "Core"}: {"type": "team", "name": "core", "mode": "always"},
		{"type": "integration", "id": 3}: {"type": "integration", "id": 3, "mode": "always"},
		{"type": "deploy_key"}: {"type": "deploy_key", "mode": "always"},
		{"type": "team", "id": 3, "exempt": true}: {"type": "team", "id": 3, "mode": "exempt"},
	} {
		bypass_actors.deny == set() with input as _actor(actor) with data.parameters as _allowing([allowed])
	}
}

test_deny_actors_that_are_not_named if {
	every message, actor in {
		`team "core" may pass over ruleset "reviewed"`: {"type": "team", "name": "core", "mode": "always"},
		`repository_role 5 may pass over ruleset "reviewed"`: {"type": "repository_role", "id": 5, "mode": "always"},
		`deploy_key may pass over ruleset "reviewed"`: {"type": "deploy_key", "mode": "always"},
	} {
		bypass_actors.deny == {{"message": message, "path": _place}} with input as _actor(actor)
			with data.parameters as _allowing([{"type": "team", "name": "other"}])
	}
}

test_deny_a_named_actor_without_a_trace if {
	actor := {"type": "team", "name": "core", "mode": "exempt"}
	bypass_actors.deny == {{
		"message": `team "core" passes over ruleset "reviewed" without a trace`,
		"path": array.concat(_place, ["mode"]),
	}} with input as _actor(actor) with data.parameters as _allowing([{"type": "team", "name": "core"}])
}

test_deny_classic_protection if {
	protection := {"enforce_admins": false, "bypass_pull_request": object.union(_nobody, {"users": ["bob"]})}
	bypass_actors.deny == {
		{
			"message": `administrators may pass over the protection of branch "main"`,
			"path": ["branches", "items", 0, "protection", "enforce_admins"],
		},
		{
			"message": `user "bob" may merge into branch "main" past its protection`,
			"path": ["branches", "items", 0, "protection", "bypass_pull_request", "users", 0],
		},
	} with input as _repository(protection, []) with data.parameters as _allowing([])
}

test_unknown_actors_hidden if {
	request := _repository({"enforce_admins": true}, [_ruleset({})])
	bypass_actors.applicable with input as request with data.parameters as _allowing([])
	bypass_actors.unknown == {
		{
			"message": `the bypass actors of ruleset "reviewed" could not be read: the document does not say why`,
			"path": ["branches", "items", 0, "rulesets", "items", 0],
		},
		{
			"message": `who may merge past the protection of branch "main" was not read`,
			"path": ["branches", "items", 0, "protection"],
		},
	} with input as request with data.parameters as _allowing([])
}

test_unknown_sections_not_read if {
	nothing := {"object": {"archived": false, "default_branch": "main"}}
	bypass_actors.applicable with input as nothing with data.parameters as _allowing([])
	count(bypass_actors.unknown) == 2 with input as nothing with data.parameters as _allowing([])
	half := {"object": {
		"default_branch": "main",
		"branches": {"complete": true, "items": [{"name": "main"}]},
		"tag_rulesets": {"complete": true, "items": []},
	}}
	count(bypass_actors.unknown) == 2 with input as half with data.parameters as _allowing([])
}

test_unknown_without_parameters if {
	{"message": "the parameter allowed has no value"} in bypass_actors.unknown with input as _repository(null, [])
		with data.parameters as {"CHG-12": {}}
}

test_allow_no_rules if {
	not bypass_actors.applicable with input as _repository(null, []) with data.parameters as _allowing([])
}
