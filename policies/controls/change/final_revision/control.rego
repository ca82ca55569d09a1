# METADATA
# title: The final revision of a pull request is approved
# description: |
#   Counts the approvals of CHG-01 that were given for the head commit, by the commit that each review names and never
#   by commit dates, which anyone can forge. A push, forced or not, makes another head commit, so earlier approvals
#   fall. So they do when the base branch is changed after them, since the same commits are then another change.
# scope: package
# custom:
#   id: CHG-02
#   severity: critical
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Ask a reviewer to look at the head commit and approve it again; push nothing and keep the base branch after that.
#   parameters:
#     minimum_approvals:
#       type: integer
#       minimum: 1
#       default: 1
#       description: How many independent approvals the final revision needs; usually as many as for CHG-01.
#     unattended_bots:
#       type: array
#       items:
#         type: object
#         required: [login, paths]
#         additionalProperties: false
#         properties:
#           login: {type: string, minLength: 1}
#           paths: {type: array, minItems: 1, items: {type: string, minLength: 1}}
#       default: []
#       description: Bots whose changes need no approval, as for CHG-01.
package soc2.change.final_revision

import rego.v1

import data.soc2.lib.bot
import data.soc2.lib.pull_request
import data.soc2.lib.review

_parameters := data.parameters["CHG-02"]

default applicable := false

applicable if not _unattended

_unattended if bot.unattended(_parameters.unattended_bots)

_short_of_approvals if {
	applicable
	pull_request.complete("reviews")
	count(review.final.possible) < _parameters.minimum_approvals
}

deny contains {"message": message, "path": ["reviews"]} if {
	_short_of_approvals
	message := sprintf("the final revision has %d of %d independent approvals", [
		count(review.final.possible),
		_parameters.minimum_approvals,
	])
}

deny contains finding if {
	_short_of_approvals
	some index in review.independent.possible
	some reason in review.outdated[index]
	finding := review.refused(index, reason)
}

unknown contains {"message": "the parameter minimum_approvals has no value"} if {
	not _parameters.minimum_approvals
}

unknown contains gap if {
	applicable
	gap := pull_request.gaps.reviews
}

unknown contains finding if {
	applicable
	count(review.final.counted) < _parameters.minimum_approvals
	some index in review.final.possible
	some reason in _doubts[index]
	finding := review.doubted(index, reason)
}

_doubts[index] contains reason if some reason in review.doubts[index]

_doubts[index] contains reason if some reason in review.outdated_doubts[index]
