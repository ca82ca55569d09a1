package soc2.lib.gateways_test

import rego.v1

import data.soc2.lib.gateways

_gateway(listener) := {"metadata": {"name": "edge"}, "spec": {"listeners": [listener]}}

_http := {"name": "http", "port": 80, "protocol": "HTTP"}

_redirect := {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}

_route(parent, rules) := {"spec": {"parentRefs": [parent], "rules": rules}}

_faults(listener, routes) := faults if {
	faults := gateways.faults(_gateway(listener)) with input as {
		"object": {},
		"context": {"siblings": {"gateway.networking.k8s.io/HTTPRoute": {"default": routes}}},
	}
}

_plain_http := {{
	"message": "listener http accepts plain HTTP and does more than redirect to HTTPS",
	"path": ["spec", "listeners", 0, "protocol"],
}}

test_allow_http_that_only_redirects if {
	every parent in [
		{"name": "edge"},
		{"name": "edge", "kind": "Gateway", "namespace": "default", "sectionName": "http", "port": 80},
	] {
		_faults(_http, [_route(parent, [_redirect])]) == set()
	}
}

test_deny_http_without_a_redirect if {
	_faults(_http, []) == _plain_http
	_faults(_http, [_route({"name": "edge"}, [{"backendRefs": [{"name": "web"}]}])]) == _plain_http
	_faults(_http, [_route({"name": "edge"}, [_redirect, {}])]) == _plain_http
	_faults(_http, [_route({"name": "edge"}, [])]) == _plain_http
	_faults(_http, [_route({"name": "edge"}, [{"filters": [{"type": "RequestRedirect"}]}])]) == _plain_http
}

test_deny_redirects_of_another_listener if {
	every parent in [
		{"name": "other"},
		{"name": "edge", "kind": "Service"},
		{"name": "edge", "namespace": "other"},
		{"name": "edge", "sectionName": "https"},
		{"name": "edge", "port": 8080},
	] {
		_faults(_http, [_route(parent, [_redirect])]) == _plain_http
	}
}

test_unknown_http_without_its_routes if {
	gateways.faults(_gateway(_http)) == set() with input as {"object": {}, "context": {"siblings": {}}}
	doubts := gateways.doubts(_gateway(_http)) with input as {"object": {}, "context": {"siblings": {}}}
	doubts == {{"message": "the routes of the Gateway could not be read", "path": ["spec", "listeners", 0]}}
}

test_allow_listeners_with_certificates if {
	every tls in [{"certificateRefs": [{"name": "x"}]}, {"mode": "Terminate", "options": {"example.com/cert": "x"}}] {
		_faults({"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls}, []) == set()
		_faults({"name": "tls", "port": 443, "protocol": "TLS", "tls": tls}, []) == set()
	}
	_faults({"name": "tls", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"}}, []) == set()
}

test_deny_listeners_without_certificates if {
	every tls in [{}, {"certificateRefs": []}, {"mode": "Passthrough"}] {
		faults := _faults({"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls}, [])
		faults == {{"message": "listener https has no certificate", "path": ["spec", "listeners", 0, "tls"]}}
	}
}

test_deny_listeners_of_other_protocols if {
	_faults({"name": "db", "port": 5432, "protocol": "TCP"}, []) == {{
		"message": "listener db accepts TCP without TLS",
		"path": ["spec", "listeners", 0, "protocol"],
	}}
}

test_unknown_listeners if {
	gateways.doubts({"spec": {"listeners": []}}) == {{
		"message": "the Gateway has no listeners that can be read",
		"path": ["spec", "listeners"],
	}}
	gateways.doubts(_gateway({"name": "own", "protocol": "example.com/own"})) == {{
		"message": "listener number 1 has a protocol that is not known",
		"path": ["spec", "listeners", 0],
	}}
}

_istio(server) := {"spec": {"servers": [server]}}

test_allow_istio_servers_with_tls if {
	every server in [
		{"port": {"name": "http", "protocol": "HTTP"}, "tls": {"httpsRedirect": true}},
		{"port": {"name": "https", "protocol": "https"}, "tls": {"mode": "SIMPLE"}},
		{"port": {"name": "tls", "protocol": "TLS"}, "tls": {}},
	] {
		gateways.istio_faults(_istio(server)) == set()
		gateways.istio_doubts(_istio(server)) == set()
	}
}

test_deny_istio_servers_in_the_clear if {
	every server in [
		{"port": {"name": "x", "protocol": "HTTP"}},
		{"port": {"name": "x", "protocol": "HTTP"}, "tls": {"httpsRedirect": "true"}},
		{"port": {"name": "x", "protocol": "HTTP"}, "tls": {"mode": "SIMPLE"}},
	] {
		gateways.istio_faults(_istio(server)) == {{
			"message": "server x accepts HTTP without TLS",
			"path": ["spec", "servers", 0],
		}}
	}
}

test_unknown_istio_servers if {
	gateways.istio_doubts({}) == {{
		"message": "the Gateway has no servers that can be read",
		"path": ["spec", "servers"],
	}}
	gateways.istio_doubts(_istio({"port": {"number": 80}})) == {{
		"message": "server number 1 has no protocol",
		"path": ["spec", "servers", 0],
	}}
}
