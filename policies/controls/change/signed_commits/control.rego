# METADATA
# title: Every commit has a verified signature
# description: |
#   GitHub verified the signature of each commit of the change, by the key of the commit's committer. Commits made on
#   the site are signed by GitHub's own key: that shows the account that was signed in, not a key of its own, and
#   counts unless `accept_signatures_of_github` is false. A signature speaks of the committer; who else wrote is
#   CHG-03's. What GitHub could not verify for the moment is unknown. The commit that a squash or a rebase makes at
#   the merge is not looked at.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/articles/about-commit-signature-verification
#     description: About commit signature verification
# custom:
#   id: CHG-15
#   severity: medium
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Sign the commits again (git rebase --exec "git commit --amend --no-edit -S") with a key that your account on
#     GitHub knows, for the e-mail address of the commits.
#   parameters:
#     accept_signatures_of_github:
#       type: boolean
#       default: true
#       description: Whether commits that GitHub signed with its own key, as on the site, count as signed.
package soc2.change.signed_commits

import rego.v1

import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-15"]

default applicable := true

# Outcomes of a verification that did not take place.
_undecided := {"gpgverify_error", "gpgverify_unavailable", "ocsp_error", "ocsp_pending"}

deny contains {"message": message, "path": ["commits", "items", index]} if {
	some index, commit in input.object.commits.items
	reason := _fault(object.get(commit, "signature", "absent"))
	message := sprintf("commit %s %s", [pull_request.short(commit.oid), reason])
}

_fault(signature) := "is not signed" if {
	signature == null
} else := sprintf("has a signature that is not verified: %s", [signature.reason]) if {
	is_object(signature)
	not _verified(signature)
	not signature.reason in _undecided
} else := "is signed by GitHub's own key" if {
	signature.by_github == true
	not _parameters.accept_signatures_of_github == true
}

_verified(signature) if {
	signature.verified == true
	signature.reason == "valid"
}

unknown contains {"message": message, "path": ["commits", "items", index]} if {
	some index, commit in input.object.commits.items
	reason := _doubt(object.get(commit, "signature", "absent"))
	message := sprintf("%s of commit %s", [reason, pull_request.short(commit.oid)])
}

_doubt("absent") := "it is not known whether there is a signature"

_doubt(signature) := sprintf("GitHub could not verify the signature (%s)", [signature.reason]) if {
	not _verified(signature)
	signature.reason in _undecided
}

_doubt(signature) := "it is not known whose key made the signature" if {
	_verified(signature)
	not _parameters.accept_signatures_of_github == true
	not is_boolean(object.get(signature, "by_github", null))
}

unknown contains pull_request.gaps.commits

unknown contains {"message": "the change has no commits", "path": ["commits"]} if {
	pull_request.complete("commits")
	count(input.object.commits.items) == 0
}
