package soc2.encryption.plaintext_secrets_test

import rego.v1

import data.soc2.encryption.plaintext_secrets

_none := {"ENC-13": {"ignored_names": []}}

_pod(fields) := {"resource": "Pod", "object": {"spec": {"containers": [object.union({"name": "web"}, fields)]}}}

_config_map(data_fields) := {"resource": "ConfigMap", "object": data_fields}

_secret(fields) := {"resource": "Secret", "object": fields}

_at(path) := array.concat(["spec", "containers", 0], path)

# Built from parts, so that no scanner of source takes it for a token.
_github_token := concat("", ["gh", "p_", "0123456789abcdefABCDEF0123456789abcd"])

test_allow_ordinary_settings if {
	every fields in [
		{},
		{"env": null, "args": null},
		{"env": [{"name": "PORT", "value": "8080"}, {"name": "EMPTY", "value": null}], "args": ["--verbose"]},
		{"env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]},
		{"env": [{"name": "PASSWORD", "value": "$(OTHER)"}, {"name": "SECRET_NAME", "value": "database"}]},
		{"command": ["web"], "args": ["--password", "--verbose", "--token-file", "/run/secrets/token"]},
	] {
		plaintext_secrets.deny == set() with input as _pod(fields) with data.parameters as _none
		plaintext_secrets.unknown == set() with input as _pod(fields) with data.parameters as _none
	}
	plaintext_secrets.applicable with input as _pod({})
}

test_deny_literal_in_the_environment if {
	plaintext_secrets.deny == {{
		"message": `container "web" has a literal for "DB_PASSWORD" in environment variable DB_PASSWORD`,
		"path": _at(["env", 1, "value"]),
	}} with input as _pod({"env": [{"name": "PORT", "value": "8080"}, {"name": "DB_PASSWORD", "value": "hunter2"}]})
		with data.parameters as _none
}

test_deny_token_in_the_environment if {
	plaintext_secrets.deny == {{
		"message": `container "web" holds a GitHub token in environment variable TOKEN`,
		"path": _at(["env", 0, "value"]),
	}} with input as _pod({"env": [{"name": "TOKEN", "value": _github_token}]}) with data.parameters as _none
}

test_deny_connection_string if {
	plaintext_secrets.deny == {{
		"message": `container "web" has a literal for "Password" in environment variable DB`,
		"path": _at(["env", 0, "value"]),
	}} with input as _pod({"env": [{"name": "DB", "value": "Server=db;User Id=shop;Password=hunter2"}]})
		with data.parameters as _none
}

test_deny_arguments if {
	fields := {"command": ["redis-server", "--requirepass", "hunter2"], "args": ["--password=hunter2", "-v"]}
	plaintext_secrets.deny == {
		{"message": `container "web" has a literal for "password" in args`, "path": _at(["args", 0])},
		{"message": `container "web" has a literal for "requirepass" in command`, "path": _at(["command", 2])},
	} with input as _pod(fields) with data.parameters as _none
}

test_allow_ignored_names if {
	fields := {"env": [{"name": "SANTA_TOKEN", "value": "candy"}]}
	plaintext_secrets.deny == set() with input as _pod(fields)
		with data.parameters as {"ENC-13": {"ignored_names": ["SANTA_TOKEN"]}}
}

test_deny_config_map if {
	document := {
		"data": {
			"DB_PASSWORD": "hunter2",
			"token": _github_token,
			"application.properties": "db.user=shop\ndb.password=hunter2\n",
		},
		"binaryData": {"key": concat("", ["LS0tLS1CRUdJTi", "BQUklWQVRFIEtFWS0tLS0tCg=="])},
	}
	plaintext_secrets.deny == {
		{"message": `key "DB_PASSWORD" has a literal for "DB_PASSWORD"`, "path": ["data", "DB_PASSWORD"]},
		{
			"message": `key "application.properties" has a literal for "db.password"`,
			"path": ["data", "application.properties"],
		},
		{"message": `key "key" holds a private key in base64`, "path": ["binaryData", "key"]},
		{"message": `key "token" holds a GitHub token`, "path": ["data", "token"]},
	} with input as _config_map(document) with data.parameters as _none
}

test_allow_config_map if {
	every document in [
		{},
		{"data": null},
		{"data": {"LOG_LEVEL": "info", "password-policy.json": "{\"min\": 12}", "secret": "line one\nline two\n"}},
	] {
		plaintext_secrets.deny == set() with input as _config_map(document) with data.parameters as _none
		plaintext_secrets.unknown == set() with input as _config_map(document) with data.parameters as _none
	}
}

test_deny_secret_in_source if {
	document := {
		"data": {"username": "c2hvcA==", "password": "aHVudGVyMg==", "tls.crt": "LS0t"},
		"stringData": {"url": "https://example.com", "empty": "", "later": "${LATER}"},
	}
	plaintext_secrets.deny == {
		{"message": `the Secret is kept in source with its value for key "password"`, "path": ["data", "password"]},
		{"message": `the Secret is kept in source with its value for key "url"`, "path": ["stringData", "url"]},
	} with input as _secret(document) with data.parameters as _none
}

test_allow_secret_on_its_way_into_the_cluster if {
	request := object.union(_secret({"data": {"password": "aHVudGVyMg=="}}), {"request": {"operation": "CREATE"}})
	plaintext_secrets.applicable == false with input as request
	plaintext_secrets.deny == set() with input as request with data.parameters as _none
	plaintext_secrets.unknown == set() with input as request with data.parameters as _none
}

test_deny_config_map_on_its_way_into_the_cluster if {
	request := object.union(_config_map({"data": {"DB_PASSWORD": "hunter2"}}), {"request": {"operation": "CREATE"}})
	plaintext_secrets.applicable with input as request
	plaintext_secrets.deny == {{
		"message": `key "DB_PASSWORD" has a literal for "DB_PASSWORD"`,
		"path": ["data", "DB_PASSWORD"],
	}} with input as request with data.parameters as _none
}

test_unknown_shapes_of_a_container if {
	fields := {"env": ["PORT=80", {"name": "PORT", "value": 80}], "args": "--verbose", "command": [80]}
	plaintext_secrets.unknown == {
		{"message": `args of container "web" cannot be read`, "path": _at(["args"])},
		{"message": `command of container "web" cannot be read`, "path": _at(["command", 0])},
		{"message": `env of container "web" cannot be read`, "path": _at(["env", 0])},
		{"message": `env of container "web" cannot be read`, "path": _at(["env", 1, "value"])},
	} with input as _pod(fields) with data.parameters as _none
}

test_unknown_containers_missing if {
	plaintext_secrets.unknown == {{
		"message": "the pod lists no containers",
		"path": ["spec", "containers"],
	}} with input as {"resource": "Pod", "object": {"spec": {}}} with data.parameters as _none
}

test_unknown_shapes_of_data if {
	plaintext_secrets.unknown == {
		{"message": "binaryData cannot be read", "path": ["binaryData"]},
		{"message": "data cannot be read", "path": ["data"]},
	} with input as _config_map({"data": {"PORT": 80}, "binaryData": ["x"]}) with data.parameters as _none
}

test_unknown_parameter_missing if {
	plaintext_secrets.unknown == {{"message": "parameter ignored_names is not set"}} with input as _pod({})
		with data.parameters as {}
}
