package soc2.change.gate_protection_test

import rego.v1

import data.soc2.change.gate_protection as control

_alice := {"login": "alice", "type": "user"}

_approval(login) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": true,
}

_commit := {
	"oid": "aaaa",
	"parents": ["cccc"],
	"authors": [{"login": "alice"}],
	"committer": {"login": "alice"},
	"committed_via_web": false,
	"merges_base": false,
	"clean_merge": false,
}

_pull := {
	"state": "open",
	"author": _alice,
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": [_approval("bob")]},
	"base_changes": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _alice, "before": null, "after": "aaaa", "forced": false}]},
	"files": {"complete": true, "items": [{"path": "soc2gate.yaml"}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_reviews(items) := _except({"reviews": {"complete": true, "items": items}})

_parameters := {"CHG-18": {"paths": ["soc2gate.yaml"], "security_owners": ["@acme/security", "@erin"]}}

_listed := {"code_owners": {"owners": [{"name": "@acme/security", "members": ["carol"], "can_write": true}]}}

_place := ["files", "items", 0, "path"]

test_allow_security_owner if {
	every login in ["carol", "erin"] {
		pull := {"object": object.union(_reviews([_approval(login)]).object, _listed)}
		control.applicable with input as pull with data.parameters as _parameters
		control.deny == set() with input as pull with data.parameters as _parameters
		control.unknown == set() with input as pull with data.parameters as _parameters
	}
}

test_allow_nothing_of_the_gate if {
	pull := _except({"files": {"complete": true, "items": [{"path": "README.md"}]}})
	not control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as {"CHG-18": {"paths": ["soc2gate.yaml"]}}
}

_message := concat(" ", [
	"part of the gate: soc2gate.yaml;",
	"no security owner approved the change: @acme/security, @erin",
])

test_deny_someone_else if {
	control.deny == {{"message": _message, "path": _place}} with input as _except(_listed)
		with data.parameters as _parameters
}

test_deny_security_owner_whose_approval_does_not_count if {
	reviews := {"reviews": {"complete": true, "items": [object.union(_approval("erin"), {"author_can_push": false})]}}
	reason := "the approval by \"erin\" does not count: the reviewer has no write access"
	expected := {
		{"message": _message, "path": _place},
		{"message": reason, "path": ["reviews", "items", 0]},
	}
	control.deny == expected with input as _except(object.union(_listed, reviews)) with data.parameters as _parameters
}

test_unknown_members_of_the_team if {
	message := "whether an approval is by @acme/security is not known: its members are not listed"
	expected := {{"message": message, "path": ["reviews", "items", 0]}}
	control.deny == set() with input as _except({}) with data.parameters as _parameters
	control.unknown == expected with input as _except({}) with data.parameters as _parameters
}

test_unknown_write_access if {
	reviews := [object.union(_approval("erin"), {"author_can_push": null})]
	pull := {"object": object.union(_reviews(reviews).object, _listed)}
	message := "whether the approval by \"erin\" counts is not known: the reviewer's write access is not known"
	expected := {{"message": message, "path": ["reviews", "items", 0]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_nobody_named if {
	expected := {{"message": "the parameter security_owners names nobody"}}
	every owners in [{}, {"security_owners": []}] {
		parameters := {"CHG-18": object.union({"paths": ["soc2gate.yaml"]}, owners)}
		control.deny == set() with input as _except({}) with data.parameters as parameters
		control.unknown == expected with input as _except({}) with data.parameters as parameters
	}
}

test_unknown_lists_cut_short if {
	pull := _except(object.union(_listed, {"reviews": {"complete": false}, "files": {"complete": false}}))
	expected := {{"message": message, "path": [section]} |
		some section, things in {"reviews": "reviews", "files": "changed files"}
		message := sprintf("the list of %s was cut short, so nothing can be concluded from it", [things])
	}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_without_parameters if {
	control.unknown == {{"message": "the parameter paths has no value"}} with input as _except({})
		with data.parameters as {}
}
