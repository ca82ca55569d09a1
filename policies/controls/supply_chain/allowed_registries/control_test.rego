package soc2.supply_chain.allowed_registries_test

import rego.v1

import data.soc2.supply_chain.allowed_registries

_parameters := {"SUP-01": {"allowed_registries": ["registry.example.com/shop", "docker.io/library", "mirror:5000"]}}

_pod(image) := {"resource": "Pod", "object": {"spec": {"containers": [{"name": "web", "image": image}]}}}

_fault(repository) := {{
	"message": sprintf(`container "web" uses %q, which is in no allowed registry`, [repository]),
	"path": ["spec", "containers", 0, "image"],
}}

test_allow_listed_registries if {
	every image in ["registry.example.com/shop/web:1", "registry.example.com/shop", "nginx", "mirror:5000/a/b/c"] {
		allowed_registries.deny == set() with input as _pod(image) with data.parameters as _parameters
		allowed_registries.unknown == set() with input as _pod(image) with data.parameters as _parameters
	}
	allowed_registries.applicable with input as _pod("nginx")
}

test_deny_lookalikes if {
	every image in [
		"registry.example.com.evil.net/shop/web",
		"registry.example.com/shop-evil/web",
		"registry.example.com/shopping",
		"registry.example.com:5000/shop/web",
		"evil.net/registry.example.com/shop/web",
		"mirror:50000/web",
	] {
		allowed_registries.deny == _fault(image) with input as _pod(image) with data.parameters as _parameters
	}
	allowed_registries.deny == _fault("docker.io/acme/nginx") with input as _pod("acme/nginx")
		with data.parameters as _parameters
}

test_unknown_parameter_missing if {
	allowed_registries.deny == set() with input as _pod("evil.net/web") with data.parameters as {"SUP-01": {}}
	allowed_registries.unknown == {{
		"message": "parameter allowed_registries is not set",
	}} with input as _pod("evil.net/web") with data.parameters as {"SUP-01": {}}
}

test_unknown_image_that_does_not_parse if {
	allowed_registries.deny == set() with input as _pod("$(IMAGE)") with data.parameters as _parameters
	allowed_registries.unknown == {{
		"message": `container "web" has no image reference that can be read`,
		"path": ["spec", "containers", 0, "image"],
	}} with input as _pod("$(IMAGE)") with data.parameters as _parameters
}

test_unknown_containers_missing if {
	allowed_registries.unknown == {{
		"message": "the pod lists no containers",
		"path": ["spec", "containers"],
	}} with input as {"resource": "Pod", "object": {"spec": {}}} with data.parameters as _parameters
}
