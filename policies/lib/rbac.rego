# METADATA
# title: RBAC roles and bindings
# description: |
#   Reads the rules of a Role or ClusterRole and the subjects of a RoleBinding or ClusterRoleBinding the way the
#   authorizer of Kubernetes does, and names what it cannot read. A control hands on `problems` as `unknown`.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
#     description: Using RBAC authorization
package soc2.lib.rbac

import rego.v1

is_binding if input.resource in [
	"rbac.authorization.k8s.io/ClusterRoleBinding",
	"rbac.authorization.k8s.io/RoleBinding",
]

is_cluster_wide if startswith(input.resource, "rbac.authorization.k8s.io/Cluster")

# The object as lists of allowed roles and bindings name it: the kind, a namespace if it has one, and the name.
identity := sprintf("%s/%s", [input.object.kind, input.object.metadata.name]) if {
	is_cluster_wide
} else := sprintf("%s/%s/%s", [input.object.kind, data.soc2.lib.kubernetes.namespace, input.object.metadata.name])

# The rules of a role, by index.
rules := {index: rule |
	not is_binding
	is_array(input.object.rules)
	rule := input.object.rules[index]
}

# The subjects of a binding, by index, as lists of allowed subjects name them.
subjects := {index: sprintf("%s/%s", [subject.kind, name]) |
	is_binding
	subject := input.object.subjects[index]
	_is_readable_subject(subject)
	name := concat("/", [part | some part in [_subject_namespace(subject), subject.name]; part != ""])
}

_subject_namespace(subject) := "" if {
	subject.kind != "ServiceAccount"
} else := namespace if {
	namespace := object.get(subject, "namespace", "")
	not namespace in ["", null]
} else := "" if {
	is_cluster_wide
} else := data.soc2.lib.kubernetes.namespace

# Whether a rule lets its holder use one of the verbs on the resource of an API group; "*" stands for all of a list.
grants(rule, group, resource, verbs) if {
	rule.apiGroups[_] in ["*", group]
	_covers(rule.resources[_], resource)
	rule.verbs[_] in array.concat(["*"], verbs)
}

_covers(granted, resource) if granted in ["*", "*/*", resource]

# "*/exec" is the exec subresource of every resource.
_covers(granted, resource) if {
	parts := split(resource, "/")
	granted == sprintf("*/%s", [parts[1]])
}

# Whether a rule is limited to objects it names. The empty name is that of requests without a name, such as lists.
is_limited_to_names(rule) if {
	is_array(rule.resourceNames)
	rule.resourceNames != []
	not "" in rule.resourceNames
}

problems contains {"message": "the object has no name", "path": ["metadata"]} if {
	not is_string(object.get(input.object, ["metadata", "name"], null))
}

problems contains {"message": sprintf("%s is not a list", [field]), "path": [field]} if {
	some field in ["rules", "subjects"]
	not type_name(object.get(input.object, field, null)) in ["array", "null"]
}

problems contains {"message": sprintf("rule %d cannot be read", [index + 1]), "path": ["rules", index]} if {
	some index, rule in rules
	not _is_readable_rule(rule)
}

problems contains {"message": sprintf("subject %d cannot be read", [index + 1]), "path": ["subjects", index]} if {
	is_binding
	is_array(input.object.subjects)
	subject := input.object.subjects[index]
	not _is_readable_subject(subject)
}

problems contains {"message": "the roleRef cannot be read", "path": ["roleRef"]} if {
	is_binding
	not _is_readable_role_ref(object.get(input.object, "roleRef", null))
}

_is_readable_rule(rule) if {
	is_object(rule)
	every field in ["apiGroups", "nonResourceURLs", "resourceNames", "resources", "verbs"] {
		_is_list_of_strings(object.get(rule, field, null))
	}
}

_is_list_of_strings(value) if value == null

_is_list_of_strings(value) if {
	is_array(value)
	every element in value { is_string(element) }
}

_is_readable_subject(subject) if {
	subject.kind in ["Group", "ServiceAccount", "User"]
	is_string(subject.name)
	subject.name != ""
	type_name(object.get(subject, "namespace", null)) in ["null", "string"]
}

_is_readable_role_ref(reference) if {
	reference.kind == "ClusterRole"
	is_string(reference.name)
	reference.name != ""
}

_is_readable_role_ref(reference) if {
	reference.kind == "Role"
	not is_cluster_wide
	is_string(reference.name)
	reference.name != ""
}
