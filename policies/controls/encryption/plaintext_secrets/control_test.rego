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

_change(items) := {"kind": "pull_request", "object": {"files": {"complete": true, "items": items}}}

_file(path, lines) := {
	"path": path,
	"additions": count(lines),
	"patch": sprintf("@@ -0,0 +4,%d @@\n+%s", [count(lines), concat("\n+", lines)]),
}

_of_changes := {"ENC-13": {
	"ignored_names": ["CSRF_TOKEN"],
	"ignored_paths": ["*.lock"],
	"fixture_paths": ["tests/**"],
}}

_patch := ["files", "items", 0, "patch"]

test_allow_change_without_secrets if {
	every file in [
		_file("app.env", ["HOST=db", "CSRF_TOKEN=header", "DB_PASSWORD="]),
		_file("login.py", ["self.password = password"]),
		_file("tests/login.py", ["password = 'hunter2'"]),
		{"path": "yarn.lock", "additions": 9000},
		{"path": "logo.png", "additions": 0},
	] {
		plaintext_secrets.applicable with input as _change([file]) with data.parameters as _of_changes
		plaintext_secrets.deny == set() with input as _change([file]) with data.parameters as _of_changes
		plaintext_secrets.unknown == set() with input as _change([file]) with data.parameters as _of_changes
	}
}

test_deny_token_in_a_change if {
	expected := {{"message": "tests/a.ts:5 holds an AWS access key", "path": _patch}}
	pull := _change([_file("tests/a.ts", ["first", "connect('AKIAIOSFODNN7EXAMPLE')"])])
	plaintext_secrets.deny == expected with input as pull with data.parameters as _of_changes
}

test_deny_literals_in_a_change if {
	every file, name in {
		_file("app.env", ["DB_PASSWORD=hunter2"]): "DB_PASSWORD",
		_file("web.yaml", ["{name: DB_PASSWORD, value: hunter2}"]): "DB_PASSWORD",
		_file("login.ts", ["login({ password: 'hunter2' });"]): "password",
	} {
		message := sprintf("%s:4 has a literal for %q", [file.path, name])
		plaintext_secrets.deny == {{"message": message, "path": _patch}} with input as _change([file])
			with data.parameters as _of_changes
	}
}

test_deny_literal_on_the_line_after_its_name if {
	pull := _change([_file("web.yaml", ["- name: DB_PASSWORD", "  value: hunter2"])])
	expected := {{"message": "web.yaml:5 has a literal for \"DB_PASSWORD\"", "path": _patch}}
	plaintext_secrets.deny == expected with input as pull with data.parameters as _of_changes
}

test_unknown_patch_missing_or_cut if {
	message := "the lines added to a.txt cannot be searched: GitHub gives no patch of them, or a part"
	every file in [
		{"path": "a.txt", "additions": 1},
		{"path": "a.txt", "additions": 1, "patch": "+a"},
		{"path": "a.txt", "additions": 2, "patch": "@@ -0,0 +1 @@\n+a"},
	] {
		plaintext_secrets.deny == set() with input as _change([file]) with data.parameters as _of_changes
		plaintext_secrets.unknown == {{"message": message, "path": ["files", "items", 0]}} with input as _change([file])
			with data.parameters as _of_changes
	}
}

test_unknown_files_cut_short if {
	pull := {"kind": "pull_request", "object": {"files": {"complete": false}}}
	message := "the list of changed files was cut short, so nothing can be concluded from it"
	plaintext_secrets.unknown == {{"message": message, "path": ["files"]}} with input as pull
		with data.parameters as _of_changes
}

test_unknown_change_without_parameters if {
	expected := {{"message": sprintf("parameter %s is not set", [name])} |
		some name in ["fixture_paths", "ignored_names", "ignored_paths"]
	}
	plaintext_secrets.unknown == expected with input as _change([]) with data.parameters as {}
}
