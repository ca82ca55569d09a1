package soc2.access.cluster_admin_test

import rego.v1

import data.soc2.access.cluster_admin

_none := {"ACC-16": {"allowed_subjects": []}}

_binding(kind, name, role, subjects) := {
	"resource": concat("/", ["rbac.authorization.k8s.io", kind]),
	"object": {
		"kind": kind,
		"metadata": {"name": name, "namespace": "shop"},
		"roleRef": {"kind": "ClusterRole", "name": role},
		"subjects": subjects,
	},
}

_masters := {"kind": "Group", "name": "system:masters"}

_gives(index, subject) := {
	"message": sprintf("the binding gives cluster-admin to %s", [subject]),
	"path": ["subjects", index],
}

test_allow_other_roles if {
	request := _binding("ClusterRoleBinding", "viewers", "view", [{"kind": "Group", "name": "developers"}])
	cluster_admin.deny == set() with input as request with data.parameters as _none
	cluster_admin.unknown == set() with input as request with data.parameters as _none
	cluster_admin.applicable with input as request
}

test_allow_listed_subjects if {
	listed := {"ACC-16": {"allowed_subjects": ["Group/break-glass", "ServiceAccount/shop/installer"]}}
	subjects := [{"kind": "Group", "name": "break-glass"}, {"kind": "ServiceAccount", "name": "installer"}]
	cluster_admin.deny == set() with input as _binding("RoleBinding", "x", "cluster-admin", subjects)
		with data.parameters as listed
}

test_allow_binding_every_cluster_has if {
	request := _binding("ClusterRoleBinding", "cluster-admin", "cluster-admin", [_masters])
	cluster_admin.deny == set() with input as request with data.parameters as _none
}

test_deny_cluster_admin if {
	every kind in ["ClusterRoleBinding", "RoleBinding"] {
		request := _binding(kind, "x", "cluster-admin", [{"kind": "User", "name": "alice"}])
		cluster_admin.deny == {_gives(0, "User/alice")} with input as request with data.parameters as _none
	}
}

test_deny_other_subjects_in_the_binding_every_cluster_has if {
	subjects := [_masters, {"kind": "User", "name": "mallory"}]
	cluster_admin.deny == {
		_gives(0, "Group/system:masters"),
		_gives(1, "User/mallory"),
		{"message": "the binding names the group system:masters", "path": ["subjects", 0]},
	} with input as _binding("ClusterRoleBinding", "cluster-admin", "cluster-admin", subjects)
		with data.parameters as _none
}

test_deny_system_masters_with_any_role if {
	cluster_admin.deny == {{
		"message": "the binding names the group system:masters",
		"path": ["subjects", 0],
	}} with input as _binding("RoleBinding", "x", "view", [_masters]) with data.parameters as _none
}

test_deny_binding_without_subjects if {
	cluster_admin.deny == {{
		"message": "the binding of cluster-admin names no subject yet",
		"path": ["roleRef"],
	}} with input as _binding("ClusterRoleBinding", "x", "cluster-admin", null) with data.parameters as _none
}

test_unknown_subjects if {
	cluster_admin.unknown == {{
		"message": "subjects is not a list",
		"path": ["subjects"],
	}} with input as _binding("ClusterRoleBinding", "x", "view", "everybody") with data.parameters as _none
}

test_unknown_parameter_missing if {
	cluster_admin.unknown == {{
		"message": "parameter allowed_subjects is not set",
	}} with input as _binding("ClusterRoleBinding", "x", "view", []) with data.parameters as {}
}
