package soc2.encryption.ingress_tls_test

import rego.v1

import data.soc2.encryption.ingress_tls

_input(resource, spec) := {
	"resource": resource,
	"object": {"metadata": {"name": "edge"}, "spec": spec},
	"context": {"siblings": {"gateway.networking.k8s.io/HTTPRoute": {}}},
}

_ingress(tls) := _input("networking.k8s.io/Ingress", {"tls": tls, "rules": [{"host": "a.example.com"}]})

_gateway(listeners) := _input("gateway.networking.k8s.io/Gateway", {"listeners": listeners})

_istio(servers) := _input("networking.istio.io/Gateway", {"servers": servers})

_service(type, ports) := _input("Service", {"type": type, "ports": ports})

_mesh(spec) := _input("security.istio.io/PeerAuthentication", spec)

test_allow_encrypted_traffic if {
	every request in [
		_ingress([{"hosts": ["a.example.com"]}]),
		_gateway([{"name": "https", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "a"}]}}]),
		_istio([{"port": {"name": "https", "protocol": "HTTPS"}, "tls": {"mode": "SIMPLE"}}]),
		_service("LoadBalancer", [{"port": 443}]),
		_mesh({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "UNSET"}}}),
	] {
		ingress_tls.deny == set() with input as request
		ingress_tls.unknown == set() with input as request
		ingress_tls.applicable with input as request
	}
}

test_allow_services_inside_the_cluster if {
	every type in ["ClusterIP", "NodePort", null] {
		ingress_tls.applicable == false with input as _service(type, [{"port": 80}])
		ingress_tls.deny == set() with input as _service(type, [{"port": 80}])
		ingress_tls.unknown == set() with input as _service(type, [{"port": 80}])
	}
}

test_deny_ingress if {
	ingress_tls.deny == {{
		"message": `the Ingress serves host "a.example.com" without TLS`,
		"path": ["spec", "rules", 0, "host"],
	}} with input as _ingress([])
}

test_deny_gateway if {
	ingress_tls.deny == {{
		"message": "listener http accepts plain HTTP and does more than redirect to HTTPS",
		"path": ["spec", "listeners", 0, "protocol"],
	}} with input as _gateway([{"name": "http", "port": 80, "protocol": "HTTP"}])
}

test_deny_istio_gateway if {
	ingress_tls.deny == {{
		"message": "server http accepts HTTP without TLS",
		"path": ["spec", "servers", 0],
	}} with input as _istio([{"port": {"name": "http", "protocol": "HTTP"}}])
}

test_deny_load_balancer if {
	ingress_tls.deny == {{
		"message": "the load balancer offers plain HTTP on port 80",
		"path": ["spec", "ports", 0],
	}} with input as _service("LoadBalancer", [{"port": 80}])
}

test_deny_permissive_mesh if {
	every mode in ["DISABLE", "PERMISSIVE"] {
		ingress_tls.deny == {{
			"message": "the mesh accepts plain text beside mutual TLS",
			"path": ["spec", "mtls", "mode"],
		}} with input as _mesh({"mtls": {"mode": mode}})
		ingress_tls.deny == {{
			"message": "the mesh accepts plain text on port 8080",
			"path": ["spec", "portLevelMtls", "8080", "mode"],
		}} with input as _mesh({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": mode}}})
	}
}

test_unknown_mesh if {
	every spec in [null, {}, {"mtls": null}, {"mtls": {"mode": "UNSET"}}, {"mtls": {"mode": "strict"}}] {
		ingress_tls.unknown == {{
			"message": "the mesh takes its mode from elsewhere",
			"path": ["spec", "mtls", "mode"],
		}} with input as _mesh(spec)
	}
}

test_unknown_ports_of_the_mesh if {
	every ports in ["STRICT", {"8080": "STRICT"}] {
		ingress_tls.unknown == {{
			"message": "the modes of ports cannot be read",
			"path": ["spec", "portLevelMtls"],
		}} with input as _mesh({"mtls": {"mode": "STRICT"}, "portLevelMtls": ports})
	}
}

test_unknown_what_cannot_be_read if {
	every spec in ["LoadBalancer", {"type": ["LoadBalancer"]}] {
		ingress_tls.unknown == {{
			"message": "the type of the Service cannot be read",
			"path": ["spec", "type"],
		}} with input as _input("Service", spec)
	}
	ingress_tls.unknown == {{
		"message": "the Ingress has no rules that can be read",
		"path": ["spec", "rules"],
	}} with input as _input("networking.k8s.io/Ingress", {})
	ingress_tls.unknown == {{
		"message": "the Gateway has no listeners that can be read",
		"path": ["spec", "listeners"],
	}} with input as _gateway([])
	ingress_tls.unknown == {{
		"message": "the Gateway has no servers that can be read",
		"path": ["spec", "servers"],
	}} with input as _istio(null)
	ingress_tls.unknown == {{
		"message": "port number 1 of the load balancer does not tell whether it is encrypted",
		"path": ["spec", "ports", 0],
	}} with input as _service("LoadBalancer", [{"port": 5432}])
}
