package soc2.lib.storage_test

import rego.v1

import data.soc2.lib.storage

_class(provisioner, parameters) := {"provisioner": provisioner, "parameters": parameters}

_unencrypted := `does not encrypt its volumes: parameter encrypted is not "true"`

test_allow_encrypted_classes if {
	classes := [
		_class("ebs.csi.aws.com", {"encrypted": "true"}),
		_class("ebs.csi.aws.com", {"Encrypted": "true"}),
		_class("rook-ceph.cephfs.csi.ceph.com", {"encrypted": "true"}),
		_class("pd.csi.storage.gke.io", null),
		{"provisioner": "disk.csi.azure.com"},
	]
	every class in classes {
		not storage.fault(class)
		not storage.doubt(class)
	}
}

test_deny_classes_that_do_not_encrypt if {
	classes := [
		{"provisioner": "ebs.csi.aws.com"},
		_class("ebs.csi.aws.com", {"encrypted": true}),
		_class("kubernetes.io/aws-ebs", {"encrypted": "True"}),
		_class("rook-ceph.rbd.csi.ceph.com", {"encrypted": ""}),
	]
	every class in classes { storage.fault(class) == _unencrypted }
}

test_deny_classes_without_a_key if {
	fault := "is confidential but has no key of its own: parameter kmsKeyId is not set"
	storage.key_fault(_class("ebs.csi.aws.com", {"encrypted": "true"})) == fault
	storage.key_fault(_class("ebs.csi.aws.com", {"kmsKeyId": ""})) == fault
	storage.key_fault(_class("ebs.csi.aws.com", {"kmsKeyId": 7})) == fault
	not storage.key_fault(_class("ebs.csi.aws.com", {"kmskeyid": "alias/shop"}))
}

test_unknown_provisioners if {
	storage.doubt({}) == "has no provisioner that can be read"
	storage.doubt(_class("nfs.csi.k8s.io", {})) == `has provisioner nfs.csi.k8s.io, whose encryption is not known`
	storage.key_doubt(_class("nfs.csi.k8s.io", {})) == `has provisioner nfs.csi.k8s.io, whose keys are not known`
	no_key_known := `has provisioner file.csi.azure.com, whose keys are not known`
	storage.key_doubt(_class("file.csi.azure.com", {})) == no_key_known
	not storage.key_doubt(_class("ebs.csi.aws.com", {}))
	not storage.fault(_class(7, {}))
}
