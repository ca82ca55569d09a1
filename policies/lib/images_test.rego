package soc2.lib.images_test

import rego.v1

import data.soc2.lib.images

_digest := "sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d"

_uses(image) := uses if {
	uses := images.uses with input as {
		"resource": "Pod",
		"object": {"spec": {"containers": [{"name": "web", "image": image}]}},
	}
}

test_allow_parts_of_a_reference if {
	images_to_parse := ["nginx", "reg.io:5000/a/b-c:1.0", "a/b", concat("@", ["a:1", _digest])]
	parts := {image: _uses(image)[0].parts | some image in images_to_parse}
	parts == {
		"a/b": ["a/b", "a", "b", "", ""],
		"nginx": ["nginx", "", "nginx", "", ""],
		"reg.io:5000/a/b-c:1.0": ["reg.io:5000/a/b-c:1.0", "reg.io:5000", "a/b-c", "1.0", ""],
		concat("@", ["a:1", _digest]): [concat("@", ["a:1", _digest]), "", "a", "1", _digest],
	}
}

test_allow_repository_names_its_registry if {
	repositories := {image: images.repository(_uses(image)[0]) |
		some image in [
			"nginx:1",
			"acme/web",
			"a_b/web",
			"docker.io/nginx",
			"index.docker.io/acme/web",
			"reg.io/web",
			"REG.io/web",
			"reg:5000/web",
			"localhost/web",
			"LAN/web",
		]
	}
	repositories == {
		"nginx:1": "docker.io/library/nginx",
		"acme/web": "docker.io/acme/web",
		"a_b/web": "docker.io/a_b/web",
		"docker.io/nginx": "docker.io/library/nginx",
		"index.docker.io/acme/web": "docker.io/acme/web",
		"reg.io/web": "reg.io/web",
		"REG.io/web": "reg.io/web",
		"reg:5000/web": "reg:5000/web",
		"localhost/web": "localhost/web",
		"LAN/web": "lan/web",
	}
}

test_allow_image_volumes_are_in_use_too if {
	spec := {"containers": [], "volumes": [{"emptyDir": {}}, {"name": "model", "image": {"reference": "acme/model"}}]}
	uses := images.uses with input as {"resource": "Pod", "object": {"spec": spec}}
	uses == [{"volume": 1, "image": "acme/model", "parts": ["acme/model", "acme", "model", "", ""]}]
	images.label(uses[0]) == "volume number 2"
	place := images.place(uses[0]) with input as {"resource": "Pod"}
	place == ["spec", "volumes", 1, "image", "reference"]
}

test_unknown_references_that_do_not_parse if {
	every image in ["", "Nginx", "reg.io/a/../b", "reg.io//a", "reg.io/a:${TAG}", "a b", "nginx:", "-a", 7, null] {
		uses := _uses(image)
		problem := images.problem(uses[0]) with input as {"resource": "Pod"}
		problem == {
			"message": `container "web" has no image reference that can be read`,
			"path": ["spec", "containers", 0, "image"],
		}
	}
}

test_allow_no_problem_with_what_parses if not images.problem(_uses("nginx")[0])
