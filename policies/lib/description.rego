# METADATA
# title: What people wrote about a change
# description: |
#   The description of a pull request without what its readers do not see: HTML comments, in which templates give
#   examples. An opening `<!--` without an end hides the rest, as on GitHub.
# scope: package
package soc2.lib.description

import rego.v1

# The description as its readers see it. Undefined where it was not read.
visible := without_comments(input.object.body) if is_string(input.object.body)

without_comments(text) := regex.replace(replace(text, "\r\n", "\n"), `(?s)<!--.*?(-->|$)`, "")

# The sections of a Markdown text: for each heading its name in small letters, its level, and the text up to the next
# heading of the same or a higher level. A line that begins with # inside of a fenced block of code is no heading.
sections(text) := [section |
	plain := _without_headings_in_code(text)
	headings := regex.find_all_string_submatch_n(_heading, plain, -1)
	parts := regex.split(_heading, plain)
	some index, heading in headings
	level := count(heading[1])
	ends := [later | some later, next in headings; later > index; count(next[1]) <= level]
	end := min(array.concat(ends, [count(headings)]))
	section := {
		"name": lower(trim(heading[2], " \t#:")),
		"text": trim_space(concat("\n", array.slice(parts, index + 1, end + 1))),
	}
]

_heading := `(?m)^ {0,3}(#{1,6})[ \t]+(.*)$`

_without_headings_in_code(text) := strings.replace_n(marked, text) if {
	blocks := regex.find_n("(?ms)^ {0,3}(?:```.*?^ {0,3}```|~~~.*?^ {0,3}~~~)", text, -1)
	count(blocks) > 0
	marked := {block: replace(block, "\n#", "\n\\#") | some block in blocks}
} else := text
