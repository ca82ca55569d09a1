package soc2.change.code_owner_approval_test

import rego.v1

import data.soc2.change.code_owner_approval as control

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
	"files": {"complete": true, "items": [{"path": "src/cart.ts"}]},
	"code_owners": _code_owners
}

_except(changes) := {"object": object.union(_pull, changes)}

_reviews(items) := _except({"reviews": {"complete": true, "items": items}})

_code_owners := {
	"path": ".github/CODEOWNERS",
	"too_large": false,
	"errors": [],
	"owners": [{"name": "@acme/web", "members": ["bob", "carol"], "can_write": true}],
	"files": {"complete": true, "items": [{"path": "src/cart.ts", "line": 3, "owners": ["@acme/web"]}]},
}

_owned_by(owners, changes) := _except({"code_owners": object.union(_code_owners, object.union(changes, {
	"owners": owners,
	"files": {"complete": true, "items": [
		{"path": "src/cart.ts", "line": 3, "owners": [owner.name | some owner in owners]},
		{"path": "src/tax.ts", "line": 3, "owners": [owner.name | some owner in owners]},
	]},
}))})

_owner(name, members, can_write) := {"name": name, "members": members, "can_write": can_write}

_parameters := {"CHG-05": {
	"require_owner": false,
	"allow_skipped_lines": true,
	"allow_too_large": false,
	"unattended_bots": [],
}}

_with(changes) := {"CHG-05": object.union(_parameters["CHG-05"], changes)}

_place := ["code_owners", "files", "items", 0]

test_allow_owner_approved if {
	control.applicable with input as _except({}) with data.parameters as _parameters
	control.deny == set() with input as _except({}) with data.parameters as _parameters
	control.unknown == set() with input as _except({}) with data.parameters as _parameters
}

test_deny_not_an_owner if {
	message := "src/cart.ts is not approved by any of its owners: @acme/web"
	expected := {{"message": message, "path": _place}}
	control.deny == expected with input as _reviews([_approval("dave")]) with data.parameters as _parameters
}

test_deny_owner_whose_approval_does_not_count if {
	reviews := [object.union(_approval("bob"), {"commit_oid": "bbbb"})]
	reason := "the approval by \"bob\" does not count: it is for bbbb, which is not the head commit"
	expected := {
		{"message": "src/cart.ts is not approved by any of its owners: @acme/web", "path": _place},
		{"message": reason, "path": ["reviews", "items", 0]},
	}
	control.deny == expected with input as _reviews(reviews) with data.parameters as _parameters
}

test_deny_author_is_the_only_owner if {
	pull := _owned_by([_owner("@alice", ["alice"], true), _owner("@dave", ["dave"], false)], {})
	message := "src/cart.ts and one other path has no owner but the author of the change, who cannot approve it"
	control.deny == {{"message": message, "path": _place}} with input as pull with data.parameters as _parameters
}

test_deny_owners_without_write_access if {
	pull := _owned_by([_owner("@bob", ["bob"], false)], {"errors": [{"line": 9, "kind": "Unknown owner"}]})
	reason := "has owners without write access only, whom GitHub ignores, so nobody can approve it"
	expected := {
		{"message": sprintf("src/cart.ts and one other path %s", [reason]), "path": _place},
		{"message": "GitHub skips line 9 of CODEOWNERS: Unknown owner", "path": ["code_owners", "errors", 0]},
	}
	control.deny == expected with input as pull with data.parameters as _parameters
}

test_deny_nobody_owns_although_required if {
	files := {"complete": true, "items": [{"path": "src/cart.ts", "line": null, "owners": []}]}
	pull := _except({"code_owners": object.union(_code_owners, {"files": files})})
	expected := {{"message": "src/cart.ts has no owner", "path": _place}}
	control.deny == expected with input as pull with data.parameters as _with({"require_owner": true})
	control.deny == set() with input as pull with data.parameters as _parameters
	not control.applicable with input as pull with data.parameters as _parameters
}

test_deny_no_file_although_required if {
	none := {"path": null, "owners": [], "files": {"complete": true, "items": []}}
	pull := _except({"code_owners": object.union(_code_owners, none)})
	expected := {{"message": "the base branch has no CODEOWNERS", "path": ["code_owners", "path"]}}
	control.deny == expected with input as pull with data.parameters as _with({"require_owner": true})
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
	not control.applicable with input as pull with data.parameters as _parameters
}

test_deny_too_large if {
	pull := _except({"code_owners": object.union(_code_owners, {"too_large": true})})
	message := "CODEOWNERS is larger than 3 MB, so GitHub ignores it and nobody owns anything"
	expected := {{"message": message, "path": ["code_owners", "too_large"]}}
	control.deny == expected with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _with({"allow_too_large": true})
	not control.applicable with input as pull with data.parameters as _with({"allow_too_large": true})
}

test_deny_skipped_line if {
	errors := [{"line": 9, "kind": "Unknown owner"}]
	pull := _except({"code_owners": object.union(_code_owners, {"errors": errors})})
	message := "GitHub skips line 9 of CODEOWNERS: Unknown owner"
	expected := {{"message": message, "path": ["code_owners", "errors", 0]}}
	control.deny == expected with input as pull with data.parameters as _with({"allow_skipped_lines": false})
	control.deny == set() with input as pull with data.parameters as _parameters
}

test_unknown_members_and_access if {
	pull := _owned_by([_owner("@acme/web", null, null)], {})
	prefix := "whether an owner of src/cart.ts and one other path approved is not known:"
	expected := {
		{"message": sprintf("%s whether @acme/web has write access is not known", [prefix]), "path": _place},
		{
			"message": sprintf("%s the members of @acme/web are not known (permission needed: members:read)", [prefix]),
			"path": _place,
		},
	}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_whether_the_approval_counts if {
	reviews := [object.union(_approval("bob"), {"author_can_push": null})]
	message := "whether the approval by \"bob\" counts is not known: the reviewer's write access is not known"
	expected := {{"message": message, "path": ["reviews", "items", 0]}}
	control.unknown == expected with input as _reviews(reviews) with data.parameters as _parameters
}

test_unknown_lists_cut_short if {
	pull := _except({
		"reviews": {"complete": false, "items": []},
		"code_owners": object.union(_code_owners, {"files": {"complete": false}}),
	})
	expected := {
		{"message": "the list of reviews was cut short, so nothing can be concluded from it", "path": ["reviews"]},
		{
			"message": "the list of owned paths was cut short, so nothing can be concluded from it",
			"path": ["code_owners", "files"],
		},
	}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_changed_files_cut_short if {
	files := {"complete": false, "items": [{"path": "src/cart.ts"}]}
	control.unknown == {{
		"message": "the list of changed files was cut short, so nothing can be concluded from it",
		"path": ["files"],
	}} with input as _except({"files": files})
}

test_unknown_owners_not_readable if {
	pull := {"object": object.remove(_pull, ["code_owners"])}
	message := "the owners of the changed paths could not be read: the document does not say why"
	expected := {{"message": message, "path": ["code_owners"]}}
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_path_not_looked_up if {
	files := [{"path": "src/cart.ts", "previous_path": "src/auth.ts"}]
	message := "the owners of src/auth.ts were not looked up"
	expected := {{"message": message, "path": ["files", "items", 0, "previous_path"]}}
	control.unknown == expected with input as _except({"files": {"complete": true, "items": files}})
		with data.parameters as _parameters
}

test_allow_unattended_bot if {
	robot := {"login": "dependabot", "type": "bot"}
	pull := _except({
		"author": robot,
		"triggered_by": null,
		"reviews": {"complete": true, "items": []},
		"commits": {"complete": true, "items": [object.union(_commit, {"authors": [robot], "committer": robot})]},
		"pushes": {"complete": true, "items": [{"actor": robot, "before": null, "after": "aaaa", "forced": false}]},
	})
	granted := _with({"unattended_bots": [{"login": "dependabot", "paths": ["src/*"]}]})
	not control.applicable with input as pull with data.parameters as granted
	control.deny == set() with input as pull with data.parameters as granted
	control.applicable with input as pull with data.parameters as _parameters
}
