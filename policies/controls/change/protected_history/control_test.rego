package soc2.change.protected_history_test

import rego.v1

import data.soc2.change.protected_history

_nobody := {"users": [], "teams": [], "apps": []}

_protection := {"allow_force_pushes": false, "bypass_force_push": _nobody, "allow_deletions": false}

_tags(rules, exclude) := {
	"include": ["refs/tags/v*"],
	"exclude": exclude,
	"ruleset": {"name": "tags", "enforcement": "active", "rules": [{"type": type} | some type in rules]},
}

_repository(protection, tags) := {"kind": "github_repository", "object": {
	"archived": false,
	"default_branch": "main",
	"branches": {"complete": true, "items": [{
		"name": "main",
		"protection": protection,
		"rulesets": {"complete": true, "items": []},
	}]},
	"tag_rulesets": {"complete": true, "items": tags},
}}

_parameters := {"CHG-14": {"release_tags": ["v*"]}}

_locked := [_tags({"deletion", "update"}, [])]

_at(message) := {"message": message, "path": ["branches", "items", 0, "name"]}

test_allow_protected_history if {
	request := _repository(_protection, _locked)
	protected_history.applicable with input as request with data.parameters as _parameters
	protected_history.deny == set() with input as request with data.parameters as _parameters
	protected_history.unknown == set() with input as request with data.parameters as _parameters
}

test_deny_unprotected_branch if {
	protected_history.deny == {
		_at(`branch "main" can be force-pushed`),
		_at(`branch "main" can be deleted`),
	} with input as _repository(null, _locked) with data.parameters as _parameters
}

test_deny_allowed_by_name if {
	protection := object.union(_protection, {"bypass_force_push": object.union(_nobody, {"teams": ["core"]})})
	protected_history.deny == {_at(`branch "main" can be force-pushed by core`)}
		with input as _repository(protection, _locked)
		with data.parameters as _parameters
}

test_deny_unprotected_tags if {
	protected_history.deny == {
		{"message": `release tags "v*" can be moved`, "path": ["tag_rulesets"]},
		{"message": `release tags "v*" can be deleted`, "path": ["tag_rulesets"]},
	} with input as _repository(_protection, []) with data.parameters as _parameters
}

test_unknown_some_tags_left_out if {
	protected_history.unknown == {{
		"message": `release tags "v*" may be moved: the rulesets against it leave some tags out`,
		"path": ["tag_rulesets"],
	}} with input as _repository(_protection, [_tags({"update"}, ["refs/tags/v0*"]), _tags({"deletion"}, [])])
		with data.parameters as _parameters
}

test_unknown_allowances_not_read if {
	protection := object.remove(_protection, ["bypass_force_push"])
	protected_history.unknown == {_at(`who may force-push branch "main" all the same was not read`)}
		with input as _repository(protection, _locked)
		with data.parameters as _parameters
}

test_unknown_parts_not_read if {
	request := {"object": {"default_branch": "main", "branches": {"complete": true, "items": [{"name": "main"}]}}}
	protected_history.deny == set() with input as request with data.parameters as _parameters
	count(protected_history.unknown) == 3 with input as request with data.parameters as _parameters
	nothing := {"object": {"default_branch": "main"}}
	count(protected_history.unknown) == 2 with input as nothing with data.parameters as _parameters
}

test_unknown_without_parameters if {
	protected_history.unknown == {{"message": "the parameter release_tags has no value"}}
		with input as _repository(_protection, [])
		with data.parameters as {"CHG-14": {}}
}
