# METADATA
# title: No objection to a pull request is left open
# description: |
#   Every reviewer with write access who asked for changes has approved since or had the review dismissed, whatever was
#   pushed in between, and every review thread is marked as resolved, outdated ones too. A bot that may write to the
#   repository can object as well, although its approval never counts. Reviews and threads from after the merge are
#   left out.
# scope: package
# custom:
#   id: CHG-04
#   severity: medium
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Settle the objection with the reviewer, who then approves or whose review is dismissed with a reason; answer each
#     open thread and resolve it.
package soc2.change.open_objection

import rego.v1

import data.soc2.lib.pull_request
import data.soc2.lib.review

default applicable := true

# Reviews in effect that neither approve nor were dismissed, unless their author cannot write to the repository: with
# what is in doubt about each, if anything is.
_objections[index] := doubts if {
	some reviews in review.effective
	some index, objection in reviews
	not _settled(objection)
	not objection.author_can_push == false
	doubts := array.concat(
		["the reviewer's write access is not known" | not objection.author_can_push == true],
		["another review of the same second says otherwise" | some other in reviews; _settled(other)],
	)
}

_settled(opinion) if opinion.state in {"APPROVED", "DISMISSED"}

deny contains {"message": message, "path": ["reviews", "items", index, "state"]} if {
	some index, doubts in _objections
	count(doubts) == 0
	message := sprintf("%s asked for changes and has not approved since", [review.reviewer_name(index)])
}

unknown contains {"message": message, "path": ["reviews", "items", index]} if {
	some index, doubts in _objections
	some doubt in doubts
	message := sprintf("whether %s still objects is not known: %s", [review.reviewer_name(index), doubt])
}

deny contains {"message": message, "path": ["review_threads", "items", index]} if {
	some index, thread in input.object.review_threads.items
	not thread.resolved == true
	not pull_request.after_merge(object.get(thread, "opened_at", null))
	message := sprintf("the review thread%s is not resolved", [_place(thread)])
}

_place(thread) := sprintf(" on %s", [thread.path]) if {
	is_string(thread.path)
} else := ""

unknown contains gap if {
	some section in ["reviews", "review_threads"]
	gap := pull_request.gaps[section]
}
