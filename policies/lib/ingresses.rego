# METADATA
# title: TLS of an Ingress
# description: |
#   Tells which hosts an Ingress serves without TLS. An entry of spec.tls with a certificate and without hosts stands
#   for every host, a wildcard for one label, and a certificate that an annotation gives to a cloud's load balancer for
#   every host.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
#     description: TLS of an Ingress
package soc2.lib.ingresses

import rego.v1

# What an Ingress serves in the clear, as findings.
faults(ingress) := union({
	{{"message": message, "path": host.path} |
		not _has_certificate_annotation(ingress)
		some host in _hosts(ingress.spec)
		not _is_covered(host.name, ingress.spec)
		message := sprintf("the Ingress serves %s without TLS", [_described(host.name)])
	},
	{{"message": message, "path": ["metadata", "annotations", name]} |
		some name in _redirect_annotations
		ingress.metadata.annotations[name] in ["False", "FALSE", "false"]
		message := sprintf("the Ingress serves HTTP beside HTTPS: annotation %s is false", [name])
	},
	{{"message": message, "path": ["metadata", "annotations", "alb.ingress.kubernetes.io/listen-ports"]} |
		annotations := ingress.metadata.annotations
		contains(annotations["alb.ingress.kubernetes.io/listen-ports"], `"HTTP"`)
		object.get(annotations, "alb.ingress.kubernetes.io/ssl-redirect", "") == ""
		message := "the Ingress listens for HTTP and does not redirect to HTTPS"
	},
})

# What hides the hosts an Ingress serves or covers, as findings.
doubts(ingress) := {{"message": "the Ingress has no rules that can be read", "path": ["spec", "rules"]} |
	not _is_readable(object.get(ingress, "spec", null))
} | {{"message": "the annotations of the Ingress cannot be read", "path": ["metadata", "annotations"]} |
	not _has_readable_annotations(ingress)
}

_has_readable_annotations(ingress) if {
	type_name(object.get(ingress, "metadata", null)) in ["null", "object"]
	object.get(ingress, ["metadata", "annotations"], null) == null
}

_has_readable_annotations(ingress) if {
	is_object(ingress.metadata.annotations)
	every value in ingress.metadata.annotations { is_string(value) }
}

_is_readable(spec) if {
	count(_hosts(spec)) > 0
	type_name(object.get(spec, "rules", null)) in ["array", "null"]
	type_name(object.get(spec, "tls", null)) in ["array", "null"]
	not _has_an_unreadable_element(spec)
}

_has_an_unreadable_element(spec) if {
	some field in ["rules", "tls"]
	element := spec[field][_]
	not is_object(element)
}

# A rule without a host, and the default backend, serve every host: the name "".
_hosts(spec) := {{"name": _host(rule), "path": ["spec", "rules", index, "host"]} |
	rule := spec.rules[index]
} | {{"name": "", "path": ["spec", "defaultBackend"]} |
	spec.defaultBackend != null
}

_host(rule) := rule.host if {
	is_string(rule.host)
} else := ""

_is_covered(_, spec) if {
	entry := spec.tls[_]
	is_string(entry.secretName)
	object.get(entry, "hosts", null) in [null, []]
}

_is_covered(name, spec) if name in spec.tls[_].hosts

_is_covered(name, spec) if {
	contains(name, ".")
	concat("", ["*", substring(name, indexof(name, "."), -1)]) in spec.tls[_].hosts
}

_described(name) := sprintf("host %q", [name]) if {
	name != ""
} else := "every other host"

_has_certificate_annotation(ingress) if {
	some name in [
		"alb.ingress.kubernetes.io/certificate-arn",
		"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
		"ingress.gcp.kubernetes.io/pre-shared-cert",
		"networking.gke.io/managed-certificates",
	]
	value := ingress.metadata.annotations[name]
	not value in ["", null]
}

# Controllers redirect hosts with TLS to HTTPS unless one of these says not to.
_redirect_annotations := [
	"haproxy-ingress.github.io/ssl-redirect",
	"haproxy.org/ssl-redirect",
	"ingress.kubernetes.io/ssl-redirect",
	"nginx.ingress.kubernetes.io/ssl-redirect",
]
