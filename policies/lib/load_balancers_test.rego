package soc2.lib.load_balancers_test

import rego.v1

import data.soc2.lib.load_balancers

_service(ports) := {"spec": {"type": "LoadBalancer", "ports": ports}}

_fault(index, port) := {
	"message": sprintf("the load balancer offers plain HTTP on port %d", [port]),
	"path": ["spec", "ports", index],
}

_doubt(index) := {
	"message": sprintf("port number %d of the load balancer does not tell whether it is encrypted", [index + 1]),
	"path": ["spec", "ports", index],
}

test_allow_ports_that_speak_tls if {
	every port in [
		{"port": 443},
		{"port": 9000, "name": "https-api"},
		{"port": 9000, "appProtocol": "kubernetes.io/wss"},
		{"port": 80, "name": "http", "appProtocol": "https"},
	] {
		load_balancers.faults(_service([port])) == set()
		load_balancers.doubts(_service([port])) == set()
	}
}

test_deny_plain_http if {
	every port in [{"port": 80}, {"port": 80, "name": "http2"}, {"port": 80, "name": "x", "appProtocol": "http"}] {
		load_balancers.faults(_service([port])) == {_fault(0, 80)}
	}
	ports := [{"port": 443, "name": "http"}, {"port": 8080}]
	load_balancers.faults(_service(ports)) == {_fault(0, 443), _fault(1, 8080)}
}

test_allow_plain_http_beside_https if {
	load_balancers.faults(_service([{"port": 80}, {"port": 443}])) == set()
}

test_allow_certificate_of_aws if {
	every annotations in [
		{"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn"},
		{
			"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn",
			"service.beta.kubernetes.io/aws-load-balancer-ssl-ports": "80,443",
		},
		{
			"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn",
			"service.beta.kubernetes.io/aws-load-balancer-ssl-ports": "http",
		},
	] {
		service := object.union(_service([{"port": 80, "name": "http"}]), {"metadata": {"annotations": annotations}})
		load_balancers.faults(service) == set()
	}
}

test_deny_certificate_of_aws_for_other_ports if {
	annotations := {
		"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn",
		"service.beta.kubernetes.io/aws-load-balancer-ssl-ports": "443",
	}
	service := object.union(_service([{"port": 80, "name": "http"}]), {"metadata": {"annotations": annotations}})
	load_balancers.faults(service) == {_fault(0, 80)}
}

test_deny_empty_certificate_of_aws if {
	annotations := {"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": ""}
	service := object.union(_service([{"port": 80, "name": "http"}]), {"metadata": {"annotations": annotations}})
	load_balancers.faults(service) == {_fault(0, 80)}
}

test_unknown_ports if {
	load_balancers.doubts(_service([{"port": 5432}, {"port": 5433, "name": "database"}])) == {_doubt(0), _doubt(1)}
	load_balancers.doubts(_service([{"port": 443, "appProtocol": 7}])) == {_doubt(0)}
	load_balancers.doubts({"spec": {"type": "LoadBalancer"}}) == {{
		"message": "the load balancer has no ports that can be read",
		"path": ["spec", "ports"],
	}}
}
