package soc2.segregation.separate_deployer_test

import rego.v1

import data.soc2.segregation.separate_deployer

_environment := {
	"name": "production",
	"reviewers": [{"type": "team", "name": "core"}],
	"prevent_self_review": true,
	"branch_policy": {"protected_branches": false, "custom": {"complete": true, "items": [{"name": "main"}]}},
	"admins_can_bypass": false,
}

_protected := {"branches": {"complete": true, "items": [{"name": "main", "protection": {"enforce_admins": true}}]}}

_repository(fields) := {"kind": "github_repository", "object": object.union(_protected, {
	"archived": false,
	"default_branch": "main",
	"environments": {"complete": true, "items": [object.union(_environment, fields)]},
})}

_workflow(job) := {
	"kind": "github_workflow",
	"object": {"on": "push", "jobs": {"deploy": object.union({"steps": []}, job)}},
}

_parameters := {"SOD-02": {"environments": ["prod*"], "jobs": ["deploy"]}}

_at(place, message) := {"message": message, "path": array.concat(["environments", "items", 0], place)}

test_allow_separate_deployer if {
	every policy in [_environment.branch_policy, {"protected_branches": true}] {
		request := _repository({"branch_policy": policy})
		separate_deployer.applicable with input as request with data.parameters as _parameters
		separate_deployer.deny == set() with input as request with data.parameters as _parameters
		separate_deployer.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_open_environment if {
	separate_deployer.deny == {
		_at(["reviewers"], `environment "Production" lets everybody deploy without approval`),
		_at(["branch_policy"], `environment "Production" takes deployments from every branch`),
		_at(["admins_can_bypass"], `environment "Production" lets administrators deploy past its rules`),
	} with input as _repository({
		"name": "Production",
		"reviewers": [],
		"prevent_self_review": false,
		"branch_policy": null,
		"admins_can_bypass": true,
	})
		with data.parameters as _parameters
}

test_deny_self_review_and_every_branch if {
	separate_deployer.deny == {
		_at(["prevent_self_review"], `environment "production" lets who started a deployment approve it`),
		_at(["branch_policy", "custom", "items", 0], `environment "production" takes deployments from branches *`),
	} with input as _repository({
		"prevent_self_review": false,
		"branch_policy": {"protected_branches": false, "custom": {"complete": true, "items": [{"name": "*"}]}},
	})
		with data.parameters as _parameters
}

test_unknown_branches_not_read if {
	message := `the branches that may deploy to environment "production" were not all read`
	separate_deployer.unknown == {_at(["branch_policy"], message)}
		with input as _repository({"branch_policy": {"protected_branches": false, "custom": {"complete": false}}})
		with data.parameters as _parameters
}

test_unknown_no_branch_protected if {
	message := concat(", ", [
		`environment "production" takes protected branches only`,
		"which are all branches if none has classic protection",
	])
	request := json.remove(_repository({"branch_policy": {"protected_branches": true}}), ["object/branches"])
	separate_deployer.unknown == {_at(["branch_policy"], message)} with input as request
		with data.parameters as _parameters
}

test_unknown_bypass_not_read if {
	request := json.remove(_repository({}), ["object/environments/items/0/admins_can_bypass"])
	count(separate_deployer.unknown) == 1 with input as request with data.parameters as _parameters
}

test_unknown_environments_not_read if {
	request := {"kind": "github_repository", "object": {"default_branch": "main"}}
	separate_deployer.applicable with input as request with data.parameters as _parameters
	count(separate_deployer.unknown) == 1 with input as request with data.parameters as _parameters
}

test_allow_job_in_an_environment if {
	every environment in ["production", {"name": "${{ inputs.environment }}"}] {
		request := _workflow({"environment": environment})
		separate_deployer.applicable with input as request with data.parameters as _parameters
		separate_deployer.deny == set() with input as request with data.parameters as _parameters
		separate_deployer.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_job_outside_of_environments if {
	message := `job "deploy" deploys outside of any environment`
	every job in [{}, {"environment": null}, {"environment": ""}] {
		separate_deployer.deny == {{"message": message, "path": ["jobs", "deploy"]}} with input as _workflow(job)
			with data.parameters as _parameters
	}
	separate_deployer.deny == {{
		"message": message,
		"path": ["jobs", "deploy", "environment"],
	}} with input as _workflow({"environment": {"url": "https://shop.example"}})
		with data.parameters as _parameters
}

test_unknown_jobs_of_the_wrong_type if {
	request := {"kind": "github_workflow", "object": {"on": "push", "jobs": []}}
	count(separate_deployer.unknown) == 1 with input as request with data.parameters as _parameters
}

test_unknown_without_parameters if {
	separate_deployer.unknown == {{"message": "the parameters have no value"}} with input as _repository({})
		with data.parameters as {"SOD-02": {}}
}
