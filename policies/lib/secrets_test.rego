package soc2.lib.secrets_test

import rego.v1

import data.soc2.lib.secrets

# Built from parts, so that no scanner of source takes a sample for a secret.
_filler := "0123456789abcdefABCDEF0123456789abcdef0123456789abcdefABCDEF012345"

_samples := {
	"a Docker Hub access token": concat("", ["dckr_", "pat_", _filler]),
	"a DigitalOcean token": concat("", ["dop_", "v1_", lower(_filler)]),
	"a GitHub token": concat("", ["gh", "p_", _filler]),
	"a GitLab token": concat("", ["gl", "pat-", _filler]),
	"a Google API key": concat("", ["AI", "za", _filler]),
	"a Google OAuth client secret": concat("", ["GOC", "SPX-", _filler]),
	"a JSON Web Token": concat(".", ["eyJhbGciOiJub25lIn0", "eyJzdWIiOiJzaG9wIn0", "c2lnbmF0dXJl"]),
	"a PyPI token": concat("", ["py", "pi-", _filler]),
	"a SendGrid key": concat("", ["S", "G.", substring(_filler, 0, 22), ".", substring(_filler, 0, 43)]),
	"a Slack token": concat("", ["xo", "xb-", _filler]),
	"a Slack webhook": concat("", ["https://hooks.", "slack.com/services/", _filler]),
	"a Stripe key": concat("", ["sk_", "live_", _filler]),
	"a Vault token": concat("", ["hv", "s.", _filler]),
	"a key of a language model API": concat("", ["sk-", "ant-", _filler]),
	"a key of an Azure storage account": concat("", ["DefaultEndpointsProtocol=https;Account", "Key=", _filler]),
	"a password in a URL": "postgres://shop:hunter2@database:5432/shop",
	"a private key": concat("", ["-----BEGIN RSA ", "PRIVATE KEY-----"]),
	"a private key in base64": concat("", ["LS0tLS1CRUdJTi", "BQUklWQVRFIEtFWS0tLS0tCg=="]),
	"an AWS access key": "AKIAIOSFODNN7EXAMPLE",
	"an authorization header": "Authorization: Bearer c2hvcDpodW50ZXIy",
	"an npm token": concat("", ["np", "m_", substring(_filler, 0, 36)]),
}

test_deny_every_kind_of_token if {
	every kind, sample in _samples {
		secrets.tokens(sprintf("token: '%s'\n", [sample])) == {kind}
	}
}

test_allow_text_without_tokens if {
	every text in [
		"",
		"postgres://shop@database:5432/shop",
		"https://example.com:8443/a?mail=a@example.com",
		"https://[::1]:8443/a@b",
		"redis://:$(REDIS_PASSWORD)@redis:6379",
		"amqp://user:${PASSWORD}@rabbitmq",
		"postgres://user:<password>@database",
		"registry.example.com:5000/shop/web@sha256:abc",
		"eyJ is how a token begins",
		"-----BEGIN CERTIFICATE-----",
		"AKIA is a prefix",
		"the npm_config_cache and the glpat- prefix",
		"Authorization: Bearer $TOKEN",
	] {
		secrets.tokens(text) == set()
	}
}

test_deny_names_of_secrets if {
	every name in [
		"DB_PASSWORD",
		"PGPASSWORD",
		"dbPassword",
		"spring.datasource.password",
		"SMTP_PASS",
		"userPwd",
		"requirepass",
		"CLIENT_SECRET",
		"clientSecret",
		"SECRET_KEY_BASE",
		"GITHUB_TOKEN",
		"access-token",
		"API_KEY",
		"API_KEYS",
		"JWT_KEY",
		"sessionKey",
		"apikey",
		"apiKey",
		"STORAGE_ACCOUNT_KEY",
		"PRIVATE_KEY",
		"AWS_SECRET_ACCESS_KEY",
		"CREDENTIALS",
		"TOKEN_",
	] {
		secrets.is_secret_name(name)
	}
}

test_allow_names_about_secrets if {
	every name in [
		"",
		"PORT",
		"PWD",
		"COMPASS",
		"DB_SECRET_NAME",
		"secretName",
		"TOKEN_FILE",
		"token-url",
		"tokenURL",
		"ACCESS_TOKEN_TTL",
		"PASSWORD_MIN_LENGTH",
		"MAX_TOKENS",
		"max_token_count",
		"TOKENIZERS_PARALLELISM",
		"tokenizer",
		"SECRETARY",
		"PASSWORDLESS",
		"IMAGE_PULL_SECRET",
		"imagePullSecret",
		"tlsSecret",
		"ENABLE_PASSWORD",
		"password_encryption",
		"monkey",
		"AUTH_TOKEN_COOKIE",
		"KEYBOARD",
	] {
		not secrets.is_secret_name(name)
	}
}

test_deny_literals if {
	every value in [
		"hunter2",
		"1234",
		"p@ss word",
		"AKIAIOSFODNN7EXAMPLE",
		"change",
		"$2y$10$abcdefghij",
		"a/b+c=",
		"x1",
	] {
		secrets.is_literal(value)
	}
}

test_allow_what_is_no_literal if {
	every value in [
		"",
		" \n",
		"$(TOKEN)",
		"${TOKEN}",
		"$__file{/run/secrets/token}",
		"prefix-${TOKEN}",
		"$TOKEN",
		"$1",
		"{{ .Values.token }}",
		"<your-token>",
		"%TOKEN%",
		"__TOKEN__",
		"`cat /run/secrets/token`",
		"true",
		"changeme",
		"CHANGE-ME",
		"replace_me_please",
		"your-token-here",
		"xxxxxx",
		"******",
		"todo",
		"null",
		"string",
		"/run/secrets/token",
		"./token",
		"~/token",
		"file:token",
		"https://idp.example.com/token",
		"vault:secret/data/shop#token",
		"op://vault/item/token",
		"ref+vault://secret/token",
		"ENC[AES256_GCM,data:abc]",
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop",
		"projects/shop/secrets/token",
		"3600s",
		"15m",
		"os.environ[\"TOKEN\"]",
		"get_token()",
		"{\"type\": \"string\"}",
		"|",
		">-",
		"*anchor",
	] {
		not secrets.is_literal(value)
	}
}

test_deny_literals_that_a_text_assigns if {
	assigned := {text: secrets.assigned(text) |
		some text in [
			"user: shop\npassword: hunter2\n",
			"  - db.password = hunter2",
			"export API_KEY=0123abcd",
			"web --user=shop --password=hunter2",
			"web --password hunter2 --verbose",
			"Server=db;User Id=shop;Password=hunter2;",
			"{\"user\": \"shop\", \"clientSecret\": \"hunter2\"}",
			"helm upgrade --set auth.user=a,auth.password=hunter2",
		]
	}
	assigned == {
		"user: shop\npassword: hunter2\n": {"password"},
		"  - db.password = hunter2": {"db.password"},
		"export API_KEY=0123abcd": {"API_KEY"},
		"web --user=shop --password=hunter2": {"password"},
		"web --password hunter2 --verbose": {"password"},
		"Server=db;User Id=shop;Password=hunter2;": {"Password"},
		"{\"user\": \"shop\", \"clientSecret\": \"hunter2\"}": {"clientSecret"},
		"helm upgrade --set auth.user=a,auth.password=hunter2": {"auth.password"},
	}
}

test_allow_text_that_assigns_no_literal if {
	every text in [
		"user: shop",
		"password: ${DB_PASSWORD}",
		"password:\n  secretName: shop",
		"token=$(cat /run/secrets/token)",
		"token = get_token()",
		"web --token-file=/run/secrets/token --password \"$DB_PASSWORD\"",
		"if [ \"$TOKEN\" = \"\" ]; then exit 1; fi",
		"{\"password\": {\"type\": \"string\"}}",
		"# set the password first",
		"token = var.token",
		"password: config.database.password",
	] {
		secrets.assigned(text) == set()
	}
}

test_allow_cheap_searches if {
	secrets.may_name_a_secret("DB_PASSWORD")
	not secrets.may_name_a_secret("PORT=8080")
	not secrets.may_hold_a_token("PORT=8080")
}

test_deny_quoted_literals if {
	every text, name in {
		`const dbPassword: string = "hunter2";`: "dbPassword",
		`password := "hunter2"`: "password",
		`let api_key = b'hunter2';`: "api_key",
		"login({password: `hunter2`})": "password",
		`if (token === "hunter2") {`: "token",
		`"clientSecret" => 'hunter2',`: "clientSecret",
		`private static final String API_KEY = "hunter2";`: "API_KEY",
		`os.environ["DB_PASSWORD"] = "hunter2"`: "DB_PASSWORD",
	} {
		secrets.quoted(text) == {name}
	}
}

test_allow_expressions if {
	every text in [
		`self.password = password`,
		`password = getpass("Password: ")`,
		`password: str = None`,
		`token := os.Getenv("TOKEN")`,
		`apiKey = "<your key>"`,
		`const tokenUrl = "https://login.example.com/token";`,
		`"jsonwebtoken": "^9.0.2"`,
		`label = "Password"`,
	] {
		secrets.quoted(text) == set()
	}
}

test_deny_listed_variables if {
	every text in [
		"- name: DB_PASSWORD\n  value: hunter2",
		`{"name": "DB_PASSWORD", "value": "hunter2"}`,
		"name = \"DB_PASSWORD\"\n  value = \"hunter2\"",
	] {
		secrets.listed(text) == {"DB_PASSWORD"}
	}
}

test_allow_listed_variables if {
	every text in [
		"- name: DB_HOST\n  value: database",
		"- name: DB_PASSWORD\n  valueFrom:",
		"- name: DB_PASSWORD\n  value: $(GENERATED)",
		"- name: DB_PASSWORD\n- value: hunter2",
	] {
		secrets.listed(text) == set()
	}
}

test_allow_versions if {
	every text in [`  "jsonwebtoken": "^9.0.2",`, "csrf-token = 1.0.0-rc.1", "access_token_version: v2.1"] {
		secrets.assigned(text) == set()
	}
}
