# METADATA
# title: Nobody approves a change they contributed to
# description: |
#   Leaves out of the approvals those by contributors: authors, co-authors and committers of the commits, whoever
#   pushed to the branch, and the person on whose behalf a bot opened the change. Where approvals of the final
#   revision exist (CHG-02) only those are looked at, so that one approval fulfils CHG-01, CHG-02 and CHG-03 together.
#   A commit whose e-mail address maps to no account, or a list that is cut short, means that nobody can be shown not
#   to have contributed. Merges of the base branch ("Update branch") are left out when they hold nothing of their own.
# scope: package
# custom:
#   id: CHG-03
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4", "5.3"]}
#   remediation: >-
#     Ask someone who wrote, committed and pushed nothing of the change to approve it. Contributors whose commits map
#     to no account add the e-mail address to their account.
#   parameters:
#     minimum_approvals:
#       type: integer
#       minimum: 1
#       default: 1
#       description: How many approvals by people who did not contribute a change needs; usually as many as for CHG-01.
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
package soc2.change.approver_contribution

import rego.v1

import data.soc2.lib.approver
import data.soc2.lib.bot
import data.soc2.lib.contributor
import data.soc2.lib.pull_request
import data.soc2.lib.review

_parameters := data.parameters["CHG-03"]

default applicable := false

applicable if not _unattended

_unattended if bot.unattended(_parameters.unattended_bots)

# Where no approval is for the final revision CHG-02 fails, and the older ones are looked at here.
_approvals := review.final if {
	count(review.final.possible) > 0
} else := review.independent

_possible := {index | some index in _approvals.possible; not approver.deeds[index][true]}

_counted := {index |
	some index in _approvals.counted
	not approver.deeds[index]
	count(contributor.blind_spots) == 0
}

_short_of_approvals if {
	applicable
	pull_request.complete("reviews")
	count(_possible) < _parameters.minimum_approvals
}

deny contains {"message": message, "path": ["reviews"]} if {
	_short_of_approvals
	message := sprintf("the change has %d of %d approvals by people who did not contribute to it", [
		count(_possible),
		_parameters.minimum_approvals,
	])
}

deny contains finding if {
	_short_of_approvals
	some index in _approvals.possible
	reason := sprintf("the reviewer %s", [concat(", ", approver.deeds[index][true])])
	finding := review.refused(index, reason)
}

unknown contains {"message": "the parameter minimum_approvals has no value"} if {
	not _parameters.minimum_approvals
}

unknown contains gap if {
	applicable
	gap := pull_request.gaps.reviews
}

_undecided if {
	applicable
	count(_possible) > 0
	count(_counted) < _parameters.minimum_approvals
}

unknown contains blind_spot if {
	_undecided
	some blind_spot in contributor.blind_spots
}

unknown contains finding if {
	_undecided
	some index in _possible
	some reason in _doubts[index]
	finding := review.doubted(index, reason)
}

_doubts[index] contains reason if some reason in review.doubts[index]

_doubts[index] contains reason if some reason in review.outdated_doubts[index]

_doubts[index] contains reason if {
	some index, _ in approver.deeds
	reason := approver.unsure(index)
}
