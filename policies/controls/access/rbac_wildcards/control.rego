# METADATA
# title: Roles name what they grant and do not read every secret
# description: |
#   A Role or ClusterRole has no wildcard among its API groups, resources, verbs or URLs, because a wildcard also grants
#   what is added to the cluster later. It does not read all secrets of a namespace or the cluster; reading secrets it
#   names is fine. A ClusterRole does not aggregate cluster-admin.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: Role Based Access Control good practices
# custom:
#   id: ACC-17
#   severity: high
#   inputs:
#     - kind: kubernetes
#       resources:
#         - rbac.authorization.k8s.io/ClusterRole
#         - rbac.authorization.k8s.io/Role
#   frameworks: {soc2: [CC6.1, CC6.2, CC6.3], iso27001: ["5.15", "5.18", "8.3"]}
#   remediation: >-
#     List the API groups, resources and verbs the holder uses, and limit reading secrets by resourceNames to those it
#     needs.
#   parameters:
#     allowed_roles:
#       type: array
#       items: {type: string, pattern: '^(ClusterRole/[^/]+|Role/[^/]+/[^/]+)$'}
#       default: [ClusterRole/cluster-admin]
#       description: >-
#         Roles that may be this wide, by exact name: ClusterRole/<name> or Role/<namespace>/<name>. Whoever can write a
#         listed role can widen it, so list a role of Kubernetes itself only where nobody else writes roles.
package soc2.access.rbac_wildcards

import rego.v1

import data.soc2.lib.rbac
import data.soc2.lib.selectors

default applicable := true

deny contains {"message": message, "path": ["rules", index, field, position]} if {
	not _is_allowed
	some index, rule in data.soc2.lib.rbac.rules
	some field, noun in {"apiGroups": "API group", "resources": "resource", "verbs": "verb"}
	value := rule[field][position]
	is_string(value)
	contains(value, "*")
	message := sprintf("rule %d grants a wildcard as its %s", [index + 1, noun])
}

deny contains {"message": message, "path": ["rules", index, "nonResourceURLs", position]} if {
	not _is_allowed
	some index, rule in data.soc2.lib.rbac.rules
	value := rule.nonResourceURLs[position]
	value in ["*", "/*"]
	message := sprintf("rule %d grants every URL of the API server", [index + 1])
}

deny contains {"message": message, "path": ["rules", index, "resources", position]} if {
	not _is_allowed
	some index, rule in data.soc2.lib.rbac.rules
	rule.resources[position] == "secrets"
	rbac.grants(rule, "", "secrets", ["get", "list", "watch"])
	not rbac.is_limited_to_names(rule)
	message := sprintf("rule %d reads every secret", [index + 1])
}

# The labels that Kubernetes puts on cluster-admin.
deny contains {"message": message, "path": ["aggregationRule", "clusterRoleSelectors", index]} if {
	not _is_allowed
	selector := input.object.aggregationRule.clusterRoleSelectors[index]
	selectors.matches(selector, {"kubernetes.io/bootstrapping": "rbac-defaults"})
	message := "the role aggregates cluster-admin"
}

unknown contains problem if some problem in data.soc2.lib.rbac.problems

unknown contains {"message": "the aggregationRule cannot be read", "path": ["aggregationRule"]} if {
	input.object.aggregationRule != null
	not is_array(object.get(input.object, ["aggregationRule", "clusterRoleSelectors"], null))
}

unknown contains {"message": message, "path": ["aggregationRule", "clusterRoleSelectors", index]} if {
	is_array(input.object.aggregationRule.clusterRoleSelectors)
	selector := input.object.aggregationRule.clusterRoleSelectors[index]
	not selectors.well_formed(selector)
	message := sprintf("selector %d of the aggregationRule cannot be read", [index + 1])
}

unknown contains {"message": "parameter allowed_roles is not set"} if not _allowed

_allowed := names if {
	names := data.parameters["ACC-17"].allowed_roles
	is_array(names)
}

_is_allowed if data.soc2.lib.rbac.identity in _allowed
