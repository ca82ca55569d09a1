package soc2.workload.gate_integrity_test

import rego.v1

import data.soc2.workload.gate_integrity

_parameters := {"WRK-03": {
	"configuration_name": "soc2gate",
	"excluded_namespaces": ["kube-system"],
	"match_conditions": ["user-is-not-excluded"],
	"pod_security_levels": ["restricted"],
	"pod_security_exempt": ["kube-system"],
}}

_rule(groups, resources) := {"apiGroups": groups, "resources": resources, "operations": ["CREATE", "UPDATE"]}

_access := _rule(["rbac.authorization.k8s.io"], ["clusterrolebindings", "clusterroles", "rolebindings", "roles"])

_everything := {"name": "a", "rules": [{"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}]}

_configuration(webhooks) := {
	"resource": "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
	"object": {"metadata": {"name": "soc2gate"}, "webhooks": webhooks},
}

_namespace(name, labels) := {"resource": "Namespace", "object": {"metadata": {"name": name, "labels": labels}}}

_selects(expressions) := object.union(_everything, {"namespaceSelector": {"matchExpressions": expressions}})

_by_name(operator, names) := {"key": "kubernetes.io/metadata.name", "operator": operator, "values": names}

_messages(webhooks) := messages if {
	found := gate_integrity.deny with input as _configuration(webhooks) with data.parameters as _parameters
	messages := {finding.message | some finding in found}
}

test_allow_what_asks_for_everything if {
	_messages([_everything]) == set()
	gate_integrity.unknown == set() with input as _configuration([_everything]) with data.parameters as _parameters
	gate_integrity.applicable with input as _configuration([_everything]) with data.parameters as _parameters
}

test_deny_what_is_not_asked_about if {
	"no webhook refuses roles while the gate does not answer" in _messages([])
	"no webhook asks about pods in every namespace" in _messages([{"name": "a", "rules": [_access]}])
	count(_messages([{"name": "a", "rules": [_access]}])) == 6
	count(_messages([object.union(_everything, {"failurePolicy": "Ignore"})])) == 4
	count(_messages([_selects([_by_name("In", ["shop"])])])) == 10
}

test_deny_selectors_of_labels if {
	chosen := {"objectSelector": {"matchLabels": {"a": "b"}}}
	_messages([object.union(_everything, chosen)]) == {"objects can opt out by their labels"}
	_messages([object.union(_everything, {"objectSelector": {}})]) == set()
	_messages([_selects([{"key": "a", "operator": "Exists"}])]) == {"namespaces can opt out by their labels"}
	labels := {"namespaceSelector": {"matchLabels": {"a": "b"}}}
	_messages([object.union(_everything, labels)]) == {"namespaces can opt out by their labels"}
}

test_deny_namespace_that_nobody_else_asks_about if {
	_messages([_selects([_by_name("NotIn", ["kube-system"])])]) == set()
	left_out := _selects([_by_name("NotIn", ["kube-system", "shop"])])
	_messages([left_out]) == {`namespace "shop" is left out`}
	_messages([left_out, _selects([_by_name("In", ["shop"])])]) == set()
	open := object.union(_selects([_by_name("In", ["shop"])]), {"failurePolicy": "Ignore"})
	_messages([left_out, open]) == {`namespace "shop" is left out`}
}

test_deny_conditions_and_long_waits if {
	_messages([object.union(_everything, {"matchConditions": [{"name": "a"}]})]) == {`condition "a" holds requests back`}
	_messages([object.union(_everything, {"matchConditions": [{}]})]) == {`condition "" holds requests back`}
	_messages([object.union(_everything, {"matchConditions": [{"name": "user-is-not-excluded"}]})]) == set()
	_messages([object.union(_everything, {"timeoutSeconds": 11})]) == {"the API server waits longer than ten seconds"}
}

test_deny_namespace_without_a_level if {
	expected := {{
		"message": "the namespace enforces no pod security level of restricted",
		"path": ["metadata", "labels"],
	}}
	gate_integrity.deny == expected with input as _namespace("shop", {}) with data.parameters as _parameters
	labels := {"pod-security.kubernetes.io/enforce": "restricted"}
	gate_integrity.deny == set() with input as _namespace("shop", labels) with data.parameters as _parameters
	not gate_integrity.applicable with input as _namespace("kube-system", {}) with data.parameters as _parameters
}

test_unknown_webhooks if {
	every webhooks in ["all", ["all"], {"a": {}}] {
		gate_integrity.unknown == {{
			"message": "the webhooks of the configuration cannot be read",
			"path": ["webhooks"],
		}} with input as _configuration(webhooks) with data.parameters as _parameters
	}
}

test_applicable_only_to_the_gate if {
	other := {
		"resource": "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
		"object": {"metadata": {"name": "another"}, "webhooks": []},
	}
	not gate_integrity.applicable with input as other with data.parameters as _parameters
	gate_integrity.deny == set() with input as other with data.parameters as _parameters
}
