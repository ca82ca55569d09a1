package soc2.lib.settings_test

import rego.v1

import data.soc2.lib.settings

_gap(whole) := settings.gaps(whole, "keys", "deploy keys", ["here"])

test_allow_what_is_there if {
	every part in [null, true, {"complete": true, "items": []}, {"enabled": true}] {
		_gap({"keys": part}) == set()
	}
}

test_unknown_absent if {
	_gap({}) == {{
		"message": "the deploy keys could not be read: the document does not say why",
		"path": ["here"],
	}}
	_gap({"unavailable": {"keys": {"reason": "timeout"}}}) == {{
		"message": "the deploy keys could not be read: timeout",
		"path": ["here"],
	}}
	_gap({"unavailable": {"keys": {"reason": "403", "permission": "administration:read"}}}) == {{
		"message": "the deploy keys could not be read: 403 (permission needed: administration:read)",
		"path": ["here"],
	}}
}

test_unknown_cut_short if {
	_gap({"keys": {"complete": false, "items": []}}) == {{
		"message": "the list of deploy keys was cut short, so nothing can be concluded from it",
		"path": ["here", "keys"],
	}}
}

test_allow_alive if {
	settings.is_alive with input as {"object": {"archived": false, "default_branch": "main"}}
	not settings.is_alive with input as {"object": {"archived": true, "default_branch": "main"}}
	not settings.is_alive with input as {"object": {"archived": false, "default_branch": null}}
}
