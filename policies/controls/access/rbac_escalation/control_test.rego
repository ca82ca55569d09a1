package soc2.access.rbac_escalation_test

import rego.v1

import data.soc2.access.rbac_escalation

_parameters := {"ACC-18": {
	"allowed_roles": ["ClusterRole/cluster-admin"],
	"anonymous_roles": ["system:public-info-viewer"],
	"common_roles": ["system:discovery", "system:public-info-viewer"],
}}

_group := "rbac.authorization.k8s.io"

_role(kind, name, rules) := {
	"resource": concat("/", [_group, kind]),
	"object": {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "rules": rules},
}

_binding(role_kind, role, subjects) := {
	"resource": concat("/", [_group, "RoleBinding"]),
	"object": {
		"kind": "RoleBinding",
		"metadata": {"name": "x", "namespace": "shop"},
		"roleRef": {"kind": role_kind, "name": role},
		"subjects": subjects,
	},
}

_rule(group, resource, verb) := {"apiGroups": [group], "resources": [resource], "verbs": [verb]}

_named(rule, names) := object.union(rule, {"resourceNames": names})

_does(power) := {{"message": sprintf("rule 1 lets its holder %s", [power]), "path": ["rules", 0]}}

test_allow_harmless_rules if {
	rules := [
		_rule("", "pods", "create"),
		_rule("metrics.k8s.io", "nodes/proxy", "get"),
		_rule(_group, "roles", "update"),
		_named(_rule(_group, "roles", "bind"), ["viewer"]),
		_named(_rule("", "users", "impersonate"), ["robot"]),
		_named(_rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "patch"), ["shop"]),
	]
	request := _role("ClusterRole", "x", rules)
	rbac_escalation.deny == set() with input as request with data.parameters as _parameters
	rbac_escalation.unknown == set() with input as request with data.parameters as _parameters
	rbac_escalation.applicable with input as request
}

test_allow_listed_role if {
	request := _role("ClusterRole", "cluster-admin", [_rule("*", "*", "*")])
	rbac_escalation.deny == set() with input as request with data.parameters as _parameters
}

test_allow_powers_that_a_role_cannot_reach if {
	rules := [_rule("", "nodes/proxy", "get"), _rule("", "users", "impersonate")]
	rbac_escalation.deny == set() with input as _role("Role", "x", rules) with data.parameters as _parameters
}

test_deny_each_power if {
	admission := "admissionregistration.k8s.io"
	powers := {
		"give roles more permissions than it has itself (escalate)": _rule(_group, "roles", "escalate"),
		"bind roles that it does not hold (bind)": _rule("*", "clusterroles", "bind"),
		"act as other users or groups (impersonate)": _rule("", "groups", "impersonate"),
		"act as service accounts (impersonate)": _rule("", "serviceaccounts", "impersonate"),
		"make tokens of service accounts": _rule("", "serviceaccounts/token", "create"),
		"run commands in containers": _rule("", "*/exec", "get"),
		"add containers to running pods": _rule("", "pods/ephemeralcontainers", "update"),
		"run commands through the kubelets": _rule("", "nodes/proxy", "create"),
		"change what the API server admits": _rule(admission, "mutatingwebhookconfigurations", "*"),
	}
	every power, rule in powers {
		rbac_escalation.deny == _does(power) with input as _role("ClusterRole", "x", [rule])
			with data.parameters as _parameters
	}
}

test_deny_names_that_limit_nothing if {
	bind := _named(_rule(_group, "clusterroles", "bind"), ["viewer", "cluster-admin"])
	rbac_escalation.deny == _does("bind roles that it does not hold (bind)") with input as _role("Role", "x", [bind])
		with data.parameters as _parameters
	masters := _named(_rule("", "groups", "impersonate"), ["system:masters"])
	rbac_escalation.deny == _does("act as other users or groups (impersonate)")
		with input as _role("ClusterRole", "x", [masters])
		with data.parameters as _parameters
	escalate := _named(_rule(_group, "roles", "escalate"), ["viewer"])
	rbac_escalation.deny == _does("give roles more permissions than it has itself (escalate)")
		with input as _role("Role", "x", [escalate])
		with data.parameters as _parameters
}

test_allow_bindings if {
	every request in [
		_binding("ClusterRole", "edit", [{"kind": "Group", "name": "developers"}]),
		_binding("ClusterRole", "system:discovery", [{"kind": "Group", "name": "system:authenticated"}]),
		_binding("ClusterRole", "system:public-info-viewer", [{"kind": "User", "name": "system:anonymous"}]),
	] {
		rbac_escalation.deny == set() with input as request with data.parameters as _parameters
	}
}

test_deny_anonymous if {
	every subject in [
		{"kind": "User", "name": "system:anonymous"},
		{"kind": "Group", "name": "system:unauthenticated"},
	] {
		rbac_escalation.deny == {{
			"message": "the binding gives ClusterRole system:discovery to anonymous users",
			"path": ["subjects", 0],
		}} with input as _binding("ClusterRole", "system:discovery", [subject]) with data.parameters as _parameters
	}
}

test_deny_everybody if {
	rbac_escalation.deny == {{
		"message": "the binding gives Role system:discovery to everybody in Group/system:authenticated",
		"path": ["subjects", 0],
	}} with input as _binding("Role", "system:discovery", [{"kind": "Group", "name": "system:authenticated"}])
		with data.parameters as _parameters
}

test_unknown_rules if {
	rbac_escalation.unknown == {{
		"message": "rule 1 cannot be read",
		"path": ["rules", 0],
	}} with input as _role("Role", "x", [null]) with data.parameters as _parameters
}

test_unknown_parameters_missing if {
	rbac_escalation.unknown == {
		{"message": "parameter anonymous_roles is not set"},
		{"message": "parameter common_roles is not set"},
	} with input as _role("Role", "x", []) with data.parameters as {"ACC-18": {"allowed_roles": []}}
}
