# METADATA
# title: Nobody unexpected holds cluster-admin
# description: |
#   No binding, of the cluster or of a namespace, gives the cluster role cluster-admin to a subject that is not listed,
#   and none names the group system:masters, which no permission check can hold back. The binding that every cluster is
#   born with, of cluster-admin to system:masters, is no finding.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: Role Based Access Control good practices
# custom:
#   id: ACC-16
#   severity: critical
#   inputs:
#     - kind: kubernetes
#       resources:
#         - rbac.authorization.k8s.io/ClusterRoleBinding
#         - rbac.authorization.k8s.io/RoleBinding
#   frameworks: {soc2: [CC6.2, CC6.3], iso27001: ["5.15", "5.18", "8.2"]}
#   remediation: >-
#     Bind a role that grants only what the subject needs. A break-glass or platform group that needs cluster-admin is
#     listed in allowed_subjects.
#   parameters:
#     allowed_subjects:
#       type: array
#       items: {type: string, pattern: '^((User|Group)/.+|ServiceAccount/[^/]+/[^/]+)$'}
#       default: []
#       description: >-
#         Who may hold cluster-admin, by exact name: User/<name>, Group/<name> or ServiceAccount/<namespace>/<name>.
package soc2.access.cluster_admin

import rego.v1

default applicable := true

deny contains {"message": message, "path": ["subjects", index]} if {
	_binds_cluster_admin
	not _is_born_with_the_cluster
	some index, subject in data.soc2.lib.rbac.subjects
	not subject in _allowed
	message := sprintf("the binding gives cluster-admin to %s", [subject])
}

deny contains {"message": "the binding of cluster-admin names no subject yet", "path": ["roleRef"]} if {
	_binds_cluster_admin
	data.soc2.lib.rbac.subjects == {}
}

deny contains {"message": "the binding names the group system:masters", "path": ["subjects", index]} if {
	not _is_born_with_the_cluster
	some index, "Group/system:masters" in data.soc2.lib.rbac.subjects
}

unknown contains problem if some problem in data.soc2.lib.rbac.problems

unknown contains {"message": "parameter allowed_subjects is not set"} if not _allowed

_allowed := names if {
	names := data.parameters["ACC-16"].allowed_subjects
	is_array(names)
}

_binds_cluster_admin if {
	input.object.roleRef.kind == "ClusterRole"
	input.object.roleRef.name == "cluster-admin"
}

_is_born_with_the_cluster if {
	data.soc2.lib.rbac.identity == "ClusterRoleBinding/cluster-admin"
	_binds_cluster_admin
	data.soc2.lib.rbac.subjects == {0: "Group/system:masters"}
}
