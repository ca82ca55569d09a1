# METADATA
# title: Repositories stay private
# description: |
#   A repository is private or internal unless it is named in the parameter, and in an organisation members cannot
#   make one public by themselves: not by creating it, nor by changing one, nor by publishing pages, nor by a fork of
#   their own, which its owner controls.
# scope: package
# custom:
#   id: CNF-03
#   severity: high
#   inputs:
#     - kind: github_repository
#     - kind: github_organization
#   frameworks: {soc2: [C1.1], iso27001: ["5.12", "8.33"]}
#   remediation: >-
#     Make the repository private, or name it in the parameter. Take the privilege from members in the member
#     privileges of the organisation.
#   parameters:
#     public_repositories:
#       type: array
#       items: {type: string, pattern: '^[^/]+/[^/]+$'}
#       default: []
#       description: Repositories that are meant to be public, as owner/name; both parts may be patterns.
#     privileges:
#       type: array
#       items:
#         enum: [change_visibility, create_public_pages, create_public_repositories, fork_private_repositories]
#       uniqueItems: true
#       default: [change_visibility, create_public_pages, create_public_repositories, fork_private_repositories]
#       description: What members must not be able to do.
package soc2.confidentiality.private_repositories

import rego.v1

import data.soc2.lib.settings

_parameters := data.parameters["CNF-03"]

default applicable := true

deny contains {"message": "the repository is public", "path": ["visibility"]} if {
	_parameters.public_repositories
	input.object.visibility == "public"
	not _is_meant_to_be
}

_is_meant_to_be if {
	some pattern in _parameters.public_repositories
	name := sprintf("%s/%s", [input.object.owner, input.object.name])
	glob.match(lower(pattern), ["/"], lower(name))
}

_privileges := {
	"change_visibility": "change the visibility of repositories",
	"create_public_pages": "publish pages",
	"create_public_repositories": "create public repositories",
	"fork_private_repositories": "fork private repositories",
}

deny contains {"message": message, "path": ["member_privileges", privilege]} if {
	some privilege in _parameters.privileges
	input.object.member_privileges[privilege] == true
	message := sprintf("members may %s", [_privileges[privilege]])
}

unknown contains {"message": message, "path": ["member_privileges"]} if {
	some privilege in _parameters.privileges
	is_object(input.object.member_privileges)
	not is_boolean(object.get(input.object.member_privileges, privilege, null))
	message := sprintf("whether members may %s was not read", [_privileges[privilege]])
}

unknown contains gap if {
	input.kind == "github_organization"
	some gap in settings.gaps(input.object, "member_privileges", "privileges of members", [])
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_array(_parameters.public_repositories)
	is_array(_parameters.privileges)
}
