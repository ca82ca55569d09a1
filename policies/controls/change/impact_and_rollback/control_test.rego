package soc2.change.impact_and_rollback_test

import rego.v1

import data.soc2.change.impact_and_rollback as control

_pull(body) := {"object": {
	"author": {"login": "alice", "type": "user"},
	"body": body,
	"template": {"path": "template.md", "text": "## Impact\n<!-- who? -->\n## Rollback\nRevert it.\n"},
}}

_with(changes) := {"CHG-09": object.union({"headings": ["Impact", "Rollback"], "unattended_bots": []}, changes)}

_parameters := _with({})

_body := ["body"]

test_allow_written if {
	pull := _pull("## Impact\r\nCustomers in Japan.\r\n## Rollback\r\nRevert, then restart.")
	control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_deny_nothing_written if {
	expected := {
		{"message": "\"Impact\" is no heading of the description", "path": _body},
		{"message": "\"Rollback\" is no heading of the description", "path": _body},
	}
	control.deny == expected with input as _pull("") with data.parameters as _parameters
}

test_deny_left_as_the_template if {
	expected := {
		{"message": "\"Impact\" has no text", "path": _body},
		{"message": "\"Rollback\" is left as the template has it", "path": _body},
	}
	control.deny == expected with input as _pull("## Impact\n- [ ]\n## Rollback\nRevert it.")
		with data.parameters as _parameters
}

test_unknown_description_not_read if {
	pull := {"object": object.remove(_pull("").object, ["body"])}
	control.deny == set() with input as pull with data.parameters as _parameters
	expected := {{"message": "the description was not read"}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_template_not_read if {
	pull := {"object": object.remove(_pull("# Impact\nSome.\n# Rollback\nRevert.").object, ["template"])}
	message := "the template of the description could not be read: the document does not say why"
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == {{"message": message, "path": ["template"]}} with input as pull with data.parameters as _parameters
}

test_unknown_without_parameter if {
	expected := {{"message": "the parameter headings has no value"}}
	control.unknown == expected with input as _pull("") with data.parameters as {"CHG-09": {}}
}

_robot := {"login": "dependabot", "type": "bot"}

_by_bot := {"object": {
	"state": "open",
	"title": "Bump express",
	"body": "Bumps express.",
	"author": _robot,
	"triggered_by": null,
	"head": {"oid": "aaaa", "ref": "dependabot/express"},
	"linked_issues": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [{"oid": "aaaa", "authors": [_robot], "committer": _robot}]},
	"pushes": {"complete": true, "items": [{"actor": _robot, "after": "aaaa"}]},
	"files": {"complete": true, "items": [{"path": "package-lock.json"}]},
}}

_bots := [{"login": "dependabot", "paths": ["package-lock.json"]}]

test_allow_unattended_bot if {
	granted := _with({"unattended_bots": _bots})
	not control.applicable with input as _by_bot with data.parameters as granted
	control.deny == set() with input as _by_bot with data.parameters as granted
	control.unknown == set() with input as _by_bot with data.parameters as granted
	count(control.deny) == 2 with input as _by_bot with data.parameters as _parameters
}
