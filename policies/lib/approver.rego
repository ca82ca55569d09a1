# METADATA
# title: Whose approval stands for the change as it is
# description: |
#   An approval stands when it counts for the final revision (`review`) and its giver contributed nothing to the
#   change (`contributor`). `counted` holds the indexes of the approvals that stand, `possible` those that may as
#   well. Where anyone may have contributed, none stands for sure.
# scope: package
package soc2.lib.approver

import rego.v1

import data.soc2.lib.contributor
import data.soc2.lib.review

# Index of an approval -> what its giver did in the change, for sure (true) or perhaps (false).
deeds[index][contribution.sure] contains contribution.deed if {
	some index, reviewer in review.approvals
	some contribution in _contributions[reviewer]
}

_contributions[contribution.account] contains contribution if {
	some contribution in contributor.contributions
}

counted := {index |
	count(contributor.blind_spots) == 0
	some index in review.final.counted
	not deeds[index]
}

possible := {index |
	some index in review.final.possible
	not deeds[index][true]
}

# The findings that say why approvals do not stand: index -> findings.
refused[index] contains finding if {
	some index, reasons in review.refusals
	some reason in reasons
	finding := review.refused(index, reason)
}

refused[index] contains finding if {
	some index, reasons in review.outdated
	some reason in reasons
	finding := review.refused(index, reason)
}

refused[index] contains finding if {
	some index, _ in deeds
	finding := review.refused(index, sprintf("the reviewer %s", [concat(", ", deeds[index][true])]))
}

# The findings that say why it is not known whether an approval stands: index -> findings.
doubted[index] contains finding if {
	some index in possible
	some reason in review.doubts[index]
	finding := review.doubted(index, reason)
}

doubted[index] contains finding if {
	some index in possible
	some reason in review.outdated_doubts[index]
	finding := review.doubted(index, reason)
}

doubted[index] contains finding if {
	some index in possible
	finding := review.doubted(index, unsure(index))
}

doubted[index] contains blind_spot if {
	some index in possible
	some blind_spot in contributor.blind_spots
}

# What an approval's giver may have contributed.
unsure(index) := sprintf("the reviewer %s, and whether that merge holds anything of its own was not computed", [
	concat(", ", deeds[index][false]),
])
