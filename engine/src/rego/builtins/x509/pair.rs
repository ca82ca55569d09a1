//! `crypto.x509.parse_keypair`: certificates and the private key of the first.

use regorus::Value;

use super::super::Failure;
use super::super::operand::string;
use super::fields::{bytes, list, object};
use super::{certificate, keys};
use crate::crypto::base64::decode_standard;
use crate::crypto::pem::{self, Block};
use crate::crypto::private_key::PrivateKey;
use crate::crypto::public_key::PublicKey;
use crate::crypto::x509::Certificate;
use crate::crypto::{MAX_TEXT, Malformed};

/// The pair in the shape of Go's TLS certificate.
pub(super) fn parse_keypair(operands: &[Value]) -> Result<Value, Failure> {
    let certificates: Vec<Block> = blocks(string(operands, 0)?, "CERTIFICATE")?
        .into_iter()
        .filter(|block| block.label == "CERTIFICATE")
        .collect();
    let key = blocks(string(operands, 1)?, "PRIVATE KEY")?
        .into_iter()
        .find(|block| block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY"))
        .ok_or_else(|| Failure::new("failed to find any PEM data in key input"))?;
    let leaf = certificates
        .first()
        .ok_or_else(|| Failure::new("failed to find any PEM data in certificate input"))?;
    let leaf = Certificate::from_der(&leaf.bytes)?;
    let key = PrivateKey::from_pkcs1(&key.bytes)
        .or_else(|_| PrivateKey::from_pkcs8(&key.bytes))
        .or_else(|_| PrivateKey::from_sec1(&key.bytes, None))
        .map_err(|_| Malformed("failed to parse private key"))?;
    if key.public() != leaf.public_key || matches!(leaf.public_key, PublicKey::X25519(_)) {
        return Err(Failure::new("private key does not match public key"));
    }
    Ok(object([
        (
            "Certificate",
            list(&certificates, |block| bytes(&block.bytes)),
        ),
        ("PrivateKey", keys::value(&key)),
        ("SupportedSignatureAlgorithms", Value::Null),
        ("OCSPStaple", Value::Null),
        ("SignedCertificateTimestamps", Value::Null),
        ("Leaf", certificate::value(&leaf)),
    ]))
}

/// The blocks of a text in PEM, or in base64 of that; base64 of something else is one block with the label.
fn blocks(text: &str, label: &str) -> Result<Vec<Block>, Malformed> {
    const BEGIN: &str = "-----BEGIN ";
    if text.len() > MAX_TEXT {
        return Err(Malformed("the pair is too long"));
    }
    if text.starts_with(BEGIN) {
        return Ok(pem::all(text).collect());
    }
    let bytes = decode_standard(text)?;
    if bytes.starts_with(BEGIN.as_bytes()) {
        return Ok(pem::all(&String::from_utf8_lossy(&bytes)).collect());
    }
    Ok(vec![Block {
        label: label.to_owned(),
        bytes,
    }])
}
