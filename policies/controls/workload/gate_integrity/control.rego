# METADATA
# title: The webhook of the gate asks for all that it must
# description: |
#   The webhook configuration of the gate refuses roles and bindings while the gate does not answer, asks about every
#   kind of workload, leaves out no namespace, object or request but those that are named here, and answers within ten
#   seconds. Namespaces enforce a pod security level where the parameter names levels.
#
#   The API server asks no webhook about webhook configurations. So this is judged where the manifest is, before it is
#   applied, and in the audit of what exists.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
#     description: How webhooks are configured
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
#     description: Pod security levels of namespaces
# custom:
#   id: WRK-03
#   severity: critical
#   inputs:
#     - kind: kubernetes
#       resources:
#         - Namespace
#         - admissionregistration.k8s.io/ValidatingWebhookConfiguration
#   frameworks: {soc2: [CC4.1, CC6.8], iso27001: ["8.9"]}
#   remediation: >-
#     Install the webhook by its chart or its manifest, unchanged. What it must not judge is named in this control's
#     parameters, which somebody reviews.
#   parameters:
#     configuration_name:
#       type: string
#       minLength: 1
#       default: soc2gate
#       description: The name of the gate's ValidatingWebhookConfiguration.
#     excluded_namespaces:
#       type: array
#       items: {type: string, minLength: 1}
#       default: [soc2gate-system, kube-system, kube-node-lease]
#       description: Namespaces that may be left out.
#     match_conditions:
#       type: array
#       items: {type: string, minLength: 1}
#       default:
#         - object-belongs-to-a-namespace
#         - role-is-not-of-the-webhook
#         - role-is-of-the-webhook
#         - token-is-not-for-a-node
#         - user-is-not-excluded
#       description: Names of the conditions that may hold requests back.
#     pod_security_levels:
#       type: array
#       items: {enum: [baseline, restricted]}
#       default: []
#       description: Levels of which every namespace enforces one; while none is named, namespaces are not judged.
#     pod_security_exempt:
#       type: array
#       items: {type: string, minLength: 1}
#       default: [kube-node-lease, kube-public, kube-system]
#       description: Namespaces that need not.
package soc2.workload.gate_integrity

import rego.v1

_parameters := data.parameters["WRK-03"]

_access := {"clusterrolebindings", "clusterroles", "rolebindings", "roles"}

_workloads := {
	["", "pods"],
	["apps", "daemonsets"],
	["apps", "deployments"],
	["apps", "statefulsets"],
	["batch", "cronjobs"],
	["batch", "jobs"],
}

default applicable := false

applicable if _is_gate

applicable if _is_judged_namespace

_is_gate if {
	input.resource == "admissionregistration.k8s.io/ValidatingWebhookConfiguration"
	input.object.metadata.name == _parameters.configuration_name
}

_is_judged_namespace if {
	input.resource == "Namespace"
	count(_parameters.pod_security_levels) > 0
	not input.object.metadata.name in _parameters.pod_security_exempt
}

_webhooks[index] := webhook if {
	_is_gate
	some index, webhook in input.object.webhooks
	is_object(webhook)
}

deny contains {"message": message, "path": ["webhooks"]} if {
	_is_readable
	some resource in _access
	not _covers("rbac.authorization.k8s.io", resource, {"Fail"})
	message := sprintf("no webhook refuses %s while the gate does not answer", [resource])
}

deny contains {"message": message, "path": ["webhooks"]} if {
	_is_readable
	some [group, resource] in _workloads
	not _covers(group, resource, {"Fail", "Ignore"})
	message := sprintf("no webhook asks about %s in every namespace", [resource])
}

deny contains {"message": "objects can opt out by their labels", "path": ["webhooks", index, "objectSelector"]} if {
	some index, webhook in _webhooks
	not object.get(webhook, "objectSelector", null) in [null, {}]
}

deny contains {"message": "namespaces can opt out by their labels", "path": path} if {
	some index, webhook in _webhooks
	some path in _free_choices(index, webhook.namespaceSelector)
}

deny contains {"message": message, "path": ["webhooks", index, "namespaceSelector", "matchExpressions", at]} if {
	some index, webhook in _webhooks
	some at, expression in webhook.namespaceSelector.matchExpressions
	_is_by_name(expression)
	expression.operator == "NotIn"
	some namespace in expression.values
	not namespace in _parameters.excluded_namespaces
	not namespace in _closed
	message := sprintf("namespace %q is left out", [namespace])
}

deny contains {"message": message, "path": ["webhooks", index, "matchConditions", at]} if {
	some index, webhook in _webhooks
	some at, condition in webhook.matchConditions
	name := object.get(condition, "name", "")
	not name in _parameters.match_conditions
	message := sprintf("condition %q holds requests back", [name])
}

deny contains {"message": "the API server waits longer than ten seconds", "path": path} if {
	some index, webhook in _webhooks
	webhook.timeoutSeconds > 10
	path := ["webhooks", index, "timeoutSeconds"]
}

deny contains {"message": message, "path": ["metadata", "labels"]} if {
	_is_judged_namespace
	level := object.get(input.object.metadata, ["labels", "pod-security.kubernetes.io/enforce"], "")
	not level in _parameters.pod_security_levels
	levels := concat(", ", _parameters.pod_security_levels)
	message := sprintf("the namespace enforces no pod security level of %s", [levels])
}

unknown contains {"message": "the webhooks of the configuration cannot be read", "path": ["webhooks"]} if {
	_is_gate
	not _is_readable
}

_is_readable if {
	_is_gate
	is_array(input.object.webhooks)
	every webhook in input.object.webhooks { is_object(webhook) }
}

# Whether a webhook that leaves out no namespace but by exclusion is asked about changes of a resource.
_covers(group, resource, policies) if {
	webhook := _webhooks[_]
	object.get(webhook, "failurePolicy", "Fail") in policies
	not _is_narrow(webhook)
	rule := webhook.rules[_]
	_names(rule.apiGroups, group)
	_names(rule.resources, resource)
	_names(rule.operations, "CREATE")
	_names(rule.operations, "UPDATE")
	object.get(rule, "scope", "*") == "*"
}

_names(list, name) if name in list

_names(list, _) if "*" in list

_is_narrow(webhook) if webhook.namespaceSelector.matchExpressions[_].operator == "In"

# Namespaces that another webhook of the configuration asks about, and in which nothing passes while nobody answers.
_closed contains namespace if {
	webhook := _webhooks[_]
	object.get(webhook, "failurePolicy", "Fail") == "Fail"
	expression := webhook.namespaceSelector.matchExpressions[_]
	_is_by_name(expression)
	expression.operator == "In"
	some namespace in expression.values
}

_is_by_name(expression) if {
	expression.key == "kubernetes.io/metadata.name"
	expression.operator in ["In", "NotIn"]
}

# Parts of a selector that labels decide which people may set.
_free_choices(index, selector) := {path |
	some at, expression in object.get(selector, "matchExpressions", [])
	not _is_by_name(expression)
	path := ["webhooks", index, "namespaceSelector", "matchExpressions", at]
} | {path |
	count(object.get(selector, "matchLabels", {})) > 0
	path := ["webhooks", index, "namespaceSelector", "matchLabels"]
}
