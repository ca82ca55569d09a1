//! Certificates, requests for them and private keys: `crypto.x509.*` and `crypto.parse_private_keys`.

mod certificate;
mod fields;
mod keys;
mod options;
mod pair;

use regorus::Value;

use super::operand::string;
use super::{Builtin, Failure, builtin};
use crate::crypto::x509::{Certificate, CertificateRequest, Options, verify_chain};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("crypto.parse_private_keys", 1, keys::parse_private_keys),
    builtin(
        "crypto.x509.parse_rsa_private_key",
        1,
        keys::parse_rsa_private_key,
    ),
    builtin("crypto.x509.parse_keypair", 2, pair::parse_keypair),
    builtin("crypto.x509.parse_certificates", 1, parse_certificates),
    builtin(
        "crypto.x509.parse_and_verify_certificates",
        1,
        parse_and_verify,
    ),
    builtin(
        "crypto.x509.parse_and_verify_certificates_with_options",
        2,
        parse_and_verify_with_options,
    ),
    builtin(
        "crypto.x509.parse_certificate_request",
        1,
        parse_certificate_request,
    ),
];

fn parse_certificates(operands: &[Value]) -> Result<Value, Failure> {
    let certificates = Certificate::from_text(string(operands, 0)?)?;
    Ok(fields::list(&certificates, certificate::with_uri_strings))
}

fn parse_and_verify(operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    Ok(verified(
        text,
        &options::usual()?,
        certificate::with_uri_strings,
    ))
}

fn parse_and_verify_with_options(operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    let given = options::object(operands, 1)?;
    if Certificate::from_text(text).is_err() {
        return Ok(unverified());
    }
    Ok(verified(text, &options::read(given)?, certificate::value))
}

/// Whether certificates form a chain, and the chain from the leaf to the root.
fn verified(text: &str, options: &Options, show: fn(&Certificate) -> Value) -> Value {
    let Ok(certificates) = Certificate::from_text(text) else {
        return unverified();
    };
    match verify_chain(&certificates, options) {
        Ok(chain) => {
            let chain = Value::from(chain.into_iter().map(show).collect::<Vec<_>>());
            Value::from(vec![Value::from(true), chain])
        }
        Err(_) => unverified(),
    }
}

fn unverified() -> Value {
    Value::from(vec![Value::from(false), Value::new_array()])
}

fn parse_certificate_request(operands: &[Value]) -> Result<Value, Failure> {
    let request = CertificateRequest::from_text(string(operands, 0)?)?;
    Ok(certificate::request(&request))
}

#[cfg(test)]
mod tests;
