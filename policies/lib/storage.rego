# METADATA
# title: Encryption of storage classes
# description: |
#   Tells whether the volumes that a StorageClass provisions are encrypted, and with whose key, from the parameters each
#   provisioner documents. A provisioner that is not known is a doubt, which a control reports as `unknown`.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/storage-classes/
#     description: Storage classes
package soc2.lib.storage

import rego.v1

# Why a class does not encrypt its volumes; undefined where it does, or where that cannot be told.
fault(class) := sprintf("does not encrypt its volumes: parameter %s is not \"true\"", [switch]) if {
	switch := _driver(class.provisioner).switch
	object.get(_parameters(class), lower(switch), "") != "true"
}

# Why a class does not encrypt its volumes with a key of the customer's own.
key_fault(class) := sprintf("is confidential but has no key of its own: parameter %s is not set", [key]) if {
	key := _key_parameter(class)
	not _names_a_key(class, key)
}

doubt(class) := "has no provisioner that can be read" if {
	not is_string(object.get(class, "provisioner", null))
} else := sprintf("has provisioner %v, whose encryption is not known", [class.provisioner]) if {
	not _driver(class.provisioner)
}

key_doubt(class) := sprintf("has provisioner %v, whose keys are not known", [class.provisioner]) if {
	not _key_parameter(class)
}

_names_a_key(class, key) if {
	name := _parameters(class)[lower(key)]
	is_string(name)
	name != ""
}

_key_parameter(class) := _driver(class.provisioner).key

# Drivers read the names of their parameters in any case.
_parameters(class) := {lower(name): value |
	value := class.parameters[name]
	is_string(name)
}

_driver(provisioner) := _drivers[provisioner]

# Rook puts the name of its namespace before the name of the Ceph drivers.
_driver(provisioner) := _ceph if {
	is_string(provisioner)
	regex.match(`^[a-z0-9-]+[.](cephfs|rbd)[.]csi[.]ceph[.]com$`, provisioner)
}

_ceph := {"switch": "encrypted", "key": "encryptionKMSID"}

# `switch` is the parameter that turns encryption on, absent where the provider always encrypts; `key` names the key of
# the customer.
_drivers := {
	"blockvolume.csi.oraclecloud.com": {},
	"cephfs.csi.ceph.com": _ceph,
	"disk.csi.azure.com": {"key": "diskEncryptionSetID"},
	"dobs.csi.digitalocean.com": {},
	"driver.longhorn.io": {"switch": "encrypted", "key": "csi.storage.k8s.io/node-publish-secret-name"},
	"ebs.csi.aws.com": {"switch": "encrypted", "key": "kmsKeyId"},
	"file.csi.azure.com": {},
	"filestore.csi.storage.gke.io": {"key": "instance-encryption-kms-key"},
	"fsx.csi.aws.com": {"key": "kmsKeyId"},
	"kubernetes.io/aws-ebs": {"switch": "encrypted", "key": "kmsKeyId"},
	"kubernetes.io/azure-disk": {"key": "diskEncryptionSetID"},
	"kubernetes.io/gce-pd": {"key": "disk-encryption-kms-key"},
	"pd.csi.storage.gke.io": {"key": "disk-encryption-kms-key"},
	"rbd.csi.ceph.com": _ceph,
}
