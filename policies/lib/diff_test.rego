package soc2.lib.diff_test

import rego.v1

import data.soc2.lib.diff

_patch := concat("\n", [
	"@@ -1,3 +1,4 @@ import os",
	" first",
	"-second",
	"+2nd",
	"+@@ -9 +9 @@",
	" third",
	"@@ -10 +11,2 @@",
	" tenth",
	"+++ counter",
	"\\ No newline at end of file",
])

test_allow_numbers_of_lines if {
	diff.added(_patch) == [
		{"line": 2, "text": "2nd", "before": "first"},
		{"line": 3, "text": "@@ -9 +9 @@", "before": "2nd"},
		{"line": 12, "text": "++ counter", "before": "tenth"},
	]
	diff.additions(_patch) == 3
	diff.is_readable(_patch)
}

test_allow_new_file if {
	diff.added("@@ -0,0 +1,2 @@\n+a\n+b") == [
		{"line": 1, "text": "a", "before": ""},
		{"line": 2, "text": "b", "before": "a"},
	]
}

test_allow_nothing_added if {
	diff.added("@@ -1,2 +0,0 @@\n-a\n-b") == []
	diff.additions("@@ -1,2 +0,0 @@\n-a\n-b") == 0
}

test_unknown_without_hunks if {
	not diff.is_readable("+password=x")
	diff.added("+password=x") == []
}
