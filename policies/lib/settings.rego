# METADATA
# title: Reading settings of GitHub
# description: |
#   Which parts of a document about a repository or an organisation are there and whole. A part that is absent has its
#   reason under `unavailable` of whatever it is a part of; whoever concludes something from a part that is missing
#   answers unknown with its gap.
# scope: package
package soc2.lib.settings

import rego.v1

# Why nothing may be concluded from a part, as the set of one gap; empty where the part is there and, if it is a list,
# whole.
gaps(whole, part, things, path) := {{"message": message, "path": path} |
	not part in object.keys(whole)
	message := sprintf("the %s could not be read: %s", [things, _reason(whole, part)])
} | {{"message": message, "path": array.concat(path, [part])} |
	object.get(whole, [part, "complete"], true) != true
	message := sprintf("the list of %s was cut short, so nothing can be concluded from it", [things])
}

_reason(whole, part) := sprintf("%s (permission needed: %s)", [gap.reason, gap.permission]) if {
	gap := whole.unavailable[part]
	gap.permission
} else := whole.unavailable[part].reason if {
	whole.unavailable[part]
} else := "the document does not say why"

# Whether a repository can change at all.
is_alive if {
	not input.object.archived == true
	not input.object.default_branch == null
}
