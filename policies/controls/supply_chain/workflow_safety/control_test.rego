package soc2.supply_chain.workflow_safety_test

import rego.v1

import data.soc2.supply_chain.workflow_safety

_commit := "08c6903cd8c0fde910a37f88322edcfb5dd907a8"

_checkout := sprintf("actions/checkout@%s", [_commit])

_workflow(events, step) := {"kind": "github_workflow", "object": {
	"on": events,
	"permissions": {},
	"jobs": {"test": {"steps": [step]}},
}}

_none := {"SUP-05": {"trusted_actions": []}}

_trusted := {"SUP-05": {"trusted_actions": ["Acme/*"]}}

_step(field, message) := {{"message": message, "path": array.concat(["jobs", "test", "steps", 0], field)}}

test_allow_pinned if {
	every used in [
		_checkout,
		"./.github/actions/build",
		"docker://alpine@sha256:1111111111111111111111111111111111111111111111111111111111111111",
	] {
		request := _workflow("push", {"uses": used})
		workflow_safety.applicable with input as request with data.parameters as _none
		workflow_safety.deny == set() with input as request with data.parameters as _none
		workflow_safety.unknown == set() with input as request with data.parameters as _none
	}
}

test_allow_trusted if {
	every used in ["acme/build@v1", "acme/tools/deep/action@main"] {
		workflow_safety.deny == set() with input as _workflow("push", {"uses": used}) with data.parameters as _trusted
	}
}

test_deny_unpinned if {
	every used in ["actions/checkout@v5", "actions/checkout@08c6903", "actions/checkout"] {
		workflow_safety.deny == _step(["uses"], sprintf("%s is not pinned by a full commit", [used]))
			with input as _workflow("push", {"uses": used})
			with data.parameters as _trusted
	}
	image := "docker://alpine:3.20"
	workflow_safety.deny == _step(["uses"], sprintf("%s is not pinned by a digest", [image]))
		with input as _workflow("push", {"uses": image})
		with data.parameters as _none
}

test_deny_inherited_secrets if {
	used := "acme/workflows/.github/workflows/test.yml@v1"
	request := {"object": {"on": "push", "jobs": {"call": {"uses": used, "secrets": "inherit"}}}}
	workflow_safety.deny == {{
		"message": sprintf(`job "call" hands all secrets to %s, which is not pinned`, [used]),
		"path": ["jobs", "call", "secrets"],
	}} with input as request with data.parameters as _trusted
}

test_deny_head_checked_out if {
	step := {"uses": _checkout, "with": {"ref": "${{ github.event.pull_request.head.sha }}"}}
	message := "checks out the head of a pull request on pull_request_target, with the rights of the repository"
	workflow_safety.deny == _step(["with", "ref"], message) with input as _workflow("pull_request_target", step)
		with data.parameters as _none
	workflow_safety.deny == set() with input as _workflow("pull_request", step) with data.parameters as _none
}

test_deny_write_all_for_strangers if {
	message := "issues, which strangers cause, starts it with a token that may write everything"
	request := {"object": {
		"on": "issues",
		"permissions": "write-all",
		"jobs": {"a": {"permissions": "write-all", "steps": []}},
	}}
	workflow_safety.deny == {
		{"message": message, "path": ["permissions"]},
		{"message": message, "path": ["jobs", "a", "permissions"]},
	} with input as request with data.parameters as _none
}

test_deny_scripts if {
	message := "puts github.event.issue.title, which others write, into a script"
	workflow_safety.deny == _step(["run"], message)
		with input as _workflow("push", {"run": "echo ${{ github.event.issue.title }}"})
		with data.parameters as _none
	used := sprintf("actions/github-script@%s", [_commit])
	step := {"uses": used, "with": {"script": "${{ github.event.issue.title }}"}}
	workflow_safety.deny == _step(["with", "script"], message) with input as _workflow("push", step)
		with data.parameters as _none
}

test_deny_scripts_by_a_variable if {
	message := "puts github.event.issue.title, which others write, into a script by the variable TITLE"
	variables := {"TITLE": "${{ github.event.issue.title }}"}
	script := {"run": "echo ${{ env.title }}"}
	every request in [
		{"object": {"on": "push", "env": variables, "jobs": {"test": {"steps": [script]}}}},
		{"object": {"on": "push", "jobs": {"test": {"env": variables, "steps": [script]}}}},
		{"object": {"on": "push", "jobs": {"test": {"steps": [object.union(script, {"env": variables})]}}}},
	] {
		workflow_safety.deny == _step(["run"], message) with input as request with data.parameters as _none
	}
}

test_unknown_parts_of_the_wrong_type if {
	workflow_safety.unknown == _step(["run"], "the script cannot be read") with input as _workflow("push", {"run": 7})
		with data.parameters as _none
	workflow_safety.unknown == _step(["uses"], "what is used cannot be read") with input as _workflow("push", {"uses": 7})
		with data.parameters as _none
}

test_unknown_without_parameters if {
	workflow_safety.unknown == {{"message": "the parameter trusted_actions has no value"}}
		with input as _workflow("push", {"run": "make"})
		with data.parameters as {"SUP-05": {}}
}
