# METADATA
# title: Workflows of GitHub Actions and definitions of actions
# description: |
#   Events, jobs and steps of a workflow or a composite action, and the contexts that an expression puts into a text. A
#   part of the wrong type is in `problems`, and whoever looks at steps reports it as unknown.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
#     description: Syntax of workflows
package soc2.lib.workflow_file

import rego.v1

# Whether the file is a workflow, and no definition of an action.
is_workflow if {
	some key in ["jobs", "on"]
	key in object.keys(input.object)
}

# The events that start it: one, a list, or a mapping.
events contains input.object.on if is_string(input.object.on)

events contains event if {
	is_array(input.object.on)
	some event in input.object.on
}

events contains event if {
	is_object(input.object.on)
	some event, _ in input.object.on
}

jobs[name] := job if {
	some name, job in input.object.jobs
	is_object(job)
}

# Steps of jobs and of a composite action by their place.
steps[["jobs", name, "steps", index]] := step if {
	some name, job in jobs
	some index, step in job.steps
	is_object(step)
}

steps[["runs", "steps", index]] := step if {
	some index, step in input.object.runs.steps
	is_object(step)
}

# What is used from elsewhere by its place: actions of steps, and workflows that jobs call.
uses[array.concat(path, ["uses"])] := step.uses if {
	some path, step in steps
	step.uses
}

uses[["jobs", name, "uses"]] := job.uses if {
	some name, job in jobs
	job.uses
}

problems contains {"message": "the jobs of the workflow cannot be read", "path": ["jobs"]} if {
	is_workflow
	not _jobs_are_readable
}

_jobs_are_readable if is_object(input.object.jobs)

problems contains {"message": sprintf("job %q cannot be read", [name]), "path": ["jobs", name]} if {
	some name, job in input.object.jobs
	not is_object(job)
}

problems contains {"message": sprintf("the steps of job %q cannot be read", [name]), "path": ["jobs", name]} if {
	some name, job in jobs
	not job.uses
	not _are_steps(object.get(job, "steps", null))
}

problems contains {"message": "the steps of the action cannot be read", "path": ["runs"]} if {
	input.object.runs.using == "composite"
	not _are_steps(object.get(input.object, ["runs", "steps"], null))
}

problems contains {"message": "what is used cannot be read", "path": path} if {
	some path, used in uses
	not is_string(used)
}

_are_steps(list) if {
	is_array(list)
	every step in list { is_object(step) }
}

# The expressions of a text in one way of writing: small letters, an index as a name, no literals, and nothing that can
# only be true or false.
expressions(text) := {expression |
	is_string(text)
	some match in regex.find_all_string_submatch_n(`(?s)\$\{\{(.*?)\}\}`, lower(text), -1)
	indexed := regex.replace(match[1], `\[\s*'([^']*)'\s*\]`, ".$1")
	numbered := regex.replace(indexed, `\[\s*([0-9*]+)\s*\]`, ".$1")
	plain := regex.replace(numbered, `'[^']*'`, "''")
	joined := regex.replace(plain, `\s*\.\s*`, ".")
	called := regex.replace(joined, `\b(contains|startswith|endswith)\s*\([^()]*\)`, "true")
	compared := regex.replace(called, `('')?[a-z0-9_.*-]*\s*(==|!=|<=|>=|<|>)\s*('')?[a-z0-9_.*-]*`, "true")
	expression := compared
}

# The contexts that the expressions of a text put into it, such as `github.event.issue.title`.
contexts(text) := {context |
	some expression in expressions(text)
	some context in regex.find_n(`\b[a-z_][a-z0-9_-]*(\.[a-z0-9_*-]+)+`, expression, -1)
}
