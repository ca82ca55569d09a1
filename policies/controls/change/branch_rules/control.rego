# METADATA
# title: Branches demand a reviewed and checked pull request
# description: |
#   The default branch, and every other branch in the document, asks for pull requests with enough approvals, takes
#   approvals away when something is pushed, has the last push approved by someone else, has owners approve, and
#   requires checks on a branch that is up to date. Classic protection and active rulesets count together. A ruleset
#   that is only evaluated holds nobody back and does not count, and neither does an up-to-date branch without any
#   check that would have to run on it.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/repos/rules
#     description: Rules that rulesets can hold
# custom:
#   id: CHG-11
#   severity: critical
#   inputs:
#     - kind: github_repository
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Add what is missing to an active ruleset for the branch: pull requests with approvals, dismissal of stale
#     approvals, approval of the last push, review by code owners, and status checks on an up-to-date branch.
#   parameters:
#     approvals:
#       type: integer
#       minimum: 1
#       default: 1
#       description: How many approvals a pull request needs.
#     demands:
#       type: array
#       items:
#         enum: [code_owners, last_push_approval, stale_dismissal, strict_checks]
#       uniqueItems: true
#       default: [code_owners, last_push_approval, stale_dismissal, strict_checks]
#       description: What branches must demand besides approvals.
package soc2.change.branch_rules

import rego.v1

import data.soc2.lib.branch_rules
import data.soc2.lib.settings

_parameters := data.parameters["CHG-11"]

default applicable := false

applicable if settings.is_alive

# Branch -> what its rules, as far as they were read, do not demand.
_shortfalls[index] contains problem if {
	some index, asked in branch_rules.pull_requests
	most := max({0} | {rule.required_approvals | some rule in asked})
	most < _parameters.approvals
	problem := _approvals_missing(asked, most)
}

_shortfalls[index] contains problem if {
	some index, asked in branch_rules.pull_requests
	some demand, [field, problem] in _fields
	demand in _parameters.demands
	not _asks(asked, field)
}

_shortfalls[index] contains "requires no checks on an up-to-date branch" if {
	some index, checks in branch_rules.status_checks
	"strict_checks" in _parameters.demands
	not _is_strict(checks)
}

_approvals_missing(asked, _) := "takes changes without a pull request" if count(asked) == 0

_approvals_missing(asked, most) := message if {
	count(asked) > 0
	message := sprintf("asks for %d approvals, not for %d", [most, _parameters.approvals])
}

_fields := {
	"code_owners": ["require_code_owners", "does not ask code owners"],
	"last_push_approval": ["require_last_push_approval", "lets who pushed last approve the push"],
	"stale_dismissal": ["dismiss_stale_reviews", "keeps approvals when something is pushed"],
}

_asks(asked, field) if {
	some rule in asked
	rule[field] == true
}

# Without a check that has to run, nothing is up to date.
_is_strict(checks) if {
	some rule in checks
	rule.strict == true
	count(rule.checks) > 0
}

deny contains {"message": message, "path": branch_rules.place(index)} if {
	some index, problems in _shortfalls
	count(branch_rules.gaps[index]) == 0
	some problem in problems
	message := sprintf("branch %q %s", [branch_rules.branches[index].name, problem])
}

# What was not read may demand it.
unknown contains gap if {
	some index, problems in _shortfalls
	count(problems) > 0
	some gap in branch_rules.gaps[index]
}

unknown contains gap if some gap in branch_rules.unread

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_number(_parameters.approvals)
	is_array(_parameters.demands)
}
