# METADATA
# title: The lines that a unified diff adds
# description: |
#   Reads the patch of one file as GitHub gives it: hunks that begin with `@@ -old +new @@`, without a header.
# scope: package
package soc2.lib.diff

import rego.v1

is_readable(patch) if startswith(patch, "@@ -")

# How many lines a patch adds.
additions(patch) := strings.count(patch, "\n+")

# The added lines: the text, the number in the file after the change, and the text of the line before it there.
added(patch) := [{"line": first + index, "text": trim_prefix(line, "+"), "before": before} |
	hunks := split(concat("", ["\n", patch]), "\n@@ -")
	some hunk in array.slice(hunks, 1, count(hunks))
	lines := split(hunk, "\n")
	first := to_number(regex.find_all_string_submatch_n(`^[0-9,]+ \+([0-9]+)`, lines[0], 1)[0][1])
	after := [line |
		some line in array.slice(lines, 1, count(lines))
		not startswith(line, "-")
		not startswith(line, "\\")
	]
	some index, line in after
	startswith(line, "+")
	before := regex.replace(array.concat([""], after)[index], `^[+ ]`, "")
]
