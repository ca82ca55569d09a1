//! `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`. The same operands give the same token in the same decision.

use regorus::Value;
use serde_json::Map;

use super::super::Failure;
use super::super::moment::seed;
use super::super::operand::{operand, string};
use crate::crypto::algorithm::Algorithm;
use crate::crypto::jwk::key_set;
use crate::crypto::jws;

/// A token of three values.
pub(super) fn encode_sign(operands: &[Value]) -> Result<Value, Failure> {
    let part = |at| json(operand(operands, at));
    token(&part(0)?, &part(1)?, &part(2)?)
}

/// A token of three texts that are JSON, taken as they are.
pub(super) fn encode_sign_raw(operands: &[Value]) -> Result<Value, Failure> {
    let key = string(operands, 2)?;
    token(string(operands, 0)?, string(operands, 1)?, key)
}

fn token(header: &str, payload: &str, key: &str) -> Result<Value, Failure> {
    let keys = key_set(key)?;
    let key = keys
        .first()
        .ok_or_else(|| Failure::new("no keys found in JWK set"))?;
    let fields: Map<String, serde_json::Value> = serde_json::from_str(header)
        .map_err(|_| Failure::new("missing or invalid 'alg' header: cannot parse JSON"))?;
    let algorithm = match fields.get("alg") {
        Some(serde_json::Value::String(name)) => {
            Algorithm::named(name).ok_or_else(|| Failure::new("unknown JWS algorithm"))?
        }
        _ => return Err(Failure::new("missing or invalid 'alg' header")),
    };
    let claims = match fields.get("typ") {
        Some(serde_json::Value::String(kind)) => kind == "JWT",
        _ => true,
    };
    if claims && serde_json::from_str::<serde_json::Value>(payload).is_err() {
        return Err(Failure::new("type is JWT but payload is not JSON"));
    }
    let token = jws::sign(header, payload, algorithm, key, seed()?.as_bytes())?;
    Ok(Value::from(token))
}

/// JSON as OPA writes it: without spaces, keys in order, and characters that mean something to HTML escaped.
fn json(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string(value)
        .map_err(|_| Failure::new("failed to write an operand as JSON"))?;
    Ok(text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}
