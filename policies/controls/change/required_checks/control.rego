# METADATA
# title: Required checks passed on the revision that is merged
# description: |
#   Required are the checks of the parameter, those that the rules of the base branch demand, and those that GitHub
#   marks as required for this pull request. Each must have run on the head commit (in a merge queue: on the queue's
#   commit), be reported by the app that is expected, and have concluded success; skipped, neutral, stale and missing
#   are not success. Where several runs of one name count, all must have succeeded: a re-run replaces the run it
#   repeats, while runs in different check suites are different checks, of which a later success hides no failure.
#
#   Anyone with write access can post a commit status in any name, so a status counts only for a check whose `poster`
#   is named. A required check that is bound neither to an app nor to a poster is fulfilled by check runs alone, which
#   only apps can make.
# scope: package
# custom:
#   id: CHG-07
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4", "8.29"]}
#   remediation: >-
#     Wait for the check or repair what it reports, and run it on the head commit. Where a check is reported by nobody
#     that counts, name its app or its poster in the parameter checks.
#   parameters:
#     checks:
#       type: array
#       items:
#         type: object
#         required: [name]
#         additionalProperties: false
#         properties:
#           name: {type: string, minLength: 1}
#           app_id: {type: integer, minimum: 1}
#           poster: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Checks that every change needs: the name of the check run with the app that reports it (app_id, 15368 for
#         GitHub Actions on github.com), or the context of a commit status with the login of who posts it (poster, for
#         an app with the suffix [bot]).
#     own_checks:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: Names of the checks that report this gate's own answer, which cannot have passed while it is made.
#     allow_none:
#       type: boolean
#       default: false
#       description: Whether a change for which no check is required is left alone instead of being unknown.
package soc2.change.required_checks

import rego.v1

import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-07"]

default applicable := false

applicable if count(_required) > 0

# The commit that is about to be merged.
_revision := input.object.merge_queue.group_head_oid if {
	is_string(input.object.merge_queue.group_head_oid)
} else := pull_request.head

# Without the place in the queue it is not known which commit that is, if the change is in a queue at all.
unknown contains {"message": message, "path": ["merge_queue"]} if {
	input.object.state == "open"
	object.get(input.object, "merge_queue", "absent") == "absent"
	_perhaps_queued
	message := pull_request.absence("merge_queue", "place in the merge queue")
}

_perhaps_queued if {
	input.object.unavailable.merge_queue
	not pull_request.complete("timeline")
}

_perhaps_queued if _number_of("added_to_merge_queue") > _number_of("removed_from_merge_queue")

_number_of(name) := count([event | some event in input.object.timeline.items; event.event == name])

_on_revision[index] := check if {
	some index, check in input.object.checks.items
	check.commit_oid == _revision
}

# A required check is a name with an app, a poster, or neither. The last is dropped where the name is bound elsewhere.
_bound contains {"name": check.name, "by": {"app": app}} if {
	some check in _parameters.checks
	app := check.app_id
}

_bound contains {"name": check.name, "by": {"poster": poster}} if {
	some check in _parameters.checks
	poster := lower(check.poster)
}

_bound contains {"name": check.context, "by": {"app": check.app_id}} if {
	some check in input.object.required_checks
	is_number(check.app_id)
}

_bound contains {"name": check.name, "by": {"app": app}} if {
	some check in _on_revision
	check.required == true
	app := check.app.id
}

_names contains check.name if some check in _parameters.checks

_names contains check.context if some check in input.object.required_checks

_names contains check.name if {
	some check in _on_revision
	check.required == true
}

_own(name) if name in _parameters.own_checks

_required contains required if {
	some required in _bound
	not _own(required.name)
}

_required contains {"name": name, "by": {}} if {
	some name in _names
	not name in {required.name | some required in _bound}
	not _own(name)
}

# Whether a check is reported by whom a required check expects.
_reports(check, required) if check.app.id == required.by.app

_reports(check, required) if pull_request.account(check.creator) == required.by.poster

_reports(check, required) if {
	required.by == {}
	check.kind == "check_run"
}

# Required check -> the checks that count for it.
_counted[required] := {index |
	some index, check in _on_revision
	check.name == required.name
	_reports(check, required)
} if {
	some required in _required
}

deny contains {"message": message, "path": ["checks", "items", index, field]} if {
	some required, indexes in _counted
	some index in indexes
	check := input.object.checks.items[index]
	[field, outcome] := _shortfall(check)
	message := sprintf("required check %q %s", [required.name, outcome])
}

_shortfall(check) := ["status", sprintf("has not ended: it is %s", [check.status])] if not check.status == "completed"

_shortfall(check) := ["conclusion", sprintf("concluded %v, which is not success", [check.conclusion])] if {
	check.status == "completed"
	not check.conclusion == "success"
}

deny contains {"message": message, "path": ["checks"]} if {
	pull_request.complete("checks")
	some required, indexes in _counted
	count(indexes) == 0
	not _perhaps(required)
	message := sprintf("required check %q %s", [required.name, _absence(required)])
}

# A required check that is bound to nobody, and that only a status reports.
_perhaps(required) if {
	required.by == {}
	_reported(required)
}

_reported(required) if {
	some check in _on_revision
	check.name == required.name
}

_absence(required) := sprintf("is not reported by %s, which it must be", [_reporter(required)]) if {
	_reported(required)
} else := "has reported on another commit only" if {
	some check in input.object.checks.items
	check.name == required.name
} else := "has not reported"

_reporter(required) := sprintf("app %d", [required.by.app])

_reporter(required) := sprintf("a status of %q", [required.by.poster])

unknown contains {"message": message, "path": ["checks"]} if {
	some required, indexes in _counted
	count(indexes) == 0
	_perhaps(required)
	message := sprintf("required check %q is a commit status, which anyone with write access can post", [required.name])
}

unknown contains gap if gap := pull_request.gaps.checks

unknown contains {"message": "the parameter checks has no value"} if not _parameters.checks

unknown contains {"message": message, "path": ["required_checks"]} if {
	count(_parameters.checks) == 0
	not _rules_known
	message := pull_request.absence("required_checks", "checks that the base branch requires")
}

_rules_known if is_array(input.object.required_checks)

unknown contains {"message": "no check is known to be required", "path": ["required_checks"]} if {
	count(_required) == 0
	not _parameters.allow_none == true
}
