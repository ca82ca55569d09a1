# METADATA
# title: Secrets in plain text
# description: |
#   Finds credentials in text: tokens by the form their issuer gives them, and literals given to a name that says
#   password, secret, token or key. A reference to a secret, a placeholder and what only describes a secret (its name,
#   its file, its lifetime) are none. Nothing here returns the secret itself.
# scope: package
package soc2.lib.secrets

import rego.v1

# The kinds of token that a text holds.
tokens(text) := {kind |
	may_hold_a_token(text)
	some kind, pattern in _tokens
	regex.match(pattern, text)
}

# Whether a text may hold a token at all: a cheap search over much text, for what every form below contains.
may_hold_a_token(text) if regex.match(_parts_of_tokens, text)

_parts_of_tokens := concat("|", [
	`AKIA|ASIA|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|hooks[.]slack[.]com|[rs]k_live_|AIza|GOCSPX-`,
	`PRIVATE KEY|LS0tLS1CRUdJTi|eyJ|npm_|pypi-|SG[.]|hv[bs][.]|dop_v1_|dckr_pat_|sk-ant-|sk-proj-|AccountKey=`,
	`[Aa]uthorization: *[Bb]|://[^ ]*@`,
])

_tokens := {
	"a Docker Hub access token": `dckr_pat_[A-Za-z0-9_-]{20,}`,
	"a DigitalOcean token": `dop_v1_[a-f0-9]{64}`,
	"a GitHub token": `(gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})`,
	"a GitLab token": `glpat-[A-Za-z0-9_-]{20,}`,
	"a Google API key": `AIza[A-Za-z0-9_-]{35}`,
	"a Google OAuth client secret": `GOCSPX-[A-Za-z0-9_-]{20,}`,
	"a JSON Web Token": `eyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]{8,}`,
	"a PyPI token": `pypi-[A-Za-z0-9_-]{50,}`,
	"a SendGrid key": `SG[.][A-Za-z0-9_-]{20,}[.][A-Za-z0-9_-]{20,}`,
	"a Slack token": `(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})`,
	"a Slack webhook": `hooks[.]slack[.]com/(services|workflows)/[A-Za-z0-9/_-]{20,}`,
	"a Stripe key": `[rs]k_live_[A-Za-z0-9]{10,}`,
	"a Vault token": `hv[bs][.][A-Za-z0-9_-]{20,}`,
	"a key of a language model API": `sk-(ant|proj)-[A-Za-z0-9_-]{20,}`,
	"a key of an Azure storage account": `AccountKey=[A-Za-z0-9+/]{40,}=*`,
	"a password in a URL": `[A-Za-z][A-Za-z0-9+.-]*://[^ /:@?#<>"'\[\]]*:[^ /:@?#<>"'\[\]${*][^ /@?#<>"'\[\]{}()]*@`,
	"a private key": `-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY`,
	"a private key in base64": `LS0tLS1CRUdJTi(BQUklWQVRF|BSU0EgUFJJVkFURS|BFQyBQUklWQVRF|BPUEVOU1NIIFBS)`,
	"an AWS access key": `(AKIA|ASIA)[A-Z0-9]{16}`,
	"an authorization header": `[Aa]uthorization: *(Basic|Bearer|basic|bearer) +[A-Za-z0-9+/_.=-]{8,}`,
	"an npm token": `npm_[A-Za-z0-9]{36}`,
}

# Whether a text may name a secret at all: a cheap search over much text.
may_name_a_secret(text) if regex.match(_parts_of_names, lower(text))

_parts_of_names := concat("|", [
	`pass|pwd|secret|token|credential|masterauth`,
	`(access|account|api|auth|encryption|hmac|jwt|master|private|session|shared|signing)[_.-]?key`,
])

# Whether a name is that of a secret, and not of something about one.
is_secret_name(name) if {
	regex.match(_words, name)
	not regex.match(`(PULL|TLS|CERT|CERTIFICATE)_?SECRETS?$|([Pp]ull|[Tt]ls|[Cc]ert)[_.-]?[Ss]ecrets?$`, name)
	not regex.match(`^(ALLOW|DISABLE|ENABLE|HAS|IS|MAX|MIN|NUM|REQUIRE|SKIP|USE)_|^(max|min|num)[A-Z_.-]`, name)
	not _ends_in_a_property(name)
}

_ends_in_a_property(name) if lower(regex.find_n(`([A-Z]?[a-z]+|[A-Z]+|[0-9]+)$`, name, 1)[0]) in _properties

# A word in capitals ends where no letter follows, another where no small one does: a TOKENIZER is no TOKEN.
_words := concat("|", [
	`(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?)([^A-Za-z]|$)`,
	`(ACCESS|ACCOUNT|API|AUTH|ENCRYPTION|HMAC|JWT|MASTER|PRIVATE|SESSION|SHARED|SIGNING)[_.-]?KEYS?([^A-Za-z]|$)`,
	`([Pp]assword|[Pp]asswd|[Pp]assphrase|[Ss]ecret|[Tt]oken|[Cc]redentials?)([^a-z]|$)`,
	`([Aa]ccess|[Aa]ccount|[Aa]pi|[Aa]uth|[Ee]ncryption|[Hh]mac|[Jj]wt)[_.-]?[Kk]eys?([^a-z]|$)`,
	`([Mm]aster|[Pp]rivate|[Ss]ession|[Ss]hared|[Ss]igning)[_.-]?[Kk]eys?([^a-z]|$)`,
	`^(PASS|pass)$|[_.-](PASS|PWD|pass|pwd)$|[a-z](Pass|Pwd)$|requirepass|masterauth`,
])

# The last word of a name that is about a secret.
_properties := {
	"age",
	"alg",
	"algo",
	"algorithm",
	"annotation",
	"arn",
	"attempts",
	"audience",
	"backend",
	"cache",
	"class",
	"cookie",
	"count",
	"description",
	"dir",
	"directory",
	"duration",
	"enabled",
	"encryption",
	"endpoint",
	"engine",
	"expiration",
	"expires",
	"expiry",
	"field",
	"file",
	"files",
	"format",
	"header",
	"host",
	"id",
	"ids",
	"interval",
	"issuer",
	"label",
	"length",
	"lifetime",
	"limit",
	"location",
	"manager",
	"max",
	"method",
	"min",
	"mode",
	"mount",
	"name",
	"names",
	"namespace",
	"path",
	"paths",
	"period",
	"policy",
	"port",
	"prefix",
	"provider",
	"ref",
	"refs",
	"regex",
	"region",
	"required",
	"rotation",
	"scope",
	"scopes",
	"server",
	"service",
	"size",
	"source",
	"store",
	"suffix",
	"template",
	"timeout",
	"ttl",
	"type",
	"uri",
	"url",
	"user",
	"username",
	"validation",
	"version",
}

# Whether a value is a literal, and not a switch, a duration, a path, a plain URL or a call in a program.
is_literal(value) if {
	is_filled_in(value)
	not regex.match(`^([a-z+-]+://|[.~]*/|file:)[^ ]*$|^[0-9]+(ms|s|m|h|d)$`, value)
	not regex.match(`^[A-Za-z_][A-Za-z0-9_.]*[(\[]|^[{\[]|^[|>][+-]?$|^[*][a-z-]+$`, value)
}

# Whether a value is there, and no reference to one and no placeholder for one.
is_filled_in(value) if {
	regex.match(`[^ \t\r\n]`, value)
	not regex.match(`[$][a-z_]*[({]|[{][{]|^[$]([A-Za-z_]+|[0-9])$|^\x60|^<.*>$|^%.*%$|^__.*__$`, value)
	not regex.match(`^(ENC\[|vault:|arn:aws|projects/[^/]+/secrets/|(vault|op|ref[+][a-z]+)://)`, value)
	not regex.match(_placeholders, lower(trim_space(value)))
}

_placeholders := concat("|", [
	`^(true|false|yes|no|on|off|none|null|nil|undefined|n/a|todo|tbd|unset|default|required|optional)$`,
	`^(string|integer|number|boolean|object|array)$`,
	`^(placeholder|redacted|dummy|example|sample|fake|x+|[*.#_-]+)$`,
	`^(change|replace)[-_ ]?(me|this|it)|^(your|insert|enter|replace|put)[-_ ]`,
])

# The names of secrets that a text, a configuration file or a script, gives a literal; a name like var.token is none.
assigned(text) := {name |
	may_name_a_secret(text)
	some [before, after] in _assignments
	pattern := concat("", [before, _name, after])
	some [_, name, value] in regex.find_all_string_submatch_n(pattern, text, -1)
	is_secret_name(name)
	is_literal(trim(value, " \t,;"))
	not _is_version(value)
	not regex.match(`^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)+$`, value)
}

# The names of secrets that a program gives a literal in quotation marks: anything else is an expression there.
quoted(text) := {name |
	may_name_a_secret(text)
	pattern := concat("", [`(?:^|[^A-Za-z0-9_.$-])`, _name, _quotation])
	some [_, name, value] in regex.find_all_string_submatch_n(pattern, text, -1)
	is_secret_name(name)
	is_literal(value)
	not _is_version(value)
}

# From the end of a name to the end of a literal: a type perhaps, what assigns or compares, and quotation marks.
_quotation := concat("", [
	`["']?\]?(?:[ \t]*:[ \t]*[A-Za-z&][A-Za-z0-9_<>.&?\[\] ]*)?[ \t]*(?::=|=>|[!=]==?|[:=])[ \t]*`,
	`[bru]?["'\x60]([^"'\r\n\x60]+)["'\x60]`,
])

# The names of secrets that a list of variables gives a literal: {name: DB_PASSWORD, value: hunter2}, over lines too.
listed(text) := {name |
	may_name_a_secret(text)
	some [_, name, value] in regex.find_all_string_submatch_n(_variable, text, -1)
	is_secret_name(name)
	is_literal(trim(value, " \t,;}"))
}

_variable := concat("", [
	`(?:^|[^A-Za-z0-9_.$-])name["']?[ \t]*[:=][ \t]*["']?([A-Za-z0-9_.-]+)["']?[ \t\r\n,;]*`,
	`["']?value["']?[ \t]*[:=][ \t]*["']?([^"'\r\n#]+)`,
])

# Whether a value is the version of a package, such as that of jsonwebtoken.
_is_version(value) if {
	regex.match(`^(?:[~^=]|[<>]=?)? ?v?[0-9]+(?:[.][0-9x*]+){1,3}(?:[-+][0-9A-Za-z.-]+)?$`, trim(value, " \t,;"))
}

# Any name with a secret's word in it: the search for it stays fast in long texts.
_name := concat("", [
	`((?:[A-Za-z][A-Za-z0-9_.-]*)?(?:[Pp][Aa][Ss][Ss]|[Pp][Ww][Dd]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|`,
	`[Cc][Rr][Ee][Dd][Ee][Nn][Tt]|[Kk][Ee][Yy]|masterauth)[A-Za-z0-9_.-]*)`,
])

# What stands before the name, and after it up to the end of the value.
_assignments := [
	# name: value and name = value, at the start of a line
	[`(?m)^[ \t]*(?:- +)?(?:export +)?["']?`, `["']?[ \t]*[:=][ \t]*["']?([^"'\r\n#]+)`],
	# name=value and --name=value
	[`(?:^|[ \t\r\n;&|,="'])-{0,2}`, `=["']?([^ \t\r\n"';&|,]+)`],
	# --name value
	[`(?:^|[ \t\r\n;&|,="'])--?`, `[ \t]+["']?([^ \t\r\n"';&|-][^ \t\r\n"';&|]*)`],
	# "name": "value" in JSON
	[`"`, `" *: *"([^"\r\n]+)"`],
]
