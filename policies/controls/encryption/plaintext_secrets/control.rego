# METADATA
# title: Manifests and changes hold no secrets in plain text
# description: |
#   No environment variable, command, argument or ConfigMap holds a credential: a token in a form its issuer is known
#   for, a private key, a password in a URL, or a literal given to a name such as DB_PASSWORD. A Secret kept in source
#   with its values, which base64 does not protect, is plain text too; a Secret on its way into the cluster is where
#   its values belong.
#
#   Of a pull request the lines that it adds are judged, by the same rules: what was there before or is taken out is
#   not the change's. In programs and prose a literal given to a name counts in quotation marks only, since anything
#   else is an expression there, and in files of tests (`fixture_paths`) only tokens of known forms count. GitHub
#   gives no patch of a binary file, which adds no lines, and none of a file that is too large: there the answer is
#   unknown, unless the file is one of `ignored_paths`, such as a lock file. A secret that
#   one commit adds and a later one of the same change takes out is not seen here. Messages name the file and the line,
#   never the value.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
#     description: Good practices for Kubernetes Secrets
# custom:
#   id: ENC-13
#   severity: critical
#   inputs:
#     - kind: pull_request
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
#     ignored_paths:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Globs of the changed files that are not searched at all, such as lock files and other generated ones.
#     fixture_paths:
#       type: array
#       items: {type: string, minLength: 1}
#       default:
#         - "{fixtures,test,testdata,tests,spec}/**"
#         - "**/{__tests__,fixtures,test,testdata,tests,spec}/**"
#         - "**/*{_test,.test,_spec,.spec}.*"
#       description: >-
#         Globs of the changed files whose literals are data of tests. Tokens of known forms are found there all the
#         same.
package soc2.encryption.plaintext_secrets

import rego.v1

import data.soc2.lib.diff
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

deny contains {"message": message, "path": ["files", "items", index, "patch"]} if {
	some index in _suspicious_files
	file := input.object.files.items[index]
	some added in diff.added(file.patch)
	some kind in secrets.tokens(added.text)
	message := sprintf("%s:%d holds %s", [file.path, added.line, kind])
}

deny contains {"message": message, "path": ["files", "items", index, "patch"]} if {
	some index in _suspicious_files - _fixtures
	file := input.object.files.items[index]
	some added in diff.added(file.patch)
	some name in _added_literals(file.path, added) - {ignored | some ignored in _ignored_names}
	message := sprintf("%s:%d has a literal for %q", [file.path, added.line, name])
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

unknown contains data.soc2.lib.pull_request.gaps.files if _is_change

# A binary file adds no lines.
unknown contains {"message": message, "path": ["files", "items", index]} if {
	some index in _searched_files
	file := input.object.files.items[index]
	not file.additions == 0
	not _is_whole(file)
	message := sprintf("the lines added to %s cannot be searched: GitHub gives no patch of them, or a part", [file.path])
}

unknown contains {"message": sprintf("parameter %s is not set", [name])} if {
	_is_change
	some name in ["fixture_paths", "ignored_paths"]
	not _parameters[name]
}

unknown contains {"message": "parameter ignored_names is not set"} if not _ignored_names

_parameters := data.parameters["ENC-13"]

_is_change if input.kind == "pull_request"

_searched_files contains index if {
	_is_change
	some index, file in input.object.files.items
	not data.soc2.lib.touched.matches(_parameters.ignored_paths, file.path)
}

_fixtures contains index if {
	some index in _suspicious_files
	data.soc2.lib.touched.matches(_parameters.fixture_paths, input.object.files.items[index].path)
}

_is_whole(file) if {
	diff.is_readable(file.patch)
	diff.additions(file.patch) >= file.additions
}

# All that the change adds, as one text: searching it once spares nearly every change the search of its files, and
# searching a patch once spares nearly every file the search of its lines.
_patches := json.marshal([file.patch | some file in input.object.files.items])

_suspicious_files contains index if {
	secrets.may_hold_a_token(_patches)
	some index in _searched_files
	secrets.may_hold_a_token(input.object.files.items[index].patch)
}

_suspicious_files contains index if {
	secrets.may_name_a_secret(_patches)
	some index in _searched_files
	secrets.may_name_a_secret(input.object.files.items[index].patch)
}

# The names of secrets that an added line gives a literal. A variable of a list may have its name on the line before.
_added_literals(path, added) := secrets.quoted(added.text) | _listed(added) if {
	_is_program(path)
} else := secrets.assigned(added.text) | _listed(added)

_listed(added) := names if {
	names := secrets.listed(added.text)
	count(names) > 0
} else := secrets.listed(concat("\n", [added.before, added.text])) if {
	contains(added.text, "value")
} else := set()

# Programs and prose, where what follows a name and a sign need not be a value.
_is_program(path) if {
	programs := `c|cc|clj|cpp|cs|dart|erl|exs?|fs|go|groovy|hs?|java|jl|[cm]?jsx?|kts?|lua|mm?|php|pl|py|rb?|rs|scala`
	others := `sol|sql|svelte|swift|[cm]?tsx?|vue|zig|adoc|html?|md|mdx|rego|rst|txt`
	regex.match(sprintf("[.](?:%s|%s)$", [programs, others]), path)
}

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
