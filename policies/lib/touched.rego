# METADATA
# title: The paths that a change touches
# description: |
#   Every changed path with its place in the document, the old path of a rename included. Whoever concludes something
#   from a path that is not there asks `pull_request.complete("files")` first.
# scope: package
package soc2.lib.touched

import rego.v1

paths contains {"path": file[field], "place": ["files", "items", index, field]} if {
	some index, file in input.object.files.items
	some field in ["path", "previous_path"]
}

# The touched paths that one of the globs is for: `*` stays within one folder, `**` crosses folders.
matching(globs) := {touched |
	some pattern in _merged(globs)
	some touched in paths
	glob.match(pattern, ["/"], touched.path)
}

# Fewer globs for the same paths: those that hold nothing with a meaning among alternatives are alternatives of one.
_merged(globs) := {sprintf("{%s}", [concat(",", plain)])} | (others - plain) if {
	others := {pattern | some pattern in globs}
	plain := {pattern | some pattern in others; regex.match(`^[A-Za-z0-9_./*-]+$`, pattern)}
	count(plain) > 1
} else := globs

matches(globs, path) if {
	some pattern in globs
	glob.match(pattern, ["/"], path)
}

# The place of the first of some touched paths, and in words that one and how many others there are.
summary(some_paths) := {"place": first[0], "text": sprintf("%s%s", [first[1], _others(count(names) - 1)])} if {
	first := min({[touched.place, touched.path] | some touched in some_paths})
	names := {touched.path | some touched in some_paths}
}

_others(0) := ""

_others(1) := " and one other path"

_others(number) := sprintf(" and %d other paths", [number]) if number > 1
