package soc2.lib.touched_test

import rego.v1

import data.soc2.lib.touched

_change(items) := {"object": {"files": {"complete": true, "items": items}}}

_renamed := {"path": "docs/gate.md", "previous_path": "policies/gate.rego", "status": "renamed"}

_old := {"path": "policies/gate.rego", "place": ["files", "items", 1, "previous_path"]}

test_deny_old_path_of_a_rename if {
	expected := {
		{"path": "README.md", "place": ["files", "items", 0, "path"]},
		{"path": "docs/gate.md", "place": ["files", "items", 1, "path"]},
		_old,
	}
	touched.paths == expected with input as _change([{"path": "README.md"}, _renamed])
	touched.matching(["policies/**"]) == {_old} with input as _change([{"path": "README.md"}, _renamed])
	touched.matching([]) == set() with input as _change([{"path": "README.md"}, _renamed])
}

test_allow_no_files if touched.paths == set() with input as {"object": {}}

test_allow_globs if {
	touched.matches(["x", ".github/*"], ".github/CODEOWNERS")
	touched.matches([".github/**"], ".github/workflows/ci.yml")
	not touched.matches([".github/*"], ".github/workflows/ci.yml")
	not touched.matches([], "x")
}

_at(index, path) := {"path": path, "place": ["files", "items", index, "path"]}

test_allow_summary if {
	touched.summary({_at(3, "a")}) == {"place": ["files", "items", 3, "path"], "text": "a"}
	two := touched.summary({_at(10, "a"), _at(2, "b")})
	two == {"place": ["files", "items", 2, "path"], "text": "b and one other path"}
	touched.summary({_at(1, "a"), _at(2, "b"), _at(3, "c")}).text == "a and 2 other paths"
}

_places(paths) := [{"path": path} | some path in paths]

test_allow_many_globs_as_one if {
	globs := ["a/*", "docs/**", "x.md", "{b,c}/**", "d,e.md", "**/f?.md"]
	items := _places(["a/1", "a/1/2", "docs/1/2", "x.md", "b/1", "d,e.md", "d", "e.md", "g/fx.md", "{a/*}"])
	found := {place.path | some place in touched.matching(globs)} with input as _change(items)
	found == {"a/1", "docs/1/2", "x.md", "b/1", "d,e.md", "g/fx.md"}
}
