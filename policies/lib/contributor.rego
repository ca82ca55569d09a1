# METADATA
# title: Who contributed to a pull request
# description: |
#   Contributors are whoever opened the change, the person on whose behalf a bot opened it, the authors, co-authors and
#   committers of its commits, and whoever pushed to its branch. A merge of the base branch into the change holds
#   nothing of its own when its tree is what merging its parents gives, and then makes nobody a contributor; a clean
#   merge that nobody has computed leaves its author in doubt. GitHub's own committer web-flow tells that a commit was
#   made on the site, not by whom: it is no contributor, and its commits' authors are.
#
#   `blind_spots` are the reasons for which anyone at all may have contributed: there, nobody can be shown not to have.
# scope: package
package soc2.lib.contributor

import rego.v1

import data.soc2.lib.pull_request

_site := "web-flow"

# Each thing that makes an account a contributor; `sure` is false where it may turn out to be nothing.
contributions contains contribution if {
	contribution := _contribution(input.object.author, "opened the change", true, ["author"])
}

contributions contains contribution if {
	contribution := _contribution(input.object.triggered_by, "had the bot make the change", true, ["triggered_by"])
}

contributions contains contribution if {
	some part in _parts
	is_string(part.identity.login)
	lower(part.identity.login) != _site
	deed := sprintf("%s %s", [part.deed, pull_request.short(part.oid)])
	contribution := _contribution(part.identity, deed, part.content == "written", part.path)
}

contributions contains contribution if {
	some index, push in input.object.pushes.items
	content := _pushed(push)
	content != "none"
	path := ["pushes", "items", index, "actor"]
	contribution := _contribution(push.actor, "pushed to the branch", content == "written", path)
}

_contribution(actor, deed, sure, path) := {
	"account": pull_request.account(actor),
	"login": actor.login,
	"deed": deed,
	"sure": sure,
	"path": path,
}

# What a commit holds of its own: "none" and "unknown" are for merges of the base branch only.
_content(commit) := "written" if {
	not commit.merges_base == true
} else := "written" if {
	commit.clean_merge == false
} else := "none" if {
	commit.clean_merge == true
} else := "unknown"

# A push that adds one commit holds what that commit holds.
_pushed(push) := content if {
	some content in _contents[[push.before, push.after]]
} else := "written"

# The first parent of a commit and the commit -> what it holds.
_contents[[commit.parents[0], commit.oid]] contains _content(commit) if some commit in input.object.commits.items

# Each part that someone has in a commit with content.
_parts contains part if {
	some index, commit in input.object.commits.items
	content := _content(commit)
	content != "none"
	some place, author in commit.authors
	path := ["commits", "items", index, "authors", place]
	part := _part(commit, content, {"deed": "wrote", "identity": author, "path": path, "by_site": false})
}

_parts contains part if {
	some index, commit in input.object.commits.items
	content := _content(commit)
	content != "none"
	identity := object.get(commit, "committer", null)
	by_site := object.get(commit, "committed_via_web", null) == true
	path := ["commits", "items", index, "committer"]
	part := _part(commit, content, {"deed": "committed", "identity": identity, "path": path, "by_site": by_site})
}

_part(commit, content, more) := object.union({"content": content, "oid": commit.oid}, more)

# Why someone's part in a commit is nobody's in particular. The site commits in the name of web-flow.
_nameless(part) := "GitHub names nobody" if not is_object(part.identity)

_nameless(part) := "the e-mail address maps to no account" if {
	is_object(part.identity)
	not is_string(object.get(part.identity, "login", null))
}

_nameless(part) := "it is given as web-flow, GitHub's own account" if {
	is_string(part.identity.login)
	lower(part.identity.login) == _site
	not part.by_site
}

blind_spots contains gap if {
	some section in ["commits", "pushes"]
	gap := pull_request.gaps[section]
}

blind_spots contains {"message": "the account that opened the change was deleted", "path": ["author"]} if {
	not pull_request.author
}

# Null is a fact: nobody did.
blind_spots contains {"message": message, "path": ["triggered_by"]} if {
	pull_request.is_bot(input.object.author)
	object.get(input.object, "triggered_by", "absent") == "absent"
	message := pull_request.absence("triggered_by", "account on whose behalf the bot opened the change")
}

blind_spots contains {"message": message, "path": part.path} if {
	some part in _parts
	reason := _nameless(part)
	message := sprintf("who %s %s is not known: %s", [part.deed, pull_request.short(part.oid), reason])
}

blind_spots contains {"message": message, "path": ["commits", "items", index]} if {
	some index, commit in input.object.commits.items
	not commit.authors[0]
	message := sprintf("commit %s names no author", [pull_request.short(commit.oid)])
}

blind_spots contains {"message": message, "path": ["pushes", "items", index, "actor"]} if {
	some index, push in input.object.pushes.items
	not push.actor.login
	_pushed(push) != "none"
	message := sprintf("who pushed %s is not known", [pull_request.short(push.after)])
}

blind_spots contains {"message": "no push of the head commit is listed", "path": ["pushes"]} if {
	pull_request.complete("pushes")
	not pull_request.head in {push.after | some push in input.object.pushes.items}
}
