package soc2.lib.pull_request_test

import rego.v1

import data.soc2.lib.pull_request

_whole := {"complete": true, "items": []}

_sections := {
	"base_changes": _whole,
	"checks": _whole,
	"commits": _whole,
	"files": _whole,
	"linked_issues": _whole,
	"pushes": _whole,
	"review_threads": _whole,
	"reviews": _whole,
	"timeline": _whole,
}

_with(document) := {"object": object.union(_sections, document)}

_without(section, document) := {"object": object.union(object.remove(_sections, [section]), document)}

test_allow_every_list_whole if pull_request.gaps == {} with input as _with({})

test_unknown_list_cut_short if {
	message := "the list of changed files was cut short, so nothing can be concluded from it"
	expected := {"files": {"message": message, "path": ["files"]}}
	pull_request.gaps == expected with input as _with({"files": {"complete": false, "items": []}})
}

test_unknown_list_without_items if {
	message := "the list of reviews was cut short, so nothing can be concluded from it"
	expected := {"reviews": {"message": message, "path": ["reviews"]}}
	pull_request.gaps == expected with input as _with({"reviews": {"complete": true, "items": "none"}})
}

test_unknown_list_absent if {
	message := "the checks could not be read: the document does not say why"
	expected := {"checks": {"message": message, "path": ["checks"]}}
	pull_request.gaps == expected with input as _without("checks", {})
}

test_unknown_list_absent_with_reason if {
	message := "the checks could not be read: rate limit"
	expected := {"checks": {"message": message, "path": ["checks"]}}
	document := {"unavailable": {"checks": {"reason": "rate limit"}}}
	pull_request.gaps == expected with input as _without("checks", document)
}

test_unknown_list_absent_with_permission if {
	message := "the checks could not be read: 403 (permission needed: checks:read)"
	expected := {"checks": {"message": message, "path": ["checks"]}}
	document := {"unavailable": {"checks": {"reason": "403", "permission": "checks:read"}}}
	pull_request.gaps == expected with input as _without("checks", document)
}

_merged := {"object": {"state": "merged", "merged_at": "2026-11-22T09:00:00Z"}}

test_allow_later_than_the_merge if {
	pull_request.after_merge("2026-11-22T10:00:01+01:00") with input as _merged
	not pull_request.after_merge("2026-11-22T09:00:00Z") with input as _merged
	not pull_request.after_merge(null) with input as _merged
	not pull_request.after_merge("2026-11-22T10:00:00Z") with input as {"object": {"state": "open"}}
}

test_allow_accounts_in_one_spelling if {
	pull_request.account({"login": "Alice", "type": "user"}) == "alice"
	pull_request.account({"login": "Dependabot", "type": "bot"}) == "dependabot[bot]"
	pull_request.account({"login": "dependabot[bot]", "type": "bot"}) == "dependabot[bot]"
	pull_request.account({"login": "dependabot[bot]"}) == "dependabot[bot]"
	pull_request.account({"login": "dependabot", "type": "user"}) == "dependabot"
}

test_allow_people if {
	pull_request.is_person({"login": "alice", "type": "user"})
	pull_request.is_person({"login": "alice_acme", "type": "enterprise_user"})
	not pull_request.is_person({"login": "renovate[bot]", "type": "user"})
	not pull_request.is_person({"login": "renovate", "type": "bot"})
	not pull_request.is_person({"login": "acme", "type": "organization"})
	not pull_request.is_person({"login": "bob-import", "type": "mannequin"})
	not pull_request.is_person({"login": "alice"})
}

test_allow_author if {
	pull_request.author == "alice" with input as {"object": {"author": {"login": "Alice", "type": "user"}}}
	not pull_request.author with input as {"object": {"author": null}}
	not pull_request.author with input as {"object": {}}
}

test_allow_revision if {
	pull_request.head == "1a954628a960" with input as {"object": {"head": {"oid": "1a954628a960"}}}
	pull_request.short("1a954628a960") == "1a95462"
}
