# METADATA
# title: Changes of sensitive paths have two approvals
# description: |
#   A change that touches a sensitive path, such as a workflow, the rules of the gate, identity or the infrastructure
#   of production, has at least two approvals that stand for it as it is: of the head commit and the present base
#   branch, by people with write access who neither opened nor wrote it. A rename is judged by its old path as well.
#   Where the list of files is cut short, what is not in it may be sensitive.
# scope: package
# custom:
#   id: CHG-06
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4", "5.3"]}
#   remediation: Ask a second person, who did not work on the change, to approve the head commit.
#   parameters:
#     minimum_approvals:
#       type: integer
#       minimum: 1
#       default: 2
#       description: How many approvals a change of a sensitive path needs.
#     paths:
#       type: array
#       minItems: 1
#       items: {type: string, minLength: 1}
#       default:
#         - .github/workflows/**
#         - .github/actions/**
#         - .github/CODEOWNERS
#         - CODEOWNERS
#         - docs/CODEOWNERS
#         - soc2gate.yaml
#         - policies/**
#         - policy/**
#         - "{iam,identity,rbac}/**"
#         - "**/{iam,identity,rbac}/**"
#         - "{infra,infrastructure,terraform}/production/**"
#         - "{infra,infrastructure,terraform}/**/production/**"
#         - "{infra,infrastructure,terraform}/prod/**"
#         - "{infra,infrastructure,terraform}/**/prod/**"
#       description: >-
#         Globs of the sensitive paths: * stays within one folder, ** crosses folders, so a file at the root and in
#         folders needs two globs. A list of your own replaces this one.
package soc2.change.sensitive_paths

import rego.v1

import data.soc2.lib.approver
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-06"]

_sensitive := data.soc2.lib.touched.matching(_parameters.paths)

default applicable := false

applicable if count(_sensitive) > 0

_short_of_approvals if {
	applicable
	pull_request.complete("reviews")
	count(approver.possible) < _parameters.minimum_approvals
}

deny contains {"message": message, "path": paths.place} if {
	_short_of_approvals
	paths := data.soc2.lib.touched.summary(_sensitive)
	message := sprintf("sensitive: %s; the change has %d of %d approvals by people who did not contribute to it", [
		paths.text,
		count(approver.possible),
		_parameters.minimum_approvals,
	])
}

deny contains finding if {
	_short_of_approvals
	some findings in approver.refused
	some finding in findings
}

unknown contains finding if {
	applicable
	count(approver.counted) < _parameters.minimum_approvals
	some findings in approver.doubted
	some finding in findings
}

unknown contains gap if {
	applicable
	gap := pull_request.gaps.reviews
}

unknown contains pull_request.gaps.files

unknown contains {"message": sprintf("the parameter %s has no value", [name])} if {
	some name in ["minimum_approvals", "paths"]
	not _parameters[name]
}
