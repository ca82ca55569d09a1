# METADATA
# title: Containers run hardened
# description: |
#   Every container, init and ephemeral containers included, runs as a user other than root, cannot gain privileges,
#   drops every capability (NET_BIND_SERVICE may be added back), runs under a seccomp profile and has a read-only root
#   file system. A setting of the container overrides the pod's, as it does in Kubernetes. This is the restricted level
#   of the Kubernetes Pod Security Standards with a read-only root added; of pods for Windows only what Windows has is
#   asked.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
#     description: Pod Security Standards, restricted level
# custom:
#   id: WRK-02
#   severity: medium
#   inputs:
#     - kind: kubernetes
#       resources:
#         - Pod
#         - PodTemplate
#         - ReplicationController
#         - apps/DaemonSet
#         - apps/Deployment
#         - apps/ReplicaSet
#         - apps/StatefulSet
#         - batch/CronJob
#         - batch/Job
#   frameworks: {soc2: [CC6.1, CC6.8], iso27001: ["8.9"]}
#   remediation: >-
#     In the securityContext of each container set runAsNonRoot true, allowPrivilegeEscalation false,
#     capabilities.drop [ALL], seccompProfile.type RuntimeDefault and readOnlyRootFilesystem true, and mount an emptyDir
#     where the program writes.
package soc2.workload.hardening

import rego.v1

import data.soc2.lib.workload

default applicable := true

unknown contains problem if some problem in data.soc2.lib.workload.problems

deny contains {"message": message, "path": path} if {
	inherited := _settings(data.soc2.lib.workload.pod_spec)
	some container in data.soc2.lib.workload.containers
	own := _settings(container.spec)
	some fault in _faults(own, object.union(inherited, own))
	message := sprintf("%s %s", [workload.label(container), fault.message])
	path := _place(container, own, inherited, fault.field)
}

# What a security context sets; null counts as absent, as in Kubernetes.
_settings(owner) := {field: value |
	value := owner.securityContext[field]
	value != null
}

# Settings that a pod can make for its containers count as the container or else the pod has them. The others exist on
# containers only, and do nothing in the security context of the pod.
_faults(own, effective) := union({
	{{"field": "runAsNonRoot", "message": "may run as root: runAsNonRoot is not true"} |
		not effective.runAsNonRoot == true
	},
	{{"field": "runAsUser", "message": "runs as root or as a user that is no number"} |
		user := effective.runAsUser
		not _is_other_than_root(user)
	},
	{{"field": "seccompProfile", "message": "runs without the seccomp profile of the runtime or its own"} |
		_linux
		not _has_a_seccomp_profile(effective)
	},
	{{"field": "allowPrivilegeEscalation", "message": "can gain privileges: escalation is not forbidden"} |
		_linux
		not own.allowPrivilegeEscalation == false
	},
	{{"field": "capabilities", "message": "does not drop all capabilities"} |
		_linux
		not _drops_all(own)
	},
	{{"field": "capabilities", "message": "adds capabilities other than NET_BIND_SERVICE"} |
		_linux
		added := own.capabilities.add
		not added in [null, [], ["NET_BIND_SERVICE"]]
	},
	{{"field": "readOnlyRootFilesystem", "message": "can write to its root file system"} |
		_linux
		not own.readOnlyRootFilesystem == true
	},
})

# Pods for Windows have no seccomp, no capabilities, no privilege escalation flag and no read-only root.
_linux if not data.soc2.lib.workload.pod_spec.os.name == "windows"

_has_a_seccomp_profile(security) if security.seccompProfile.type in ["Localhost", "RuntimeDefault"]

_drops_all(security) if "ALL" in security.capabilities.drop

_is_other_than_root(user) if {
	is_number(user)
	user > 0
}

# Where the setting that takes effect is, or would be.
_place(container, own, inherited, field) := workload.pod_place(["securityContext", field]) if {
	field in ["runAsNonRoot", "runAsUser", "seccompProfile"]
	field in object.keys(inherited)
	not field in object.keys(own)
} else := workload.place(container, ["securityContext", field])
