# METADATA
# title: Every bypass of rules is explained
# description: |
#   Each push or merge that passed over the rules of the repository is explained in the parameter, by its number, with
#   a reference and with someone else than the actor who approved it. GitHub keeps what it knows of bypasses for a month
#   at most, so the document must reach back as far as the time between two runs. An actor that is exempt from a ruleset
#   leaves nothing to explain: then the answer is unknown.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/repos/rule-suites
#     description: Rule suites, and how far they reach back
# custom:
#   id: CHG-13
#   severity: high
#   inputs:
#     - kind: github_repository
#   frameworks: {soc2: [CC7.2, CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Review what was pushed, and add the number of the rule suite to the parameter explained with the reason, the
#     ticket or incident, and who approved it.
#   parameters:
#     explained:
#       type: array
#       items:
#         type: object
#         required: [rule_suite, reason, reference, approved_by]
#         additionalProperties: false
#         properties:
#           rule_suite: {type: integer, minimum: 1}
#           reason: {type: string, minLength: 1}
#           reference: {type: string, minLength: 1}
#           approved_by: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Explained bypasses: the number of the rule suite, why it was needed, the ticket or incident, and the login of
#         who approved it.
#     days:
#       type: integer
#       minimum: 1
#       maximum: 30
#       default: 7
#       description: How many days back the document must reach; at least the time between two runs.
package soc2.change.bypass_use

import rego.v1

import data.soc2.lib.branch_rules
import data.soc2.lib.settings

_parameters := data.parameters["CHG-13"]

default applicable := true

_bypasses[index] := bypass if {
	some index, bypass in input.object.rule_bypasses.items
	bypass.result == "bypass"
}

_explanations(bypass) := [explanation |
	some explanation in _parameters.explained
	explanation.rule_suite == bypass.id
]

_actor(bypass) := bypass.actor if {
	is_string(bypass.actor)
} else := "somebody"

deny contains {"message": message, "path": ["rule_bypasses", "items", index]} if {
	_parameters.explained
	some index, bypass in _bypasses
	count(_explanations(bypass)) == 0
	message := sprintf("%s passed over the rules of %s (rule suite %d) without an explanation", [
		_actor(bypass),
		bypass.ref,
		bypass.id,
	])
}

deny contains {"message": message, "path": ["rule_bypasses", "items", index, "actor"]} if {
	some index, bypass in _bypasses
	some explanation in _explanations(bypass)
	is_string(bypass.actor)
	lower(explanation.approved_by) == lower(bypass.actor)
	message := sprintf("%s approved their own bypass of the rules of %s (rule suite %d)", [
		bypass.actor,
		bypass.ref,
		bypass.id,
	])
}

unknown contains {"message": message, "path": ["rule_bypasses", "items", index, "actor"]} if {
	some index, bypass in _bypasses
	bypass.actor == null
	count(_explanations(bypass)) > 0
	message := sprintf("who passed over the rules of %s (rule suite %d) is not known", [bypass.ref, bypass.id])
}

unknown contains gap if some gap in _gaps

_gaps := settings.gaps(input.object, "rule_bypasses", "bypasses of rules", [])

unknown contains {"message": message, "path": ["rule_bypasses", "since_at"]} if {
	_span < ((_parameters.days * 24) * 3600) * 1000000000
	message := sprintf("the bypasses of less than %d days were read", [_parameters.days])
}

_span := time.parse_rfc3339_ns(period.until_at) - time.parse_rfc3339_ns(period.since_at) if {
	period := input.object.rule_bypasses
}

unknown contains {"message": message, "path": array.concat(path, ["bypass_actors", number, "mode"])} if {
	some path, ruleset in branch_rules.active_rulesets
	some number, actor in ruleset.bypass_actors
	actor.mode == "exempt"
	message := sprintf("an actor is exempt from ruleset %q, and of what it does GitHub notes nothing", [ruleset.name])
}

unknown contains {"message": "the parameters have no value"} if not _has_parameters

_has_parameters if {
	is_array(_parameters.explained)
	is_number(_parameters.days)
}
