# METADATA
# title: The pod template of a workload
# description: |
#   Finds the pod specification of every built-in resource that has one and lists the containers of its three
#   container lists. A control that judges workloads hands on `problems` as `unknown`, so that a list that cannot be
#   read never passes. Evaluation time: refer to these rules by their full path, because regorus evaluates every rule of
#   a package that is referred to through an import, and keep what only a finding needs in functions.
# scope: package
package soc2.lib.workload

import rego.v1

# Where each resource keeps its pod template, relative to the document. A pod is its own template.
template_path := ["spec", "template"] if {
	input.resource in [
		"apps/Deployment",
		"apps/ReplicaSet",
		"apps/DaemonSet",
		"apps/StatefulSet",
		"batch/Job",
		"ReplicationController",
	]
} else := [] if {
	input.resource == "Pod"
} else := ["spec", "jobTemplate", "spec", "template"] if {
	input.resource == "batch/CronJob"
} else := ["template"] if {
	input.resource == "PodTemplate"
}

pod_spec := spec if {
	spec := object.get(input.object, array.concat(template_path, ["spec"]), null)
	is_object(spec)
}

# Every container of every list; `place` and `label` turn one into a path and a name for a finding.
containers := [{"list": list, "index": index, "spec": container} |
	some list, elements in object.filter(pod_spec, ["containers", "ephemeralContainers", "initContainers"])
	is_array(elements)
	some index, container in elements
	is_object(container)
]

problems contains {"message": "the document has no pod specification that can be read"} if not pod_spec

problems contains {"message": "the pod lists no containers", "path": pod_place(["containers"])} if {
	object.get(pod_spec, "containers", null) in [null, []]
}

problems contains problem if {
	some list, elements in object.filter(pod_spec, ["containers", "ephemeralContainers", "initContainers", "volumes"])
	elements != null
	some problem in _list_problems(list, elements)
}

_list_problems(list, elements) := {{"message": message, "path": pod_place([list])}} if {
	not is_array(elements)
	message := sprintf("%s is not a list", [list])
} else := {{"message": message, "path": pod_place([list, index])} |
	some index, element in elements
	not is_object(element)
	message := sprintf("element %d of %s is not an object", [index, list])
}

# The path of a field of the pod specification, in the document.
pod_place(field) := array.concat(template_path, array.concat(["spec"], field))

# The path of a field of a container, in the document.
place(container, field) := array.concat(
	template_path,
	array.concat(["spec", container.list, container.index], field),
)

# The name of a container in a message.
label(container) := sprintf("%s %s", [noun, name]) if {
	noun := {
		"containers": "container",
		"ephemeralContainers": "ephemeral container",
		"initContainers": "init container",
	}[container.list]
	name := _name(container)
}

_name(container) := sprintf("%q", [container.spec.name]) if {
	is_string(container.spec.name)
} else := sprintf("number %d", [container.index + 1])
