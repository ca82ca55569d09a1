# METADATA
# title: The image references of a workload
# description: |
#   Splits every image that a pod runs or mounts into registry, repository, tag and digest by the grammar of the
#   distribution project, with the names of Docker Hub written out: `nginx` is `docker.io/library/nginx`. A reference
#   that is missing or does not parse, a template's placeholder for instance, is a problem for the control to report as
#   `unknown`.
# scope: package
# related_resources:
#   - ref: https://github.com/distribution/reference/blob/main/reference.go
#     description: The grammar of image references
package soc2.lib.images

import rego.v1

import data.soc2.lib.workload

# Every image in use: who uses it, what the document says, and its parts: the whole, the host (or first component), the
# path, the tag and the digest, "" where absent. What does not parse has no parts.
uses := array.concat(
	[{"container": container, "image": image, "parts": _parse(image)} |
		some container in data.soc2.lib.workload.containers
		image := object.get(container.spec, "image", null)
	],
	[{"volume": index, "image": image, "parts": _parse(image)} |
		source := data.soc2.lib.workload.pod_spec.volumes[index].image
		source != null
		image := object.get(source, "reference", null)
	],
)

# The problem with an image that does not parse.
problem(use) := {"message": message, "path": place(use)} if {
	use.parts == []
	message := sprintf("%s has no image reference that can be read", [label(use)])
}

label(use) := workload.label(use.container) if {
	use.container
} else := sprintf("volume number %d", [use.volume + 1])

place(use) := workload.place(use.container, ["image"]) if {
	use.container
} else := workload.pod_place(["volumes", use.volume, "image", "reference"])

# The repository with its registry, written out: docker.io/library/nginx.
repository(use) := concat("/", [lower(host), path]) if {
	[_, host, path, _, _] := use.parts
	_is_registry(host)
	not lower(host) in _docker_hub
} else := concat("/", ["docker.io", name]) if {
	name := _name_on_docker_hub(use.parts)
	contains(name, "/")
} else := concat("/", ["docker.io/library", use.parts[2]])

_name_on_docker_hub(parts) := parts[2] if {
	lower(parts[1]) in _docker_hub
} else := concat("/", [parts[1], parts[2]])

_docker_hub := ["", "docker.io", "index.docker.io"]

_parse(image) := array.concat(regex.find_all_string_submatch_n(grammar, image, 1), [[]])[0] if {
	is_string(image)
	grammar := concat("", [
		`^(?:([a-zA-Z0-9.-]+(?::[0-9]+)?)/)?`,
		`([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)`,
		`(?::([a-zA-Z0-9_][a-zA-Z0-9_.-]*))?(?:@([a-z0-9]+:[a-zA-Z0-9]+))?$`,
	])
} else := []

# The first component of a reference is a host only where it could not be a path.
_is_registry(host) if regex.match(`[.:A-Z]|^localhost$`, host)
