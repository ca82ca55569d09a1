# METADATA
# title: Somebody else approves a deployment to production
# description: |
#   Each environment that counts as production has reviewers, keeps who started a deployment from approving it, takes
#   deployments from named or protected branches only, and holds for administrators too. In a workflow, each job that
#   deploys by its name runs in an environment, since a job without one passes all of that by.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
#     description: Protection rules of environments
# custom:
#   id: SOD-02
#   severity: high
#   inputs:
#     - kind: github_repository
#     - kind: github_workflow
#   frameworks: {soc2: [CC5.1, CC6.3, CC8.1], iso27001: ["5.3", "8.31"]}
#   remediation: >-
#     Give the environment required reviewers, prevent self-review, limit its branches, and take the bypass from
#     administrators. Name the environment in the job that deploys.
#   parameters:
#     environments:
#       type: array
#       items: {type: string, minLength: 1}
#       minItems: 1
#       default: ["prod", "prod-*", "prod/*", "production", "production-*", "production/*"]
#       description: Patterns of the environments that count as production, whatever their case.
#     jobs:
#       type: array
#       items: {type: string, minLength: 1}
#       default: ["deploy", "deploy-*", "deploy_*", "*-deploy", "*_deploy"]
#       description: Patterns of the names of jobs that deploy.
package soc2.segregation.separate_deployer

import rego.v1

import data.soc2.lib.settings
import data.soc2.lib.workflow_file

_parameters := data.parameters["SOD-02"]

default applicable := false

applicable if {
	_is_repository
	count(_productions) + count(_gaps) > 0
}

applicable if {
	input.kind == "github_workflow"
	count(_deployments) + count(workflow_file.problems) > 0
}

_is_repository if {
	input.kind == "github_repository"
	settings.is_alive
}

_matches(patterns, name) if {
	some pattern in patterns
	glob.match(lower(pattern), ["/"], lower(name))
}

_productions[index] := environment if {
	_is_repository
	some index, environment in input.object.environments.items
	_matches(_parameters.environments, environment.name)
}

deny contains {"message": message, "path": array.concat(["environments", "items", index], place)} if {
	some index, environment in _productions
	some [place, problem] in _problems(environment)
	message := sprintf("environment %q %s", [environment.name, problem])
}

_problems(environment) := {[["reviewers"], "lets everybody deploy without approval"] |
	count(environment.reviewers) == 0
} | {[["prevent_self_review"], "lets who started a deployment approve it"] |
	not environment.prevent_self_review == true
	count(environment.reviewers) > 0
} | {[["branch_policy"], "takes deployments from every branch"] |
	environment.branch_policy == null
} | {[["branch_policy", "custom", "items", number], problem] |
	some number, pattern in environment.branch_policy.custom.items
	pattern.name in {"*", "**", "**/*", "*/*"}
	problem := sprintf("takes deployments from branches %s", [pattern.name])
} | {[["admins_can_bypass"], "lets administrators deploy past its rules"] |
	environment.admins_can_bypass == true
}

unknown contains gap if {
	some index, environment in _productions
	path := ["environments", "items", index]
	things := sprintf("bypass of administrators in environment %q", [environment.name])
	some gap in settings.gaps(environment, "admins_can_bypass", things, path)
}

unknown contains {"message": message, "path": ["environments", "items", index, "branch_policy"]} if {
	some index, environment in _productions
	environment.branch_policy.protected_branches == false
	not environment.branch_policy.custom.complete == true
	message := sprintf("the branches that may deploy to environment %q were not all read", [environment.name])
}

# Where no branch has classic protection, every branch counts as protected.
unknown contains {"message": message, "path": ["environments", "items", index, "branch_policy"]} if {
	some index, environment in _productions
	environment.branch_policy.protected_branches == true
	not _some_branch_is_protected
	message := sprintf(
		"environment %q takes protected branches only, which are all branches if none has classic protection",
		[environment.name],
	)
}

_some_branch_is_protected if {
	some branch in input.object.branches.items
	is_object(branch.protection)
}

unknown contains gap if some gap in _gaps

_gaps contains gap if {
	_is_repository
	some gap in settings.gaps(input.object, "environments", "environments", [])
}

# Jobs that deploy by their name. One that calls a workflow cannot name an environment: that workflow does.
_deployments[name] := job if {
	some name, job in workflow_file.jobs
	_matches(_parameters.jobs, name)
	not job.uses
}

deny contains {"message": message, "path": ["jobs", name]} if {
	some name, job in _deployments
	object.get(job, "environment", null) in {null, ""}
	message := sprintf("job %q deploys outside of any environment", [name])
}

deny contains {"message": message, "path": ["jobs", name, "environment"]} if {
	some name, job in _deployments
	is_object(job.environment)
	object.get(job.environment, "name", null) in {null, ""}
	message := sprintf("job %q deploys outside of any environment", [name])
}

unknown contains problem if {
	input.kind == "github_workflow"
	some problem in workflow_file.problems
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_array(_parameters.environments)
	is_array(_parameters.jobs)
}
