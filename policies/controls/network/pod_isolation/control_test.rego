package soc2.network.pod_isolation_test

import rego.v1

import data.soc2.network.pod_isolation

_parameters(directions, namespaces) := {"NET-05": {"directions": directions, "isolated_namespaces": namespaces}}

_ingress := _parameters(["Ingress"], [])

_both := _parameters(["Ingress", "Egress"], [])

_deployment(policies) := {
	"resource": "apps/Deployment",
	"object": {
		"metadata": {"namespace": "shop"},
		"spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}},
	},
	"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {"shop": policies}}},
}

_policy(name, spec) := {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}

_labels := ["spec", "template", "metadata", "labels"]

_not_isolated(direction) := {
	"message": sprintf(`no network policy of namespace "shop" isolates the pod for %s`, [direction]),
	"path": _labels,
}

_opened(direction) := {
	"message": sprintf("network policy open lets all %s traffic of the pod through", [direction]),
	"path": _labels,
}

test_allow_default_deny if {
	every spec in [
		{"podSelector": {}, "policyTypes": ["Ingress"]},
		{"podSelector": {}},
		{},
		{"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {}}]}]},
	] {
		request := _deployment([_policy("x", spec)])
		pod_isolation.deny == set() with input as request with data.parameters as _ingress
		pod_isolation.unknown == set() with input as request with data.parameters as _ingress
	}
	pod_isolation.applicable with input as _deployment([])
}

test_allow_both_directions if {
	request := _deployment([_policy("x", {"egress": [{"to": [{"podSelector": {}}]}]})])
	pod_isolation.deny == set() with input as request with data.parameters as _both
}

test_allow_namespace_isolated_elsewhere if {
	pod_isolation.deny == set() with input as _deployment([])
		with data.parameters as _parameters(["Ingress", "Egress"], ["shop"])
}

test_allow_rules_that_restrict if {
	every rule in [
		{"ports": [{"protocol": "TCP", "port": 8080}]},
		{"from": [{"namespaceSelector": {}}]},
		{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]},
		{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": []},
	] {
		request := _deployment([_policy("x", {"ingress": [rule]})])
		pod_isolation.deny == set() with input as request with data.parameters as _ingress
	}
}

test_deny_no_policy if {
	every policies in [
		[],
		[_policy("other", {"podSelector": {"matchLabels": {"app": "api"}}})],
		[_policy("egress", {"policyTypes": ["Egress"]})],
	] {
		pod_isolation.deny == {_not_isolated("ingress")} with input as _deployment(policies)
			with data.parameters as _ingress
	}
}

test_deny_policy_of_another_namespace if {
	request := object.union(
		_deployment([]),
		{"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {"other": [_policy("x", {})]}}}},
	)
	pod_isolation.deny == {_not_isolated("ingress")} with input as request with data.parameters as _ingress
}

test_deny_empty_egress_rules_govern_nothing if {
	request := _deployment([_policy("x", {"policyTypes": [], "egress": []})])
	pod_isolation.deny == {_not_isolated("egress")} with input as request with data.parameters as _both
}

test_deny_policy_that_lets_everything_through if {
	every rule in [
		{},
		null,
		{"from": []},
		{"from": null, "ports": [{"protocol": "TCP"}]},
		{"from": [{"podSelector": {}}, {"ipBlock": {"cidr": "::/0", "except": []}}]},
	] {
		policies := [_policy("default-deny", {}), _policy("open", {"ingress": [rule]})]
		pod_isolation.deny == {_opened("ingress")} with input as _deployment(policies)
			with data.parameters as _ingress
	}
	egress := [_policy("open", {"egress": [{}]})]
	pod_isolation.deny == {_opened("egress")} with input as _deployment(egress) with data.parameters as _both
}

test_deny_host_network if {
	pod_isolation.deny == {{
		"message": "the pod uses the host's network, which network policies do not govern",
		"path": ["spec", "hostNetwork"],
	}} with input as {
		"resource": "Pod",
		"object": {"metadata": {"namespace": "shop"}, "spec": {"hostNetwork": true, "containers": [{}]}},
		"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {"shop": [_policy("x", {})]}}},
	}
		with data.parameters as _ingress
}

test_unknown_policies_not_read if {
	request := object.union(object.remove(_deployment([]), ["context"]), {"context": {"siblings": {}}})
	pod_isolation.deny == set() with input as request with data.parameters as _ingress
	pod_isolation.unknown == {{
		"message": "the network policies of the pod's namespace could not be read",
	}} with input as request with data.parameters as _ingress
}

test_unknown_policies_that_cannot_be_read if {
	every policy in [
		{"metadata": {"name": "odd"}},
		{"metadata": {"name": "odd"}, "spec": {"podSelector": "app=web"}},
		{"metadata": {"name": "odd"}, "spec": {"ingress": {}}},
		{"metadata": {"name": "odd"}, "spec": {"policyTypes": "Ingress"}},
	] {
		request := _deployment([_policy("default-deny", {}), policy])
		pod_isolation.deny == set() with input as request with data.parameters as _ingress
		pod_isolation.unknown == {{"message": "network policy odd cannot be read"}} with input as request
			with data.parameters as _ingress
	}
}

test_unknown_labels_of_the_wrong_type if {
	every labels in ["app=web", {"app": 7}] {
		pod_isolation.unknown == {{
			"message": "the pod's labels cannot be read",
			"path": ["metadata", "labels"],
		}} with input as {
			"resource": "Pod",
			"object": {"metadata": {"labels": labels}, "spec": {"containers": [{}]}},
			"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {}}},
		}
			with data.parameters as _ingress
	}
}

test_unknown_metadata_of_the_wrong_type if {
	pod_isolation.unknown == {{
		"message": "the pod's labels cannot be read",
		"path": ["template", "metadata", "labels"],
	}} with input as {
		"resource": "PodTemplate",
		"object": {"template": {"metadata": [], "spec": {"containers": [{}]}}},
		"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {}}},
	}
		with data.parameters as _ingress
}

test_unknown_parameters_missing if {
	pod_isolation.deny == set() with input as _deployment([]) with data.parameters as {"NET-05": {}}
	pod_isolation.unknown == {{
		"message": "parameter directions or isolated_namespaces is not set",
	}} with input as _deployment([]) with data.parameters as {"NET-05": {}}
}

test_unknown_containers_missing if {
	pod_isolation.unknown == {{
		"message": "the pod lists no containers",
		"path": ["spec", "containers"],
	}} with input as {
		"resource": "Pod",
		"object": {"spec": {}},
		"context": {"siblings": {"networking.k8s.io/NetworkPolicy": {"default": [_policy("x", {})]}}},
	}
		with data.parameters as _ingress
}
