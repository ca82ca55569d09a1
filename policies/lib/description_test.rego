package soc2.lib.description_test

import rego.v1

import data.soc2.lib.description

test_allow_visible_text if {
	description.visible == "a\nb" with input as {"object": {"body": "a\r\n<!-- x\r\n -->b<!-- never closed"}}
	description.visible == "" with input as {"object": {"body": ""}}
	not description.visible with input as {"object": {}}
}

test_allow_sections if {
	text := "before\n# Impact: #\nsome\n### Who\nall\n## none\n# Next\n# Impact\nmore"
	expected := {"impact": "some\n\n\nall", "who": "all", "none": "", "next": ""}
	description.sections(text, {"impact", "who", "none", "next", "other"}) == expected
	description.sections("no heading, #hashtag", {"hashtag"}) == {}
}

test_deny_headings_in_code if {
	text := "# A\n```sh\n# B\n```\n# C\n~~~\n# D\n~~~"
	expected := {"a": "```sh\n\\# B\n```", "c": "~~~\n\\# D\n~~~"}
	description.sections(text, {"a", "b", "c", "d"}) == expected
}
