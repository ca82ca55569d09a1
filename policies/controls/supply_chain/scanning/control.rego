# METADATA
# title: Repositories are scanned, and no vulnerable dependency is added
# description: |
#   In a repository secret scanning, push protection, Dependabot alerts and updates, and code scanning are on. Code
#   scanning is on by GitHub's default setup, or shown by an analysis that any tool uploaded lately. A pull request adds
#   no dependency with a known vulnerability of the severity that counts, or worse; one that it removes does not matter.
# scope: package
# custom:
#   id: SUP-06
#   severity: high
#   inputs:
#     - kind: github_repository
#     - kind: pull_request
#   frameworks: {soc2: [CC6.8, CC7.1], iso27001: ["8.7", "8.8"]}
#   remediation: >-
#     Turn the scan on in the security settings of the repository. Choose a version of the dependency that repairs the
#     vulnerability.
#   parameters:
#     scans:
#       type: array
#       items:
#         enum: [code_scanning, dependabot_alerts, dependabot_updates, push_protection, secret_scanning]
#       uniqueItems: true
#       default: [code_scanning, dependabot_alerts, dependabot_updates, push_protection, secret_scanning]
#       description: What must be on in a repository.
#     scan_days:
#       type: integer
#       minimum: 1
#       default: 8
#       description: How many days old the latest analysis of code scanning may be where the default setup is off.
#     severity:
#       enum: [low, moderate, high, critical]
#       type: string
#       default: high
#       description: The lowest severity of a vulnerability that no pull request may add.
#     allowed_advisories:
#       type: array
#       items: {type: string, pattern: '^GHSA(-[0-9a-z]{4}){3}$'}
#       default: []
#       description: Advisories that were looked at and do not matter, by their GHSA number.
package soc2.supply_chain.scanning

import rego.v1

import data.soc2.lib.settings

_parameters := data.parameters["SUP-06"]

default applicable := false

applicable if input.kind == "pull_request"

applicable if _is_repository

_is_repository if {
	input.kind == "github_repository"
	settings.is_alive
}

_security := input.object.security if _is_repository

_switches := {
	"dependabot_alerts": "Dependabot alerts",
	"dependabot_updates": "Dependabot security updates",
	"push_protection": "push protection",
	"secret_scanning": "secret scanning",
}

deny contains {"message": message, "path": ["security", scan]} if {
	some scan, name in _switches
	scan in _parameters.scans
	_security[scan] == "disabled"
	message := sprintf("%s is off", [name])
}

unknown contains gap if {
	some scan, name in _switches
	scan in _parameters.scans
	some gap in settings.gaps(_security, scan, sprintf("setting of %s", [name]), ["security"])
}

# Code scanning by the default setup, or by what was uploaded.
_code_scanning := "on" if {
	_security.code_scanning_default_setup == "enabled"
} else := "on" if {
	_age <= ((_parameters.scan_days * 24) * 3600) * 1000000000
} else := "stale" if {
	_age > 0
} else := "off" if {
	_security.code_scanning_default_setup == "disabled"
	_security.latest_code_scan == null
} else := "not known"

_age := time.parse_rfc3339_ns(input.object.collected_at) - time.parse_rfc3339_ns(_security.latest_code_scan.at)

_judges_code if {
	"code_scanning" in _parameters.scans
	is_object(_security)
}

deny contains {"message": "code scanning is off", "path": ["security", "latest_code_scan"]} if {
	_judges_code
	_code_scanning == "off"
}

deny contains {"message": message, "path": ["security", "latest_code_scan", "at"]} if {
	_judges_code
	_code_scanning == "stale"
	_security.code_scanning_default_setup == "disabled"
	message := sprintf("the latest analysis of code scanning is older than %d days", [_parameters.scan_days])
}

unknown contains gap if {
	_judges_code
	_code_scanning in {"not known", "stale"}
	some part in ["code_scanning_default_setup", "latest_code_scan"]
	some gap in settings.gaps(_security, part, "state of code scanning", ["security"])
}

unknown contains gap if {
	_is_repository
	some gap in settings.gaps(input.object, "security", "security settings", [])
}

_severities := ["low", "moderate", "high", "critical"]

_rank(severity) := rank if {
	some rank, name in _severities
	name == severity
}

_vulnerabilities[index] contains vulnerability if {
	some index, change in input.object.dependency_changes.items
	change.change == "added"
	some vulnerability in change.vulnerabilities
	not vulnerability.advisory in _parameters.allowed_advisories
}

deny contains {"message": message, "path": ["dependency_changes", "items", index]} if {
	some index, vulnerabilities in _vulnerabilities
	some vulnerability in vulnerabilities
	_rank(lower(vulnerability.severity)) >= _rank(_parameters.severity)
	change := input.object.dependency_changes.items[index]
	message := sprintf("adds %s %s, which has a vulnerability of severity %s (%s)", [
		change.name,
		change.version,
		lower(vulnerability.severity),
		vulnerability.advisory,
	])
}

unknown contains {"message": message, "path": ["dependency_changes", "items", index]} if {
	some index, vulnerabilities in _vulnerabilities
	some vulnerability in vulnerabilities
	not lower(vulnerability.severity) in _severities
	message := sprintf("the severity of %s is none that is known", [vulnerability.advisory])
}

unknown contains gap if {
	input.kind == "pull_request"
	some gap in settings.gaps(input.object, "dependency_changes", "changes of dependencies", [])
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_array(_parameters.scans)
	is_number(_parameters.scan_days)
	is_string(_parameters.severity)
	is_array(_parameters.allowed_advisories)
}
