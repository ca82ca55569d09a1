//! Built-ins that reach out of an evaluation. A policy that calls one does not load; in tests they are there to be
//! replaced by `with`.

use regorus::Value;

use super::operand::{operand, wrong_type};
use super::{Builtin, Failure, builtin};

/// The built-ins.
pub(super) const BUILTINS: &[Builtin] = &[
    builtin("http.send", 1, http_send),
    builtin("opa.runtime", 0, |_| Ok(Value::new_object())),
];

/// The keys that a request may have, and those that it must have (OPA documentation, "HTTP").
const KEYS: &[&str] = &[
    "method",
    "url",
    "body",
    "enable_redirect",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "raw_body",
    "tls_use_system_certs",
    "tls_ca_cert",
    "tls_ca_cert_file",
    "tls_ca_cert_env_variable",
    "tls_client_cert",
    "tls_client_cert_file",
    "tls_client_cert_env_variable",
    "tls_client_key",
    "tls_client_key_file",
    "tls_client_key_env_variable",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "timeout",
    "cache",
    "force_cache",
    "force_cache_duration_seconds",
    "raise_error",
    "caching_mode",
    "cache_ignored_headers",
    "max_retry_attempts",
];

/// Sends nothing.
fn http_send(operands: &[Value]) -> Result<Value, Failure> {
    let Value::Object(request) = operand(operands, 0) else {
        return Err(wrong_type(operands, 0, "object"));
    };
    for (key, _) in request.iter() {
        let is_known = matches!(key, Value::String(key) if KEYS.contains(&&**key));
        if !is_known {
            return Err(Failure::Type(
                "operand 1 has an invalid request parameter".to_owned(),
            ));
        }
    }
    for key in ["method", "url"] {
        if request.get(&Value::from(key)).is_none() {
            return Err(Failure::Type(format!(
                "operand 1 lacks the request parameter {key}"
            )));
        }
    }
    Err(Failure::new("there is no network"))
}
