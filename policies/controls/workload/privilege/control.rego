# METADATA
# title: Workloads have no privilege over their node
# description: |
#   No container of a pod, init and ephemeral containers included, runs privileged, adds a dangerous capability,
#   leaves the kernel's confinement (AppArmor, seccomp, SELinux, the masked /proc) or is a Windows host process, and no
#   pod shares the host's namespaces, mounts its file system, takes its ports, aims probes at it or sets an unsafe
#   sysctl. This is the baseline level of the Kubernetes Pod Security Standards.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
#     description: Pod Security Standards, baseline level
# custom:
#   id: WRK-01
#   severity: high
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
#     Remove the setting that the finding points at. A workload that must reach its node, such as a storage or network
#     agent, needs an approved exception.
package soc2.workload.privilege

import rego.v1

import data.soc2.lib.workload

default applicable := true

unknown contains problem if some problem in data.soc2.lib.workload.problems

unknown contains {"message": "the pod's securityContext cannot be read", "path": path} if {
	some field in _unreadable(data.soc2.lib.workload.pod_spec, {"securityContext": "object"})
	path := workload.pod_place([field])
}

unknown contains {"message": message, "path": workload.place(container, [field])} if {
	some container in data.soc2.lib.workload.containers
	some field in _unreadable(container.spec, {"ports": "array", "securityContext": "object"})
	message := sprintf("the %s of %s cannot be read", [field, workload.label(container)])
}

# The fields that hold something else than their type, and so hide what they are meant to hold.
_unreadable(owner, types) := {field |
	some field, value in object.filter(owner, types)
	not type_name(value) in [types[field], "null"]
}

deny contains {"message": sprintf("the pod %s", [fault.message]), "path": workload.pod_place(fault.field)} if {
	some fault in _pod_faults(data.soc2.lib.workload.pod_spec)
}

deny contains {"message": message, "path": workload.place(container, fault.field)} if {
	some container in data.soc2.lib.workload.containers
	some fault in _container_faults(container.spec)
	message := sprintf("%s %s", [workload.label(container), fault.message])
}

# AppArmor was chosen by annotation before Kubernetes 1.30, and the annotation still works.
deny contains {"message": message, "path": array.concat(path, [key])} if {
	path := array.concat(data.soc2.lib.workload.template_path, ["metadata", "annotations"])
	profile := object.get(input.object, path, {})[key]
	is_string(key)
	startswith(key, "container.apparmor.security.beta.kubernetes.io/")
	not regex.match(`^(runtime/default|localhost/.+)$`, sprintf("%v", [profile]))
	message := sprintf("container %q leaves the confinement of AppArmor by annotation", [split(key, "/")[1]])
}

_pod_faults(pod) := union({
	{{"field": [field], "message": sprintf("shares a namespace of the host through %s", [field])} |
		some field, value in object.filter(pod, ["hostIPC", "hostNetwork", "hostPID"])
		not value in [false, null]
	},
	{{"field": ["volumes", index, "hostPath"], "message": "mounts a path of the host"} |
		pod.volumes[index].hostPath != null
	},
	_security_faults(object.get(pod, "securityContext", null)),
})

_container_faults(container) := union({
	{{"field": ["ports", index, "hostPort"], "message": sprintf("takes port %v of the host", [value])} |
		value := container.ports[index].hostPort
		not value in [0, null]
	},
	# The kubelet sends probes and hooks from the node, so a host in one makes the node send requests for the pod.
	{{"field": [probe, action, "host"], "message": sprintf("aims its %s at another host", [probe])} |
		handlers := object.filter(container, ["livenessProbe", "readinessProbe", "startupProbe"])
		value := handlers[probe][action].host
		not value in ["", null]
	},
	{{"field": ["lifecycle", hook, action, "host"], "message": sprintf("aims its %s hook at another host", [hook])} |
		value := container.lifecycle[hook][action].host
		not value in ["", null]
	},
	_security_faults(object.get(container, "securityContext", null)),
})

# What a security context, the pod's or a container's, asks for beyond the baseline.
_security_faults(security) := {object.union(fault, {"field": array.concat(["securityContext"], fault.field)}) |
	some fault in union({
		{{"field": ["privileged"], "message": "runs privileged"} |
			value := security.privileged
			not value in [false, null]
		},
		{{"field": ["procMount"], "message": "unmasks /proc"} |
			value := security.procMount
			not value in ["Default", null]
		},
		{{"field": ["windowsOptions", "hostProcess"], "message": "is a Windows host process"} |
			value := security.windowsOptions.hostProcess
			not value in [false, null]
		},
		{{"field": ["appArmorProfile", "type"], "message": "leaves the confinement of AppArmor"} |
			value := security.appArmorProfile.type
			not value in ["Localhost", "RuntimeDefault", null]
		},
		{{"field": ["seccompProfile", "type"], "message": "leaves the confinement of seccomp"} |
			value := security.seccompProfile.type
			not value in ["Localhost", "RuntimeDefault", null]
		},
		{{"field": ["seLinuxOptions", field], "message": sprintf("sets its own SELinux %s", [field])} |
			value := security.seLinuxOptions[field]
			allowed := _selinux_values[field]
			not value in allowed
		},
		{{"field": ["capabilities", "add", index], "message": sprintf("adds the capability %v", [value])} |
			value := security.capabilities.add[index]
			not value in _harmless_capabilities
		},
		{{"field": ["sysctls", index], "message": sprintf("sets the unsafe sysctl %v", [name])} |
			sysctl := security.sysctls[index]
			name := _name(sysctl)
			not name in _safe_sysctls
		},
		{{"field": [field], "message": sprintf("sets %s to something that cannot be read", [field])} |
			is_object(security)
			some field in _unreadable(security, _security_types)
		},
		{{"field": ["capabilities", "add"], "message": "adds capabilities that cannot be read"} |
			value := security.capabilities.add
			not type_name(value) in ["array", "null"]
		},
	})
}

_name(sysctl) := sysctl.name if {
	is_string(sysctl.name)
} else := "without a name"

_security_types := {
	"appArmorProfile": "object",
	"capabilities": "object",
	"seLinuxOptions": "object",
	"seccompProfile": "object",
	"sysctls": "array",
	"windowsOptions": "object",
}

_selinux_values := {
	"role": ["", null],
	"type": ["", null, "container_engine_t", "container_init_t", "container_kvm_t", "container_t"],
	"user": ["", null],
}

_harmless_capabilities := {
	"AUDIT_WRITE",
	"CHOWN",
	"DAC_OVERRIDE",
	"FOWNER",
	"FSETID",
	"KILL",
	"MKNOD",
	"NET_BIND_SERVICE",
	"SETFCAP",
	"SETGID",
	"SETPCAP",
	"SETUID",
	"SYS_CHROOT",
}

_safe_sysctls := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_syncookies",
}
