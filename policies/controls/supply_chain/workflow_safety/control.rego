# METADATA
# title: Workflows run only code that was chosen
# description: |
#   Actions and workflows from elsewhere are pinned by a full commit, and container images by digest: a tag can be
#   moved. A workflow that strangers can start with the rights of the repository checks out no head of a pull request
#   and does not get a token that may write everything. No expression puts what strangers write, such as the title of
#   a pull request or the name of its branch, into a script, where it would be read as commands; nor does one through
#   an environment variable that it names. An unpinned workflow does not inherit all secrets.
#
#   Scripts are not read further: a shell that checks out a head by itself is not seen.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/actions/reference/security/secure-use
#     description: Secure use of GitHub Actions
#   - ref: https://docs.zizmor.sh/audits/
#     description: Audits of zizmor, which looks at more
# custom:
#   id: SUP-05
#   severity: high
#   inputs:
#     - kind: github_workflow
#   frameworks: {soc2: [CC6.8, CC7.1, CC8.1], iso27001: ["8.28", "8.7", "8.8"]}
#   remediation: >-
#     Pin the action by the full commit of a release. Hand what others write to a script through env and read the
#     variable in the shell ("$TITLE"). Check out the base branch where the workflow has rights.
#   parameters:
#     trusted_actions:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Patterns of actions and workflows that need no commit, such as acme/*, or actions/checkout. They may not
#         inherit secrets all the same.
package soc2.supply_chain.workflow_safety

import rego.v1

import data.soc2.lib.untrusted_context
import data.soc2.lib.workflow_file

_parameters := data.parameters["SUP-05"]

default applicable := true

_unpinned[path] := used if {
	some path, used in workflow_file.uses
	is_string(used)
	not startswith(used, "./")
	not _is_pinned(used)
}

_is_pinned(used) if {
	not startswith(used, "docker://")
	regex.match(`^[^@]+@([0-9a-f]{40}|[0-9a-f]{64})$`, used)
}

_is_pinned(used) if {
	startswith(used, "docker://")
	regex.match(`@sha256:[0-9a-f]{64}$`, used)
}

_is_trusted(used) if {
	some pattern in _parameters.trusted_actions
	name := split(used, "@")[0]
	repository := concat("/", array.slice(split(name, "/"), 0, 2))
	some candidate in {name, repository}
	glob.match(lower(pattern), ["/"], lower(candidate))
}

deny contains {"message": message, "path": path} if {
	_parameters.trusted_actions
	some path, used in _unpinned
	not _is_trusted(used)
	message := sprintf("%s is not pinned by a %s", [used, _pin(used)])
}

_pin(used) := "digest" if {
	startswith(used, "docker://")
} else := "full commit"

deny contains {"message": message, "path": ["jobs", name, "secrets"]} if {
	some name, job in workflow_file.jobs
	job.secrets == "inherit"
	_unpinned[["jobs", name, "uses"]]
	message := sprintf("job %q hands all secrets to %s, which is not pinned", [name, job.uses])
}

# Events that strangers cause and that run with the rights and the secrets of the repository.
_open_events := {
	"discussion",
	"discussion_comment",
	"issue_comment",
	"issues",
	"pull_request_target",
	"workflow_run",
}

_opened_by := workflow_file.events & _open_events

deny contains {"message": message, "path": array.concat(path, ["with", field])} if {
	some event in _opened_by
	some path, step in workflow_file.steps
	is_string(step.uses)
	regex.match(`(?i)^[^@]*checkout[^@/]*@`, step.uses)
	some field in ["ref", "repository"]
	untrusted_context.names_head(step["with"][field])
	message := sprintf("checks out the head of a pull request on %s, with the rights of the repository", [event])
}

deny contains {"message": message, "path": path} if {
	some event in _opened_by
	some path, permissions in _permissions
	permissions == "write-all"
	message := sprintf("%s, which strangers cause, starts it with a token that may write everything", [event])
}

_permissions[["permissions"]] := input.object.permissions

_permissions[["jobs", name, "permissions"]] := job.permissions if some name, job in workflow_file.jobs

# Texts that are read as a program.
_scripts[array.concat(path, ["run"])] := step.run if {
	some path, step in workflow_file.steps
	step.run
}

_scripts[array.concat(path, ["with", "script"])] := step["with"].script if {
	some path, step in workflow_file.steps
	is_string(step.uses)
	regex.match(`(?i)^actions/github-script@`, step.uses)
	step["with"].script
}

deny contains {"message": message, "path": path} if {
	some path, script in _scripts
	some context in untrusted_context.in_text(script)
	message := sprintf("puts %s, which others write, into a script", [context])
}

# Variables by the part of the workflow that sets them.
_variables[[]] := input.object.env

_variables[["jobs", name]] := job.env if some name, job in workflow_file.jobs

_variables[path] := step.env if some path, step in workflow_file.steps

deny contains {"message": message, "path": path} if {
	some path, script in _scripts
	some variable in workflow_file.contexts(script)
	startswith(variable, "env.")
	some place, variables in _variables
	array.slice(path, 0, count(place)) == place
	some name, value in variables
	lower(name) == trim_prefix(variable, "env.")
	some context in untrusted_context.in_text(value)
	message := sprintf("puts %s, which others write, into a script by the variable %s", [context, name])
}

unknown contains problem if some problem in workflow_file.problems

unknown contains {"message": "the script cannot be read", "path": path} if {
	some path, script in _scripts
	not is_string(script)
}

unknown contains {"message": "the parameter trusted_actions has no value"} if not _parameters.trusted_actions
