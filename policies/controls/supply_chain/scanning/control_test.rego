package soc2.supply_chain.scanning_test

import rego.v1

import data.soc2.supply_chain.scanning

_on := {
	"secret_scanning": "enabled",
	"push_protection": "enabled",
	"dependabot_alerts": "enabled",
	"dependabot_updates": "enabled",
	"code_scanning_default_setup": "enabled",
	"latest_code_scan": null,
}

_repository(security) := {"kind": "github_repository", "object": {
	"collected_at": "2026-11-23T09:00:00Z",
	"archived": false,
	"default_branch": "main",
	"security": security,
}}

_changes(items) := {"kind": "pull_request", "object": {"dependency_changes": {"complete": true, "items": items}}}

_parameters := {"SUP-06": {
	"scans": ["code_scanning", "dependabot_alerts", "dependabot_updates", "push_protection", "secret_scanning"],
	"scan_days": 8,
	"severity": "high",
	"allowed_advisories": ["GHSA-aaaa-aaaa-aaaa"],
}}

_scanned(at) := object.union(_on, {
	"code_scanning_default_setup": "disabled",
	"latest_code_scan": {"tool": "CodeQL", "at": at},
})

test_allow_everything_on if {
	every security in [_on, _scanned("2026-11-20T09:00:00Z")] {
		request := _repository(security)
		scanning.applicable with input as request with data.parameters as _parameters
		scanning.deny == set() with input as request with data.parameters as _parameters
		scanning.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_scans_off if {
	off := object.union(_on, {"secret_scanning": "disabled", "code_scanning_default_setup": "disabled"})
	scanning.deny == {
		{"message": "secret scanning is off", "path": ["security", "secret_scanning"]},
		{"message": "code scanning is off", "path": ["security", "latest_code_scan"]},
	} with input as _repository(off) with data.parameters as _parameters
}

test_deny_old_analysis if {
	scanning.deny == {{
		"message": "the latest analysis of code scanning is older than 8 days",
		"path": ["security", "latest_code_scan", "at"],
	}} with input as _repository(_scanned("2026-11-01T09:00:00Z")) with data.parameters as _parameters
}

test_unknown_settings_not_read if {
	half := object.remove(_on, ["push_protection", "code_scanning_default_setup", "latest_code_scan"])
	count(scanning.unknown) == 2 with input as _repository(half) with data.parameters as _parameters
	nothing := json.remove(_repository(_on), ["object/security"])
	count(scanning.unknown) == 1 with input as nothing with data.parameters as _parameters
	scanning.deny == set() with input as nothing with data.parameters as _parameters
}

_added(severity, advisory) := {
	"change": "added",
	"name": "lodash",
	"version": "4.17.20",
	"vulnerabilities": [{"severity": severity, "advisory": advisory}],
}

test_allow_harmless_changes if {
	removed := object.union(_added("critical", "GHSA-bbbb-bbbb-bbbb"), {"change": "removed"})
	every changes in [
		[],
		[_added("low", "GHSA-bbbb-bbbb-bbbb")],
		[_added("critical", "GHSA-aaaa-aaaa-aaaa")],
		[removed],
	] {
		scanning.applicable with input as _changes(changes) with data.parameters as _parameters
		scanning.deny == set() with input as _changes(changes) with data.parameters as _parameters
		scanning.unknown == set() with input as _changes(changes) with data.parameters as _parameters
	}
}

test_deny_vulnerable_dependency if {
	scanning.deny == {{
		"message": "adds lodash 4.17.20, which has a vulnerability of severity critical (GHSA-bbbb-bbbb-bbbb)",
		"path": ["dependency_changes", "items", 0],
	}} with input as _changes([_added("Critical", "GHSA-bbbb-bbbb-bbbb")]) with data.parameters as _parameters
}

test_unknown_severity if {
	scanning.unknown == {{
		"message": "the severity of GHSA-bbbb-bbbb-bbbb is none that is known",
		"path": ["dependency_changes", "items", 0],
	}} with input as _changes([_added("unrated", "GHSA-bbbb-bbbb-bbbb")]) with data.parameters as _parameters
}

test_unknown_changes_not_read if {
	request := {"kind": "pull_request", "object": {}}
	count(scanning.unknown) == 1 with input as request with data.parameters as _parameters
}

test_unknown_without_parameters if {
	{"message": "the parameters have no value"} in scanning.unknown with input as _changes([])
		with data.parameters as {"SUP-06": {}}
}
