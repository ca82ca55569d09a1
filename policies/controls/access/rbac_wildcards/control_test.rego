package soc2.access.rbac_wildcards_test

import rego.v1

import data.soc2.access.rbac_wildcards

_parameters := {"ACC-17": {"allowed_roles": ["ClusterRole/cluster-admin", "Role/shop/listed"]}}

_role(kind, name, fields) := {
	"resource": concat("/", ["rbac.authorization.k8s.io", kind]),
	"object": object.union({"kind": kind, "metadata": {"name": name, "namespace": "shop"}}, fields),
}

_rule(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

_everything := {"rules": [_rule(["*"], ["*"], ["*"])]}

_reads_secrets := {"rules": [_rule([""], ["secrets"], ["get"])]}

test_allow_narrow_rules if {
	named := object.union(_rule([""], ["secrets"], ["get", "list", "watch"]), {"resourceNames": ["shop-tls"]})
	rules := [
		named,
		_rule([""], ["secrets"], ["create"]),
		_rule(["example.com"], ["secrets"], ["get"]),
		{"nonResourceURLs": ["/healthz", "/metrics/*"], "verbs": ["get"]},
	]
	request := _role("ClusterRole", "controller", {"rules": rules})
	rbac_wildcards.deny == set() with input as request with data.parameters as _parameters
	rbac_wildcards.unknown == set() with input as request with data.parameters as _parameters
	rbac_wildcards.applicable with input as request
}

test_allow_listed_roles if {
	every request in [_role("ClusterRole", "cluster-admin", _everything), _role("Role", "listed", _reads_secrets)] {
		rbac_wildcards.deny == set() with input as request with data.parameters as _parameters
	}
}

test_allow_narrow_aggregation if {
	every aggregation in [
		null,
		{"clusterRoleSelectors": [{"matchLabels": {"example.com/aggregate": "true"}}]},
	] {
		request := _role("ClusterRole", "x", {"aggregationRule": aggregation, "rules": null})
		rbac_wildcards.deny == set() with input as request with data.parameters as _parameters
		rbac_wildcards.unknown == set() with input as request with data.parameters as _parameters
	}
}

test_deny_wildcards if {
	rules := [_rule(["*"], ["pods", "*/exec"], ["get", "*"]), {"nonResourceURLs": ["/healthz", "/*"], "verbs": ["get"]}]
	rbac_wildcards.deny == {
		{"message": "rule 1 grants a wildcard as its API group", "path": ["rules", 0, "apiGroups", 0]},
		{"message": "rule 1 grants a wildcard as its resource", "path": ["rules", 0, "resources", 1]},
		{"message": "rule 1 grants a wildcard as its verb", "path": ["rules", 0, "verbs", 1]},
		{"message": "rule 2 grants every URL of the API server", "path": ["rules", 1, "nonResourceURLs", 1]},
	} with input as _role("ClusterRole", "x", {"rules": rules}) with data.parameters as _parameters
}

test_deny_reading_every_secret if {
	fault := {{"message": "rule 1 reads every secret", "path": ["rules", 0, "resources", 0]}}
	every request in [
		_role("Role", "x", _reads_secrets),
		_role("ClusterRole", "listed", _reads_secrets),
		_role("Role", "x", {"rules": [object.union(_rule([""], ["secrets"], ["list"]), {"resourceNames": [""]})]}),
	] {
		rbac_wildcards.deny == fault with input as request with data.parameters as _parameters
	}
}

test_deny_aggregating_cluster_admin if {
	selectors := [{"matchLabels": {"example.com/aggregate": "true"}}, {}]
	rbac_wildcards.deny == {{
		"message": "the role aggregates cluster-admin",
		"path": ["aggregationRule", "clusterRoleSelectors", 1],
	}} with input as _role("ClusterRole", "x", {"aggregationRule": {"clusterRoleSelectors": selectors}})
		with data.parameters as _parameters
}

test_unknown_aggregation if {
	rbac_wildcards.unknown == {{
		"message": "the aggregationRule cannot be read",
		"path": ["aggregationRule"],
	}} with input as _role("ClusterRole", "x", {"aggregationRule": {}}) with data.parameters as _parameters
	rbac_wildcards.unknown == {{
		"message": "selector 1 of the aggregationRule cannot be read",
		"path": ["aggregationRule", "clusterRoleSelectors", 0],
	}} with input as _role("ClusterRole", "x", {"aggregationRule": {"clusterRoleSelectors": ["all"]}})
		with data.parameters as _parameters
}

test_unknown_rules if {
	rbac_wildcards.unknown == {{
		"message": "rules is not a list",
		"path": ["rules"],
	}} with input as _role("Role", "x", {"rules": "all"}) with data.parameters as _parameters
}

test_unknown_parameter_missing if {
	rbac_wildcards.unknown == {{
		"message": "parameter allowed_roles is not set",
	}} with input as _role("Role", "x", {"rules": []}) with data.parameters as {}
}
