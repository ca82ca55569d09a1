# METADATA
# title: Manifests hold no secrets in plain text
# description: |
#   No environment variable, command, argument or ConfigMap holds a credential: a token in a form its issuer is known
#   for, a private key, a password in a URL, or a literal given to a name such as DB_PASSWORD. A Secret kept in source
#   with its values, which base64 does not protect, is plain text too; a Secret on its way into the cluster is where
#   its values belong.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
#     description: Good practices for Kubernetes Secrets
# custom:
#   id: ENC-13
#   severity: critical
#   inputs:
#     - kind: kubernetes
#       resources:
#         - ConfigMap
#         - Pod
#         - PodTemplate
#         - ReplicationController
#         - Secret
#         - apps/DaemonSet
#         - apps/Deployment
#         - apps/ReplicaSet
#         - apps/StatefulSet
#         - batch/CronJob
#         - batch/Job
#   frameworks: {soc2: [CC6.1, CC6.7, C1.1], iso27001: ["8.24", "5.17"]}
#   remediation: >-
#     Revoke the credential, keep its successor in a secret store, and refer to it by secretKeyRef, by an external or
#     sealed secret, or by a mounted file. Removing it from the file does not remove it from the history.
#   sensitive: true
#   parameters:
#     ignored_names:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Names of variables, keys and flags, exactly as written, whose literals are no secrets. Tokens of known forms
#         are found under these names all the same.
package soc2.encryption.plaintext_secrets

import rego.v1

import data.soc2.lib.secrets
import data.soc2.lib.workload

default applicable := true

# Admission sees Secrets on their way into the cluster.
applicable := false if {
	input.resource == "Secret"
	input.request
}

_is_workload if not input.resource in ["ConfigMap", "Secret"]

deny contains {"message": message, "path": workload.place(container, entry.path)} if {
	_is_suspicious
	some container in data.soc2.lib.workload.containers
	some entry in _entries(container.spec)
	some kind in secrets.tokens(entry.value)
	message := sprintf("%s holds %s in %s", [workload.label(container), kind, entry.place])
}

deny contains {"message": message, "path": workload.place(container, entry.path)} if {
	_is_suspicious
	some container in data.soc2.lib.workload.containers
	some entry in _entries(container.spec)
	some name in _named_literals(entry)
	message := sprintf("%s has a literal for %q in %s", [workload.label(container), name, entry.place])
}

deny contains {"message": sprintf("key %q holds %s", [key, kind]), "path": [field, key]} if {
	input.resource == "ConfigMap"
	some field in ["binaryData", "data"]
	value := input.object[field][key]
	is_string(value)
	some kind in secrets.tokens(value)
}

deny contains {"message": message, "path": ["data", key]} if {
	input.resource == "ConfigMap"
	value := input.object.data[key]
	is_string(value)
	some name in _named_literals({"name": _variable(key, value), "value": value})
	message := sprintf("key %q has a literal for %q", [key, name])
}

deny contains {"message": message, "path": [field, key]} if {
	input.resource == "Secret"
	not input.request
	some field in ["data", "stringData"]
	value := input.object[field][key]
	is_string(value)
	is_string(key)
	not key in ["ca.crt", "tls.crt", "username"]
	secrets.is_filled_in(value)
	message := sprintf("the Secret is kept in source with its value for key %q", [key])
}

unknown contains problem if {
	_is_workload
	some problem in data.soc2.lib.workload.problems
}

unknown contains {"message": message, "path": workload.place(container, path)} if {
	some container in data.soc2.lib.workload.containers
	some path in _unreadable_entries(container.spec)
	message := sprintf("%s of %s cannot be read", [path[0], workload.label(container)])
}

unknown contains {"message": sprintf("%s cannot be read", [field]), "path": [field]} if {
	not _is_workload
	not input.request
	some field in ["binaryData", "data", "stringData"]
	not _is_map_of_strings(object.get(input.object, field, null))
}

unknown contains {"message": "parameter ignored_names is not set"} if not _ignored_names

_ignored_names := names if {
	names := data.parameters["ENC-13"].ignored_names
	is_array(names)
}

# Everything that the containers hold, as one text: searching it once spares nearly every workload the searches below.
_text := json.marshal([object.filter(container.spec, ["args", "command", "env"]) |
	some container in data.soc2.lib.workload.containers
])

_is_suspicious if secrets.may_hold_a_token(_text)

_is_suspicious if secrets.may_name_a_secret(_text)

# Every text of a container: where it is, the name it is given and the value.
_entries(container) := {{"path": ["env", index, "value"], "place": place, "name": name, "value": entry.value} |
	entry := container.env[index]
	is_string(entry.value)
	name := object.get(entry, "name", "")
	place := sprintf("environment variable %v", [name])
} | {{"path": [field, index], "place": field, "name": _flag_before(container[field], index), "value": value} |
	some field in ["args", "command"]
	value := container[field][index]
	is_string(value)
}

# The flag that an argument is the value of: --password is followed by one.
_flag_before(arguments, index) := trim_left(arguments[index - 1], "-") if {
	regex.match(`^--?[A-Za-z][A-Za-z0-9_.-]*$`, arguments[index - 1])
	not startswith(arguments[index], "-")
} else := ""

# The names of secrets that get a literal: the name of the text, and names that the text itself gives one.
_named_literals(entry) := ({entry.name | _gives_a_literal(entry)} | secrets.assigned(entry.value)) - {name |
	some name in _ignored_names
}

_gives_a_literal(entry) if {
	secrets.is_secret_name(entry.name)
	secrets.is_literal(entry.value)
	secrets.tokens(entry.value) == set()
}

# A key of a ConfigMap is a variable, or else the name of a file.
_variable(key, value) := key if {
	not contains(value, "\n")
	not regex.match(`[.](cfg|conf|crt|env|html?|ini|js|json|md|pem|properties|py|sh|sql|tmpl|toml|txt|xml|ya?ml)$`, key)
} else := ""

_unreadable_entries(container) := {[field] |
	some field, value in object.filter(container, ["args", "command", "env"])
	not type_name(value) in ["array", "null"]
} | {["env", index] |
	entry := container.env[index]
	not entry.name
} | {["env", index, "value"] |
	value := container.env[index].value
	not is_string(value)
	value != null
} | {[field, index] |
	some field in ["args", "command"]
	value := container[field][index]
	not is_string(value)
}

_is_map_of_strings(value) if value == null

_is_map_of_strings(value) if {
	is_object(value)
	every element in value { is_string(element) }
}
