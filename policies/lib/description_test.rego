package soc2.lib.description_test

import rego.v1

import data.soc2.lib.description

test_allow_visible_text if {
	description.visible == "a\nb" with input as {"object": {"body": "a\r\n<!-- x\r\n -->b<!-- never closed"}}
	description.visible == "" with input as {"object": {"body": ""}}
	not description.visible with input as {"object": {}}
}

test_allow_sections if {
	description.sections("before\n# Impact: #\nsome\n### Who\nall\n## none\n# Next\n") == [
		{"name": "impact", "text": "some\n\n\nall"},
		{"name": "who", "text": "all"},
		{"name": "none", "text": ""},
		{"name": "next", "text": ""},
	]
	description.sections("no heading, #hashtag") == []
}

test_deny_headings_in_code if {
	description.sections("# A\n```sh\n# B\n```\n# C\n~~~\n# D\n~~~") == [
		{"name": "a", "text": "```sh\n\\# B\n```"},
		{"name": "c", "text": "~~~\n\\# D\n~~~"},
	]
}
