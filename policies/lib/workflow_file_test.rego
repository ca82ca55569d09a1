package soc2.lib.workflow_file_test

import rego.v1

import data.soc2.lib.workflow_file

_jobs(jobs) := {"object": {"on": "push", "jobs": jobs}}

test_allow_events_in_each_form if {
	every form in ["push", ["push"], {"push": {"branches": ["main"]}}] {
		workflow_file.events == {"push"} with input as {"object": {"on": form, "jobs": {}}}
	}
}

test_allow_steps_and_uses_of_jobs_and_actions if {
	workflow := _jobs({
		"test": {"steps": [{"run": "make"}, {"uses": "a/b@v1"}]},
		"call": {"uses": "./c.yml"},
	})
	workflow_file.is_workflow with input as workflow
	workflow_file.problems == set() with input as workflow
	workflow_file.steps == {
		["jobs", "test", "steps", 0]: {"run": "make"},
		["jobs", "test", "steps", 1]: {"uses": "a/b@v1"},
	} with input as workflow
	workflow_file.uses == {
		["jobs", "test", "steps", 1, "uses"]: "a/b@v1",
		["jobs", "call", "uses"]: "./c.yml",
	} with input as workflow
	action := {"object": {"runs": {"using": "composite", "steps": [{"uses": "a/b@v1"}]}}}
	not workflow_file.is_workflow with input as action
	workflow_file.problems == set() with input as action
	workflow_file.uses == {["runs", "steps", 0, "uses"]: "a/b@v1"} with input as action
}

test_unknown_parts_of_the_wrong_type if {
	workflow_file.problems == {{
		"message": "the jobs of the workflow cannot be read",
		"path": ["jobs"],
	}} with input as {"object": {"on": "push"}}
	workflow_file.problems == {{
		"message": `job "test" cannot be read`,
		"path": ["jobs", "test"],
	}} with input as _jobs({"test": null})
	every steps in [null, "make", ["make"]] {
		workflow_file.problems == {{
			"message": `the steps of job "test" cannot be read`,
			"path": ["jobs", "test"],
		}} with input as _jobs({"test": {"steps": steps}})
		workflow_file.problems == {{
			"message": "the steps of the action cannot be read",
			"path": ["runs"],
		}} with input as {"object": {"runs": {"using": "composite", "steps": steps}}}
	}
	workflow_file.problems == {{
		"message": "what is used cannot be read",
		"path": ["jobs", "test", "uses"],
	}} with input as _jobs({"test": {"uses": 7}})
}

_contexts := {
	"${{ github.event.issue.title }}": {"github.event.issue.title"},
	"a ${{x.y}} b ${{ Z.W }}": {"x.y", "z.w"},
	"${{ github.event['issue'][ 'title' ] }}": {"github.event.issue.title"},
	"${{ github.event.commits[0].message }}": {"github.event.commits.0.message"},
	"${{ github.event.commits[*].message }}": {"github.event.commits.*.message"},
	"${{ github . event . number }}": {"github.event.number"},
	"${{\n  a.b\n  || c.d }}": {"a.b", "c.d"},
	"${{ 'a.b' }} c.d": set(),
	"${{ contains(a.b, 'c') && startsWith(d.e, 'f') }}": set(),
	"${{ a.b == 'c' && d.e || 'f' }}": {"d.e"},
	"${{ 'c' != a.b }}": set(),
	"${{ a.b >= 3 }}": set(),
	"${{ a-b.c_d }}": {"a-b.c_d"},
}

test_allow_contexts_in_any_way_of_writing if {
	every text, expected in _contexts { workflow_file.contexts(text) == expected }
	workflow_file.contexts(7) == set()
}
