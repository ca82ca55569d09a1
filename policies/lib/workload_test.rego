package soc2.lib.workload_test

import rego.v1

import data.soc2.lib.workload

_web := {"name": "web", "image": "registry.example.com/shop/web:1.4.2"}

_spec := {"containers": [_web], "initContainers": null}

test_allow_template_of_every_resource if {
	documents := {
		"Pod": {"spec": _spec},
		"PodTemplate": {"template": {"spec": _spec}},
		"ReplicationController": {"spec": {"template": {"spec": _spec}}},
		"apps/DaemonSet": {"spec": {"template": {"spec": _spec}}},
		"apps/Deployment": {"spec": {"template": {"spec": _spec}}},
		"apps/ReplicaSet": {"spec": {"template": {"spec": _spec}}},
		"apps/StatefulSet": {"spec": {"template": {"spec": _spec}}},
		"batch/CronJob": {"spec": {"jobTemplate": {"spec": {"template": {"spec": _spec}}}}},
		"batch/Job": {"spec": {"template": {"spec": _spec}}},
	}
	every resource, document in documents {
		workload.pod_spec == _spec with input as {"resource": resource, "object": document}
		workload.problems == set() with input as {"resource": resource, "object": document}
	}
}

test_allow_containers_of_every_list if {
	spec := {"containers": [_web], "initContainers": [{"name": "wait"}], "ephemeralContainers": [{"name": "debugger"}]}
	containers := workload.containers with input as {"resource": "Pod", "object": {"spec": spec}}
	containers == [
		{"list": "containers", "index": 0, "spec": _web},
		{"list": "ephemeralContainers", "index": 0, "spec": {"name": "debugger"}},
		{"list": "initContainers", "index": 0, "spec": {"name": "wait"}},
	]
}

test_allow_places_and_labels if {
	init := {"list": "initContainers", "index": 2, "spec": {"name": "wait"}}
	path := workload.place(init, ["image"]) with input as {"resource": "batch/Job"}
	path == ["spec", "template", "spec", "initContainers", 2, "image"]
	pod_path := workload.pod_place(["hostPID"]) with input as {"resource": "PodTemplate"}
	pod_path == ["template", "spec", "hostPID"]
	workload.label(init) == `init container "wait"`
	workload.label({"list": "ephemeralContainers", "index": 0, "spec": {"name": 7}}) == "ephemeral container number 1"
	workload.label({"list": "containers", "index": 1, "spec": {}}) == "container number 2"
}

test_unknown_resource_without_a_template if {
	problems := workload.problems with input as {"resource": "ConfigMap", "object": {"data": {}}}
	problems == {{"message": "the document has no pod specification that can be read"}}
}

test_unknown_pod_spec_is_a_string if {
	problems := workload.problems with input as {"resource": "Pod", "object": {"spec": "nginx"}}
	problems == {{"message": "the document has no pod specification that can be read"}}
}

test_unknown_no_containers if {
	every spec in [{}, {"containers": null}, {"containers": []}] {
		problems := workload.problems with input as {"resource": "Pod", "object": {"spec": spec}}
		problems == {{"message": "the pod lists no containers", "path": ["spec", "containers"]}}
	}
}

test_unknown_lists_of_the_wrong_shape if {
	spec := {
		"containers": [_web, "sidecar"],
		"initContainers": {"name": "wait"},
		"ephemeralContainers": "debugger",
		"volumes": [{"name": "tmp"}, "data"],
	}
	problems := workload.problems with input as {"resource": "Pod", "object": {"spec": spec}}
	problems == {
		{"message": "element 1 of containers is not an object", "path": ["spec", "containers", 1]},
		{"message": "element 1 of volumes is not an object", "path": ["spec", "volumes", 1]},
		{"message": "ephemeralContainers is not a list", "path": ["spec", "ephemeralContainers"]},
		{"message": "initContainers is not a list", "path": ["spec", "initContainers"]},
	}
}
