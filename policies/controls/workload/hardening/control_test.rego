package soc2.workload.hardening_test

import rego.v1

import data.soc2.workload.hardening

_hardened := {
	"allowPrivilegeEscalation": false,
	"capabilities": {"drop": ["ALL"]},
	"readOnlyRootFilesystem": true,
	"runAsNonRoot": true,
	"seccompProfile": {"type": "RuntimeDefault"},
}

_pod(security, container) := {"resource": "Pod", "object": {"spec": {
	"securityContext": security,
	"containers": [{"name": "web", "securityContext": container}],
}}}

_fault(field, message) := {
	"message": sprintf(`container "web" %s`, [message]),
	"path": ["spec", "containers", 0, "securityContext", field],
}

test_allow_hardened_container if {
	hardening.deny == set() with input as _pod(null, _hardened)
	hardening.unknown == set() with input as _pod(null, _hardened)
	hardening.applicable with input as _pod(null, _hardened)
}

test_allow_settings_from_the_pod if {
	security := {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "Localhost"}}
	container := object.union(
		object.remove(_hardened, ["runAsNonRoot", "seccompProfile"]),
		{"runAsNonRoot": null, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
	)
	hardening.deny == set() with input as _pod(security, container)
}

test_allow_windows_without_linux_settings if {
	hardening.deny == set() with input as {"resource": "Pod", "object": {"spec": {
		"os": {"name": "windows"},
		"securityContext": {"runAsNonRoot": true},
		"containers": [{"name": "iis"}],
	}}}
}

test_deny_nothing_set if {
	hardening.deny == {
		_fault("allowPrivilegeEscalation", "can gain privileges: escalation is not forbidden"),
		_fault("capabilities", "does not drop all capabilities"),
		_fault("readOnlyRootFilesystem", "can write to its root file system"),
		_fault("runAsNonRoot", "may run as root: runAsNonRoot is not true"),
		_fault("seccompProfile", "runs without the seccomp profile of the runtime or its own"),
	} with input as _pod(null, null)
}

test_deny_container_overrides_pod if {
	pod := {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
	container := object.union(_hardened, {
		"runAsNonRoot": false,
		"runAsUser": 0,
		"seccompProfile": {"type": "Unconfined"},
	})
	hardening.deny == {
		_fault("runAsNonRoot", "may run as root: runAsNonRoot is not true"),
		_fault("runAsUser", "runs as root or as a user that is no number"),
		_fault("seccompProfile", "runs without the seccomp profile of the runtime or its own"),
	} with input as _pod(pod, container)
}

test_deny_points_at_the_pod_where_only_the_pod_says if {
	hardening.deny == {{
		"message": `container "web" runs as root or as a user that is no number`,
		"path": ["spec", "securityContext", "runAsUser"],
	}} with input as _pod({"runAsUser": "root"}, _hardened)
}

test_deny_container_settings_on_the_pod if {
	hardening.deny == {
		_fault("allowPrivilegeEscalation", "can gain privileges: escalation is not forbidden"),
		_fault("capabilities", "does not drop all capabilities"),
		_fault("readOnlyRootFilesystem", "can write to its root file system"),
	} with input as _pod(_hardened, {})
}

test_deny_capabilities if {
	every capabilities in [{"drop": "ALL"}, {"drop": ["all"]}, {"drop": ["NET_RAW"]}, "ALL", {"drop": null}] {
		hardening.deny == {_fault("capabilities", "does not drop all capabilities")} with input as _pod(
			null,
			object.union(object.remove(_hardened, ["capabilities"]), {"capabilities": capabilities}),
		)
	}
	every added in [["CHOWN"], ["NET_BIND_SERVICE", "CHOWN"], "SYS_ADMIN"] {
		message := "adds capabilities other than NET_BIND_SERVICE"
		hardening.deny == {_fault("capabilities", message)} with input as _pod(
			null,
			object.union(_hardened, {"capabilities": {"add": added}}),
		)
	}
}

test_deny_strings_for_booleans if {
	container := object.union(_hardened, {"readOnlyRootFilesystem": "true", "allowPrivilegeEscalation": "false"})
	hardening.deny == {
		_fault("allowPrivilegeEscalation", "can gain privileges: escalation is not forbidden"),
		_fault("readOnlyRootFilesystem", "can write to its root file system"),
	} with input as _pod(null, container)
}

test_unknown_pod_spec_missing if {
	hardening.deny == set() with input as {"resource": "batch/CronJob", "object": {"spec": {}}}
	hardening.unknown == {{
		"message": "the document has no pod specification that can be read",
	}} with input as {"resource": "batch/CronJob", "object": {"spec": {}}}
}
