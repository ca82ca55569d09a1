# METADATA
# title: Emergency changes name their incident and are reviewed afterwards
# description: |
#   A change with an emergency label names its incident in the title or the description and, once merged, has an
#   independent approval by the deadline: of the head commit, by someone with write access who neither opened nor
#   wrote it and, where `approvers` names some, is one of them. An approval from before the merge counts as well. A
#   label that was taken off after the merge counts as if it were there.
#
#   The deadline is counted in business days in UTC: of the hours after the merge only those from Monday to Friday
#   count, 24 a day, so with one day a change merged on Friday at 15:00 is due on Monday at 15:00, and one merged at
#   the weekend at the end of Monday. Public holidays are business days. Facts that were read after the deadline and
#   show no approval from before it are a failure, also when somebody approved later. Facts that were read before the
#   deadline are unknown: the review is still owed, so it is no pass, and it is not late, so it is no failure; the
#   message says by when it is due. An emergency that is open owes no review yet: it fails without an incident and is
#   else not applicable. CHG-01 to CHG-03 speak of its missing approval all the same; an exception permits that, this
#   control watches what is owed.
# scope: package
# custom:
#   id: CHG-17
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1, CC7.4], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Name the incident in the description. After the merge ask someone who did not work on the change to review and
#     approve it before the deadline; where that has passed, record why and the review that followed.
#   parameters:
#     labels:
#       type: array
#       minItems: 1
#       items: {type: string, minLength: 1}
#       default: [emergency]
#       description: The labels that mark an emergency, in any case.
#     incident_pattern:
#       type: string
#       minLength: 1
#       default: \bINC-[0-9]+\b
#       description: A regular expression (RE2) for the ids of incidents.
#     deadline_business_days:
#       type: integer
#       minimum: 1
#       maximum: 100
#       default: 1
#       description: How many business days after the merge the approval is due.
#     approvers:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         The logins of those who may approve an emergency afterwards; while it is empty, everyone with write access.
package soc2.change.emergency_review

import rego.v1

import data.soc2.lib.approver
import data.soc2.lib.description
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-17"]

_merged if input.object.state == "merged"

default applicable := false

applicable if {
	_emergency
	_merged
}

_marks(label) if lower(label) in {lower(mark) | some mark in _parameters.labels}

_emergency if {
	some label in input.object.labels
	_marks(label)
}

_emergency if {
	some event in input.object.timeline.items
	event.event == "unlabeled"
	pull_request.after_merge(event.at)
	_marks(event.label)
}

_names_incident if regex.match(_parameters.incident_pattern, input.object.title)

_names_incident if regex.match(_parameters.incident_pattern, description.visible)

_described if is_string(object.get(input.object, "body", null))

deny contains {"message": "the change is marked as an emergency and names no incident", "path": ["title"]} if {
	_emergency
	not input.object.state == "closed"
	_described
	not _names_incident
}

unknown contains {"message": "whether the change names an incident is not known: the description was not read"} if {
	_emergency
	not input.object.state == "closed"
	not _described
	not _names_incident
}

_day := 86400000000000

_weekdays := {
	"Monday": 0,
	"Tuesday": 1,
	"Wednesday": 2,
	"Thursday": 3,
	"Friday": 4,
	"Saturday": 5,
	"Sunday": 6,
}

# When the business time begins to run, in nanoseconds: a weekend is skipped.
_start := start if {
	weekday := _weekdays[time.weekday(_merge)]
	weekday < 5
	start := {"at": _merge, "weekday": weekday}
} else := {"at": (_merge - (_merge % _day)) + ((7 - _weekdays[time.weekday(_merge)]) * _day), "weekday": 0}

_merge := time.parse_rfc3339_ns(input.object.merged_at)

_deadline := _start.at + (calendar_days * _day) if {
	days := _parameters.deadline_business_days
	calendar_days := days + (2 * floor((_start.weekday + days) / 5))
}

_due := time.format(_deadline)

# Reviews from the time up to the deadline count as those from before a merge do.
_counted := {index |
	counted := approver.counted with input.object.merged_at as _due
	some index in counted
	_may_approve(index)
}

_possible := {index |
	possible := approver.possible with input.object.merged_at as _due
	some index in possible
	_may_approve(index)
}

_may_approve(_) if count(_parameters.approvers) == 0

_may_approve(index) if {
	author := input.object.reviews.items[index].author
	pull_request.account(author) in {lower(login) | some login in _parameters.approvers}
}

_overdue if time.parse_rfc3339_ns(input.object.collected_at) > _deadline

_unapproved if {
	applicable
	pull_request.complete("reviews")
	count(_possible) == 0
}

deny contains {"message": message, "path": ["reviews"]} if {
	_unapproved
	_overdue
	message := sprintf("the emergency has no independent approval, which was due by %s", [_due])
}

deny contains finding if {
	_unapproved
	_overdue
	refused := approver.refused with input.object.merged_at as _due
	some findings in refused
	some finding in findings
}

unknown contains {"message": message, "path": ["reviews"]} if {
	_unapproved
	not _overdue
	message := sprintf("an independent approval of the emergency is owed by %s", [_due])
}

unknown contains finding if {
	applicable
	count(_counted) == 0
	doubted := approver.doubted with input.object.merged_at as _due
	some index in _possible
	some finding in doubted[index]
}

unknown contains gap if {
	applicable
	gap := pull_request.gaps.reviews
}

unknown contains {"message": pull_request.absence("labels", "labels"), "path": ["labels"]} if {
	not is_array(object.get(input.object, "labels", null))
}

# A label may have been taken off after the merge.
unknown contains gap if {
	_merged
	not _emergency
	gap := pull_request.gaps.timeline
}

unknown contains {"message": sprintf("the parameter %s has no value", [name])} if {
	some name in ["approvers", "deadline_business_days", "incident_pattern", "labels"]
	not _parameters[name]
}
