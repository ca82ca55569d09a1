package soc2.change.signed_commits_test

import rego.v1

import data.soc2.change.signed_commits as control

_signed := {"verified": true, "reason": "valid", "signer": null, "by_github": false}

_commits(items) := {"object": {"commits": {"complete": true, "items": items}}}

_commit(changes) := _commits([{"oid": "aaaa", "signature": object.union(_signed, changes)}])

_parameters := {"CHG-15": {"accept_signatures_of_github": true}}

_strict := {"CHG-15": {"accept_signatures_of_github": false}}

_place := ["commits", "items", 0]

test_allow_verified if {
	control.applicable with input as _commit({}) with data.parameters as _parameters
	control.deny == set() with input as _commit({}) with data.parameters as _strict
	control.unknown == set() with input as _commit({}) with data.parameters as _strict
}

test_deny_not_signed if {
	expected := {{"message": "commit aaaa is not signed", "path": _place}}
	pull := _commits([{"oid": "aaaa", "signature": null}])
	control.deny == expected with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_deny_not_verified if {
	expected := {{"message": "commit aaaa has a signature that is not verified: unknown_key", "path": _place}}
	pull := _commit({"verified": false, "reason": "unknown_key"})
	control.deny == expected with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_deny_key_of_github if {
	expected := {{"message": "commit aaaa is signed by GitHub's own key", "path": _place}}
	control.deny == expected with input as _commit({"by_github": true}) with data.parameters as _strict
	control.deny == expected with input as _commit({"by_github": true}) with data.parameters as {}
	control.deny == set() with input as _commit({"by_github": true}) with data.parameters as _parameters
}

test_unknown_signature_not_read if {
	expected := {{"message": "it is not known whether there is a signature of commit aaaa", "path": _place}}
	control.deny == set() with input as _commits([{"oid": "aaaa"}]) with data.parameters as _parameters
	control.unknown == expected with input as _commits([{"oid": "aaaa"}]) with data.parameters as _parameters
}

test_unknown_not_verified_for_the_moment if {
	pull := _commit({"verified": false, "reason": "gpgverify_unavailable"})
	message := "GitHub could not verify the signature (gpgverify_unavailable) of commit aaaa"
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == {{"message": message, "path": _place}} with input as pull with data.parameters as _parameters
}

test_unknown_whose_key if {
	pull := _commits([{"oid": "aaaa", "signature": object.remove(_signed, ["by_github"])}])
	expected := {{"message": "it is not known whose key made the signature of commit aaaa", "path": _place}}
	control.unknown == expected with input as pull with data.parameters as _strict
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_unknown_commits if {
	none := {{"message": "the change has no commits", "path": ["commits"]}}
	control.unknown == none with input as _commits([]) with data.parameters as _parameters
	message := "the list of commits was cut short, so nothing can be concluded from it"
	pull := {"object": {"commits": {"complete": false, "items": []}}}
	control.unknown == {{"message": message, "path": ["commits"]}} with input as pull with data.parameters as _parameters
}
