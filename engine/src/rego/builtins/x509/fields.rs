//! Values in the shape that Go's library gives the parts of certificates.

use data_encoding::BASE64;
use regorus::Value;

use crate::crypto;
use crate::crypto::public_key::PublicKey;

/// An object.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields: std::collections::BTreeMap<Value, Value> = fields
        .into_iter()
        .map(|(name, value)| (Value::from(name), value))
        .collect();
    Value::from(fields)
}

/// A list, also where it is empty.
pub(super) fn list<T>(items: &[T], show: impl Fn(&T) -> Value) -> Value {
    Value::from(items.iter().map(show).collect::<Vec<_>>())
}

/// A list; null where it is empty.
pub(super) fn list_or_null<T>(items: &[T], show: impl Fn(&T) -> Value) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        list(items, show)
    }
}

/// Texts; null where there are none.
pub(super) fn texts(items: &[String]) -> Value {
    list_or_null(items, |item| Value::from(item.as_str()))
}

/// Bytes as base64.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    Value::from(BASE64.encode(bytes))
}

/// The parts of an object identifier.
pub(super) fn identifier(parts: &[u64]) -> Value {
    list(parts, |part| Value::from(*part))
}

/// An object identifier in its usual notation.
pub(super) fn dotted(parts: &[u64]) -> Value {
    let parts: Vec<String> = parts.iter().map(u64::to_string).collect();
    Value::from(parts.join("."))
}

/// A number of any size, from its bytes.
pub(super) fn number(magnitude: &[u8]) -> Value {
    Value::from_numeric_string(&crypto::decimal(magnitude)).unwrap_or(Value::Null)
}

/// The number of a key's algorithm, and the key.
pub(super) fn public_key(key: &PublicKey) -> (Value, Value) {
    let (algorithm, key) = match key {
        PublicKey::Rsa(key) => {
            let exponent = Value::from(u64::from(key.exponent));
            (1, object([("N", number(&key.modulus)), ("E", exponent)]))
        }
        PublicKey::Dsa(key) => {
            let numbers = [
                ("P", number(&key.p)),
                ("Q", number(&key.q)),
                ("G", number(&key.g)),
                ("Y", number(&key.y)),
            ];
            (2, object(numbers))
        }
        PublicKey::Ec(key) => {
            let point = [
                ("Curve", object([])),
                ("X", number(&key.x)),
                ("Y", number(&key.y)),
            ];
            (3, object(point))
        }
        PublicKey::Ed25519(key) => (4, bytes(key)),
        PublicKey::X25519(_) => (0, object([])),
        PublicKey::Unknown => (0, Value::Null),
    };
    (Value::from(algorithm), key)
}
