# METADATA
# title: Contexts that strangers write
# description: |
#   Which contexts of GitHub Actions hold what anyone can write: titles, bodies, names of branches, messages. An
#   expression puts them into a script before a shell reads it, so that they can be commands. Tells too which contexts
#   name the head of a pull request.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/actions/concepts/security/script-injections
#     description: Script injections
package soc2.lib.untrusted_context

import rego.v1

import data.soc2.lib.workflow_file

# Last parts of the contexts of an event that people write.
_written := {
	"body",
	"default_branch",
	"display_title",
	"email",
	"head_branch",
	"head_ref",
	"label",
	"message",
	"name",
	"page_name",
	"ref",
	"title",
}

# Names of branches: whoever pushes one chooses it.
_branches := {"github.head_ref", "github.ref", "github.ref_name"}

# Parts of an event that only those write who own the repository.
_owned := {"enterprise", "installation", "organization", "repository", "sender", "workflow"}

# The contexts in a text, for messages, that may hold what strangers write.
in_text(text) := {context |
	some context in workflow_file.contexts(text)
	_is_written(context)
} | _dumps(text)

_is_written(context) if context in _branches

_is_written(context) if {
	parts := split(context, ".")
	array.slice(parts, 0, 2) == ["github", "event"]
	parts[count(parts) - 1] in _written
	not _is_owned(context)
	not "base" in parts
}

# Whole events as JSON hold all of it.
_dump := `tojson\s*\(\s*(github(?:\.event(?:\.[a-z0-9_.*-]+)?)?)\s*\)`

_dumps(text) := {context |
	some expression in workflow_file.expressions(text)
	some match in regex.find_all_string_submatch_n(_dump, expression, -1)
	context := match[1]
	not _is_owned(context)
}

_is_owned(context) if split(context, ".")[2] in _owned

# Whether a text names the head of a pull request, which a stranger may have written.
names_head(text) if {
	some context in workflow_file.contexts(text)
	_names_head(context)
}

names_head(text) if {
	is_string(text)
	contains(text, "refs/pull/")
}

_names_head(context) if context in {
	"github.event.issue.number",
	"github.event.number",
	"github.event.pull_request.merge_commit_sha",
	"github.event.pull_request.number",
	"github.head_ref",
}

_names_head(context) if startswith(context, "github.event.pull_request.head.")

_names_head(context) if startswith(context, "github.event.workflow_run.head_")

_names_head(context) if startswith(context, "github.event.workflow_run.pull_requests.")
