# METADATA
# title: Only named actors may pass over rules
# description: |
#   Classic protection holds for administrators too, and whoever may merge past it or pass over an active ruleset is
#   named in the parameter. A ruleset hides its bypass actors from those who may not write it: then the answer is
#   unknown. An actor whose mode is exempt leaves no trace of what it does, so it is named with that mode.
# scope: package
# custom:
#   id: CHG-12
#   severity: critical
#   inputs:
#     - kind: github_repository
#   frameworks: {soc2: [CC6.3, CC8.1], iso27001: ["8.2", "8.32", "8.4"]}
#   remediation: >-
#     Let the rules hold for administrators, and take the actor from the bypass list or name it in the parameter.
#   parameters:
#     allowed:
#       type: array
#       items:
#         type: object
#         required: [type]
#         additionalProperties: false
#         properties:
#           type:
#             enum:
#               - integration
#               - organization_admin
#               - repository_role
#               - team
#               - deploy_key
#               - user
#               - enterprise_owner
#           id: {type: integer, minimum: 1}
#           name: {type: string, minLength: 1}
#           exempt: {type: boolean}
#       default: []
#       description: >-
#         Who may pass over rules: a type, with the number or the name where there are several of it (a team's or an
#         app's slug, a login, a role). exempt allows it to leave no trace.
package soc2.change.bypass_actors

import rego.v1

import data.soc2.lib.branch_rules
import data.soc2.lib.settings

_parameters := data.parameters["CHG-12"]

default applicable := false

# Where there is no rule there is nothing to pass over; CHG-11 says that.
applicable if {
	settings.is_alive
	_has_rules
}

_has_rules if count(branch_rules.active_rulesets) > 0

_has_rules if {
	some branch in branch_rules.branches
	is_object(branch.protection)
}

_has_rules if count(_gaps) > 0

deny contains {"message": message, "path": ["branches", "items", index, "protection", "enforce_admins"]} if {
	some index, branch in branch_rules.branches
	branch.protection.enforce_admins == false
	message := sprintf("administrators may pass over the protection of branch %q", [branch.name])
}

# The lists of classic protection, and the type of what is in them.
_groups := {"apps": "integration", "teams": "team", "users": "user"}

deny contains {"message": message, "path": path} if {
	some index, branch in branch_rules.branches
	some group, type in _groups
	some number, name in branch.protection.bypass_pull_request[group]
	not _is_allowed({"type": type, "name": name})
	path := ["branches", "items", index, "protection", "bypass_pull_request", group, number]
	message := sprintf("%s %q may merge into branch %q past its protection", [type, name, branch.name])
}

deny contains {"message": message, "path": array.concat(path, ["bypass_actors", number])} if {
	some path, ruleset in branch_rules.active_rulesets
	some number, actor in ruleset.bypass_actors
	not _is_allowed(actor)
	message := sprintf("%s may pass over ruleset %q", [_label(actor), ruleset.name])
}

deny contains {"message": message, "path": array.concat(path, ["bypass_actors", number, "mode"])} if {
	some path, ruleset in branch_rules.active_rulesets
	some number, actor in ruleset.bypass_actors
	_is_allowed(actor)
	actor.mode == "exempt"
	not _is_exempt(actor)
	message := sprintf("%s passes over ruleset %q without a trace", [_label(actor), ruleset.name])
}

_is_allowed(actor) if {
	some allowed in _parameters.allowed
	_matches(allowed, actor)
}

_is_exempt(actor) if {
	some allowed in _parameters.allowed
	allowed.exempt == true
	_matches(allowed, actor)
}

# Those of which there is only one in a repository.
_alone := {"deploy_key", "enterprise_owner", "organization_admin"}

_matches(allowed, actor) if {
	allowed.type == actor.type
	actor.type in _alone
}

_matches(allowed, actor) if {
	allowed.type == actor.type
	allowed.id == actor.id
}

_matches(allowed, actor) if {
	allowed.type == actor.type
	lower(allowed.name) == lower(actor.name)
}

_label(actor) := sprintf("%s %q", [actor.type, actor.name]) if {
	actor.name
} else := sprintf("%s %d", [actor.type, actor.id]) if {
	actor.id
} else := actor.type

_gaps contains gap if {
	some path, ruleset in branch_rules.active_rulesets
	things := sprintf("bypass actors of ruleset %q", [ruleset.name])
	some gap in settings.gaps(ruleset, "bypass_actors", things, path)
}

_gaps contains {"message": message, "path": ["branches", "items", index, "protection"]} if {
	some index, branch in branch_rules.branches
	is_object(branch.protection)
	not branch.protection.bypass_pull_request
	message := sprintf("who may merge past the protection of branch %q was not read", [branch.name])
}

_gaps contains gap if {
	some gaps in branch_rules.gaps
	some gap in gaps
}

_gaps contains gap if some gap in branch_rules.unread

_gaps contains gap if some gap in branch_rules.unread_tags

unknown contains gap if some gap in _gaps

unknown contains {"message": "the parameter allowed has no value"} if not _parameters.allowed
