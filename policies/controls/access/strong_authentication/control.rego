# METADATA
# title: Everybody signs in with a second factor
# description: |
#   The organisation requires two-factor authentication, and no member and no outside collaborator is without it.
#   Where single sign-on is asked for, it is set up and enforced, and every member has an identity at the provider.
#   GitHub tells through no interface whether single sign-on is enforced, so the document states it, and where it does
#   not the answer is unknown.
# scope: package
# custom:
#   id: ACC-09
#   severity: critical
#   inputs:
#     - kind: github_organization
#   frameworks: {soc2: [CC6.1, CC6.2, CC6.3, CC6.6], iso27001: ["5.15", "8.5"]}
#   remediation: >-
#     Require two-factor authentication in the authentication security of the organisation, and enforce single sign-on
#     where it is asked for.
#   parameters:
#     single_sign_on:
#       type: boolean
#       default: false
#       description: Whether single sign-on by SAML is asked for, which needs GitHub Enterprise Cloud.
#     secure_methods:
#       type: boolean
#       default: false
#       description: Whether two-factor authentication by text message is refused.
package soc2.access.strong_authentication

import rego.v1

import data.soc2.lib.settings

_parameters := data.parameters["ACC-09"]

default applicable := true

deny contains {"message": "two-factor authentication is not required", "path": ["two_factor_required"]} if {
	object.get(input.object, "two_factor_required", null) == false
}

deny contains {"message": message, "path": [list, "items", index]} if {
	some list, problem in _lists
	some index, member in input.object[list].items
	message := sprintf("member %s %s", [member.login, problem])
}

_lists["members_without_two_factor"] := "has no two-factor authentication"

_lists["members_with_insecure_two_factor"] := "has two-factor authentication that is not secure" if {
	_parameters.secure_methods == true
}

deny contains {"message": message, "path": ["outside_collaborators", "items", index]} if {
	some index, collaborator in input.object.outside_collaborators.items
	object.get(collaborator, "two_factor", null) == false
	message := sprintf("outside collaborator %s has no two-factor authentication", [collaborator.login])
}

deny contains {"message": "there is no single sign-on", "path": ["single_sign_on"]} if {
	_parameters.single_sign_on == true
	object.get(input.object, "single_sign_on", {}) == null
}

deny contains {"message": "single sign-on is not enforced", "path": ["single_sign_on", "enforced"]} if {
	_parameters.single_sign_on == true
	object.get(input.object, ["single_sign_on", "enforced"], null) == false
}

deny contains {"message": message, "path": ["single_sign_on", "unlinked_members", "items", index]} if {
	_parameters.single_sign_on == true
	some index, member in input.object.single_sign_on.unlinked_members.items
	message := sprintf("member %s has no identity at the provider", [member.login])
}

_things := {
	"members_with_insecure_two_factor": "members with insecure two-factor authentication",
	"members_without_two_factor": "members without two-factor authentication",
	"outside_collaborators": "outside collaborators",
	"single_sign_on": "single sign-on",
	"two_factor_required": "requirement of two-factor authentication",
}

_sections contains section if {
	some section in ["members_without_two_factor", "outside_collaborators", "two_factor_required"]
}

_sections contains "members_with_insecure_two_factor" if _parameters.secure_methods == true

_sections contains "single_sign_on" if _parameters.single_sign_on == true

unknown contains gap if {
	some section in _sections
	some gap in settings.gaps(input.object, section, _things[section], [])
}

unknown contains gap if {
	some index, collaborator in input.object.outside_collaborators.items
	things := sprintf("two-factor authentication of outside collaborator %s", [collaborator.login])
	some gap in settings.gaps(collaborator, "two_factor", things, ["outside_collaborators", "items", index])
}

unknown contains gap if {
	_parameters.single_sign_on == true
	is_object(input.object.single_sign_on)
	some part, things in {"enforced": "enforcement of single sign-on", "unlinked_members": "members without an identity"}
	some gap in settings.gaps(input.object.single_sign_on, part, things, ["single_sign_on"])
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_boolean(_parameters.single_sign_on)
	is_boolean(_parameters.secure_methods)
}
