# METADATA
# title: Nothing is merged while changes are frozen
# description: |
#   The change was not merged in a frozen window; a change that is still open is judged by the clock of the decision,
#   so that it fails while a window lasts. Windows are written in the local time of a zone: single ones with their
#   first and last instant, and weekly ones such as from `friday 16:00` to `monday 08:00`. The start belongs to a
#   window and the end does not. No label and no title lifts a freeze: an emergency needs an exception.
#
#   While no window is configured, and for changes that were closed without a merge, the control is not applicable.
# scope: package
# custom:
#   id: SOD-01
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC5.1, CC6.3, CC8.1], iso27001: ["5.3", "8.32"]}
#   remediation: >-
#     Merge after the window. What cannot wait needs an exception that someone else approves.
#   parameters:
#     windows:
#       type: array
#       items:
#         type: object
#         required: [name, zone, start, end]
#         additionalProperties: false
#         properties:
#           name: {type: string, minLength: 1}
#           zone: {type: string, minLength: 1}
#           start: {type: string, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"}
#           end: {type: string, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"}
#       default: []
#       description: >-
#         Single windows: a name, a zone of the IANA database such as Europe/Berlin, and the start and the end in its
#         local time, such as 2026-12-23T18:00:00.
#     weekly_windows:
#       type: array
#       items:
#         type: object
#         required: [name, zone, start, end]
#         additionalProperties: false
#         properties:
#           name: {type: string, minLength: 1}
#           zone: {type: string, minLength: 1}
#           start:
#             type: string
#             pattern: "^(mon|tues|wednes|thurs|fri|satur|sun)day ([01][0-9]|2[0-3]):[0-5][0-9]$"
#           end:
#             type: string
#             pattern: "^(mon|tues|wednes|thurs|fri|satur|sun)day ([01][0-9]|2[0-3]):[0-5][0-9]$"
#       default: []
#       description: >-
#         Windows of every week: a name, a zone, and the start and the end as a day and a local time, such as friday
#         16:00 and monday 08:00. A window that ends when it starts lasts the whole week.
package soc2.segregation.change_freeze

import rego.v1

_parameters := data.parameters["SOD-01"]

default applicable := false

applicable if {
	not input.object.state == "closed"
	count(_windows) > 0
}

_windows := array.concat(_parameters.windows, _parameters.weekly_windows)

# When the change was merged, or when it would be.
_instant := time.parse_rfc3339_ns(input.object.merged_at) if {
	input.object.state == "merged"
} else := time.now_ns() if {
	input.object.state == "open"
}

_place := {"merged": ["merged_at"], "open": ["state"]}[input.object.state]

_deed := {"merged": "the change was merged", "open": "the change would be merged"}[input.object.state]

deny contains {"message": message, "path": _place} if {
	some window in _parameters.windows
	local := time.format([_instant, window.zone, "2006-01-02T15:04:05"])
	local >= window.start
	local < window.end
	message := sprintf("%s in the freeze %q, at %s in %s", [_deed, window.name, local, window.zone])
}

deny contains {"message": message, "path": _place} if {
	some window in _parameters.weekly_windows
	weekday := lower(time.weekday([_instant, window.zone]))
	clock := time.format([_instant, window.zone, "15:04"])
	_within(_minute(weekday, clock), _of(window.start), _of(window.end))
	message := sprintf("%s in the freeze %q, on %s at %s in %s", [_deed, window.name, weekday, clock, window.zone])
}

# Whether a minute of the week is in a window, which may go on into the next week.
_within(minute, start, end) if {
	start < end
	minute >= start
	minute < end
}

_within(minute, start, end) if {
	start >= end
	minute >= start
}

_within(minute, start, end) if {
	start >= end
	minute < end
}

_weekdays := {
	"monday": 0,
	"tuesday": 1,
	"wednesday": 2,
	"thursday": 3,
	"friday": 4,
	"saturday": 5,
	"sunday": 6,
}

_of(text) := _minute(parts[0], parts[1]) if parts := split(text, " ")

_minute(weekday, clock) := ((_weekdays[weekday] * 1440) + (to_number(parts[0]) * 60)) + to_number(parts[1]) if {
	parts := split(clock, ":")
}

unknown contains {"message": sprintf("the freeze %q ends before it starts", [window.name])} if {
	some window in _parameters.windows
	time.parse_rfc3339_ns(sprintf("%sZ", [window.end])) <= time.parse_rfc3339_ns(sprintf("%sZ", [window.start]))
}

unknown contains {"message": "it is not known when the change was merged", "path": ["state"]} if {
	applicable
	not _instant
}

unknown contains {"message": sprintf("the parameter %s has no value", [name])} if {
	some name in ["weekly_windows", "windows"]
	not _parameters[name]
}
