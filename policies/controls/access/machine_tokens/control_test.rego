package soc2.access.machine_tokens_test

import rego.v1

import data.soc2.access.machine_tokens

_pod(fields, siblings) := {
	"resource": "Pod",
	"object": {
		"metadata": {"name": "web", "namespace": "shop"},
		"spec": object.union({"containers": [{"name": "web"}]}, fields),
	},
	"context": {"siblings": siblings},
}

_accounts(accounts) := {"ServiceAccount": {"shop": accounts}}

_web := {"metadata": {"name": "web", "namespace": "shop"}}

_setting(message) := {{"message": message, "path": ["spec", "automountServiceAccountToken"]}}

test_allow_pod_refuses if {
	every fields in [
		{"automountServiceAccountToken": false},
		{"automountServiceAccountToken": false, "serviceAccountName": "web"},
	] {
		machine_tokens.deny == set() with input as _pod(fields, {})
		machine_tokens.unknown == set() with input as _pod(fields, {})
	}
	machine_tokens.applicable with input as _pod({}, {})
}

test_allow_own_account_asked_for if {
	fields := {"serviceAccountName": "web"}
	every setting in [true, false] {
		account := object.union(_web, {"automountServiceAccountToken": setting})
		machine_tokens.deny == set() with input as _pod(fields, _accounts([account]))
		machine_tokens.unknown == set() with input as _pod(fields, _accounts([account]))
	}
	asked := object.union(fields, {"automountServiceAccountToken": true})
	machine_tokens.deny == set() with input as _pod(asked, {})
}

test_allow_older_name_of_the_account if {
	fields := {"serviceAccountName": "", "serviceAccount": "web", "automountServiceAccountToken": true}
	machine_tokens.deny == set() with input as _pod(fields, {})
}

test_deny_default_account if {
	fault := _setting("the pod mounts a token of the default service account")
	default_account := {"metadata": {"name": "default"}}
	every request in [
		_pod({}, _accounts([])),
		_pod({}, _accounts([default_account])),
		_pod({"automountServiceAccountToken": null, "serviceAccountName": null}, _accounts([_web])),
		_pod({"automountServiceAccountToken": true}, {}),
		_pod({"serviceAccountName": "default", "automountServiceAccountToken": true}, _accounts([])),
		_pod({}, _accounts([object.union(default_account, {"automountServiceAccountToken": true})])),
	] {
		machine_tokens.deny == fault with input as request
	}
}

test_deny_nobody_asked if {
	fault := _setting(`the pod mounts a token of service account "web" that nobody asked for`)
	machine_tokens.deny == fault with input as _pod({"serviceAccountName": "web"}, _accounts([_web]))
	other := object.union(_web, {"automountServiceAccountToken": false})
	machine_tokens.deny == fault with input as _pod({"serviceAccountName": "web"}, _accounts([other, _web]))
}

test_deny_projected_token_of_the_default_account if {
	source := {"serviceAccountToken": {"path": "token"}}
	fields := {
		"automountServiceAccountToken": false,
		"volumes": [{"name": "token", "projected": {"sources": [{"configMap": {}}, source]}}],
	}
	machine_tokens.deny == {{
		"message": "the pod projects a token of the default service account",
		"path": ["spec", "volumes", 0, "projected", "sources", 1],
	}} with input as _pod(fields, {})
	own := object.union(fields, {"serviceAccountName": "web"})
	machine_tokens.deny == set() with input as _pod(own, {})
}

test_unknown_account_not_found if {
	message := `service account "web", which may mount its token, was not found`
	machine_tokens.deny == set() with input as _pod({"serviceAccountName": "web"}, _accounts([]))
	machine_tokens.unknown == _setting(message) with input as _pod({"serviceAccountName": "web"}, _accounts([]))
}

test_unknown_siblings_not_read if {
	message := "the service accounts of the pod's namespace could not be read"
	every fields in [{}, {"serviceAccountName": "web"}] {
		machine_tokens.deny == set() with input as _pod(fields, {})
		machine_tokens.unknown == _setting(message) with input as _pod(fields, {})
	}
}

test_unknown_settings_of_the_wrong_type if {
	of_pod := "the pod's automountServiceAccountToken is neither true nor false"
	machine_tokens.unknown == _setting(of_pod) with input as _pod({"automountServiceAccountToken": "false"}, {})
	of_account := `automountServiceAccountToken of account "web" is neither true nor false`
	account := object.union(_web, {"automountServiceAccountToken": "false"})
	request := _pod({"serviceAccountName": "web"}, _accounts([account]))
	machine_tokens.deny == set() with input as request
	machine_tokens.unknown == _setting(of_account) with input as request
}

test_unknown_account_name_of_the_wrong_type if {
	machine_tokens.unknown == {{
		"message": "the name of the service account cannot be read",
		"path": ["spec"],
	}} with input as _pod({"serviceAccountName": 7, "automountServiceAccountToken": false}, {})
}

test_unknown_projected_volume if {
	every projection in [[], {"sources": "token"}, {"sources": ["token"]}] {
		fields := {"automountServiceAccountToken": false, "volumes": [{"projected": projection}]}
		machine_tokens.unknown == {{
			"message": "a projected volume of the pod cannot be read",
			"path": ["spec", "volumes", 0, "projected"],
		}} with input as _pod(fields, {})
	}
}

test_unknown_pod_spec_missing if {
	request := {"resource": "Pod", "object": {}, "context": {"siblings": _accounts([])}}
	machine_tokens.deny == set() with input as request
	machine_tokens.unknown == {{
		"message": "the document has no pod specification that can be read",
	}} with input as request
}

_workflow(fields, job) := {
	"kind": "github_workflow",
	"object": object.union({"on": "push", "jobs": {"test": object.union({"steps": []}, job)}}, fields),
}

test_allow_declared_permissions if {
	every request in [
		_workflow({"permissions": {}}, {}),
		_workflow({"permissions": "read-all"}, {}),
		_workflow({}, {"permissions": {"contents": "read"}}),
	] {
		machine_tokens.applicable with input as request
		machine_tokens.deny == set() with input as request
		machine_tokens.unknown == set() with input as request
	}
}

test_deny_token_that_writes_everything if {
	machine_tokens.deny == {
		{"message": "the token may write everything", "path": ["permissions"]},
		{"message": "the token may write everything", "path": ["jobs", "test", "permissions"]},
	} with input as _workflow({"permissions": "write-all"}, {"permissions": "write-all"})
}

test_deny_nothing_declared if {
	machine_tokens.deny == {{
		"message": `neither job "test" nor its workflow declares the permissions of its token`,
		"path": ["jobs", "test"],
	}} with input as _workflow({}, {})
}

test_unknown_permissions_of_the_wrong_type if {
	every permissions in [null, "none", []] {
		machine_tokens.deny == set() with input as _workflow({"permissions": permissions}, {})
		machine_tokens.unknown == {{
			"message": "the permissions of the token cannot be read",
			"path": ["permissions"],
		}} with input as _workflow({"permissions": permissions}, {})
	}
}

test_unknown_jobs_of_the_wrong_type if {
	request := {"kind": "github_workflow", "object": {"on": "push", "permissions": {}, "jobs": []}}
	machine_tokens.unknown == {{
		"message": "the jobs of the workflow cannot be read",
		"path": ["jobs"],
	}} with input as request
}

test_not_applicable_to_actions if {
	action := {"kind": "github_workflow", "object": {"runs": {"using": "composite", "steps": []}}}
	machine_tokens.applicable == false with input as action
	machine_tokens.deny == set() with input as action
}
