# METADATA
# title: Changes of the gate are approved by its security owners
# description: |
#   A change of what judges changes (the settings, exceptions and policies of the gate, CODEOWNERS, the workflows) is
#   approved by one of the security owners that the parameter names, with an approval that stands for the change as it
#   is: of the head commit, by someone with write access who neither opened nor wrote it. A rename away from a
#   protected path is a change of it. The members of a team are taken from the owners that CODEOWNERS lists for the
#   change, or from GitHub's word that a review was made on behalf of the team; where neither tells, the answer is
#   unknown.
#
#   That the gate reads its settings, policies and CODEOWNERS from the base branch, so that a change cannot loosen its
#   own judgement, is up to the workflow that runs it.
# scope: package
# custom:
#   id: CHG-18
#   severity: critical
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1, CC5.3], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Ask a security owner, who did not work on the change, to approve the head commit. Name the owners in the
#     parameter security_owners.
#   parameters:
#     security_owners:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Who may approve changes of the gate: logins (@alice) and teams (@acme/security), as CODEOWNERS writes them.
#         While nobody is named, a change of the gate is unknown.
#     paths:
#       type: array
#       minItems: 1
#       items: {type: string, minLength: 1}
#       default:
#         - soc2gate.yaml
#         - "**/soc2gate.yaml"
#         - exceptions.yaml
#         - "**/exceptions.yaml"
#         - policies/**
#         - .github/CODEOWNERS
#         - CODEOWNERS
#         - docs/CODEOWNERS
#         - .github/workflows/**
#         - .github/actions/**
#       description: >-
#         Globs of the paths that hold the gate: * stays within one folder, ** crosses folders, so a file at the root
#         and in folders needs two globs. A list of your own replaces this one.
package soc2.change.gate_protection

import rego.v1

import data.soc2.lib.approver
import data.soc2.lib.owner
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-18"]

_owners := _parameters.security_owners

_protected := data.soc2.lib.touched.matching(_parameters.paths)

default applicable := false

applicable if count(_protected) > 0

_possible := {index |
	some index in approver.possible
	some name in _owners
	owner.perhaps_approved(index, name)
}

_counted := {index |
	some index in approver.counted
	some name in _owners
	owner.approved(index, name)
}

_unapproved if {
	applicable
	count(_owners) > 0
	pull_request.complete("reviews")
	count(_possible) == 0
}

deny contains {"message": message, "path": paths.place} if {
	_unapproved
	paths := data.soc2.lib.touched.summary(_protected)
	message := sprintf("part of the gate: %s; no security owner approved the change: %s", [
		paths.text,
		concat(", ", _owners),
	])
}

deny contains finding if {
	_unapproved
	some index, findings in approver.refused
	some name in _owners
	owner.perhaps_approved(index, name)
	some finding in findings
}

_undecided if {
	applicable
	count(_counted) == 0
}

unknown contains finding if {
	_undecided
	some index in _possible
	some finding in approver.doubted[index]
}

unknown contains {"message": message, "path": ["reviews", "items", index]} if {
	_undecided
	some index in _possible
	some name in _owners
	owner.perhaps_approved(index, name)
	not owner.approved(index, name)
	message := sprintf("whether an approval is by %s is not known: its members are not listed", [name])
}

unknown contains {"message": message} if {
	applicable
	not count(object.get(data.parameters, ["CHG-18", "security_owners"], [])) > 0
	message := "the parameter security_owners names nobody"
}

unknown contains gap if {
	applicable
	gap := pull_request.gaps.reviews
}

unknown contains pull_request.gaps.files

unknown contains {"message": "the parameter paths has no value"} if not _parameters.paths
