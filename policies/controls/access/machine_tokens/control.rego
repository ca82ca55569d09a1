# METADATA
# title: Pods and workflows hold only the machine tokens they ask for
# description: |
#   No pod gets a token of its namespace's default service account, which every workload there shares, and no pod gets
#   a token because nobody said no: the pod, or the service account of its own, sets automountServiceAccountToken. The
#   pod's setting overrides the account's. Each job of a workflow gets a token with the permissions that it or its
#   workflow declares, which are not all of them: where none are declared, a setting elsewhere decides.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
#     description: How pods get the token of a service account
#   - ref: https://docs.github.com/en/actions/concepts/security/github_token
#     description: The token of a workflow
# custom:
#   id: ACC-19
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
#       context: [ServiceAccount]
#     - kind: github_workflow
#   frameworks: {soc2: [CC6.1, CC6.2, CC6.3], iso27001: ["5.15", "5.18", "8.2"]}
#   remediation: >-
#     Set automountServiceAccountToken to false on the pod. A pod that calls the Kubernetes API gets a service account
#     of its own and sets automountServiceAccountToken to true. Declare the permissions of the workflow, {} for none,
#     and those that a job needs on the job.
package soc2.access.machine_tokens

import rego.v1

import data.soc2.lib.kubernetes
import data.soc2.lib.workflow_file
import data.soc2.lib.workload

default applicable := true

# The definition of an action has the token of whoever uses it.
applicable := false if {
	_is_github
	not workflow_file.is_workflow
}

_is_github if input.kind == "github_workflow"

deny contains {"message": message, "path": workload.pod_place(["automountServiceAccountToken"])} if {
	not _is_github
	message := _judgement.fault
}

# A projected token is asked for, but the default account must have none to give.
deny contains {"message": message, "path": path} if {
	token := data.soc2.lib.workload.pod_spec.volumes[volume].projected.sources[source].serviceAccountToken
	token != null
	_account == "default"
	message := "the pod projects a token of the default service account"
	path := workload.pod_place(["volumes", volume, "projected", "sources", source])
}

unknown contains problem if {
	not _is_github
	some problem in data.soc2.lib.workload.problems
}

unknown contains {"message": message, "path": workload.pod_place(["automountServiceAccountToken"])} if {
	not _is_github
	message := _judgement.doubt
}

unknown contains {"message": message, "path": workload.pod_place(["volumes", index, "projected"])} if {
	projection := data.soc2.lib.workload.pod_spec.volumes[index].projected
	projection != null
	not _is_readable_projection(projection)
	message := "a projected volume of the pod cannot be read"
}

_is_readable_projection(projection) if {
	is_array(projection.sources)
	every source in projection.sources { is_object(source) }
}

unknown contains {"message": "the name of the service account cannot be read", "path": workload.pod_place([])} if {
	not _is_github
	name := _account
	not is_string(name)
}

# `serviceAccount` is the older name of the field, which Kubernetes still reads.
_account := array.concat(names, ["default"])[0] if {
	pod := data.soc2.lib.workload.pod_spec
	names := [name |
		some field in ["serviceAccountName", "serviceAccount"]
		name := pod[field]
		not name in ["", null]
	]
}

# What mounts the token of the pod's account: the pod says, else the account, else it is mounted.
_judgement := {} if {
	data.soc2.lib.workload.pod_spec.automountServiceAccountToken == false
} else := _judgement_of_request if {
	data.soc2.lib.workload.pod_spec.automountServiceAccountToken == true
} else := {"doubt": "the pod's automountServiceAccountToken is neither true nor false"} if {
	data.soc2.lib.workload.pod_spec.automountServiceAccountToken != null
} else := _judgement_of_account(settings) if {
	is_string(_account)
	accounts := kubernetes.neighbours("ServiceAccount")
	settings := {object.get(account, "automountServiceAccountToken", null) |
		some account in accounts
		account.metadata.name == _account
	}
} else := {"doubt": "the service accounts of the pod's namespace could not be read"} if {
	is_string(_account)
}

_judgement_of_request := {"fault": "the pod mounts a token of the default service account"} if {
	_account == "default"
} else := {}

# Every service account of the name in the set of manifests: usually one, or none.
_judgement_of_account(settings) := {} if {
	settings == {false}
} else := {"doubt": sprintf("automountServiceAccountToken of account %q is neither true nor false", [_account])} if {
	settings - {false, null, true} != set()
} else := {"fault": "the pod mounts a token of the default service account"} if {
	_account == "default"
} else := {"doubt": sprintf("service account %q, which may mount its token, was not found", [_account])} if {
	settings == set()
} else := {"fault": sprintf("the pod mounts a token of service account %q that nobody asked for", [_account])} if {
	null in settings
} else := {}

# The permissions that a workflow and its jobs declare, by their place.
_declared[["permissions"]] := input.object.permissions if _is_github

_declared[["jobs", name, "permissions"]] := job.permissions if {
	_is_github
	some name, job in workflow_file.jobs
}

deny contains {"message": "the token may write everything", "path": path} if {
	some path, permissions in _declared
	permissions == "write-all"
}

deny contains {"message": message, "path": ["jobs", name]} if {
	_is_github
	not "permissions" in object.keys(input.object)
	some name, job in workflow_file.jobs
	not "permissions" in object.keys(job)
	message := sprintf("neither job %q nor its workflow declares the permissions of its token", [name])
}

unknown contains {"message": "the permissions of the token cannot be read", "path": path} if {
	some path, permissions in _declared
	not _are_permissions(permissions)
}

# An empty value is none: GitHub refuses it.
_are_permissions(permissions) if permissions in {"read-all", "write-all"}

_are_permissions(permissions) if is_object(permissions)

unknown contains problem if {
	_is_github
	some problem in workflow_file.problems
}
