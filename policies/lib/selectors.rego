# METADATA
# title: Label selectors
# description: |
#   Evaluates a Kubernetes label selector, matchLabels and matchExpressions, against a set of labels. An absent or
#   empty selector selects everything; a malformed one selects nothing, and a control that relies on a selection
#   reports it as `unknown`.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
#     description: Labels and selectors
package soc2.lib.selectors

import rego.v1

matches(selector, _) if selector == null

matches(selector, labels) if {
	selector != null
	well_formed(selector)
	is_object(labels)
	not _fails_a_label(selector, labels)
	not _fails_a_requirement(selector, labels)
}

well_formed(selector) if selector == null

well_formed(selector) if {
	is_object(selector)
	type_name(object.get(selector, "matchLabels", null)) in ["null", "object"]
	type_name(object.get(selector, "matchExpressions", null)) in ["array", "null"]
	not _has_a_malformed_requirement(selector)
}

_has_a_malformed_requirement(selector) if {
	requirement := selector.matchExpressions[_]
	not _is_requirement(requirement)
}

_is_requirement(requirement) if {
	is_string(requirement.key)
	requirement.operator in ["In", "NotIn"]
	is_array(requirement.values)
}

_is_requirement(requirement) if {
	is_string(requirement.key)
	requirement.operator in ["DoesNotExist", "Exists"]
}

_fails_a_label(selector, labels) if {
	value := selector.matchLabels[key]
	not labels[key] == value
}

_fails_a_requirement(selector, labels) if {
	requirement := selector.matchExpressions[_]
	not _holds(requirement, labels)
}

_holds(requirement, labels) if {
	requirement.operator == "In"
	labels[requirement.key] in requirement.values
}

# A label that is absent is in no list of values.
_holds(requirement, labels) if {
	requirement.operator == "NotIn"
	not object.get(labels, requirement.key, null) in requirement.values
}

_holds(requirement, labels) if {
	requirement.operator == "Exists"
	requirement.key in object.keys(labels)
}

_holds(requirement, labels) if {
	requirement.operator == "DoesNotExist"
	not requirement.key in object.keys(labels)
}
