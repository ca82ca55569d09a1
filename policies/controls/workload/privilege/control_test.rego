package soc2.workload.privilege_test

import rego.v1

import data.soc2.workload.privilege

_web := {"name": "web", "image": "registry.example.com/shop/web:1.4.2"}

_pod(spec) := {"resource": "Pod", "object": {"spec": object.union({"containers": [_web]}, spec)}}

_container(fields) := _pod({"containers": [object.union(_web, fields)]})

_at(path) := array.concat(["spec", "containers", 0], path)

test_allow_plain_pod if {
	privilege.deny == set() with input as _pod({"volumes": [{"name": "tmp", "emptyDir": {}}]})
	privilege.unknown == set() with input as _pod({"volumes": [{"name": "tmp", "emptyDir": {}}]})
	privilege.applicable with input as _pod({})
}

test_allow_settings_of_the_baseline if {
	security := {
		"privileged": false,
		"procMount": "Default",
		"windowsOptions": {"hostProcess": false},
		"appArmorProfile": {"type": "RuntimeDefault"},
		"seccompProfile": {"type": "Localhost", "localhostProfile": "web.json"},
		"seLinuxOptions": {"type": "container_t", "level": "s0:c1,c2", "user": "", "role": null},
		"capabilities": {"add": ["CHOWN", "NET_BIND_SERVICE"], "drop": ["ALL"]},
		"sysctls": [{"name": "net.ipv4.tcp_keepalive_time", "value": "60"}],
	}
	request := _container({"securityContext": security, "ports": [{"containerPort": 80, "hostPort": 0}]})
	privilege.deny == set() with input as request
	privilege.unknown == set() with input as request
}

test_allow_null_is_absent if {
	spec := {"hostPID": null, "securityContext": null, "volumes": null, "initContainers": null}
	privilege.deny == set() with input as _pod(spec)
	privilege.unknown == set() with input as _pod(spec)
	security := {"privileged": null, "capabilities": null, "seccompProfile": null}
	privilege.deny == set() with input as _container({"securityContext": security, "ports": null})
	privilege.unknown == set() with input as _container({"securityContext": security, "ports": null})
}

test_deny_host_namespaces if {
	privilege.deny == {
		{"message": "the pod shares a namespace of the host through hostIPC", "path": ["spec", "hostIPC"]},
		{"message": "the pod shares a namespace of the host through hostPID", "path": ["spec", "hostPID"]},
	} with input as _pod({"hostIPC": true, "hostPID": "yes", "hostNetwork": false})
}

test_deny_host_paths if {
	volumes := [{"name": "tmp", "emptyDir": {}}, {"name": "root", "hostPath": {"path": "/"}}]
	privilege.deny == {{
		"message": "the pod mounts a path of the host",
		"path": ["spec", "volumes", 1, "hostPath"],
	}} with input as _pod({"volumes": volumes})
}

test_deny_each_setting_of_a_container if {
	security := {
		"privileged": true,
		"procMount": "Unmasked",
		"windowsOptions": {"hostProcess": true},
		"appArmorProfile": {"type": "Unconfined"},
		"seccompProfile": {"type": "Unconfined"},
		"seLinuxOptions": {"type": "spc_t"},
		"capabilities": {"add": ["CHOWN", "SYS_ADMIN"]},
		"sysctls": [{"name": "kernel.msgmax"}, {}],
	}
	at := ["spec", "containers", 0, "securityContext"]
	privilege.deny == {
		{"message": `container "web" runs privileged`, "path": array.concat(at, ["privileged"])},
		{"message": `container "web" unmasks /proc`, "path": array.concat(at, ["procMount"])},
		{
			"message": `container "web" is a Windows host process`,
			"path": array.concat(at, ["windowsOptions", "hostProcess"]),
		},
		{
			"message": `container "web" leaves the confinement of AppArmor`,
			"path": array.concat(at, ["appArmorProfile", "type"]),
		},
		{
			"message": `container "web" leaves the confinement of seccomp`,
			"path": array.concat(at, ["seccompProfile", "type"]),
		},
		{"message": `container "web" sets its own SELinux type`, "path": array.concat(at, ["seLinuxOptions", "type"])},
		{
			"message": `container "web" adds the capability SYS_ADMIN`,
			"path": array.concat(at, ["capabilities", "add", 1]),
		},
		{"message": `container "web" sets the unsafe sysctl kernel.msgmax`, "path": array.concat(at, ["sysctls", 0])},
		{"message": `container "web" sets the unsafe sysctl without a name`, "path": array.concat(at, ["sysctls", 1])},
	} with input as _container({"securityContext": security})
}

test_deny_settings_of_the_pod if {
	privilege.deny == {{
		"message": "the pod is a Windows host process",
		"path": ["spec", "securityContext", "windowsOptions", "hostProcess"],
	}} with input as _pod({"securityContext": {"windowsOptions": {"hostProcess": true}}})
}

test_deny_settings_that_cannot_be_read if {
	security := {"capabilities": {"add": "SYS_ADMIN"}, "seccompProfile": "Unconfined"}
	privilege.deny == {
		{
			"message": `container "web" adds capabilities that cannot be read`,
			"path": _at(["securityContext", "capabilities", "add"]),
		},
		{
			"message": `container "web" sets seccompProfile to something that cannot be read`,
			"path": _at(["securityContext", "seccompProfile"]),
		},
	} with input as _container({"securityContext": security})
}

test_deny_host_ports if {
	privilege.deny == {{
		"message": `container "web" takes port 80 of the host`,
		"path": _at(["ports", 1, "hostPort"]),
	}} with input as _container({"ports": [{"containerPort": 8080}, {"containerPort": 80, "hostPort": 80}]})
}

test_deny_hosts_of_probes_and_hooks if {
	fields := {
		"livenessProbe": {"httpGet": {"port": 80, "host": ""}},
		"readinessProbe": {"tcpSocket": {"port": 80, "host": "10.0.0.1"}},
		"lifecycle": {"preStop": {"httpGet": {"port": 80, "host": "10.0.0.1"}}},
	}
	privilege.deny == {
		{
			"message": `container "web" aims its readinessProbe at another host`,
			"path": _at(["readinessProbe", "tcpSocket", "host"]),
		},
		{
			"message": `container "web" aims its preStop hook at another host`,
			"path": _at(["lifecycle", "preStop", "httpGet", "host"]),
		},
	} with input as _container(fields)
}

test_deny_apparmor_by_annotation if {
	annotations := {
		"container.apparmor.security.beta.kubernetes.io/db": "localhost/db",
		"container.apparmor.security.beta.kubernetes.io/web": "unconfined",
		"example.com/owner": "unconfined",
	}
	path := ["spec", "template", "metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/web"]
	privilege.deny == {{
		"message": `container "web" leaves the confinement of AppArmor by annotation`,
		"path": path,
	}} with input as {
		"resource": "apps/Deployment",
		"object": {"spec": {"template": {"metadata": {"annotations": annotations}, "spec": {"containers": [_web]}}}},
	}
}

test_deny_init_and_ephemeral_containers if {
	spec := {
		"initContainers": [{"name": "setup", "securityContext": {"privileged": true}}],
		"ephemeralContainers": [{"name": "debugger", "securityContext": {"privileged": true}}],
	}
	privilege.deny == {
		{
			"message": `ephemeral container "debugger" runs privileged`,
			"path": ["spec", "ephemeralContainers", 0, "securityContext", "privileged"],
		},
		{
			"message": `init container "setup" runs privileged`,
			"path": ["spec", "initContainers", 0, "securityContext", "privileged"],
		},
	} with input as _pod(spec)
}

test_unknown_containers_missing if {
	privilege.deny == set() with input as {"resource": "Pod", "object": {"spec": {}}}
	privilege.unknown == {{
		"message": "the pod lists no containers",
		"path": ["spec", "containers"],
	}} with input as {"resource": "Pod", "object": {"spec": {}}}
}

test_unknown_fields_of_the_wrong_type if {
	privilege.unknown == {
		{"message": "the pod's securityContext cannot be read", "path": ["spec", "securityContext"]},
		{"message": "volumes is not a list", "path": ["spec", "volumes"]},
	} with input as _pod({"securityContext": [], "volumes": "none"})
	privilege.unknown == {
		{"message": `the ports of container "web" cannot be read`, "path": _at(["ports"])},
		{"message": `the securityContext of container "web" cannot be read`, "path": _at(["securityContext"])},
	} with input as _container({"securityContext": "restricted", "ports": 80})
}
