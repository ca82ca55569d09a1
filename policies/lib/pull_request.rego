# METADATA
# title: Reading a pull request document
# description: |
#   Which sections of the document are there and whole, when things happened, and who is the same account as whom.
#   A section that is absent or cut short has an entry in `gaps`; whoever concludes something from a section answers
#   unknown with it.
# scope: package
package soc2.lib.pull_request

import rego.v1

_lists := {
	"base_changes": "changes of the base branch",
	"checks": "checks",
	"commits": "commits",
	"files": "changed files",
	"linked_issues": "linked issues",
	"pushes": "pushes to the branch",
	"review_threads": "review threads",
	"reviews": "reviews",
	"timeline": "events of the timeline",
}

# Whether a list is there, perhaps cut short.
_there(section) if is_object(input.object[section])

# Whether a list is there and holds every item.
complete(section) if {
	input.object[section].complete == true
	is_array(input.object[section].items)
}

# Why nothing may be concluded from what a list does not hold, for each list for which that is so.
gaps[section] := {"message": message, "path": [section]} if {
	some section, things in _lists
	_there(section)
	not complete(section)
	message := sprintf("the list of %s was cut short, so nothing can be concluded from it", [things])
}

gaps[section] := {"message": message, "path": [section]} if {
	some section, things in _lists
	not _there(section)
	message := absence(section, things)
}

# Says that a section is absent, why, and which permission would help.
absence(section, things) := sprintf("the %s could not be read: %s", [things, _reason(section)])

_reason(section) := sprintf("%s (permission needed: %s)", [gap.reason, gap.permission]) if {
	gap := input.object.unavailable[section]
	gap.permission
} else := reason if {
	reason := input.object.unavailable[section].reason
} else := "the document does not say why"

# Whether something happened after the merge. What has no time may have happened before it.
after_merge(at) if {
	is_string(at)
	time.parse_rfc3339_ns(at) > time.parse_rfc3339_ns(input.object.merged_at)
}

# The revision that is judged.
head := input.object.head.oid

# A commit in few letters, for messages.
short(oid) := substring(oid, 0, 7)

# The account that opened the change. Undefined where it was deleted.
author := account(input.object.author)

# Whether an account or someone named in a commit is an app's. GitHub writes a bot's login with or without `[bot]`.
is_bot(actor) if actor.type == "bot"

is_bot(actor) if endswith(lower(actor.login), "[bot]")

# Whether an account is a person's: no app, no organisation, no mannequin of an import.
is_person(actor) if {
	actor.type in {"user", "enterprise_user"}
	not is_bot(actor)
}

# The one name of an account, however its login is written. A bot and a user of the same login are two accounts.
account(actor) := sprintf("%s[bot]", [trim_suffix(lower(actor.login), "[bot]")]) if {
	is_bot(actor)
} else := lower(actor.login)
