package soc2.lib.kubernetes_test

import rego.v1

import data.soc2.lib.kubernetes

_policies := {"networking.k8s.io/NetworkPolicy": {"shop": [{"a": 1}], "default": [{"b": 2}, {"c": 3}]}}

test_allow_namespace_of_the_object if {
	kubernetes.namespace == "shop" with input as {"object": {"metadata": {"namespace": "shop"}}}
}

test_allow_no_namespace_is_the_default_one if {
	every metadata in [{}, {"namespace": ""}, {"namespace": null}] {
		kubernetes.namespace == "default" with input as {"object": {"metadata": metadata}}
	}
}

test_unknown_namespace_that_is_no_string if {
	not kubernetes.namespace with input as {"object": {"metadata": {"namespace": 7}}}
	not kubernetes.neighbours("networking.k8s.io/NetworkPolicy") with input as {
		"object": {"metadata": {"namespace": 7}},
		"context": {"siblings": _policies},
	}
}

test_allow_neighbours_are_of_the_same_namespace if {
	neighbours := kubernetes.neighbours("networking.k8s.io/NetworkPolicy") with input as {
		"object": {"metadata": {"namespace": "shop"}},
		"context": {"siblings": _policies},
	}
	neighbours == [{"a": 1}]
}

test_allow_no_neighbours_in_an_empty_namespace if {
	neighbours := kubernetes.neighbours("networking.k8s.io/NetworkPolicy") with input as {
		"object": {"metadata": {"namespace": "other"}},
		"context": {"siblings": _policies},
	}
	neighbours == []
}

test_allow_siblings_are_of_every_namespace if {
	siblings := kubernetes.siblings("networking.k8s.io/NetworkPolicy") with input as {
		"object": {},
		"context": {"siblings": _policies},
	}
	siblings == [{"b": 2}, {"c": 3}, {"a": 1}]
}

test_unknown_siblings_that_were_not_read if {
	not kubernetes.siblings("ServiceAccount") with input as {"object": {}, "context": {"siblings": _policies}}
	not kubernetes.neighbours("ServiceAccount") with input as {"object": {}, "context": {"siblings": _policies}}
}
