# METADATA
# title: Members, outsiders and apps have only what they were given
# description: |
#   In an organisation members may at most read repositories that nobody gave them, there are few owners, invited ones
#   counted, and whoever is no member is named in the parameter, as is every app that may change settings or
#   members. In a repository outside collaborators are named too, and deploy keys only read, or are named.
# scope: package
# custom:
#   id: ACC-10
#   severity: high
#   inputs:
#     - kind: github_organization
#     - kind: github_repository
#   frameworks: {soc2: [CC6.2, CC6.3], iso27001: ["5.15", "5.18"]}
#   remediation: >-
#     Set the base permission to read or none, make owners members, and remove the outsider, the app or the key, or
#     name it in the parameter.
#   parameters:
#     base_permissions:
#       type: array
#       items: {enum: [none, read]}
#       minItems: 1
#       default: [none, read]
#       description: What members may do in every repository.
#     most_admins:
#       type: integer
#       minimum: 1
#       default: 5
#       description: How many owners an organisation may have, with those who are invited to be one.
#     outsiders:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: Logins of outside collaborators that were approved.
#     apps:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: Slugs of apps that may change settings, members or secrets.
#     writing_keys:
#       type: array
#       items: {type: integer, minimum: 1}
#       default: []
#       description: Numbers of deploy keys that may write.
package soc2.access.organization_permissions

import rego.v1

import data.soc2.lib.settings

_parameters := data.parameters["ACC-10"]

default applicable := true

deny contains {"message": message, "path": ["default_repository_permission"]} if {
	permission := input.object.default_repository_permission
	not permission in _parameters.base_permissions
	message := sprintf("every member has permission %s in every repository", [permission])
}

_invited_admins := {index |
	some index, invitation in input.object.pending_invitations.items
	invitation.role == "admin"
}

_admins := count(input.object.admins.items) + count(_invited_admins)

deny contains {"message": message, "path": ["admins"]} if {
	_admins > _parameters.most_admins
	message := sprintf("there are %d owners, invited ones counted, and not at most %d", [_admins, _parameters.most_admins])
}

_outsiders := {lower(login) | some login in _parameters.outsiders}

deny contains {"message": message, "path": ["outside_collaborators", "items", index]} if {
	_parameters.outsiders
	some index, collaborator in input.object.outside_collaborators.items
	not lower(collaborator.login) in _outsiders
	message := sprintf("outside collaborator %s was not approved", [collaborator.login])
}

# Permissions by which an app can give itself and others more.
_powers := {
	"administration",
	"members",
	"organization_administration",
	"organization_custom_org_roles",
	"organization_custom_roles",
	"organization_secrets",
	"secrets",
	"workflows",
}

deny contains {"message": message, "path": ["installations", "items", index, "permissions", power]} if {
	_parameters.apps
	some index, installation in input.object.installations.items
	not installation.suspended == true
	not object.get(installation, "app", "") in _parameters.apps
	some power in _powers
	level := installation.permissions[power]
	level in {"admin", "write"}
	message := sprintf("app %s may change %s and was not approved for it", [installation.app, power])
}

deny contains {"message": message, "path": ["deploy_keys", "items", index, "read_only"]} if {
	_parameters.writing_keys
	some index, key in input.object.deploy_keys.items
	not key.read_only == true
	not object.get(key, "id", 0) in _parameters.writing_keys
	message := sprintf("deploy key %d may write and was not approved", [key.id])
}

_sections := {
	"github_organization": {
		"admins": "owners",
		"default_repository_permission": "base permission of members",
		"installations": "installed apps",
		"outside_collaborators": "outside collaborators",
		"pending_invitations": "pending invitations",
	},
	"github_repository": {
		"deploy_keys": "deploy keys",
		"outside_collaborators": "outside collaborators",
	},
}

unknown contains gap if {
	some section, things in _sections[input.kind]
	some gap in settings.gaps(input.object, section, things, [])
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_array(_parameters.base_permissions)
	is_number(_parameters.most_admins)
	is_array(_parameters.outsiders)
	is_array(_parameters.apps)
	is_array(_parameters.writing_keys)
}
