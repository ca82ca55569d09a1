package soc2.lib.owner_test

import rego.v1

import data.soc2.lib.owner

_approval(login, teams) := {
	"author": {"login": login, "type": "user"},
	"state": "APPROVED",
	"submitted_at": "2026-11-21T10:00:00Z",
	"commit_oid": "aaaa",
	"author_can_push": true,
	"on_behalf_of": teams,
}

_pull := {"object": {
	"state": "open",
	"author": {"login": "alice", "type": "user"},
	"head": {"oid": "aaaa"},
	"reviews": {"complete": true, "items": [_approval("Bob", []), _approval("carol", ["acme/Security"])]},
	"code_owners": {"owners": [
		{"name": "@acme/web", "members": ["bob", "Dave"], "can_write": true},
		{"name": "@acme/security", "members": null, "can_write": null},
		{"name": "eve@example.com", "members": ["eve"], "can_write": false},
	]},
}}

test_allow_accounts if {
	owner.accounts("@Alice") == {"alice"} with input as _pull
	owner.accounts("alice") == {"alice"} with input as _pull
	owner.accounts("@Acme/web") == {"bob", "dave"} with input as _pull
	owner.accounts("eve@example.com") == {"eve"} with input as _pull
}

test_unknown_accounts if {
	owner.known("@acme/web") with input as _pull
	not owner.known("@acme/security") with input as _pull
	not owner.accounts("@acme/security") with input as _pull
	not owner.accounts("@acme/other") with input as _pull
	not owner.accounts("mallory@example.com") with input as _pull
}

test_allow_access if {
	owner.writes("@acme/web") with input as _pull
	not owner.writes("@acme/security") with input as _pull
	not owner.writes("eve@example.com") with input as _pull
	owner.ignored("eve@example.com") with input as _pull
	not owner.ignored("@acme/security") with input as _pull
	not owner.ignored("@acme/other") with input as _pull
}

test_allow_approvals if {
	owner.approved(0, "@bob") with input as _pull
	owner.approved(0, "@acme/web") with input as _pull
	owner.approved(1, "@acme/security") with input as _pull
	owner.perhaps_approved(0, "@acme/web") with input as _pull
}

test_deny_approvals_of_others if {
	not owner.approved(1, "@acme/web") with input as _pull
	not owner.perhaps_approved(1, "@acme/web") with input as _pull
	not owner.approved(0, "@acme/security") with input as _pull
	not owner.perhaps_approved(2, "@acme/security") with input as _pull
}

test_unknown_approvals if owner.perhaps_approved(0, "@acme/security") with input as _pull
