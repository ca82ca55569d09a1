package soc2.encryption.at_rest_test

import rego.v1

import data.soc2.encryption.at_rest

_parameters := {"ENC-12": {
	"encrypted_provisioners": ["rancher.io/local-path"],
	"confidential_label": "data-classification",
	"confidential_values": ["confidential"],
}}

_confidential := {"labels": {"data-classification": "confidential"}}

_class(name, provisioner, parameters, metadata) := {
	"metadata": object.union({"name": name}, metadata),
	"provisioner": provisioner,
	"parameters": parameters,
}

_encrypted := _class("gp3", "ebs.csi.aws.com", {"encrypted": "true"}, {})

_plain := _class("gp2", "ebs.csi.aws.com", {}, {})

_as_default(class) := object.union(class, {"metadata": {"annotations": {annotation: "true"}}}) if {
	annotation := "storageclass.kubernetes.io/is-default-class"
}

_input(resource, document, classes) := {
	"resource": resource,
	"object": document,
	"context": {"siblings": {"storage.k8s.io/StorageClass": {"default": classes}}},
}

_claim(spec, metadata, classes) := _input("PersistentVolumeClaim", {"metadata": metadata, "spec": spec}, classes)

_configuration(entries) := _input("apiserver.config.k8s.io/EncryptionConfiguration", {"resources": entries}, [])

_unencrypted := `does not encrypt its volumes: parameter encrypted is not "true"`

_no_key := "is confidential but has no key of its own: parameter kmsKeyId is not set"

test_allow_encrypted_class if {
	every class in [_encrypted, _class("local", "rancher.io/local-path", null, {})] {
		request := _input("storage.k8s.io/StorageClass", class, [])
		at_rest.deny == set() with input as request with data.parameters as _parameters
		at_rest.unknown == set() with input as request with data.parameters as _parameters
		at_rest.applicable with input as request
	}
}

test_allow_confidential_class_with_a_key if {
	class := _class("gp3", "ebs.csi.aws.com", {"encrypted": "true", "kmsKeyId": "alias/shop"}, _confidential)
	at_rest.deny == set() with input as _input("storage.k8s.io/StorageClass", class, [])
		with data.parameters as _parameters
}

test_deny_class if {
	at_rest.deny == {{
		"message": sprintf("the StorageClass %s", [_unencrypted]),
		"path": ["parameters"],
	}} with input as _input("storage.k8s.io/StorageClass", _plain, []) with data.parameters as _parameters
}

test_deny_confidential_class_without_a_key if {
	class := _class("gp3", "ebs.csi.aws.com", {"encrypted": "true"}, _confidential)
	at_rest.deny == {{
		"message": sprintf("the StorageClass %s", [_no_key]),
		"path": ["parameters"],
	}} with input as _input("storage.k8s.io/StorageClass", class, []) with data.parameters as _parameters
}

test_unknown_provisioner if {
	class := _class("nfs", "nfs.csi.k8s.io", {}, _confidential)
	at_rest.unknown == {
		{
			"message": `the StorageClass has provisioner nfs.csi.k8s.io, whose encryption is not known`,
			"path": ["provisioner"],
		},
		{
			"message": `the StorageClass has provisioner nfs.csi.k8s.io, whose keys are not known`,
			"path": ["provisioner"],
		},
	} with input as _input("storage.k8s.io/StorageClass", class, []) with data.parameters as _parameters
}

test_allow_claims if {
	every request in [
		_claim({"storageClassName": "gp3"}, {}, [_plain, _encrypted]),
		_claim({}, {}, [_plain, _as_default(_encrypted)]),
		_claim({"storageClassName": null}, {}, [_as_default(_encrypted)]),
	] {
		at_rest.deny == set() with input as request with data.parameters as _parameters
		at_rest.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_claims if {
	fault := {{
		"message": sprintf(`the claim uses StorageClass "gp2", which %s`, [_unencrypted]),
		"path": ["spec", "storageClassName"],
	}}
	annotations := {"annotations": {"volume.beta.kubernetes.io/storage-class": "gp2"}}
	every request in [
		_claim({"storageClassName": "gp2"}, {}, [_plain, _encrypted]),
		_claim({}, {}, [_as_default(_plain), _encrypted]),
		_claim({"storageClassName": "gp3"}, annotations, [_plain, _encrypted]),
	] {
		at_rest.deny == fault with input as request with data.parameters as _parameters
		at_rest.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_confidential_claim_of_a_class_without_a_key if {
	at_rest.deny == {{
		"message": sprintf(`the claim uses StorageClass "gp3", which %s`, [_no_key]),
		"path": ["spec", "storageClassName"],
	}} with input as _claim({"storageClassName": "gp3"}, _confidential, [_encrypted])
		with data.parameters as _parameters
}

test_unknown_two_default_classes if {
	request := _claim({}, {}, [_as_default(_plain), _as_default(_encrypted)])
	at_rest.deny == set() with input as request with data.parameters as _parameters
	at_rest.unknown == {{
		"message": sprintf(`the claim may use StorageClass "gp2", which %s`, [_unencrypted]),
		"path": ["spec", "storageClassName"],
	}} with input as request with data.parameters as _parameters
}

test_unknown_class_of_a_claim if {
	doubt := `has provisioner nfs.csi.k8s.io, whose encryption is not known`
	at_rest.unknown == {{
		"message": sprintf(`the claim uses StorageClass "nfs", which %s`, [doubt]),
		"path": ["spec", "storageClassName"],
	}} with input as _claim({"storageClassName": "nfs"}, {}, [_class("nfs", "nfs.csi.k8s.io", {}, {})])
		with data.parameters as _parameters
}

test_unknown_class_that_is_not_there if {
	messages := {
		"the claim uses an existing volume, whose encryption is not known": {"storageClassName": ""},
		"the claim uses StorageClass other, which was not found": {"storageClassName": "other"},
		"the claim uses the default StorageClass, which was not found": {},
	}
	every message, spec in messages {
		at_rest.deny == set() with input as _claim(spec, {}, [_encrypted]) with data.parameters as _parameters
		at_rest.unknown == {{
			"message": message,
			"path": ["spec", "storageClassName"],
		}} with input as _claim(spec, {}, [_encrypted]) with data.parameters as _parameters
	}
}

test_unknown_classes_not_read if {
	request := {"resource": "PersistentVolumeClaim", "object": {"spec": {}}, "context": {"siblings": {}}}
	at_rest.unknown == {
		{"message": "the StorageClasses of the cluster could not be read"},
		{
			"message": "the claim uses the default StorageClass, which was not found",
			"path": ["spec", "storageClassName"],
		},
	} with input as request with data.parameters as _parameters
}

test_unknown_claim_without_a_spec if {
	at_rest.unknown == {{
		"message": "the claim cannot be read",
		"path": [],
	}} with input as _claim("10Gi", {}, [_encrypted]) with data.parameters as _parameters
}

_stateful_set(templates) := _input(
	"apps/StatefulSet",
	{"spec": {"volumeClaimTemplates": templates}},
	[_encrypted, _plain],
)

test_allow_stateful_sets if {
	at_rest.applicable == false with input as _stateful_set([])
	request := _stateful_set([{"spec": {"storageClassName": "gp3"}}])
	at_rest.applicable with input as request
	at_rest.deny == set() with input as request with data.parameters as _parameters
}

test_deny_stateful_set if {
	templates := [{"spec": {"storageClassName": "gp3"}}, {"spec": {"storageClassName": "gp2"}}]
	at_rest.deny == {{
		"message": sprintf(`claim template number 2 uses StorageClass "gp2", which %s`, [_unencrypted]),
		"path": ["spec", "volumeClaimTemplates", 1, "spec", "storageClassName"],
	}} with input as _stateful_set(templates) with data.parameters as _parameters
}

test_unknown_stateful_set if {
	at_rest.unknown == {{
		"message": "the claim templates are not a list",
		"path": ["spec", "volumeClaimTemplates"],
	}} with input as _stateful_set("data") with data.parameters as _parameters
	at_rest.unknown == {{
		"message": "the claim templates are not a list",
		"path": ["spec", "volumeClaimTemplates"],
	}} with input as _input("apps/StatefulSet", {"spec": []}, []) with data.parameters as _parameters
}

test_allow_encryption_configurations if {
	every entries in [
		[{"resources": ["secrets"], "providers": [{"kms": {}}, {"identity": {}}]}],
		[
			{"resources": ["pods"], "providers": [{"identity": {}}]},
			{"resources": ["*.*"], "providers": [{"aesgcm": {}}]},
		],
		[
			{"resources": ["*."], "providers": [{"aescbc": {}}]},
			{"resources": ["secrets"], "providers": [{"identity": {}}]},
		],
	] {
		at_rest.deny == set() with input as _configuration(entries) with data.parameters as _parameters
		at_rest.unknown == set() with input as _configuration(entries) with data.parameters as _parameters
	}
}

test_deny_identity_first if {
	entries := [
		{"resources": ["configmaps"], "providers": [{"kms": {}}]},
		{"resources": ["secrets"], "providers": [{"identity": {}}, {"kms": {}}]},
	]
	at_rest.deny == {{
		"message": "secrets are written with the identity provider, which does not encrypt",
		"path": ["resources", 1, "providers", 0],
	}} with input as _configuration(entries) with data.parameters as _parameters
}

test_deny_secrets_left_out if {
	at_rest.deny == {{
		"message": "no entry of the configuration encrypts secrets",
		"path": ["resources"],
	}} with input as _configuration([{"resources": ["configmaps"], "providers": [{"kms": {}}]}])
		with data.parameters as _parameters
}

test_unknown_encryption_configurations if {
	every entries in [null, "secrets", [{"resources": ["secrets"], "providers": []}], [{"providers": [{"kms": {}}]}]] {
		at_rest.unknown == {{
			"message": "the entries of the configuration cannot be read",
			"path": ["resources"],
		}} with input as _configuration(entries) with data.parameters as _parameters
	}
	at_rest.unknown == {{
		"message": "the first provider for secrets is none that is known",
		"path": ["resources", 0, "providers", 0],
	}} with input as _configuration([{"resources": ["secrets"], "providers": [{"rot13": {}}]}])
		with data.parameters as _parameters
}

test_unknown_labels if {
	every metadata in [{"name": "x", "labels": "confidential"}, {"name": "x", "labels": {"data-classification": 1}}] {
		class := object.union(object.remove(_encrypted, ["metadata"]), {"metadata": metadata})
		at_rest.unknown == {{
			"message": "the labels of the StorageClass cannot be read",
			"path": [],
		}} with input as _input("storage.k8s.io/StorageClass", class, []) with data.parameters as _parameters
	}
}

test_unknown_parameters_missing if {
	at_rest.unknown == {
		{"message": "parameter confidential_label is not set"},
		{"message": "parameter confidential_values is not set"},
	} with input as _input("storage.k8s.io/StorageClass", _encrypted, [])
		with data.parameters as {"ENC-12": {"encrypted_provisioners": []}}
}
