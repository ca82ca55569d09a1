package soc2.lib.untrusted_context_test

import rego.v1

import data.soc2.lib.untrusted_context

_expression(context) := sprintf("${{ %s }}", [context])

test_deny_what_strangers_write if {
	every context in [
		"github.event.issue.title",
		"github.event.issue.body",
		"github.event.pull_request.head.ref",
		"github.event.pull_request.head.label",
		"github.event.pull_request.head.repo.default_branch",
		"github.event.comment.body",
		"github.event.review.body",
		"github.event.pages.*.page_name",
		"github.event.commits.*.message",
		"github.event.head_commit.author.email",
		"github.event.head_commit.author.name",
		"github.event.workflow_run.head_branch",
		"github.event.discussion.title",
		"github.head_ref",
		"github.ref_name",
	] {
		untrusted_context.in_text(_expression(context)) == {context}
	}
}

test_allow_what_only_owners_write if {
	every context in [
		"github.event.repository.name",
		"github.event.organization.name",
		"github.event.pull_request.base.ref",
		"github.event.pull_request.number",
		"github.event.pull_request.head.sha",
		"github.actor",
		"github.event.action",
		"inputs.name",
		"matrix.name",
		"toJSON(github.event.repository)",
		"toJSON(matrix)",
	] {
		untrusted_context.in_text(_expression(context)) == set()
	}
}

test_deny_whole_events if {
	untrusted_context.in_text("${{ toJSON(github) }}") == {"github"}
	untrusted_context.in_text("${{ toJSON( github.event ) }}") == {"github.event"}
	untrusted_context.in_text("${{ toJSON(github.event.issue) }}") == {"github.event.issue"}
}

test_deny_heads if {
	every text in [
		"${{ github.head_ref }}",
		"${{ github.event.number }}",
		"${{ github.event.issue.number }}",
		"${{ github.event.pull_request.number }}",
		"${{ github.event.pull_request.merge_commit_sha }}",
		"${{ github.event.pull_request.head.sha }}",
		"${{ github.event.workflow_run.head_sha }}",
		"${{ github.event.workflow_run.pull_requests[0].head.sha }}",
		"refs/pull/7/merge",
	] {
		untrusted_context.names_head(text)
	}
}

test_allow_other_revisions if {
	not untrusted_context.names_head(7)
	every text in ["main", "${{ github.sha }}", "${{ github.event.pull_request.base.sha }}"] {
		not untrusted_context.names_head(text)
	}
}
