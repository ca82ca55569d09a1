# METADATA
# title: Images come from allowed registries
# description: |
#   Every image a pod runs or mounts comes from a registry, or a path of one, that the organisation allows. An allowed
#   path matches whole components: registry.example.com/shop allows registry.example.com/shop/app, neither
#   registry.example.com.evil.net/shop/app nor registry.example.com/shop-evil/app. An image without a registry comes
#   from docker.io.
# scope: package
# custom:
#   id: SUP-01
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
#   frameworks: {soc2: [CC6.8, CC7.1, CC9.2], iso27001: ["8.7", "8.8", "5.21"]}
#   remediation: Copy the image to an allowed registry and use it from there, or have the registry allowed.
#   parameters:
#     allowed_registries:
#       type: array
#       items:
#         type: string
#         pattern: '^((localhost|[a-z0-9-]+([.][a-z0-9-]+)+)(:[0-9]+)?|[a-z0-9-]+:[0-9]+)(/[a-z0-9][a-z0-9._-]*)*$'
#       minItems: 1
#       uniqueItems: true
#       description: >-
#         Registries, or paths of registries, that images may come from: a host, its port where it has one, and path
#         components. Docker Hub is docker.io, its official images docker.io/library.
package soc2.supply_chain.allowed_registries

import rego.v1

import data.soc2.lib.images

default applicable := true

deny contains {"message": message, "path": images.place(use)} if {
	_allowed
	some use in data.soc2.lib.images.uses
	use.parts != []
	repository := images.repository(use)
	not _is_allowed(repository)
	message := sprintf("%s uses %q, which is in no allowed registry", [images.label(use), repository])
}

unknown contains problem if some problem in data.soc2.lib.workload.problems

unknown contains problem if {
	some use in data.soc2.lib.images.uses
	problem := images.problem(use)
}

unknown contains {"message": "parameter allowed_registries is not set"} if not _allowed

_allowed := entries if {
	entries := data.parameters["SUP-01"].allowed_registries
	is_array(entries)
}

_is_allowed(repository) if {
	some entry in _allowed
	startswith(concat("", [repository, "/"]), concat("", [entry, "/"]))
}
