# METADATA
# title: Images are pinned by digest
# description: |
#   Every image a pod runs or mounts is named by its sha256 digest, so that what was reviewed and scanned is what runs.
#   A tag can be moved to another image, `latest` (or no tag at all) is meant to move.
# scope: package
# custom:
#   id: SUP-02
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
#   frameworks: {soc2: [CC6.8, CC7.1], iso27001: ["8.7", "8.8", "8.9"]}
#   remediation: Name the image as repository:tag@sha256:digest; the tag then only tells people which version it is.
package soc2.supply_chain.image_digest

import rego.v1

import data.soc2.lib.images

default applicable := true

deny contains {"message": message, "path": images.place(use)} if {
	some use in data.soc2.lib.images.uses
	[_, _, _, tag, digest] := use.parts
	not regex.match(`^sha256:[0-9a-f]{64}$`, digest)
	message := sprintf("%s uses %q, %s", [images.label(use), use.image, _reason(tag, digest)])
}

unknown contains problem if some problem in data.soc2.lib.workload.problems

unknown contains problem if {
	some use in data.soc2.lib.images.uses
	problem := images.problem(use)
}

_reason(tag, digest) := "whose digest is not a sha256 digest" if {
	digest != ""
} else := "which has no tag and so means latest" if {
	tag == ""
} else := "whose tag latest is meant to move" if {
	tag == "latest"
} else := "whose tag can be moved to another image"
