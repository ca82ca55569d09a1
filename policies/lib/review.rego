# METADATA
# title: Which approvals of a pull request count
# description: |
#   Each reviewer has one opinion in effect: the latest of APPROVED, CHANGES_REQUESTED and DISMISSED, whatever came
#   before it, so a dismissal never revives an older approval. Comments and pending reviews say nothing, and neither
#   does a review that was submitted after the merge.
#
#   An approval is known by its index in the list of reviews. Something may speak against it (it does not count), or
#   something about it may be in doubt (whether it counts cannot be told). `independent` judges who approved, `final`
#   also what was approved: in each, `counted` holds the approvals that count and `possible` those in doubt as well.
# scope: package
package soc2.lib.review

import rego.v1

import data.soc2.lib.pull_request

# Reviewer -> index of each review that may be in effect -> the review. There are several where reviews were submitted
# in the same second. A deleted account cannot be told from another, so each of its reviews stands alone.
effective[reviewer] := {index: input.object.reviews.items[index] |
	some index, at in times
	at == newest
} if {
	some reviewer, times in _opinions
	newest := max([instant | some instant in times])
}

_opinions[reviewer][index] := at if {
	some index, review in input.object.reviews.items
	not _without_opinion(review)
	not _after_merge(review)
	reviewer := _reviewer(review, index)
	at := time.parse_rfc3339_ns(object.get(review, "submitted_at", null))
}

_without_opinion(review) if review.state in {"COMMENTED", "PENDING"}

_after_merge(review) if pull_request.after_merge(review.submitted_at)

_author_known(review) if is_object(review.author)

_access_known(review) if is_boolean(review.author_can_push)

_commit_known(review) if is_string(review.commit_oid)

_reviewer(review, index) := pull_request.account(review.author) if {
	_author_known(review)
} else := sprintf("deleted account of review %d", [index])

# The reviewers whose reviews in effect differ: which of them came last cannot be told.
ambiguous contains reviewer if {
	some reviewer, reviews in effective
	count({[review.state, review.commit_oid] | some review in reviews}) > 1
}

# The approvals in effect: index -> reviewer.
approvals[index] := reviewer if {
	some reviewer, reviews in effective
	index := max([place | some place, review in reviews; review.state == "APPROVED"])
}

_approval[index] := input.object.reviews.items[index] if some index, _ in approvals

# What speaks against an approval because of who gave it: index -> reasons.
refusals[index] contains "the reviewer's account was deleted" if {
	some index, review in _approval
	not _author_known(review)
}

refusals[index] contains "the reviewer is a bot, and a bot's approval never counts" if {
	some index, review in _approval
	pull_request.is_bot(review.author)
}

refusals[index] contains "the reviewer is not a person's account" if {
	some index, review in _approval
	_author_known(review)
	not pull_request.is_bot(review.author)
	not pull_request.is_person(review.author)
}

refusals[index] contains "the reviewer is the author of the change" if {
	some index, reviewer in approvals
	reviewer == pull_request.author
}

refusals[index] contains "the reviewer has no write access" if {
	some index, review in _approval
	review.author_can_push == false
}

# What is in doubt about who gave an approval: index -> reasons.
doubts[index] contains "the reviewer's write access is not known" if {
	some index, review in _approval
	not _access_known(review)
}

doubts[index] contains "the same reviewer submitted another review in the same second" if {
	some index, reviewer in approvals
	reviewer in ambiguous
}

doubts[index] contains "the account of the author of the change was deleted" if {
	some index, _ in approvals
	not pull_request.author
}

doubts[index] contains "it is not known when the change was merged" if {
	some index, _ in approvals
	input.object.state == "merged"
	not input.object.merged_at
}

# What speaks against an approval because of what it approved: index -> reasons.
outdated[index] contains reason if {
	some index, review in _approval
	_commit_known(review)
	not review.commit_oid == pull_request.head
	reason := sprintf("it is for %s, which is not the head commit", [pull_request.short(review.commit_oid)])
}

outdated[index] contains "it was given before the base branch was changed" if {
	some index, review in _approval
	some change in input.object.base_changes.items
	at := object.get(change, "at", null)
	not pull_request.after_merge(at)
	time.parse_rfc3339_ns(review.submitted_at) <= time.parse_rfc3339_ns(at)
}

# What is in doubt about what an approval approved: index -> reasons.
outdated_doubts[index] contains "GitHub no longer names the commit that was reviewed" if {
	some index, review in _approval
	not _commit_known(review)
}

outdated_doubts[index] contains reason if {
	some index, _ in approvals
	reason := pull_request.gaps.base_changes.message
}

# The approvals by people with write access other than the author.
independent := {
	"counted": {index | some index, _ in approvals; not refusals[index]; not doubts[index]},
	"possible": {index | some index, _ in approvals; not refusals[index]},
}

# Those of them that are for the head commit and the present base branch.
final := {
	"counted": {index | some index in independent.counted; not outdated[index]; not outdated_doubts[index]},
	"possible": {index | some index in independent.possible; not outdated[index]},
}

# The finding that an approval does not count.
refused(index, reason) := {"message": message, "path": ["reviews", "items", index]} if {
	message := sprintf("the approval by %s does not count: %s", [reviewer_name(index), reason])
}

# The finding that it cannot be told whether an approval counts.
doubted(index, reason) := {"message": message, "path": ["reviews", "items", index]} if {
	message := sprintf("whether the approval by %s counts is not known: %s", [reviewer_name(index), reason])
}

# A reviewer in messages.
reviewer_name(index) := sprintf("%q", [author.login]) if {
	author := input.object.reviews.items[index].author
	is_object(author)
} else := "a deleted account"
