# METADATA
# title: What a bot may change
# description: |
#   Compares a change that a bot opened with rules: a list of objects with a bot's `login` and `paths`, the globs of
#   the paths it may change. `*` stays within one folder and `**` crosses folders. A rename touches its old path as
#   well.
# scope: package
package soc2.lib.bot

import rego.v1

import data.soc2.lib.contributor
import data.soc2.lib.pull_request

# Whether a rule is for a bot of this name.
listed(rules, account) if {
	some rule in rules
	account == pull_request.account({"login": rule.login, "type": "bot"})
}

# The paths that no rule lets the change's author touch.
outside(rules) := {touched |
	some touched in data.soc2.lib.touched.paths
	not _inside(rules, touched.path)
}

_inside(rules, path) if {
	some rule in rules
	listed([rule], pull_request.author)
	data.soc2.lib.touched.matches(rule.paths, path)
}

# Whether the change is by one bot alone and within what a rule grants it, as far as every fact is known.
unattended(rules) if {
	pull_request.complete("files")
	count(input.object.files.items) > 0
	count(outside(rules)) == 0
	count(contributor.blind_spots) == 0
	{contribution.account | some contribution in contributor.contributions} == {pull_request.author}
}
