//! Private keys as values: in Go's shape, and as JSON Web Keys.

use regorus::Value;

use super::super::Failure;
use super::super::operand::string;
use super::fields::{bytes, list, number, object};
use crate::crypto::base64::{decode_standard, encode_url};
use crate::crypto::private_key::{PrivateKey, RsaPrivateKey};
use crate::crypto::public_key::PublicKey;
use crate::crypto::{MAX_TEXT, Malformed, without_zeros};

/// The private keys of a text in PEM, or in base64 of that; null for no text.
pub(super) fn parse_private_keys(operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let keys = read(text)?;
    Ok(list(&keys, value))
}

/// The first private key of a text as a JSON Web Key, whatever its algorithm is; null where there is none.
pub(super) fn parse_rsa_private_key(operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    if text.is_empty() {
        return Err(Failure::new("input PEM data was empty"));
    }
    let keys = if text.starts_with("-----BEGIN") {
        read(text)?
    } else {
        let decoded = decode_standard(text)?;
        read(&String::from_utf8_lossy(&decoded))?
    };
    Ok(keys.first().map_or(Value::Null, json_web_key))
}

fn read(text: &str) -> Result<Vec<PrivateKey>, Malformed> {
    if text.len() > MAX_TEXT {
        return Err(Malformed("the private keys are too long"));
    }
    match decode_standard(text) {
        Ok(decoded) => PrivateKey::from_pem(&String::from_utf8_lossy(&decoded)),
        Err(_) => PrivateKey::from_pem(text),
    }
}

/// A private key in Go's shape.
pub(super) fn value(key: &PrivateKey) -> Value {
    match key {
        PrivateKey::Rsa(key) => rsa(key),
        PrivateKey::Ec(key) => object([
            ("Curve", object([])),
            ("X", number(&key.public.x)),
            ("Y", number(&key.public.y)),
            ("D", number(&key.scalar)),
        ]),
        PrivateKey::Ed25519(key) => bytes(&key.to_keypair_bytes()),
        PrivateKey::X25519(_) => object([]),
    }
}

fn rsa(key: &RsaPrivateKey) -> Value {
    let precomputed = [
        ("Dp", number(&key.dp)),
        ("Dq", number(&key.dq)),
        ("Qinv", number(&key.qinv)),
        ("CRTValues", Value::new_array()),
    ];
    object([
        ("N", number(&key.public.modulus)),
        ("E", Value::from(u64::from(key.public.exponent))),
        ("D", number(&key.d)),
        ("Primes", list(&key.primes, |prime| number(prime))),
        ("Precomputed", object(precomputed)),
    ])
}

/// A private key as RFC 7518 section 6 and RFC 8037 write it.
fn json_web_key(key: &PrivateKey) -> Value {
    let number = |bytes: &[u8]| Value::from(encode_url(without_zeros(bytes)));
    let wide = |bytes: &[u8]| Value::from(encode_url(bytes));
    let pair = |curve: &str, seed: &[u8]| {
        let x = match key.public() {
            PublicKey::Ed25519(x) | PublicKey::X25519(x) => wide(&x),
            _ => Value::Null,
        };
        object([
            ("kty", "OKP".into()),
            ("crv", curve.into()),
            ("x", x),
            ("d", wide(seed)),
        ])
    };
    match key {
        PrivateKey::Rsa(key) => {
            let prime = |at: usize| {
                key.primes
                    .get(at)
                    .map_or(Value::Null, |prime| number(prime))
            };
            object([
                ("kty", "RSA".into()),
                ("n", number(&key.public.modulus)),
                ("e", number(&key.public.exponent.to_be_bytes())),
                ("d", number(&key.d)),
                ("p", prime(0)),
                ("q", prime(1)),
                ("dp", number(&key.dp)),
                ("dq", number(&key.dq)),
                ("qi", number(&key.qinv)),
            ])
        }
        PrivateKey::Ec(key) => object([
            ("kty", "EC".into()),
            ("crv", key.public.curve.name().into()),
            ("x", wide(&key.public.x)),
            ("y", wide(&key.public.y)),
            ("d", wide(&key.scalar)),
        ]),
        PrivateKey::Ed25519(key) => pair("Ed25519", key.as_bytes()),
        PrivateKey::X25519(key) => pair("X25519", key),
    }
}
