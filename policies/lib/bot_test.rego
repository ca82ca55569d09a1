package soc2.lib.bot_test

import rego.v1

import data.soc2.lib.bot

_rules := [
	{"login": "Dependabot[bot]", "paths": ["package.json", "**/package-lock.json"]},
	{"login": "renovate", "paths": ["**"]},
]

_robot := {"login": "dependabot", "type": "bot"}

_file(path) := {"path": path, "status": "modified"}

_pull := {
	"author": _robot,
	"triggered_by": null,
	"head": {"oid": "aaaa"},
	"files": {"complete": true, "items": [_file("package.json"), _file("web/package-lock.json")]},
	"commits": {"complete": true, "items": [{
		"oid": "aaaa",
		"parents": ["cccc"],
		"authors": [_robot],
		"committer": {"login": "web-flow"},
		"committed_via_web": true,
		"merges_base": false,
		"clean_merge": false,
	}]},
	"pushes": {"complete": true, "items": [{"actor": _robot, "before": null, "after": "aaaa", "forced": false}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_files(items) := _except({"files": {"complete": true, "items": items}})

test_allow_listed if {
	bot.listed(_rules, "dependabot[bot]")
	bot.listed(_rules, "renovate[bot]")
	not bot.listed(_rules, "dependabot")
	not bot.listed([], "dependabot[bot]")
}

test_allow_inside if bot.outside(_rules) == set() with input as _except({})

test_deny_outside if {
	renamed := {"path": "package.json", "previous_path": "src/auth.ts", "status": "renamed"}
	expected := {
		{"path": "src/auth.ts", "place": ["files", "items", 0, "previous_path"]},
		{"path": "web/package.json", "place": ["files", "items", 1, "path"]},
	}
	bot.outside(_rules) == expected with input as _files([renamed, _file("web/package.json")])
}

test_deny_outside_without_rule if {
	expected := {{"path": "README.md", "place": ["files", "items", 0, "path"]}}
	bot.outside([]) == expected with input as _files([_file("README.md")])
}

test_allow_unattended if bot.unattended(_rules) with input as _except({})

test_deny_unattended if {
	not bot.unattended([]) with input as _except({})
	not bot.unattended(_rules) with input as _except({"author": {"login": "dependabot", "type": "user"}})
	not bot.unattended(_rules) with input as _files([])
	not bot.unattended(_rules) with input as _files([_file("src/auth.ts")])
	not bot.unattended(_rules) with input as _except({"files": {"complete": false, "items": [_file("package.json")]}})
	not bot.unattended(_rules) with input as _except({"triggered_by": {"login": "mallory", "type": "user"}})
	not bot.unattended(_rules) with input as {"object": object.remove(_pull, ["triggered_by"])}
	not bot.unattended(_rules) with input as _except({"pushes": {"complete": false, "items": []}})
}
