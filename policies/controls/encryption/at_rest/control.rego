# METADATA
# title: Cluster volumes and secrets are encrypted at rest
# description: |
#   A StorageClass makes volumes that its provisioner encrypts, and a volume claim (of a pod or of a StatefulSet) uses
#   such a class, the default class included. What is labelled confidential uses a key of the customer's own. The API
#   server's EncryptionConfiguration writes secrets with a provider that encrypts: only the first provider of the first
#   entry for secrets writes. A provider's own encryption that is always on is enough unless the data is confidential.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
#     description: Encrypting confidential data at rest
#   - ref: https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
#     description: Parameters of the Amazon EBS driver
# custom:
#   id: ENC-12
#   severity: high
#   inputs:
#     - kind: kubernetes
#       resources:
#         - PersistentVolumeClaim
#         - apiserver.config.k8s.io/EncryptionConfiguration
#         - apps/StatefulSet
#         - storage.k8s.io/StorageClass
#       context: [storage.k8s.io/StorageClass]
#   frameworks: {soc2: [CC6.1, CC6.7, C1.1], iso27001: ["8.24"]}
#   remediation: >-
#     Set the encryption parameter of the StorageClass's provisioner (for Amazon EBS `encrypted: "true"`), name such a
#     class in the claim, and put a provider that encrypts first for secrets in the EncryptionConfiguration.
#   parameters:
#     encrypted_provisioners:
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#       description: >-
#         Provisioners, by exact name, whose volumes are known to be encrypted whatever the StorageClass says, by a
#         default of the cloud account or by encrypted disks under them.
#     confidential_label:
#       type: string
#       minLength: 1
#       default: data-classification
#       description: The label that classes the data of a StorageClass or a claim.
#     confidential_values:
#       type: array
#       items: {type: string}
#       default: [confidential, restricted]
#       description: Values of the label that ask for a key of the customer's own.
package soc2.encryption.at_rest

import rego.v1

import data.soc2.lib.kubernetes
import data.soc2.lib.storage

default applicable := true

applicable := false if {
	input.resource == "apps/StatefulSet"
	object.get(input.object, ["spec", "volumeClaimTemplates"], null) in [null, []]
}

deny contains {"message": sprintf("the StorageClass %s", [fault]), "path": ["parameters"]} if {
	input.resource == "storage.k8s.io/StorageClass"
	some fault in _faults(input.object, input.object.metadata)
}

# Of several classes that a claim may get, two default ones for instance, all must fall short for the claim to fail.
deny contains {"message": message, "path": claim.path} if {
	some claim in _claims
	every class in claim.classes { count(_faults(class, claim.metadata)) > 0 }
	some class in claim.classes
	some fault in _faults(class, claim.metadata)
	message := sprintf("%s uses StorageClass %q, which %s", [claim.label, class.metadata.name, fault])
}

# The API server writes with the first provider of the first entry that covers a resource.
deny contains {"message": message, "path": ["resources", index, "providers", 0]} if {
	index := _entries_for_secrets[0]
	input.object.resources[index].providers[0].identity
	message := "secrets are written with the identity provider, which does not encrypt"
}

deny contains {"message": "no entry of the configuration encrypts secrets", "path": ["resources"]} if {
	input.resource == "apiserver.config.k8s.io/EncryptionConfiguration"
	is_array(input.object.resources)
	_entries_for_secrets == []
}

unknown contains {"message": sprintf("the StorageClass %s", [doubt]), "path": ["provisioner"]} if {
	input.resource == "storage.k8s.io/StorageClass"
	some doubt in _doubts(input.object, input.object.metadata)
}

unknown contains {"message": message, "path": claim.path} if {
	some claim in _claims
	some class in claim.classes
	some doubt in _doubts(class, claim.metadata)
	message := sprintf("%s uses StorageClass %q, which %s", [claim.label, class.metadata.name, doubt])
}

unknown contains {"message": message, "path": claim.path} if {
	some claim in _claims
	some class in claim.classes
	_faults(class, claim.metadata) == set()
	some other in claim.classes
	some fault in _faults(other, claim.metadata)
	message := sprintf("%s may use StorageClass %q, which %s", [claim.label, other.metadata.name, fault])
}

unknown contains {"message": sprintf("%s uses %s", [claim.label, _missing(claim.class)]), "path": claim.path} if {
	some claim in _claims
	claim.classes == []
}

unknown contains {"message": "the StorageClasses of the cluster could not be read"} if {
	count(_documents) > 0
	not _storage_classes
}

unknown contains {"message": sprintf("%s cannot be read", [document.label]), "path": document.path} if {
	some document in _documents
	not _is_readable(document.claim)
}

unknown contains {"message": "the claim templates are not a list", "path": ["spec", "volumeClaimTemplates"]} if {
	input.resource == "apps/StatefulSet"
	not _has_readable_templates
}

unknown contains {"message": sprintf("the labels of %s cannot be read", [owner.label]), "path": owner.path} if {
	some owner in array.concat(_documents, [{"label": "the StorageClass", "path": [], "claim": input.object} |
		input.resource == "storage.k8s.io/StorageClass"
	])
	not _has_readable_labels(owner.claim)
}

unknown contains {"message": "the entries of the configuration cannot be read", "path": ["resources"]} if {
	input.resource == "apiserver.config.k8s.io/EncryptionConfiguration"
	not _is_readable_configuration
}

unknown contains {"message": message, "path": ["resources", index, "providers", 0]} if {
	index := _entries_for_secrets[0]
	message := "the first provider for secrets is none that is known"
	is_object(input.object.resources[index].providers[0])
	names := object.keys(input.object.resources[index].providers[0])
	not names in [{"aescbc"}, {"aesgcm"}, {"identity"}, {"kms"}, {"secretbox"}]
}

unknown contains {"message": sprintf("parameter %s is not set", [name])} if {
	some name in ["confidential_label", "confidential_values", "encrypted_provisioners"]
	not _parameters[name]
}

_parameters := data.parameters["ENC-12"]

_faults(class, metadata) := {fault | fault := storage.fault(class); not _is_encrypted_anyway(class)} | {fault |
	_is_confidential(metadata)
	fault := storage.key_fault(class)
}

_doubts(class, metadata) := {doubt | doubt := storage.doubt(class); not _is_encrypted_anyway(class)} | {doubt |
	_is_confidential(metadata)
	doubt := storage.key_doubt(class)
}

_is_encrypted_anyway(class) if class.provisioner in _parameters.encrypted_provisioners

_is_confidential(metadata) if metadata.labels[_parameters.confidential_label] in _parameters.confidential_values

# The claim itself, or the claims that a StatefulSet makes.
_documents := array.concat(
	[{"label": "the claim", "path": [], "claim": input.object} | input.resource == "PersistentVolumeClaim"],
	[{"label": label, "path": ["spec", "volumeClaimTemplates", index], "claim": claim} |
		input.resource == "apps/StatefulSet"
		claim := input.object.spec.volumeClaimTemplates[index]
		label := sprintf("claim template number %d", [index + 1])
	],
)

_is_readable(claim) if is_object(claim.spec)

_has_readable_templates if {
	is_object(input.object.spec)
	type_name(object.get(input.object.spec, "volumeClaimTemplates", null)) in ["array", "null"]
}

# Labels may class the data as confidential.
_has_readable_labels(owner) if {
	is_object(owner)
	type_name(object.get(owner, "metadata", null)) in ["null", "object"]
	object.get(owner, ["metadata", "labels"], null) == null
}

_has_readable_labels(owner) if {
	is_object(owner.metadata.labels)
	every value in owner.metadata.labels { is_string(value) }
}

# Each claim with the class it names and the StorageClasses that may be meant.
_claims := [claim |
	some document in _documents
	_is_readable(document.claim)
	class := _class(document.claim)
	claim := {
		"class": class,
		"classes": [candidate | some candidate in _storage_classes; _is_meant(candidate, class)],
		"label": document.label,
		"metadata": object.get(document.claim, "metadata", {}),
		"path": array.concat(document.path, ["spec", "storageClassName"]),
	}
]

_storage_classes := kubernetes.siblings("storage.k8s.io/StorageClass")

# The annotation is older than the field, and wins.
_class(claim) := class if {
	class := claim.metadata.annotations["volume.beta.kubernetes.io/storage-class"]
} else := object.get(claim.spec, "storageClassName", null)

_is_meant(candidate, class) if candidate.metadata.name == class

_is_meant(candidate, class) if {
	class == null
	some prefix in ["storageclass", "storageclass.beta"]
	candidate.metadata.annotations[sprintf("%s.kubernetes.io/is-default-class", [prefix])] == "true"
}

_missing(class) := "the default StorageClass, which was not found" if {
	class == null
} else := "an existing volume, whose encryption is not known" if {
	class == ""
} else := sprintf("StorageClass %v, which was not found", [class])

_entries_for_secrets := [index |
	entry := input.object.resources[index]
	some covered in ["*.", "*.*", "secrets"]
	covered in entry.resources
]

_is_readable_configuration if {
	is_array(input.object.resources)
	every entry in input.object.resources {
		is_array(entry.resources)
		entry.resources != []
		every resource in entry.resources { is_string(resource) }
		is_object(entry.providers[0])
	}
}
