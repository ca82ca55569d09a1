package soc2.lib.rbac_test

import rego.v1

import data.soc2.lib.rbac

_group := "rbac.authorization.k8s.io"

_input(kind, fields) := {
	"resource": concat("/", [_group, kind]),
	"object": object.union({"kind": kind, "metadata": {"name": "x", "namespace": "shop"}}, fields),
}

test_allow_identities if {
	rbac.identity == "ClusterRole/x" with input as _input("ClusterRole", {})
	rbac.identity == "ClusterRoleBinding/x" with input as _input("ClusterRoleBinding", {})
	rbac.identity == "Role/shop/x" with input as _input("Role", {})
}

test_allow_subjects_by_exact_name if {
	subjects := [
		{"kind": "User", "name": "alice", "namespace": "ignored"},
		{"kind": "ServiceAccount", "name": "ci", "namespace": "ci"},
		{"kind": "ServiceAccount", "name": "web"},
		"Group/system:masters",
		{"kind": "Robot", "name": "r2"},
	]
	of_namespace := rbac.subjects with input as _input("RoleBinding", {"subjects": subjects})
	of_namespace == {0: "User/alice", 1: "ServiceAccount/ci/ci", 2: "ServiceAccount/shop/web"}
	of_cluster := rbac.subjects with input as _input("ClusterRoleBinding", {"subjects": subjects})
	of_cluster == {0: "User/alice", 1: "ServiceAccount/ci/ci", 2: "ServiceAccount/web"}
}

test_allow_rules_are_of_roles_only if {
	rules := rbac.rules with input as _input("Role", {"rules": [{"verbs": ["get"]}]})
	rules == {0: {"verbs": ["get"]}}
	rbac.rules == {} with input as _input("RoleBinding", {"rules": [{"verbs": ["get"]}]})
	rbac.rules == {} with input as _input("Role", {"rules": null})
}

test_allow_grants_as_the_authorizer_does if {
	rule := {"apiGroups": ["", "apps"], "resources": ["pods", "*/scale"], "verbs": ["get", "list"]}
	rbac.grants(rule, "", "pods", ["list", "watch"])
	rbac.grants(rule, "apps", "deployments/scale", ["get"])
	not rbac.grants(rule, "batch", "pods", ["get"])
	not rbac.grants(rule, "", "pods/exec", ["get"])
	not rbac.grants(rule, "", "pods", ["create"])
	not rbac.grants(rule, "", "scale", ["get"])
}

test_allow_wildcards_grant_everything if {
	every resources in [["*"], ["*/*"]] {
		rbac.grants({"apiGroups": ["*"], "resources": resources, "verbs": ["*"]}, "", "pods/exec", ["create"])
	}
	not rbac.grants({"apiGroups": ["*"], "resources": ["pods/*"], "verbs": ["*"]}, "", "pods/exec", ["create"])
}

test_allow_names_that_limit if {
	rbac.is_limited_to_names({"resourceNames": ["a"]})
	not rbac.is_limited_to_names({"resourceNames": ["a", ""]})
	not rbac.is_limited_to_names({"resourceNames": []})
	not rbac.is_limited_to_names({})
}

test_unknown_roles_that_cannot_be_read if {
	rules := [null, {"verbs": "get"}, {"verbs": ["get"], "resources": [7]}, {"verbs": ["get"]}]
	problems := rbac.problems with input as _input("Role", {"rules": rules})
	problems == {
		{"message": "rule 1 cannot be read", "path": ["rules", 0]},
		{"message": "rule 2 cannot be read", "path": ["rules", 1]},
		{"message": "rule 3 cannot be read", "path": ["rules", 2]},
	}
}

test_unknown_bindings_that_cannot_be_read if {
	problems := rbac.problems with input as _input("ClusterRoleBinding", {
		"roleRef": {"kind": "Role", "name": "x"},
		"subjects": [{"kind": "group", "name": "x"}, {"kind": "Group"}, {"kind": "Group", "name": "x"}],
	})
	problems == {
		{"message": "subject 1 cannot be read", "path": ["subjects", 0]},
		{"message": "subject 2 cannot be read", "path": ["subjects", 1]},
		{"message": "the roleRef cannot be read", "path": ["roleRef"]},
	}
}

test_unknown_lists_and_names if {
	problems := rbac.problems with input as {
		"resource": concat("/", [_group, "Role"]),
		"object": {"kind": "Role", "metadata": {}, "rules": {"verbs": ["get"]}},
	}
	problems == {
		{"message": "rules is not a list", "path": ["rules"]},
		{"message": "the object has no name", "path": ["metadata"]},
	}
}

test_allow_bindings_that_can_be_read if {
	every kind in ["Role", "ClusterRole"] {
		fields := {"roleRef": {"kind": kind, "name": "x"}, "subjects": null}
		rbac.problems == set() with input as _input("RoleBinding", fields)
	}
}
