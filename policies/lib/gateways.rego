# METADATA
# title: TLS of gateways
# description: |
#   Tells which listeners of a Gateway of the Gateway API, and which servers of a Gateway of Istio, accept traffic in
#   the clear. Plain HTTP is accepted where it only redirects to HTTPS.
# scope: package
# related_resources:
#   - ref: https://gateway-api.sigs.k8s.io/guides/tls/
#     description: TLS of the Gateway API
#   - ref: https://istio.io/latest/docs/reference/config/networking/gateway/
#     description: Gateway of Istio
package soc2.lib.gateways

import rego.v1

import data.soc2.lib.kubernetes

# What a Gateway of the Gateway API accepts in the clear, as findings.
faults(gateway) := union({
	{{"message": message, "path": ["spec", "listeners", index, "protocol"]} |
		listener := gateway.spec.listeners[index]
		listener.protocol == "HTTP"
		routes := _routes(gateway, listener)
		not _only_redirects(routes)
		message := sprintf("listener %v accepts plain HTTP and does more than redirect to HTTPS", [listener.name])
	},
	{{"message": message, "path": ["spec", "listeners", index, "protocol"]} |
		listener := gateway.spec.listeners[index]
		listener.protocol in ["TCP", "UDP"]
		message := sprintf("listener %v accepts %s without TLS", [listener.name, listener.protocol])
	},
	{{"message": message, "path": ["spec", "listeners", index, "tls"]} |
		listener := gateway.spec.listeners[index]
		listener.protocol in ["HTTPS", "TLS"]
		not _has_certificate(listener)
		message := sprintf("listener %v has no certificate", [listener.name])
	},
})

# What hides how a Gateway of the Gateway API listens, as findings.
doubts(gateway) := union({
	{{"message": "the Gateway has no listeners that can be read", "path": ["spec", "listeners"]} |
		not _is_filled_list(object.get(gateway, ["spec", "listeners"], null))
	},
	{{"message": message, "path": ["spec", "listeners", index]} |
		listener := gateway.spec.listeners[index]
		not _has_a_known_protocol(listener)
		message := sprintf("listener number %d has a protocol that is not known", [index + 1])
	},
	{{"message": "the routes of the Gateway could not be read", "path": ["spec", "listeners", index]} |
		gateway.spec.listeners[index].protocol == "HTTP"
		not kubernetes.siblings("gateway.networking.k8s.io/HTTPRoute")
	},
})

_has_a_known_protocol(listener) if listener.protocol in ["HTTP", "HTTPS", "TCP", "TLS", "UDP"]

_has_certificate(listener) if {
	listener.protocol == "TLS"
	listener.tls.mode == "Passthrough"
}

_has_certificate(listener) if {
	is_object(listener.tls)
	object.get(listener.tls, "mode", "Terminate") == "Terminate"
	_is_filled_list(listener.tls.certificateRefs)
}

_has_certificate(listener) if {
	is_object(listener.tls)
	object.get(listener.tls, "mode", "Terminate") == "Terminate"
	count(object.keys(object.get(listener.tls, "options", {}))) > 0
}

_routes(gateway, listener) := [route |
	some route in kubernetes.siblings("gateway.networking.k8s.io/HTTPRoute")
	reference := route.spec.parentRefs[_]
	reference.name == gateway.metadata.name
	_namespace(reference, route) == data.soc2.lib.kubernetes.namespace
	object.get(reference, "kind", "Gateway") == "Gateway"
	object.get(reference, "sectionName", listener.name) == listener.name
	object.get(reference, "port", listener.port) == listener.port
] if {
	kubernetes.siblings("gateway.networking.k8s.io/HTTPRoute")
}

# A route refers to a gateway of its own namespace unless it names another.
_namespace(reference, route) := [name |
	some name in [
		object.get(reference, "namespace", null),
		object.get(route, ["metadata", "namespace"], null),
		"default",
	]
	not name in ["", null]
][0]

_only_redirects(routes) if {
	count(routes) > 0
	every route in routes {
		_is_filled_list(route.spec.rules)
		every rule in route.spec.rules { _redirects(rule) }
	}
}

_redirects(rule) if {
	filter := rule.filters[_]
	filter.type == "RequestRedirect"
	filter.requestRedirect.scheme == "https"
}

# What a Gateway of Istio accepts in the clear, as findings.
istio_faults(gateway) := {{"message": message, "path": ["spec", "servers", index]} |
	server := gateway.spec.servers[index]
	_has_a_protocol(server)
	not _is_encrypted(server)
	message := sprintf("server %v accepts %s without TLS", [server.port.name, server.port.protocol])
}

# What hides how a Gateway of Istio listens, as findings.
istio_doubts(gateway) := union({
	{{"message": "the Gateway has no servers that can be read", "path": ["spec", "servers"]} |
		not _is_filled_list(object.get(gateway, ["spec", "servers"], null))
	},
	{{"message": message, "path": ["spec", "servers", index]} |
		server := gateway.spec.servers[index]
		not _has_a_protocol(server)
		message := sprintf("server number %d has no protocol", [index + 1])
	},
})

_has_a_protocol(server) if is_string(server.port.protocol)

_is_encrypted(server) if {
	upper(server.port.protocol) in ["HTTPS", "TLS"]
	is_object(server.tls)
	object.get(server.tls, "mode", "PASSTHROUGH") in [
		"AUTO_PASSTHROUGH",
		"ISTIO_MUTUAL",
		"MUTUAL",
		"OPTIONAL_MUTUAL",
		"PASSTHROUGH",
		"SIMPLE",
	]
}

_is_encrypted(server) if {
	upper(server.port.protocol) in ["HTTP", "HTTP2"]
	server.tls.httpsRedirect == true
}

_is_filled_list(value) if {
	is_array(value)
	count(value) > 0
}
