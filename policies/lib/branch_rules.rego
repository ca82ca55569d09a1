# METADATA
# title: What protects branches and tags
# description: |
#   Classic protection and rulesets of a repository document, taken together: both hold at once. A ruleset counts only
#   where it is active; one that is only tried, or disabled, holds nobody back.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/repos/rules
#     description: How rulesets and branch protection work together
package soc2.lib.branch_rules

import rego.v1

import data.soc2.lib.settings

# The branches that can change. Those of an archived repository cannot.
branches[index] := branch if {
	settings.is_alive
	some index, branch in input.object.branches.items
}

# The place of a branch.
place(index) := ["branches", "items", index, "name"]

# Branch -> what it asks of pull requests, from every source.
pull_requests[index] := array.concat(classic, rules) if {
	some index, branch in branches
	classic := [branch.protection.pull_request | is_object(branch.protection.pull_request)]
	rules := [rule.pull_request | some rule in active_rules(branch)]
}

# Branch -> the checks it requires, from every source.
status_checks[index] := array.concat(classic, rules) if {
	some index, branch in branches
	classic := [branch.protection.status_checks | is_object(branch.protection.status_checks)]
	rules := [rule.status_checks | some rule in active_rules(branch)]
}

# The rules of a branch's rulesets that hold.
active_rules(branch) := [rule |
	some ruleset in branch.rulesets.items
	ruleset.enforcement == "active"
	some rule in ruleset.rules
]

# The types of the rules that hold for a branch.
types(branch) := {rule.type | some rule in active_rules(branch)}

# Branch -> why nothing may be concluded from what its rules do not say.
gaps[index] := problems if {
	some index, branch in branches
	path := ["branches", "items", index]
	classic := settings.gaps(branch, "protection", sprintf("protection of branch %q", [branch.name]), path)
	rulesets := settings.gaps(branch, "rulesets", sprintf("rulesets of branch %q", [branch.name]), path)
	problems := classic | rulesets
}

# Why branches, and rulesets for tags, may be missing altogether.
unread contains gap if {
	settings.is_alive
	some gap in settings.gaps(input.object, "branches", "branches", [])
}

unread_tags contains gap if {
	settings.is_alive
	some gap in settings.gaps(input.object, "tag_rulesets", "rulesets for tags", [])
}

# Every active ruleset, those for tags too, by its place.
active_rulesets[path] := ruleset if {
	some index, branch in branches
	some number, ruleset in branch.rulesets.items
	ruleset.enforcement == "active"
	path := ["branches", "items", index, "rulesets", "items", number]
}

active_rulesets[path] := tags.ruleset if {
	settings.is_alive
	some number, tags in input.object.tag_rulesets.items
	tags.ruleset.enforcement == "active"
	path := ["tag_rulesets", "items", number, "ruleset"]
}
