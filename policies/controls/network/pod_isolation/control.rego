# METADATA
# title: Pods are isolated by a network policy
# description: |
#   A network policy of the pod's namespace selects the pod and governs each configured direction, so that only the
#   traffic the policies name gets through. Policies add up: one that lets everything through opens every pod it
#   selects, whatever a default-deny policy beside it says. Network policies do not govern pods on the host's network.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
#     description: The two sorts of pod isolation
# custom:
#   id: NET-05
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
#       context: [networking.k8s.io/NetworkPolicy]
#   frameworks: {soc2: [CC6.6], iso27001: ["8.20", "8.22"]}
#   remediation: >-
#     Add a NetworkPolicy to the namespace with an empty podSelector and policyTypes [Ingress] that denies by default,
#     then allow by further policies what the pod needs.
#   parameters:
#     directions:
#       type: array
#       items: {enum: [Ingress, Egress]}
#       minItems: 1
#       uniqueItems: true
#       default: [Ingress]
#       description: The directions in which every pod must be isolated.
#     isolated_namespaces:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: Namespaces, by exact name, whose default-deny policy is kept outside this set of manifests.
package soc2.network.pod_isolation

import rego.v1

import data.soc2.lib.kubernetes
import data.soc2.lib.selectors
import data.soc2.lib.workload

default applicable := true

deny contains {"message": message, "path": workload.pod_place(["hostNetwork"])} if {
	value := data.soc2.lib.workload.pod_spec.hostNetwork
	not value in [false, null]
	message := "the pod uses the host's network, which network policies do not govern"
}

deny contains {"message": message, "path": _labels_path} if {
	_policies
	some direction in _parameters.directions
	not _isolated(direction)
	message := sprintf(
		"no network policy of namespace %q isolates the pod for %s",
		[data.soc2.lib.kubernetes.namespace, lower(direction)],
	)
}

deny contains {"message": message, "path": _labels_path} if {
	some direction in _parameters.directions
	some policy in _selecting
	_lets_everything_through(policy, direction)
	name := object.get(policy, ["metadata", "name"], "without a name")
	message := sprintf("network policy %v lets all %s traffic of the pod through", [name, lower(direction)])
}

unknown contains problem if some problem in data.soc2.lib.workload.problems

unknown contains {"message": "the network policies of the pod's namespace could not be read"} if not _policies

unknown contains {"message": "parameter directions or isolated_namespaces is not set"} if not _parameters

unknown contains {"message": "the pod's labels cannot be read", "path": _labels_path} if not _has_readable_labels

_has_readable_labels if {
	metadata := object.get(input.object, array.concat(data.soc2.lib.workload.template_path, ["metadata"]), null)
	type_name(metadata) in ["null", "object"]
	is_object(_labels)
	every value in _labels { is_string(value) }
}

unknown contains {"message": sprintf("network policy %v cannot be read", [name])} if {
	some policy in _policies
	not _well_formed(policy)
	name := object.get(policy, ["metadata", "name"], "without a name")
}

_parameters := parameters if {
	parameters := data.parameters["NET-05"]
	is_array(parameters.directions)
	is_array(parameters.isolated_namespaces)
}

_policies := kubernetes.neighbours("networking.k8s.io/NetworkPolicy")

_labels_path := array.concat(data.soc2.lib.workload.template_path, ["metadata", "labels"])

_labels := labels if {
	labels := object.get(input.object, _labels_path, null)
	labels != null
} else := {}

_selecting := [policy |
	some policy in _policies
	_well_formed(policy)
	selectors.matches(object.get(policy.spec, "podSelector", null), _labels)
]

_well_formed(policy) if {
	is_object(policy.spec)
	selectors.well_formed(object.get(policy.spec, "podSelector", null))
	every field in ["egress", "ingress", "policyTypes"] {
		type_name(object.get(policy.spec, field, null)) in ["array", "null"]
	}
}

_isolated(direction) if {
	some policy in _selecting
	_governs(policy.spec, direction)
}

_isolated(_) if data.soc2.lib.kubernetes.namespace in _parameters.isolated_namespaces

_governs(spec, direction) if direction in spec.policyTypes

# Without policyTypes a policy governs ingress, and egress where it has egress rules.
_governs(spec, "Ingress") if object.get(spec, "policyTypes", null) in [null, []]

_governs(spec, "Egress") if {
	object.get(spec, "policyTypes", null) in [null, []]
	count(spec.egress) > 0
}

_lets_everything_through(policy, direction) if {
	_governs(policy.spec, direction)
	rule := policy.spec[lower(direction)][_]
	_is_unrestricted(rule, _peers[direction])
}

_peers := {"Egress": "to", "Ingress": "from"}

_is_unrestricted(rule, _) if rule == null

_is_unrestricted(rule, peers) if {
	is_object(rule)
	_names_no_port(object.get(rule, "ports", null))
	_names_no_peer(object.get(rule, peers, null))
}

_names_no_port(ports) if ports in [null, []]

# A port entry without a port stands for every port of its protocol.
_names_no_port(ports) if {
	port := ports[_]
	object.get(port, "port", null) == null
}

_names_no_peer(peers) if peers in [null, []]

_names_no_peer(peers) if {
	peer := peers[_]
	peer.ipBlock.cidr in ["0.0.0.0/0", "::/0"]
	object.get(peer.ipBlock, "except", null) in [null, []]
}
