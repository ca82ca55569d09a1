# METADATA
# title: Traffic into and inside the cluster is encrypted
# description: |
#   An Ingress offers TLS for every host it serves, a Gateway (of the Gateway API or of Istio) listens with TLS, or with
#   HTTP only to redirect to HTTPS, a load balancer Service does not offer plain HTTP alone, and a mesh accepts nothing
#   but mutual TLS.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
#     description: TLS of an Ingress
#   - ref: https://gateway-api.sigs.k8s.io/guides/tls/
#     description: TLS of a Gateway
# custom:
#   id: ENC-11
#   severity: high
#   inputs:
#     - kind: kubernetes
#       resources:
#         - Service
#         - gateway.networking.k8s.io/Gateway
#         - networking.istio.io/Gateway
#         - networking.k8s.io/Ingress
#         - security.istio.io/PeerAuthentication
#       context: [gateway.networking.k8s.io/HTTPRoute]
#   frameworks: {soc2: [CC6.1, CC6.6, CC6.7, C1.1], iso27001: ["8.24"]}
#   remediation: >-
#     Give every host of an Ingress an entry under spec.tls, every listener of a Gateway the protocol HTTPS or TLS with
#     a certificate, and every PeerAuthentication the mode STRICT.
package soc2.encryption.ingress_tls

import rego.v1

import data.soc2.lib.gateways
import data.soc2.lib.ingresses
import data.soc2.lib.load_balancers

default applicable := true

applicable := false if {
	input.resource == "Service"
	not input.object.spec.type == "LoadBalancer"
}

deny contains fault if {
	input.resource == "networking.k8s.io/Ingress"
	some fault in ingresses.faults(input.object)
}

unknown contains doubt if {
	input.resource == "networking.k8s.io/Ingress"
	some doubt in ingresses.doubts(input.object)
}

deny contains fault if {
	input.resource == "gateway.networking.k8s.io/Gateway"
	some fault in gateways.faults(input.object)
}

unknown contains doubt if {
	input.resource == "gateway.networking.k8s.io/Gateway"
	some doubt in gateways.doubts(input.object)
}

deny contains fault if {
	input.resource == "networking.istio.io/Gateway"
	some fault in gateways.istio_faults(input.object)
}

unknown contains doubt if {
	input.resource == "networking.istio.io/Gateway"
	some doubt in gateways.istio_doubts(input.object)
}

deny contains fault if {
	input.object.spec.type == "LoadBalancer"
	some fault in load_balancers.faults(input.object)
}

unknown contains doubt if {
	input.object.spec.type == "LoadBalancer"
	some doubt in load_balancers.doubts(input.object)
}

deny contains {"message": "the mesh accepts plain text beside mutual TLS", "path": ["spec", "mtls", "mode"]} if {
	input.resource == "security.istio.io/PeerAuthentication"
	input.object.spec.mtls.mode in ["DISABLE", "PERMISSIVE"]
}

deny contains {"message": message, "path": ["spec", "portLevelMtls", port, "mode"]} if {
	input.resource == "security.istio.io/PeerAuthentication"
	mode := input.object.spec.portLevelMtls[port].mode
	not mode in ["STRICT", "UNSET"]
	message := sprintf("the mesh accepts plain text on port %v", [port])
}

unknown contains {"message": "the type of the Service cannot be read", "path": ["spec", "type"]} if {
	input.resource == "Service"
	not _has_a_type
}

unknown contains {"message": "the modes of ports cannot be read", "path": ["spec", "portLevelMtls"]} if {
	input.resource == "security.istio.io/PeerAuthentication"
	not _has_readable_ports
}

unknown contains {"message": "the mesh takes its mode from elsewhere", "path": ["spec", "mtls", "mode"]} if {
	input.resource == "security.istio.io/PeerAuthentication"
	not _has_a_mode
}

# A Service without a type stays inside the cluster.
_has_a_type if {
	is_object(input.object.spec)
	type_name(object.get(input.object.spec, "type", null)) in ["null", "string"]
}

_has_readable_ports if object.get(input.object, ["spec", "portLevelMtls"], null) == null

_has_readable_ports if {
	is_object(input.object.spec.portLevelMtls)
	every setting in input.object.spec.portLevelMtls { is_object(setting) }
}

_has_a_mode if input.object.spec.mtls.mode in ["DISABLE", "PERMISSIVE", "STRICT"]
