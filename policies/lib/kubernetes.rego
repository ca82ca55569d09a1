# METADATA
# title: The set of manifests a Kubernetes object belongs to
# description: |
#   Finds the object's namespace and its siblings. A sibling kind that could not be read leaves these functions
#   undefined, which a control must turn into `unknown`.
# scope: package
package soc2.lib.kubernetes

import rego.v1

# An object without a namespace counts as in "default", cluster-scoped ones too.
namespace := "default" if {
	object.get(input.object, ["metadata", "namespace"], null) in ["", null]
} else := input.object.metadata.namespace if {
	is_string(input.object.metadata.namespace)
}

# The siblings of a resource in the object's own namespace.
neighbours(resource) := object.get(input.context.siblings[resource], namespace, [])

# The siblings of a resource in every namespace.
siblings(resource) := [document | document := input.context.siblings[resource][_][_]] if {
	input.context.siblings[resource]
}
