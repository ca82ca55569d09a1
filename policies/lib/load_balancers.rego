# METADATA
# title: TLS of load balancer Services
# description: |
#   Tells which ports of a Service of type LoadBalancer offer plain HTTP. What a port speaks is read from its
#   appProtocol, else from its name, else from its number; a port that tells nothing is a doubt. A load balancer of AWS
#   that has a certificate ends TLS itself.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol
#     description: Application protocol of a port
package soc2.lib.load_balancers

import rego.v1

# The ports of plain HTTP of a Service that offers no TLS beside it, as findings.
faults(service) := {{"message": message, "path": ["spec", "ports", index]} |
	speech := [_speech(service, port) | port := service.spec.ports[_]]
	not "tls" in speech
	some index, "http" in speech
	message := sprintf("the load balancer offers plain HTTP on port %v", [service.spec.ports[index].port])
}

# The ports that do not tell what they speak, as findings.
doubts(service) := {{"message": "the load balancer has no ports that can be read", "path": ["spec", "ports"]} |
	not _is_filled_list(object.get(service, ["spec", "ports"], null))
} | {{"message": message, "path": ["spec", "ports", index]} |
	port := service.spec.ports[index]
	_speech(service, port) == "unknown"
	message := sprintf("port number %d of the load balancer does not tell whether it is encrypted", [index + 1])
}

_speech(service, port) := "tls" if {
	_ends_tls(service, port)
} else := "unknown" if {
	not type_name(object.get(port, "appProtocol", null)) in ["null", "string"]
} else := _by_name(_stated(port)) if {
	_by_name(_stated(port))
} else := "tls" if {
	port.port in [22, 443, 6443, 8443, 9443]
} else := "http" if {
	port.port in [80, 8000, 8080]
} else := "unknown"

_stated(port) := port.appProtocol if {
	is_string(port.appProtocol)
} else := port.name if {
	is_string(port.name)
}

_by_name(name) := "tls" if {
	regex.match(`^(kubernetes[.]io/)?(grpcs|https|ldaps|mqtts|ssh|tls|wss)([-_.0-9]|$)`, name)
} else := "http" if {
	regex.match(`^(kubernetes[.]io/)?(grpc|h2c|http|http2|web|ws)([-_.]|$)`, name)
}

# Without a list of ports the certificate is for all of them.
_ends_tls(service, port) if {
	annotations := service.metadata.annotations
	not object.get(annotations, "service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "") in ["", null]
	ports := split(object.get(annotations, "service.beta.kubernetes.io/aws-load-balancer-ssl-ports", "*"), ",")
	some listed in ["*", sprintf("%v", [port.port]), port.name]
	listed in ports
}

_is_filled_list(value) if {
	is_array(value)
	count(value) > 0
}
