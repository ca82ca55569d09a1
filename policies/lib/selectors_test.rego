package soc2.lib.selectors_test

import rego.v1

import data.soc2.lib.selectors

_labels := {"app": "web", "tier": "front", "empty": ""}

_requirement(key, operator, values) := {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}

test_allow_absent_and_empty_selectors_match_everything if {
	selectors.matches(null, _labels)
	selectors.matches({}, _labels)
	selectors.matches({"matchLabels": null, "matchExpressions": []}, {})
}

test_allow_labels if {
	selectors.matches({"matchLabels": {"app": "web", "tier": "front"}}, _labels)
	not selectors.matches({"matchLabels": {"app": "web", "tier": "back"}}, _labels)
	not selectors.matches({"matchLabels": {"team": "shop"}}, _labels)
}

test_allow_requirements if {
	selectors.matches(_requirement("app", "In", ["web", "api"]), _labels)
	selectors.matches(_requirement("app", "NotIn", ["api"]), _labels)
	selectors.matches(_requirement("empty", "Exists", null), _labels)
	selectors.matches(_requirement("team", "DoesNotExist", []), _labels)
}

test_allow_an_absent_label_is_in_no_list if {
	selectors.matches(_requirement("team", "NotIn", ["shop"]), _labels)
	not selectors.matches(_requirement("team", "In", ["shop"]), _labels)
}

test_deny_requirements_that_fail if {
	not selectors.matches(_requirement("app", "In", ["api"]), _labels)
	not selectors.matches(_requirement("app", "NotIn", ["web"]), _labels)
	not selectors.matches(_requirement("team", "Exists", []), _labels)
	not selectors.matches(_requirement("app", "DoesNotExist", []), _labels)
}

test_deny_every_part_must_match if {
	selector := object.union(_requirement("tier", "Exists", []), {"matchLabels": {"app": "api"}})
	not selectors.matches(selector, _labels)
}

test_unknown_malformed_selectors_match_nothing if {
	malformed := [
		"app=web",
		{"matchLabels": "app"},
		{"matchExpressions": {}},
		{"matchExpressions": ["app"]},
		_requirement("app", "Like", ["w"]),
		_requirement("app", "In", "web"),
		_requirement(7, "Exists", []),
	]
	every selector in malformed {
		not selectors.well_formed(selector)
		not selectors.matches(selector, _labels)
	}
}

test_unknown_labels_that_are_no_object_match_nothing if not selectors.matches({}, "app=web")
