# METADATA
# title: Pull requests are approved by someone other than their author
# description: |
#   Counts the people with write access, other than the author, whose latest review approves. A later review of the
#   same person replaces an earlier one, a dismissed approval is gone and revives nothing, comments change nothing.
#   Approvals by bots, AI reviewers among them, by deleted accounts and by mannequins of an import never count, nor do
#   approvals given after the merge. Whether the approval is for the final revision is CHG-02, whether its giver
#   contributed is CHG-03.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/articles/about-pull-request-reviews
#     description: Pull request reviews
# custom:
#   id: CHG-01
#   severity: critical
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1, CC5.1], iso27001: ["8.32", "8.4", "5.3"]}
#   remediation: >-
#     Ask someone with write access, who neither opened nor wrote the change, to review the head commit and approve it.
#   parameters:
#     minimum_approvals:
#       type: integer
#       minimum: 1
#       default: 1
#       description: How many independent approvals a change needs.
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
#       description: >-
#         Bots whose changes need no approval, with globs of the only paths those changes may touch. It holds only for a
#         change that nobody else has contributed to. Keep it narrow, such as the lock files of a dependency bot.
package soc2.change.independent_approval

import rego.v1

import data.soc2.lib.bot
import data.soc2.lib.pull_request
import data.soc2.lib.review

_parameters := data.parameters["CHG-01"]

default applicable := false

applicable if not _unattended

_unattended if bot.unattended(_parameters.unattended_bots)

_short_of_approvals if {
	applicable
	pull_request.complete("reviews")
	count(review.independent.possible) < _parameters.minimum_approvals
}

deny contains {"message": message, "path": ["reviews"]} if {
	_short_of_approvals
	message := sprintf("the change has %d of %d independent approvals", [
		count(review.independent.possible),
		_parameters.minimum_approvals,
	])
}

deny contains finding if {
	_short_of_approvals
	some index, reasons in review.refusals
	some reason in reasons
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
	count(review.independent.counted) < _parameters.minimum_approvals
	some index in review.independent.possible
	some reason in review.doubts[index]
	finding := review.doubted(index, reason)
}
