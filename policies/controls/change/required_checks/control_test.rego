package soc2.change.required_checks_test

import rego.v1

import data.soc2.change.required_checks as control

_defaults := {"checks": [], "own_checks": [], "allow_none": false}

_parameters(changes) := {"CHG-07": object.union(_defaults, changes)}

_build := {
	"name": "build",
	"kind": "check_run",
	"app": {"id": 15368, "slug": "github-actions"},
	"commit_oid": "aaaa",
	"status": "completed",
	"conclusion": "success",
	"required": null,
}

_but(changes) := object.union(_build, changes)

_status(login) := _but({"kind": "status", "app": null, "creator": {"login": login, "type": "bot"}})

_pull(required, checks) := {"object": {
	"head": {"oid": "aaaa"},
	"required_checks": required,
	"checks": {"complete": true, "items": checks},
}}

_rule := [{"context": "build", "app_id": 15368}]

_unbound := [{"context": "build", "app_id": null}]

_missing(text) := {{"message": sprintf("required check \"build\" %s", [text]), "path": ["checks"]}}

_passes(pull, parameters) if {
	control.deny == set() with input as pull with data.parameters as parameters
	control.unknown == set() with input as pull with data.parameters as parameters
	control.applicable with input as pull with data.parameters as parameters
}

test_allow_required_by_rules if _passes(_pull(_rule, [_build]), _parameters({}))

test_allow_required_from_anyone if _passes(_pull(_unbound, [_build]), _parameters({}))

test_allow_required_by_parameter if {
	parameters := _parameters({"checks": [{"name": "build", "app_id": 15368}]})
	_passes({"object": object.remove(_pull([], [_build]).object, ["required_checks"])}, parameters)
}

test_allow_required_by_github if _passes(_pull([], [_but({"required": true})]), _parameters({}))

test_allow_status_of_its_poster if {
	parameters := _parameters({"checks": [{"name": "build", "poster": "CI-App[bot]"}]})
	_passes(_pull(_unbound, [_status("ci-app")]), parameters)
}

test_allow_own_check_running if {
	own := _but({"name": "gate", "status": "in_progress", "conclusion": null, "required": true})
	rules := array.concat(_rule, [{"context": "gate", "app_id": null}])
	_passes(_pull(rules, [_build, own]), _parameters({"own_checks": ["gate"]}))
	_passes(_pull(rules, [_build]), _parameters({"own_checks": ["gate"]}))
}

test_allow_merge_queue if {
	queued := {"merge_queue": {"group_head_oid": "bbbb", "pull_requests": [42]}}
	checks := [_but({"commit_oid": "bbbb"}), _but({"conclusion": "failure"})]
	_passes({"object": object.union(_pull(_rule, checks).object, queued)}, _parameters({}))
	waiting := {"merge_queue": {"group_head_oid": null, "pull_requests": [42]}}
	_passes({"object": object.union(_pull(_rule, [_build]).object, waiting)}, _parameters({}))
}

test_deny_not_successful if {
	checks := [
		_but({"conclusion": "skipped"}),
		_build,
		_but({"status": "queued", "conclusion": null}),
		_but({"conclusion": null}),
	]
	expected := {
		{
			"message": "required check \"build\" concluded skipped, which is not success",
			"path": ["checks", "items", 0, "conclusion"],
		},
		{
			"message": "required check \"build\" has not ended: it is queued",
			"path": ["checks", "items", 2, "status"],
		},
		{
			"message": "required check \"build\" concluded null, which is not success",
			"path": ["checks", "items", 3, "conclusion"],
		},
	}
	control.deny == expected with input as _pull(_rule, checks) with data.parameters as _parameters({})
}

test_deny_missing if {
	lint := _but({"name": "lint"})
	pull := _pull(_rule, [lint, object.union(lint, {"commit_oid": "bbbb"})])
	control.deny == _missing("has not reported") with input as pull with data.parameters as _parameters({})
}

test_deny_missing_from_anyone if {
	pull := _pull(_unbound, [_but({"name": "lint"})])
	control.deny == _missing("has not reported") with input as pull with data.parameters as _parameters({})
}

test_deny_other_commit if {
	pull := _pull(_rule, [_but({"commit_oid": "bbbb"})])
	control.deny == _missing("has reported on another commit only") with input as pull
		with data.parameters as _parameters({})
}

test_deny_other_reporter if {
	pull := _pull(_rule, [_but({"app": {"id": 7, "slug": "other"}}), _status("mallory")])
	control.deny == _missing("is not reported by app 15368, which it must be") with input as pull
		with data.parameters as _parameters({})
}

test_deny_other_poster if {
	parameters := _parameters({"checks": [{"name": "build", "poster": "ci-app[bot]"}]})
	expected := _missing("is not reported by a status of \"ci-app[bot]\", which it must be")
	control.deny == expected with input as _pull([], [_status("mallory")]) with data.parameters as parameters
}

test_unknown_status_of_anyone if {
	expected := _missing("is a commit status, which anyone with write access can post")
	pull := _pull(_unbound, [_status("mallory")])
	control.deny == set() with input as pull with data.parameters as _parameters({})
	control.unknown == expected with input as pull with data.parameters as _parameters({})
}

test_unknown_nothing_required if {
	expected := {{"message": "no check is known to be required", "path": ["required_checks"]}}
	control.unknown == expected with input as _pull([], [_build]) with data.parameters as _parameters({})
}

test_allow_nothing_required if {
	parameters := _parameters({"allow_none": true})
	control.unknown == set() with input as _pull([], [_build]) with data.parameters as parameters
	not control.applicable with input as _pull([], [_build]) with data.parameters as parameters
}

test_unknown_rules if {
	pull := {"object": object.remove(_pull([], [_but({"required": true})]).object, ["required_checks"])}
	message := "the checks that the base branch requires could not be read: the document does not say why"
	expected := {{"message": message, "path": ["required_checks"]}}
	control.unknown == expected with input as pull with data.parameters as _parameters({})
}

test_unknown_checks_cut_short if {
	pull := {"object": object.union(_pull(_rule, []).object, {"checks": {"complete": false}})}
	message := "the list of checks was cut short, so nothing can be concluded from it"
	control.deny == set() with input as pull with data.parameters as _parameters({})
	control.unknown == {{"message": message, "path": ["checks"]}} with input as pull
		with data.parameters as _parameters({})
}

test_unknown_without_parameter if {
	control.unknown == {{"message": "the parameter checks has no value"}} with input as _pull(_rule, [_build])
		with data.parameters as {"CHG-07": {}}
}

_unread_queue(changes) := {"object": object.union(
	object.union(_pull(_rule, [_build]).object, {"state": "open", "unavailable": {"merge_queue": {"reason": "403"}}}),
	changes,
)}

_queue_events(names) := {"timeline": {"complete": true, "items": [{"event": name} | some name in names]}}

_queue_unread := {{"message": "the place in the merge queue could not be read: 403", "path": ["merge_queue"]}}

test_unknown_perhaps_in_a_queue_that_was_not_read if {
	added := ["added_to_merge_queue", "removed_from_merge_queue", "added_to_merge_queue"]
	every changes in [{}, _queue_events(added)] {
		control.unknown == _queue_unread with input as _unread_queue(changes) with data.parameters as _parameters({})
	}
}

test_allow_in_no_queue_although_it_was_not_read if {
	every changes in [
		_queue_events([]),
		_queue_events(["added_to_merge_queue", "removed_from_merge_queue"]),
		{"merge_queue": null},
		{"state": "merged"},
	] {
		_passes(_unread_queue(changes), _parameters({}))
	}
}
