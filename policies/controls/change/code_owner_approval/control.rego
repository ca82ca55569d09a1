# METADATA
# title: The owners of the changed files approved
# description: |
#   Every changed path that CODEOWNERS of the base branch gives to someone, a rename's old path too, is approved by
#   one of its owners. Only approvals that stand for the change as it is count: of the head commit, by people with
#   write access who neither opened nor wrote it. So whoever wrote the change cannot approve it as its owner, and
#   where the author is a path's only owner nobody can.
#
#   The last matching line decides, and the owners on it are alternatives. A line without owners leaves its paths to
#   nobody. Owners without write access count as little here as on GitHub; where a path has no other owner, nobody can
#   approve it. A review that GitHub says was made on behalf of a team counts as its member's.
#
#   Lines that GitHub skips, and a file of more than 3 MB, which GitHub does not read at all, leave paths to nobody
#   that someone meant to protect. Skipped lines are named beside every failure and fail where `allow_skipped_lines`
#   is false; a file that is too large fails unless `allow_too_large` is true.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/articles/about-code-owners
#     description: About code owners
# custom:
#   id: CHG-05
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Ask an owner of the path, who did not work on the change, to approve the head commit. Where the author is the
#     only owner, add another one to CODEOWNERS first.
#   parameters:
#     require_owner:
#       type: boolean
#       default: false
#       description: Whether a changed path that nobody owns fails.
#     allow_skipped_lines:
#       type: boolean
#       default: true
#       description: Whether lines of CODEOWNERS that GitHub skips are left alone.
#     allow_too_large:
#       type: boolean
#       default: false
#       description: Whether a CODEOWNERS that GitHub ignores for its size is taken for none.
#     unattended_bots:
#       type: array
#       items:
#         type: object
#         required: [login, paths]
#         additionalProperties: false
#         properties:
#           login: {type: string, minLength: 1}
#           paths: {type: array, minItems: 1, items: {type: string, minLength: 1}}
#       default: []
#       description: Bots whose changes need no approval, as for CHG-01.
package soc2.change.code_owner_approval

import rego.v1

import data.soc2.lib.approver
import data.soc2.lib.bot
import data.soc2.lib.owner
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-05"]

_file := input.object.code_owners

default applicable := false

applicable if {
	not _unattended
	_judged
}

_judged if count(_owned) > 0

_judged if _parameters.require_owner == true

_judged if count(_faults) > 0

_unattended if bot.unattended(_parameters.unattended_bots)

# GitHub ignores all of a file that is too large.
_in_effect if {
	is_string(_file.path)
	not _file.too_large == true
}

# The owners on a line -> the changed paths that they own.
_owned[entry.owners] contains {"path": entry.path, "place": place} if {
	_in_effect
	some index, entry in _file.files.items
	count(entry.owners) > 0
	place := ["code_owners", "files", "items", index]
}

_unowned contains {"path": entry.path, "place": place} if {
	some index, entry in _file.files.items
	not _owned[entry.owners]
	place := ["code_owners", "files", "items", index]
}

_possible[owners] contains index if {
	some owners, _ in _owned
	some index in approver.possible
	some name in owners
	not owner.ignored(name)
	owner.perhaps_approved(index, name)
}

_approved contains owners if {
	some owners, indexes in _possible
	some index in indexes
	index in approver.counted
	some name in owners
	owner.writes(name)
	owner.approved(index, name)
}

_missing contains owners if {
	not _unattended
	pull_request.complete("reviews")
	some owners, _ in _owned
	not _possible[owners]
}

deny contains {"message": message, "path": paths.place} if {
	some owners in _missing
	paths := data.soc2.lib.touched.summary(_owned[owners])
	message := sprintf("%s %s", [paths.text, _shortfall(owners)])
}

_shortfall(owners) := "has owners without write access only, whom GitHub ignores, so nobody can approve it" if {
	count(_effective(owners)) == 0
} else := "has no owner but the author of the change, who cannot approve it" if {
	accounts := [owner.accounts(name) | some name in _effective(owners)]
	count(accounts) == count(_effective(owners))
	union({found | some found in accounts}) == {pull_request.author}
} else := sprintf("is not approved by any of its owners: %s", [concat(", ", _effective(owners))])

_effective(owners) := [name | some name in owners; not owner.ignored(name)]

deny contains finding if {
	some owners in _missing
	some index, findings in approver.refused
	some name in owners
	owner.approved(index, name)
	some finding in findings
}

deny contains {"message": message, "path": paths.place} if {
	_parameters.require_owner == true
	not _unattended
	count(_unowned) > 0
	paths := data.soc2.lib.touched.summary(_unowned)
	message := sprintf("%s has no owner", [paths.text])
}

deny contains {"message": "the base branch has no CODEOWNERS", "path": ["code_owners", "path"]} if {
	_parameters.require_owner == true
	not _unattended
	_file.path == null
}

# What is wrong with CODEOWNERS itself.
_faults contains {"message": message, "path": ["code_owners", "too_large"]} if {
	_file.too_large == true
	not _parameters.allow_too_large == true
	message := "CODEOWNERS is larger than 3 MB, so GitHub ignores it and nobody owns anything"
}

_faults contains skipped if {
	not _parameters.allow_skipped_lines == true
	some skipped in _skipped
}

_skipped contains {"message": message, "path": ["code_owners", "errors", index]} if {
	some index, error in _file.errors
	message := sprintf("GitHub skips line %d of CODEOWNERS: %s", [error.line, error.kind])
}

deny contains fault if {
	not _unattended
	some fault in _faults
}

deny contains skipped if {
	count(_missing) > 0
	some skipped in _skipped
}

_undecided contains owners if {
	not _unattended
	some owners, _ in _possible
	not owners in _approved
}

unknown contains {"message": message, "path": paths.place} if {
	some owners in _undecided
	paths := data.soc2.lib.touched.summary(_owned[owners])
	some name in _effective(owners)
	some doubt in _doubts(name)
	message := sprintf("whether an owner of %s approved is not known: %s", [paths.text, doubt])
}

_doubts(name) := {doubt |
	not owner.writes(name)
	doubt := sprintf("whether %s has write access is not known", [name])
} | {doubt |
	not owner.known(name)
	doubt := sprintf("the members of %s are not known (permission needed: members:read)", [name])
}

unknown contains finding if {
	some owners in _undecided
	some index in _possible[owners]
	some finding in approver.doubted[index]
}

unknown contains gap if {
	not _unattended
	count(_owned) > 0
	gap := pull_request.gaps.reviews
}

unknown contains {"message": message, "path": ["code_owners"]} if {
	not _unattended
	not _file
	message := pull_request.absence("code_owners", "owners of the changed paths")
}

unknown contains {"message": message, "path": ["code_owners", "files"]} if {
	not _unattended
	_file
	not _file.files.complete == true
	message := "the list of owned paths was cut short, so nothing can be concluded from it"
}

# A changed path that is not in the list of files was not looked up either.
unknown contains gap if {
	not _unattended
	_in_effect
	gap := pull_request.gaps.files
}

unknown contains {"message": message, "path": touched.place} if {
	not _unattended
	_in_effect
	looked_up := {entry.path | some entry in _file.files.items}
	some touched in data.soc2.lib.touched.paths
	not touched.path in looked_up
	message := sprintf("the owners of %s were not looked up", [touched.path])
}
