package soc2.change.emergency_review_test

import rego.v1

import data.soc2.change.emergency_review as control

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
	"state": "merged",
	"title": "INC-77: stop double charges",
	"body": "Charges are doubled.",
	"labels": ["Emergency"],
	"author": _alice,
	"head": {"oid": "aaaa"},
	"merged_at": "2026-11-20T15:00:00Z",
	"collected_at": "2026-11-24T09:00:00Z",
	"reviews": {"complete": true, "items": []},
	"timeline": {"complete": true, "items": []},
	"base_changes": {"complete": true, "items": []},
	"commits": {"complete": true, "items": [_commit]},
	"pushes": {"complete": true, "items": [{"actor": _alice, "before": null, "after": "aaaa", "forced": false}]},
}

_except(changes) := {"object": object.union(_pull, changes)}

_approved_at(at) := _except({"reviews": {"items": [object.union(_approval("bob"), {"submitted_at": at})]}})

_with(changes) := {"CHG-17": object.union(
	{
		"labels": ["emergency"],
		"incident_pattern": `\bINC-[0-9]+\b`,
		"deadline_business_days": 1,
		"approvers": [],
	},
	changes,
)}

_parameters := _with({})

_overdue(due) := {{
	"message": sprintf("the emergency has no independent approval, which was due by %s", [due]),
	"path": ["reviews"],
}}

_owed(due) := {{
	"message": sprintf("an independent approval of the emergency is owed by %s", [due]),
	"path": ["reviews"],
}}

test_allow_approved_by_the_deadline if {
	pull := _approved_at("2026-11-23T15:00:00Z")
	control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_deny_approved_after_the_deadline if {
	control.deny == _overdue("2026-11-23T15:00:00Z") with input as _approved_at("2026-11-23T15:00:01Z")
		with data.parameters as _parameters
}

_deadlines := {
	["2026-11-18T15:00:00Z", 1]: "2026-11-19T15:00:00Z",
	["2026-11-18T15:00:00Z", 2]: "2026-11-20T15:00:00Z",
	["2026-11-18T15:00:00Z", 3]: "2026-11-23T15:00:00Z",
	["2026-11-20T23:59:59Z", 1]: "2026-11-23T23:59:59Z",
	["2026-11-21T00:00:00Z", 1]: "2026-11-24T00:00:00Z",
	["2026-11-22T23:00:00Z", 1]: "2026-11-24T00:00:00Z",
	["2026-11-23T00:30:00+01:00", 1]: "2026-11-24T00:00:00Z",
	["2026-11-20T15:00:00Z", 10]: "2026-12-04T15:00:00Z",
	["2026-11-22T12:00:00Z", 5]: "2026-11-30T00:00:00Z",
}

test_deny_business_days if {
	every situation, due in _deadlines {
		pull := _except({"merged_at": situation[0], "collected_at": "2027-01-01T00:00:00Z"})
		control.deny == _overdue(due) with input as pull
			with data.parameters as _with({"deadline_business_days": situation[1]})
	}
}

test_unknown_owed if {
	every situation, due in _deadlines {
		pull := _except({"merged_at": situation[0], "collected_at": due})
		parameters := _with({"deadline_business_days": situation[1]})
		control.deny == set() with input as pull with data.parameters as parameters
		control.unknown == _owed(due) with input as pull with data.parameters as parameters
	}
}

test_deny_author_approved if {
	approval := object.union(_approval("alice"), {"submitted_at": "2026-11-23T08:00:00Z"})
	pull := _except({"reviews": {"items": [approval]}})
	messages := {finding.message | some finding in control.deny} with input as pull with data.parameters as _parameters
	"the approval by \"alice\" does not count: the reviewer is the author of the change" in messages
	count(messages) == 3
}

test_deny_none_of_the_approvers if {
	pull := _approved_at("2026-11-23T08:00:00Z")
	control.deny == _overdue("2026-11-23T15:00:00Z") with input as pull
		with data.parameters as _with({"approvers": ["carol"]})
	control.deny == set() with input as pull with data.parameters as _with({"approvers": ["Bob"]})
	control.unknown == set() with input as pull with data.parameters as _with({"approvers": ["Bob"]})
}

_no_incident := {{"message": "the change is marked as an emergency and names no incident", "path": ["title"]}}

_nameless := {"title": "Stop double charges"}

test_deny_no_incident if {
	pull := _except(object.union(_nameless, {"state": "open"}))
	control.deny == _no_incident with input as pull with data.parameters as _parameters
	not control.applicable with input as pull with data.parameters as _parameters
	named := _except(object.union(_nameless, {"state": "open", "body": "For INC-77"}))
	control.deny == set() with input as named with data.parameters as _parameters
	closed := _except(object.union(_nameless, {"state": "closed"}))
	control.deny == set() with input as closed with data.parameters as _parameters
	control.unknown == set() with input as closed with data.parameters as _parameters
}

test_unknown_description_not_read if {
	pull := object.union(object.remove(_pull, ["body"]), object.union(_nameless, {"state": "open"}))
	message := "whether the change names an incident is not known: the description was not read"
	control.deny == set() with input as {"object": pull} with data.parameters as _parameters
	control.unknown == {{"message": message}} with input as {"object": pull} with data.parameters as _parameters
}

test_deny_label_taken_off_after_the_merge if {
	removal := {"event": "unlabeled", "label": "emergency", "at": "2026-11-20T15:00:01Z"}
	pull := _except({"labels": [], "timeline": {"items": [removal]}})
	control.deny == _overdue("2026-11-23T15:00:00Z") with input as pull with data.parameters as _parameters
}

test_allow_no_emergency if {
	removal := {"event": "unlabeled", "label": "emergency", "at": "2026-11-20T14:00:00Z"}
	pull := _except({"labels": ["bug"], "timeline": {"items": [removal]}})
	not control.applicable with input as pull with data.parameters as _parameters
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == set() with input as pull with data.parameters as _parameters
}

test_unknown_labels_not_read if {
	pull := {"object": object.remove(_pull, ["labels", "timeline"])}
	expected := {
		{"message": "the labels could not be read: the document does not say why", "path": ["labels"]},
		{"message": "the events of the timeline could not be read: the document does not say why", "path": ["timeline"]},
	}
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == expected with input as pull with data.parameters as _parameters
}

test_unknown_write_access if {
	approval := object.union(_approval("bob"), {"submitted_at": "2026-11-23T08:00:00Z", "author_can_push": null})
	pull := _except({"reviews": {"items": [approval]}})
	message := "whether the approval by \"bob\" counts is not known: the reviewer's write access is not known"
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == {{"message": message, "path": ["reviews", "items", 0]}} with input as pull
		with data.parameters as _parameters
}

test_unknown_reviews_cut_short if {
	message := "the list of reviews was cut short, so nothing can be concluded from it"
	pull := _except({"reviews": {"complete": false}})
	control.deny == set() with input as pull with data.parameters as _parameters
	control.unknown == {{"message": message, "path": ["reviews"]}} with input as pull with data.parameters as _parameters
}

test_unknown_without_parameters if {
	expected := {{"message": sprintf("the parameter %s has no value", [name])} |
		some name in ["approvers", "deadline_business_days", "incident_pattern", "labels"]
	}
	control.deny == set() with input as _except({}) with data.parameters as {"CHG-17": {}}
	control.unknown == expected with input as _except({}) with data.parameters as {"CHG-17": {}}
}
