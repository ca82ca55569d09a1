# METADATA
# title: Roles do not let their holders escalate, and anonymous users hold none
# description: |
#   A Role or ClusterRole does not let its holder take permissions it was not given: by the verbs bind, escalate and
#   impersonate, by making tokens, by running commands in containers or on kubelets, or by changing what the API server
#   admits. A binding does not give a role to groups that everybody is in, save the roles Kubernetes gives them itself.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
#     description: Privilege escalation risks
# custom:
#   id: ACC-18
#   severity: critical
#   inputs:
#     - kind: kubernetes
#       resources:
#         - rbac.authorization.k8s.io/ClusterRole
#         - rbac.authorization.k8s.io/ClusterRoleBinding
#         - rbac.authorization.k8s.io/Role
#         - rbac.authorization.k8s.io/RoleBinding
#   frameworks: {soc2: [CC6.2, CC6.3], iso27001: ["5.15", "5.18", "8.2"]}
#   remediation: >-
#     Remove the permission, or limit it by resourceNames to the objects the holder needs. Bind roles to the users,
#     groups and service accounts that need them, not to everybody.
#   parameters:
#     allowed_roles:
#       type: array
#       items: {type: string, pattern: '^(ClusterRole/[^/]+|Role/[^/]+/[^/]+)$'}
#       default: [ClusterRole/cluster-admin]
#       description: >-
#         Roles that may be this powerful, by exact name: ClusterRole/<name> or Role/<namespace>/<name>. Whoever can
#         write a listed role can widen it, so list a role of Kubernetes itself only where nobody else writes roles.
#     anonymous_roles:
#       type: array
#       items: {type: string, minLength: 1}
#       default: ["system:public-info-viewer"]
#       description: Cluster roles, by exact name, that anonymous users may hold.
#     common_roles:
#       type: array
#       items: {type: string, minLength: 1}
#       default:
#         - system:basic-user
#         - system:discovery
#         - system:public-info-viewer
#         - system:service-account-issuer-discovery
#       description: Cluster roles, by exact name, that every authenticated user or service account may hold.
package soc2.access.rbac_escalation

import rego.v1

import data.soc2.lib.rbac

default applicable := true

deny contains {"message": message, "path": ["rules", index]} if {
	not _is_allowed
	some index, rule in data.soc2.lib.rbac.rules
	some power in _powers
	not _is_out_of_reach(power)
	some resource in power.resources
	rbac.grants(rule, power.group, resource, power.verbs)
	not _is_limited(rule, power)
	message := sprintf("rule %d lets its holder %s", [index + 1, power.does])
}

deny contains {"message": message, "path": ["subjects", index]} if {
	some index, subject in data.soc2.lib.rbac.subjects
	subject in ["Group/system:unauthenticated", "User/system:anonymous"]
	not _gives_one_of("anonymous_roles")
	message := sprintf("the binding gives %v %v to anonymous users", [_reference.kind, _reference.name])
}

deny contains {"message": message, "path": ["subjects", index]} if {
	some index, subject in data.soc2.lib.rbac.subjects
	subject in ["Group/system:authenticated", "Group/system:serviceaccounts"]
	not _gives_one_of("common_roles")
	message := sprintf("the binding gives %v %v to everybody in %s", [_reference.kind, _reference.name, subject])
}

unknown contains problem if some problem in data.soc2.lib.rbac.problems

unknown contains {"message": sprintf("parameter %s is not set", [name])} if {
	some name in ["allowed_roles", "anonymous_roles", "common_roles"]
	not _is_set(name)
}

_parameters := data.parameters["ACC-18"]

_reference := input.object.roleRef

_is_set(name) if is_array(_parameters[name])

_is_allowed if data.soc2.lib.rbac.identity in _parameters.allowed_roles

_gives_one_of(names) if {
	_reference.kind == "ClusterRole"
	_reference.name in _parameters[names]
}

# A Role reaches what is in its namespace; these powers are over the cluster.
_is_out_of_reach(power) if {
	power.over_cluster
	input.resource == "rbac.authorization.k8s.io/Role"
}

# A rule that is limited to objects it names, none of which has the name of an object as powerful as all of them.
_is_limited(rule, power) if {
	rbac.is_limited_to_names(rule)
	every name in rule.resourceNames { not regex.match(power.names, sprintf("%v", [name])) }
}

_powers := [
	{
		"does": "give roles more permissions than it has itself (escalate)",
		"group": "rbac.authorization.k8s.io",
		"resources": ["clusterroles", "roles"],
		"verbs": ["escalate"],
		"names": ".*",
		"over_cluster": false,
	},
	{
		"does": "bind roles that it does not hold (bind)",
		"group": "rbac.authorization.k8s.io",
		"resources": ["clusterroles", "roles"],
		"verbs": ["bind"],
		"names": "^cluster-admin$",
		"over_cluster": false,
	},
	{
		"does": "act as other users or groups (impersonate)",
		"group": "",
		"resources": ["groups", "users"],
		"verbs": ["impersonate"],
		"names": "^system:",
		"over_cluster": true,
	},
	{
		"does": "act as service accounts (impersonate)",
		"group": "",
		"resources": ["serviceaccounts"],
		"verbs": ["impersonate"],
		"names": "^$",
		"over_cluster": false,
	},
	{
		"does": "make tokens of service accounts",
		"group": "",
		"resources": ["serviceaccounts/token"],
		"verbs": ["create"],
		"names": "^$",
		"over_cluster": false,
	},
	{
		# A WebSocket asks for exec with GET.
		"does": "run commands in containers",
		"group": "",
		"resources": ["pods/attach", "pods/exec"],
		"verbs": ["create", "get"],
		"names": "^$",
		"over_cluster": false,
	},
	{
		"does": "add containers to running pods",
		"group": "",
		"resources": ["pods/ephemeralcontainers"],
		"verbs": ["patch", "update"],
		"names": "^$",
		"over_cluster": false,
	},
	{
		"does": "run commands through the kubelets",
		"group": "",
		"resources": ["nodes/proxy"],
		"verbs": ["create", "get"],
		"names": "^$",
		"over_cluster": true,
	},
	{
		"does": "change what the API server admits",
		"group": "admissionregistration.k8s.io",
		"resources": [
			"mutatingadmissionpolicies",
			"mutatingadmissionpolicybindings",
			"mutatingwebhookconfigurations",
			"validatingadmissionpolicies",
			"validatingadmissionpolicybindings",
			"validatingwebhookconfigurations",
		],
		"verbs": ["create", "delete", "deletecollection", "patch", "update"],
		"names": "^$",
		"over_cluster": true,
	},
]
