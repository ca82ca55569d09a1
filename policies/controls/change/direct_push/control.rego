# METADATA
# title: No change reaches a protected branch without a pull request
# description: |
#   Looks at each new first-parent commit of the branch: a pull request that was merged into this branch must have
#   brought it. A merge commit and a squashed commit are the one that the pull request names; of rebased commits the
#   pull request names the last, and the ones before it must belong to it too. GitHub calls a pull request merged when
#   its commits arrive, also by a push: its own head among the commits, or a merge commit that another account than
#   GitHub's web-flow committed, was pushed and explains nothing. Where the ledger was asked, its decision on the pull
#   request must allow the head that was merged. A forced push fails, and so does removing the branch.
# scope: package
# custom:
#   id: CHG-10
#   severity: critical
#   inputs:
#     - kind: github_push
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Have the commits that are named reviewed now, in a pull request that reverts or confirms them, and keep who
#     approved them as an exception. Take the right to push past the rules from whoever pushed.
package soc2.change.direct_push

import rego.v1

default applicable := true

_push := input.object

_branch := trim_prefix(_push.ref, "refs/heads/")

_commits := object.get(_push, ["commits", "items"], [])

_place := {commit.oid: index | some index, commit in _commits}

_path(index) := ["commits", "items", index]

# Pull requests that brought a commit to this branch, whatever was decided of them.
_brought[index] contains pull if {
	some index, commit in _commits
	some pull in object.get(commit, ["pull_requests", "items"], [])
	pull.merged
	pull.base_ref == _branch
	last := _place[pull.merge_commit_oid]
	last >= index
	every between in array.slice(_commits, index, last + 1) {
		_names(between, pull.number)
	}
}

_names(commit, number) if {
	some pull in object.get(commit, ["pull_requests", "items"], [])
	pull.number == number
}

# Why a pull request that brought a commit does not explain it.
_objection(pull) := "it was pushed, not merged by GitHub: its own head is among the commits" if {
	_place[pull.head_oid] >= 0
} else := sprintf("its merge commit was pushed, not made by GitHub: %q committed it", [committer]) if {
	commit := _commits[_place[pull.merge_commit_oid]]
	count(commit.parents) > 1
	committer := commit.committer.login
	lower(committer) != "web-flow"
} else := "the ledger holds no decision on it" if {
	pull.decision == null
} else := sprintf("record %d does not say which head it is about", [pull.decision.index]) if {
	pull.decision.head_oid == null
} else := sprintf("record %d is about another head than the one that was merged", [pull.decision.index]) if {
	pull.decision.head_oid != pull.head_oid
} else := sprintf("record %d does not allow it (%s)", [pull.decision.index, pull.decision.outcome]) if {
	pull.decision.outcome != "allow"
}

_explained contains index if {
	some index, pulls in _brought
	some pull in pulls
	not _objection(pull)
}

deny contains {"message": message, "path": ["forced"]} if {
	_push.forced
	message := sprintf("the push was forced: %s is no longer on the branch", [_push.before])
}

deny contains {"message": message, "path": ["after"]} if {
	object.get(_push, "after", "unknown") == null
	message := sprintf("the branch was removed at %s", [_push.before])
}

deny contains {"message": message, "path": _path(index)} if {
	some index, pulls in _brought
	not index in _explained
	some pull in pulls
	reason := _objection(pull)
	message := sprintf("pull request #%d does not explain %s: %s", [pull.number, _commits[index].oid, reason])
}

deny contains {"message": message, "path": _path(index)} if {
	some index, commit in _commits
	_unbrought(index)
	commit.pull_requests.complete
	not _unnamed(commit)
	message := sprintf("no pull request that was merged into this branch brought %s", [commit.oid])
}

_unbrought(index) if not _brought[index]

# A merged pull request whose merge commit GitHub does not name.
_unnamed(commit) if {
	some pull in commit.pull_requests.items
	pull.merged
	pull.base_ref == _branch
	pull.merge_commit_oid == null
}

unknown contains {"message": message, "path": ["commits"]} if {
	is_string(_push.after)
	not _push.commits
	reason := object.get(_push, ["unavailable", "commits", "reason"], "the document does not say why")
	message := sprintf("the commits of the push could not be read: %s", [reason])
}

unknown contains {"message": "the list of commits was cut short", "path": ["commits"]} if {
	_push.commits.complete == false
}

unknown contains {"message": message, "path": _path(index)} if {
	some index, commit in _commits
	_unbrought(index)
	not commit.pull_requests.complete == true
	message := sprintf("the pull requests of %s could not all be read", [commit.oid])
}

unknown contains {"message": message, "path": _path(index)} if {
	some index, commit in _commits
	_unbrought(index)
	_unnamed(commit)
	message := sprintf("GitHub does not name the merge commit of the pull request of %s", [commit.oid])
}
