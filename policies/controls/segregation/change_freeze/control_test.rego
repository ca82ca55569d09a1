package soc2.segregation.change_freeze_test

import rego.v1

import data.soc2.segregation.change_freeze as control

_merged(at) := {"object": {"state": "merged", "merged_at": at}}

_weekend := {"name": "weekend", "zone": "Europe/Berlin", "start": "friday 16:00", "end": "monday 08:00"}

_lunch := {"name": "lunch", "zone": "UTC", "start": "tuesday 12:00", "end": "tuesday 13:00"}

_year := {
	"name": "end of the year",
	"zone": "Europe/Berlin",
	"start": "2026-12-23T18:00:00",
	"end": "2027-01-04T08:00:00",
}

_parameters := {"SOD-01": {"windows": [_year], "weekly_windows": [_weekend, _lunch]}}

_messages := {finding.message | some finding in control.deny}

test_allow_outside if {
	every at in [
		"2026-11-20T14:59:59Z",
		"2026-11-23T07:00:00Z",
		"2026-07-03T13:59:59Z",
		"2026-11-24T11:59:59Z",
		"2026-11-24T13:00:00Z",
		"2026-12-23T16:59:59Z",
		"2027-01-05T07:00:00Z",
	] {
		control.applicable with input as _merged(at) with data.parameters as _parameters
		control.deny == set() with input as _merged(at) with data.parameters as _parameters
		control.unknown == set() with input as _merged(at) with data.parameters as _parameters
	}
}

test_deny_inside if {
	every at, freeze in {
		"2026-11-20T15:00:00Z": "weekend",
		"2026-11-23T06:59:59Z": "weekend",
		"2026-07-03T14:00:00Z": "weekend",
		"2026-11-24T12:00:00Z": "lunch",
		"2026-12-23T17:00:00Z": "end of the year",
		"2026-12-31T12:00:00Z": "end of the year",
	} {
		some message in _messages with input as _merged(at) with data.parameters as _parameters
		contains(message, sprintf("%q", [freeze]))
	}
}

test_deny_whole_messages if {
	year := "the change was merged in the freeze \"end of the year\", at 2026-12-24T13:00:00 in Europe/Berlin"
	control.deny == {{"message": year, "path": ["merged_at"]}} with input as _merged("2026-12-24T12:00:00Z")
		with data.parameters as _parameters
	weekend := "the change would be merged in the freeze \"weekend\", on sunday at 13:00 in Europe/Berlin"
	control.deny == {{"message": weekend, "path": ["state"]}} with input as {"object": {"state": "open"}}
		with data.parameters as _parameters
		with time.now_ns as time.parse_rfc3339_ns("2026-11-22T12:00:00Z")
}

test_allow_closed_and_no_windows if {
	none := {"SOD-01": {"windows": [], "weekly_windows": []}}
	not control.applicable with input as {"object": {"state": "closed"}} with data.parameters as _parameters
	not control.applicable with input as _merged("2026-12-24T12:00:00Z") with data.parameters as none
	control.deny == set() with input as _merged("2026-12-24T12:00:00Z") with data.parameters as none
	control.unknown == set() with input as _merged("2026-12-24T12:00:00Z") with data.parameters as none
}

test_unknown_backwards if {
	backwards := object.union(_year, {"end": "2026-12-23T18:00:00"})
	expected := {{"message": "the freeze \"end of the year\" ends before it starts"}}
	control.unknown == expected with input as _merged("2026-11-18T12:00:00Z")
		with data.parameters as {"SOD-01": {"windows": [backwards], "weekly_windows": []}}
}

test_unknown_time_of_the_merge if {
	expected := {{"message": "it is not known when the change was merged", "path": ["state"]}}
	control.unknown == expected with input as {"object": {"state": "merged"}} with data.parameters as _parameters
}

test_unknown_without_parameters if {
	expected := {
		{"message": "the parameter weekly_windows has no value"},
		{"message": "the parameter windows has no value"},
	}
	control.unknown == expected with input as _merged("2026-11-18T12:00:00Z") with data.parameters as {"SOD-01": {}}
}
