package soc2.lib.ingresses_test

import rego.v1

import data.soc2.lib.ingresses

_ingress(hosts, tls) := {"spec": {"tls": tls, "rules": [{"host": host} | some host in hosts]}}

_fault(index, host) := {
	"message": sprintf("the Ingress serves host %q without TLS", [host]),
	"path": ["spec", "rules", index, "host"],
}

test_allow_hosts_that_are_covered if {
	hosts := ["a.example.com", "b.example.com"]
	ingresses.faults(_ingress(hosts, [{"hosts": ["a.example.com", "*.example.com"]}])) == set()
	ingresses.faults(_ingress(["a.example.com", null], [{"secretName": "x"}])) == set()
	ingresses.faults(_ingress(["*.example.com"], [{"hosts": ["*.example.com"]}])) == set()
}

test_deny_hosts_that_are_not_covered if {
	ingresses.faults(_ingress(["a.example.com"], null)) == {_fault(0, "a.example.com")}
	ingresses.faults(_ingress(["a.example.com"], [{"hosts": ["b.example.com"]}])) == {_fault(0, "a.example.com")}
	ingresses.faults(_ingress(["a.b.example.com"], [{"hosts": ["*.example.com"]}])) == {_fault(0, "a.b.example.com")}
	ingresses.faults(_ingress(["a.example.com"], [{}])) == {_fault(0, "a.example.com")}
	ingresses.faults(_ingress(["localhost"], [{"hosts": ["*"]}])) == {_fault(0, "localhost")}
}

test_deny_every_other_host if {
	ingress := {"spec": {
		"defaultBackend": {"service": {"name": "web"}},
		"rules": [{"http": {}}],
		"tls": [{"hosts": ["a.example.com"]}],
	}}
	ingresses.faults(ingress) == {
		{"message": "the Ingress serves every other host without TLS", "path": ["spec", "defaultBackend"]},
		{"message": "the Ingress serves every other host without TLS", "path": ["spec", "rules", 0, "host"]},
	}
}

test_allow_certificate_of_the_load_balancer if {
	annotations := {"ingress.gcp.kubernetes.io/pre-shared-cert": "shop"}
	ingresses.faults(object.union(_ingress(["a.example.com"], []), {"metadata": {"annotations": annotations}})) == set()
}

test_deny_empty_certificate_annotation if {
	annotations := {"ingress.gcp.kubernetes.io/pre-shared-cert": ""}
	ingress := object.union(_ingress(["a.example.com"], []), {"metadata": {"annotations": annotations}})
	ingresses.faults(ingress) == {_fault(0, "a.example.com")}
}

test_deny_plain_http_beside_https if {
	annotations := {
		"alb.ingress.kubernetes.io/certificate-arn": "arn",
		"alb.ingress.kubernetes.io/listen-ports": `[{"HTTP": 80}, {"HTTPS": 443}]`,
		"haproxy.org/ssl-redirect": "False",
	}
	ingress := object.union(_ingress(["a.example.com"], []), {"metadata": {"annotations": annotations}})
	ingresses.faults(ingress) == {
		{
			"message": "the Ingress listens for HTTP and does not redirect to HTTPS",
			"path": ["metadata", "annotations", "alb.ingress.kubernetes.io/listen-ports"],
		},
		{
			"message": "the Ingress serves HTTP beside HTTPS: annotation haproxy.org/ssl-redirect is false",
			"path": ["metadata", "annotations", "haproxy.org/ssl-redirect"],
		},
	}
}

test_allow_https_listener_of_the_load_balancer if {
	every annotations in [
		{"alb.ingress.kubernetes.io/listen-ports": `[{"HTTPS": 443}]`},
		{
			"alb.ingress.kubernetes.io/listen-ports": `[{"HTTP": 80}, {"HTTPS": 443}]`,
			"alb.ingress.kubernetes.io/ssl-redirect": "443",
		},
	] {
		covered := _ingress(["a.example.com"], [{"secretName": "x"}])
		ingress := object.union(covered, {"metadata": {"annotations": annotations}})
		ingresses.faults(ingress) == set()
	}
}

test_unknown_ingresses_that_cannot_be_read if {
	doubt := {{"message": "the Ingress has no rules that can be read", "path": ["spec", "rules"]}}
	every ingress in [
		{},
		{"spec": "web"},
		{"spec": {}},
		{"spec": {"rules": "web"}},
		{"spec": {"rules": [{"host": "a"}, "b"]}},
		{"spec": {"rules": [{"host": "a"}], "tls": ["b"]}},
		{"spec": {"rules": [{"host": "a"}], "tls": "b"}},
	] {
		ingresses.doubts(ingress) == doubt
	}
	ingresses.doubts(_ingress(["a"], null)) == set()
	every annotations in ["none", {"nginx.ingress.kubernetes.io/ssl-redirect": false}] {
		ingresses.doubts(object.union(_ingress(["a"], null), {"metadata": {"annotations": annotations}})) == {{
			"message": "the annotations of the Ingress cannot be read",
			"path": ["metadata", "annotations"],
		}}
	}
	ingresses.doubts(object.union(_ingress(["a"], null), {"metadata": {"annotations": {"a": "b"}}})) == set()
}
