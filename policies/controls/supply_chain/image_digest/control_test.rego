package soc2.supply_chain.image_digest_test

import rego.v1

import data.soc2.supply_chain.image_digest

_digest := "sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d"

_pod(image) := {"resource": "Pod", "object": {"spec": {"containers": [{"name": "web", "image": image}]}}}

_fault(message) := {{
	"message": sprintf(`container "web" uses %s`, [message]),
	"path": ["spec", "containers", 0, "image"],
}}

test_allow_digest if {
	every name in ["nginx", "nginx:1.29", "nginx:latest", "registry.example.com:5000/shop/web:1"] {
		image_digest.deny == set() with input as _pod(concat("@", [name, _digest]))
		image_digest.unknown == set() with input as _pod(concat("@", [name, _digest]))
	}
	image_digest.applicable with input as _pod("nginx")
}

test_deny_each_reason if {
	image_digest.deny == _fault(`"nginx", which has no tag and so means latest`) with input as _pod("nginx")
	image_digest.deny == _fault(`"nginx:latest", whose tag latest is meant to move`) with input as _pod("nginx:latest")
	image_digest.deny == _fault(`"nginx:1", whose tag can be moved to another image`) with input as _pod("nginx:1")
	image_digest.deny == _fault(
		`"nginx@sha256:abcd", whose digest is not a sha256 digest`,
	) with input as _pod("nginx@sha256:abcd")
}

test_deny_port_is_no_tag if {
	image_digest.deny == _fault(
		`"registry.example.com:5000/web", which has no tag and so means latest`,
	) with input as _pod("registry.example.com:5000/web")
}

test_unknown_image_missing if {
	image_digest.deny == set() with input as _pod(null)
	image_digest.unknown == {{
		"message": `container "web" has no image reference that can be read`,
		"path": ["spec", "containers", 0, "image"],
	}} with input as _pod(null)
}

test_unknown_containers_missing if {
	image_digest.unknown == {{
		"message": "the pod lists no containers",
		"path": ["spec", "containers"],
	}} with input as {"resource": "Pod", "object": {"spec": {}}}
}
