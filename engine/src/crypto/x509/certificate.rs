//! A certificate taken apart.

use jiff::civil::DateTime;

use super::extension::{Extension, Extensions};
use super::name::Name;
use super::signature::SignatureAlgorithm;
use crate::crypto::asn1::{Elements, tag};
use crate::crypto::public_key::PublicKey;
use crate::crypto::{MAX_TEXT, Malformed, base64, pem};

/// How many certificates of one text are read at most.
const MAX_CERTIFICATES: usize = 1000;

/// A certificate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Certificate {
    pub(crate) raw: Vec<u8>,
    pub(crate) raw_signed: Vec<u8>,
    pub(crate) raw_public_key: Vec<u8>,
    pub(crate) raw_subject: Vec<u8>,
    pub(crate) raw_issuer: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) public_key: PublicKey,
    /// 1 to 3.
    pub(crate) version: u32,
    /// The bytes of a number that is not negative.
    pub(crate) serial_number: Vec<u8>,
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) not_before: DateTime,
    pub(crate) not_after: DateTime,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) says: Extensions,
}

impl Certificate {
    /// The certificates of a text: PEM, base64 of PEM, or base64 of certificates that follow one another.
    pub(crate) fn from_text(text: &str) -> Result<Vec<Self>, Malformed> {
        if text.len() > MAX_TEXT {
            return Err(Malformed("the certificates are too long"));
        }
        if text.starts_with("-----BEGIN") {
            return Self::from_pem(text);
        }
        let bytes = base64::decode_standard(text)?;
        if bytes.starts_with(b"-----BEGIN") {
            return Self::from_pem(&String::from_utf8_lossy(&bytes));
        }
        Self::all_from_der(&bytes)
    }

    fn from_pem(text: &str) -> Result<Vec<Self>, Malformed> {
        let mut bytes = Vec::new();
        for block in pem::all(text) {
            if block.label != "CERTIFICATE" {
                return Err(Malformed("a PEM block is no certificate"));
            }
            bytes.extend_from_slice(&block.bytes);
        }
        Self::all_from_der(&bytes)
    }

    fn all_from_der(bytes: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut elements = Elements::new(bytes);
        let mut certificates = Vec::new();
        while !elements.is_empty() {
            if certificates.len() >= MAX_CERTIFICATES {
                return Err(Malformed("too many certificates"));
            }
            let raw = elements
                .take(tag::SEQUENCE)
                .map_err(|_| Malformed("x509: malformed certificate"))?
                .raw;
            certificates.push(Self::from_der(raw)?);
        }
        Ok(certificates)
    }

    /// Reads a `Certificate`.
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Elements::new(bytes);
        let certificate = outer
            .take(tag::SEQUENCE)
            .map_err(|_| Malformed("x509: malformed certificate"))?;
        if outer.finish().is_err() {
            return Err(Malformed("x509: trailing data"));
        }
        let mut parts = certificate.elements();
        let signed = parts.take(tag::SEQUENCE)?;
        let signature_algorithm = parts.take(tag::SEQUENCE)?;
        let signature = parts.take(tag::BIT_STRING)?.whole_bytes()?;

        let mut body = signed.elements();
        let version = match body.optional(tag::constructed(0))? {
            Some(version) => version.elements().take(tag::INTEGER)?.small()?,
            None => 0,
        };
        if version > 2 {
            return Err(Malformed("x509: invalid version"));
        }
        let serial_number = body.take(tag::INTEGER)?.unsigned()?;
        if body.take(tag::SEQUENCE)?.raw != signature_algorithm.raw {
            return Err(Malformed(
                "x509: inner and outer signature algorithm identifiers don't match",
            ));
        }
        let issuer = body.take(tag::SEQUENCE)?;
        let mut validity = body.take(tag::SEQUENCE)?.elements();
        let subject = body.take(tag::SEQUENCE)?;
        let public_key = body.take(tag::SEQUENCE)?;
        if version > 0 {
            body.optional(tag::primitive(1))?;
            body.optional(tag::primitive(2))?;
        }
        let extensions = match body.optional(tag::constructed(3))? {
            Some(extensions) if version == 2 => Extension::read_all(extensions.content)?,
            _ => Vec::new(),
        };
        Ok(Self {
            raw: certificate.raw.to_vec(),
            raw_signed: signed.raw.to_vec(),
            raw_public_key: public_key.raw.to_vec(),
            raw_subject: subject.raw.to_vec(),
            raw_issuer: issuer.raw.to_vec(),
            signature: signature.to_vec(),
            signature_algorithm: SignatureAlgorithm::read(signature_algorithm)?,
            public_key: PublicKey::from_der(public_key.raw)?,
            version: version + 1,
            serial_number: serial_number.to_vec(),
            issuer: Name::read(issuer)?,
            subject: Name::read(subject)?,
            not_before: validity.next()?.time()?,
            not_after: validity.next()?.time()?,
            says: Extensions::understand(&extensions)?,
            extensions,
        })
    }
}
