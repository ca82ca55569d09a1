//! JSON Web Tokens (RFC 7519): `io.jwt.*`.

mod constraints;
mod sign;

use data_encoding::HEXLOWER;
use regorus::Value;
use serde_json::Map;

use super::super::RegoValue;
use super::operand::string;
use super::{Builtin, Failure, builtin};
use crate::crypto::algorithm::{Algorithm, Hash, Scheme};
use crate::crypto::jwk::{Material, verification_keys};
use crate::crypto::jws::{Header, Token, object, verified_by};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("io.jwt.decode", 1, decode),
    builtin("io.jwt.decode_verify", 2, constraints::decode_verify),
    builtin("io.jwt.encode_sign", 3, sign::encode_sign),
    builtin("io.jwt.encode_sign_raw", 3, sign::encode_sign_raw),
    builtin("io.jwt.verify_rs256", 2, |operands| {
        verify(operands, Scheme::Pkcs1, Hash::Sha256)
    }),
    builtin("io.jwt.verify_rs384", 2, |operands| {
        verify(operands, Scheme::Pkcs1, Hash::Sha384)
    }),
    builtin("io.jwt.verify_rs512", 2, |operands| {
        verify(operands, Scheme::Pkcs1, Hash::Sha512)
    }),
    builtin("io.jwt.verify_ps256", 2, |operands| {
        verify(operands, Scheme::PssAnySalt, Hash::Sha256)
    }),
    builtin("io.jwt.verify_ps384", 2, |operands| {
        verify(operands, Scheme::PssAnySalt, Hash::Sha384)
    }),
    builtin("io.jwt.verify_ps512", 2, |operands| {
        verify(operands, Scheme::PssAnySalt, Hash::Sha512)
    }),
    builtin("io.jwt.verify_es256", 2, |operands| {
        verify(operands, Scheme::Ecdsa, Hash::Sha256)
    }),
    builtin("io.jwt.verify_es384", 2, |operands| {
        verify(operands, Scheme::Ecdsa, Hash::Sha384)
    }),
    builtin("io.jwt.verify_es512", 2, |operands| {
        verify(operands, Scheme::Ecdsa, Hash::Sha512)
    }),
    builtin("io.jwt.verify_eddsa", 2, |operands| {
        verify(operands, Scheme::EdDsa, Hash::Sha512)
    }),
    builtin("io.jwt.verify_hs256", 2, |operands| {
        verify_code(operands, Hash::Sha256)
    }),
    builtin("io.jwt.verify_hs384", 2, |operands| {
        verify_code(operands, Hash::Sha384)
    }),
    builtin("io.jwt.verify_hs512", 2, |operands| {
        verify_code(operands, Hash::Sha512)
    }),
];

/// Header, payload and signature in hexadecimal digits, without any check. Of a token within a token, those of the
/// innermost.
fn decode(operands: &[Value]) -> Result<Value, Failure> {
    let mut text = string(operands, 0)?.to_owned();
    // Each token is longer than the one within it, so this ends, and takes no longer than reading the outermost.
    loop {
        let token = Token::split(&text)?;
        let header = token.header()?;
        let payload = token.payload()?;
        match header.get("cty") {
            Some(serde_json::Value::String(content)) if content == "JWT" => {
                payload.trim_matches(['"', '\'']).clone_into(&mut text);
                continue;
            }
            None | Some(serde_json::Value::String(_)) => {}
            Some(_) => return Err(Failure::new("cty: must be a string")),
        }
        let payload = object(&payload)?;
        let signature = HEXLOWER.encode(&token.signature()?);
        return Ok(Value::from(vec![
            fields(header),
            fields(payload),
            Value::from(signature),
        ]));
    }
}

/// Whether a token is signed by a key or one of several.
fn verify(operands: &[Value], scheme: Scheme, hash: Hash) -> Result<Value, Failure> {
    let algorithm = Algorithm::new(scheme, hash);
    let token = Token::split(string(operands, 0)?)?;
    let keys = verification_keys(string(operands, 1)?)?;
    let signature = token.signature()?;
    let header = Header::read(&token.header()?)?;
    let verified = verified_by(&keys, &header, |material| match material {
        Material::Public(key) => key.verify(algorithm, token.signed(), &signature),
        Material::Private(_) | Material::Secret(_) => false,
    });
    Ok(Value::from(verified))
}

/// Whether a token carries the code that a secret gives.
fn verify_code(operands: &[Value], hash: Hash) -> Result<Value, Failure> {
    let token = string(operands, 0)?;
    let secret = string(operands, 1)?.as_bytes();
    let token = Token::split(token)?;
    let signature = token.signature()?;
    Ok(Value::from(hash.verify_hmac(
        secret,
        token.signed(),
        &signature,
    )))
}

fn fields(fields: Map<String, serde_json::Value>) -> Value {
    RegoValue::from_json(&serde_json::Value::Object(fields)).0
}

#[cfg(test)]
mod tests;
