# METADATA
# title: A change belongs to an authorised ticket
# description: |
#   The change names a ticket: the title, the description, the branch or a commit's headline holds a key that matches
#   `key_pattern`, or an issue is linked to it. Keys in comments of the description, where templates give examples, do
#   not count. With `require_approved_ticket` a linked issue or ticket was approved, by the export of the system that
#   holds it, no later than the merge (of a change that is open: than the facts were read); then a key alone proves
#   nothing.
# scope: package
# custom:
#   id: CHG-08
#   severity: medium
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Name the ticket in the title or the description, or link an issue. Where approved tickets are asked for, have
#     the ticket approved before the merge.
#   parameters:
#     key_pattern:
#       type: string
#       default: ""
#       description: >-
#         A regular expression (RE2) for the keys of tickets, such as \b(SHOP|OPS)-[1-9][0-9]*\b. Name your projects:
#         a wide pattern takes UTF-8 for a ticket. While it is empty only linked issues count.
#     look_in:
#       type: array
#       items: {type: string, enum: [title, body, branch, commits]}
#       default: [title, body, branch, commits]
#       description: Where a key counts.
#     require_approved_ticket:
#       type: boolean
#       default: false
#       description: Whether a linked issue or ticket must have been approved before the merge.
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
#         Bots whose changes need no ticket, with globs of the only paths those changes may touch, as for CHG-01.
package soc2.change.linked_ticket

import rego.v1

import data.soc2.lib.bot
import data.soc2.lib.description
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-08"]

_issues := input.object.linked_issues.items

default applicable := false

applicable if not _unattended

_unattended if bot.unattended(_parameters.unattended_bots)

_texts.title contains input.object.title

_texts.body contains description.visible

_texts.branch contains input.object.head.ref

_texts.commits contains commit.message_headline if some commit in input.object.commits.items

_named if {
	_parameters.key_pattern != ""
	some place in _parameters.look_in
	some text in _texts[place]
	regex.match(_parameters.key_pattern, text)
}

# A key that was merely found in a text counts by the pattern only, not because the collector took it for one.
_linked if {
	some issue in _issues
	object.get(issue, "source", "closing_reference") == "closing_reference"
}

_linked if {
	_parameters.key_pattern != ""
	some issue in _issues
	regex.match(_parameters.key_pattern, issue.key)
}

# What a ticket's approval may not be later than.
_latest := input.object.merged_at if {
	input.object.state == "merged"
} else := input.object.collected_at

# Linked issue -> "yes", or why it does not count as approved in time.
_approvals[index] := _approval(object.get(issue, "approved_at", "absent")) if some index, issue in _issues

_approval("absent") := "unknown"

_approval(null) := "was not approved"

_approval(at) := "yes" if {
	not at in ["absent", null]
	time.parse_rfc3339_ns(at) <= time.parse_rfc3339_ns(_latest)
} else := "was approved too late" if {
	not at in ["absent", null]
}

_answers := {answer | some answer in _approvals}

_authorised if {
	_parameters.require_approved_ticket == false
	_named
}

_authorised if {
	_parameters.require_approved_ticket == false
	_linked
}

_authorised if "yes" in _answers

_perhaps_authorised if {
	_parameters.require_approved_ticket
	"unknown" in _answers
}

_perhaps_authorised if not pull_request.complete("linked_issues")

_perhaps_authorised if {
	_parameters.require_approved_ticket == false
	count(_unread) > 0
}

# Texts that may hold a key and were not read.
_unread contains {"message": "the description was not read"} if {
	_parameters.key_pattern != ""
	"body" in _parameters.look_in
	not is_string(object.get(input.object, "body", null))
}

_unread contains pull_request.gaps.commits if {
	_parameters.key_pattern != ""
	"commits" in _parameters.look_in
}

_unread contains {"message": message, "path": ["commits", "items", index]} if {
	_parameters.key_pattern != ""
	"commits" in _parameters.look_in
	some index, commit in input.object.commits.items
	not commit.message_headline
	message := sprintf("the message of commit %s was not read", [pull_request.short(commit.oid)])
}

deny contains {"message": message, "path": ["title"]} if {
	applicable
	not _authorised
	not _perhaps_authorised
	message := {
		true: "no ticket that was approved is linked to the change",
		false: "the change names no ticket and no issue is linked to it",
	}[_parameters.require_approved_ticket]
}

deny contains {"message": message, "path": ["linked_issues", "items", index]} if {
	applicable
	_parameters.require_approved_ticket
	not _authorised
	not _perhaps_authorised
	some index, answer in _approvals
	message := sprintf("%s %s", [_issues[index].key, answer])
}

unknown contains finding if {
	applicable
	not _authorised
	some finding in _doubts
}

_doubts contains pull_request.gaps.linked_issues

_doubts contains finding if {
	_parameters.require_approved_ticket == false
	some finding in _unread
}

_doubts contains {"message": message, "path": ["linked_issues", "items", index]} if {
	_parameters.require_approved_ticket
	some index, answer in _approvals
	answer == "unknown"
	message := sprintf("it is not known whether %s was approved", [_issues[index].key])
}

unknown contains {"message": sprintf("the parameter %s has no value", [name])} if {
	some name in ["key_pattern", "look_in", "require_approved_ticket"]
	object.get(_parameters, name, null) == null
}
