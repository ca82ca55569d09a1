# METADATA
# title: History of branches and release tags cannot be rewritten or deleted
# description: |
#   Neither the default branch, nor any other branch in the document, nor the tags of releases can be force-pushed or
#   deleted: reviewed history would be gone. Classic protection and active rulesets count together. Force pushes that
#   classic protection allows to somebody by name count as allowed. Tags are protected by active rulesets that speak of
#   all of them, or by immutable releases.
# scope: package
# custom:
#   id: CHG-14
#   severity: high
#   inputs:
#     - kind: github_repository
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Add the rules "Block force pushes" and "Restrict deletions" to an active ruleset for the branch, and "Restrict
#     updates" and "Restrict deletions" to one for the tags of releases.
#   parameters:
#     release_tags:
#       type: array
#       items: {type: string, minLength: 1}
#       default: ["v*"]
#       description: Patterns of the tags of releases, without refs/tags/. Empty where no release is tagged.
package soc2.change.protected_history

import rego.v1

import data.soc2.lib.branch_rules
import data.soc2.lib.settings

_parameters := data.parameters["CHG-14"]

default applicable := false

applicable if settings.is_alive

# Branch -> what its rules, as far as they were read, allow.
_allowed[index] contains "can be force-pushed" if {
	some index, branch in branch_rules.branches
	not "non_fast_forward" in branch_rules.types(branch)
	not branch.protection.allow_force_pushes == false
}

_allowed[index] contains problem if {
	some index, branch in branch_rules.branches
	not "non_fast_forward" in branch_rules.types(branch)
	branch.protection.allow_force_pushes == false
	some group in ["users", "teams", "apps"]
	some name in branch.protection.bypass_force_push[group]
	problem := sprintf("can be force-pushed by %s", [name])
}

_allowed[index] contains "can be deleted" if {
	some index, branch in branch_rules.branches
	not "deletion" in branch_rules.types(branch)
	not branch.protection.allow_deletions == false
}

deny contains {"message": message, "path": branch_rules.place(index)} if {
	some index, problems in _allowed
	count(branch_rules.gaps[index]) == 0
	some problem in problems
	message := sprintf("branch %q %s", [branch_rules.branches[index].name, problem])
}

unknown contains gap if {
	some index, problems in _allowed
	count(problems) > 0
	some gap in branch_rules.gaps[index]
}

unknown contains {"message": message, "path": branch_rules.place(index)} if {
	some index, branch in branch_rules.branches
	not "non_fast_forward" in branch_rules.types(branch)
	branch.protection.allow_force_pushes == false
	not branch.protection.bypass_force_push
	message := sprintf("who may force-push branch %q all the same was not read", [branch.name])
}

unknown contains gap if some gap in branch_rules.unread

# What a tag is kept from, and the rules that do so.
_tag_rules := {
	"moved": {"non_fast_forward", "update"},
	"deleted": {"deletion"},
}

# Active rulesets for a pattern of tags that hold a rule against something. A pattern is compared as it is written: a
# ruleset for all tags, or for the same pattern.
_guards(pattern, what) := [tags |
	some tags in input.object.tag_rulesets.items
	tags.ruleset.enforcement == "active"
	some include in tags.include
	include in {"~ALL", "refs/tags/*", "refs/tags/**/*", sprintf("refs/tags/%s", [pattern])}
	some rule in tags.ruleset.rules
	rule.type in _tag_rules[what]
]

_unguarded[pattern] contains what if {
	settings.is_alive
	not input.object.immutable_releases == true
	some pattern in _parameters.release_tags
	some what, _ in _tag_rules
	guards := _guards(pattern, what)
	every tags in guards { count(tags.exclude) > 0 }
}

deny contains {"message": message, "path": ["tag_rulesets"]} if {
	count(branch_rules.unread_tags) == 0
	some pattern, dangers in _unguarded
	some what in dangers
	count(_guards(pattern, what)) == 0
	message := sprintf("release tags %q can be %s", [pattern, what])
}

unknown contains {"message": message, "path": ["tag_rulesets"]} if {
	some pattern, dangers in _unguarded
	some what in dangers
	count(_guards(pattern, what)) > 0
	message := sprintf("release tags %q may be %s: the rulesets against it leave some tags out", [pattern, what])
}

unknown contains gap if {
	count(_unguarded) > 0
	some gap in branch_rules.unread_tags
}

unknown contains {"message": "the parameter release_tags has no value"} if not _parameters.release_tags
