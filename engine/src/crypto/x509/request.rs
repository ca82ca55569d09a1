//! Requests for certificates (PKCS #10, RFC 2986).

use super::extension::{AlternativeNames, Extension};
use super::name::Name;
use super::signature::SignatureAlgorithm;
use crate::crypto::asn1::{Element, Elements, tag};
use crate::crypto::public_key::PublicKey;
use crate::crypto::{MAX_TEXT, Malformed, base64, pem};

const LABEL: &str = "CERTIFICATE REQUEST";
const EXTENSION_REQUEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 14];

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CertificateRequest {
    pub(crate) raw: Vec<u8>,
    pub(crate) raw_signed: Vec<u8>,
    pub(crate) raw_public_key: Vec<u8>,
    pub(crate) raw_subject: Vec<u8>,
    pub(crate) version: u32,
    pub(crate) signature: Vec<u8>,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) public_key: PublicKey,
    pub(crate) subject: Name,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) alternative_names: AlternativeNames,
}

/// An attribute whose values are lists of pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) identifier: Vec<u64>,
    pub(crate) values: Vec<Vec<(Vec<u64>, AttributeValue)>>,
}

/// The second part of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AttributeValue {
    Bytes(Vec<u8>),
    Flag(bool),
    Text(String),
    Other,
}

impl CertificateRequest {
    /// The request of a text: PEM, base64 of PEM, or base64.
    pub(crate) fn from_text(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_TEXT {
            return Err(Malformed("the certificate request is too long"));
        }
        let bytes = if text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
            text.as_bytes().to_vec()
        } else {
            base64::decode_standard(text)?
        };
        match pem::first(&String::from_utf8_lossy(&bytes)) {
            Some((block, _)) if block.label == LABEL => Self::from_der(&block.bytes),
            Some(_) => Err(Malformed("invalid PEM-encoded certificate signing request")),
            None => Self::from_der(&bytes),
        }
    }

    /// Reads a `CertificationRequest`.
    fn from_der(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Elements::new(bytes);
        let request = outer.take(tag::SEQUENCE)?;
        outer.finish()?;
        let mut parts = request.elements();
        let signed = parts.take(tag::SEQUENCE)?;
        let algorithm = parts.take(tag::SEQUENCE)?;
        let signature = parts.take(tag::BIT_STRING)?.bit_string()?.0;

        let mut body = signed.elements();
        let version = body.take(tag::INTEGER)?.small()?;
        let subject = body.take(tag::SEQUENCE)?;
        let public_key = body.take(tag::SEQUENCE)?;
        let mut attributes = match body.optional(tag::constructed(0))? {
            Some(attributes) => attributes.elements(),
            None => Elements::new(&[]),
        };
        let mut found = Vec::new();
        let mut extensions = Vec::new();
        while !attributes.is_empty() {
            let attribute = attributes.next()?;
            // Attributes of another form, such as a challenge password, are left out.
            found.extend(Attribute::read(attribute).ok());
            if extensions.is_empty() {
                extensions = requested_extensions(attribute)?;
            }
        }
        let mut alternative_names = AlternativeNames::default();
        for extension in &extensions {
            if extension.identifier == [2, 5, 29, 17] {
                alternative_names = AlternativeNames::read(&extension.value)?;
            }
        }
        Ok(Self {
            raw: request.raw.to_vec(),
            raw_signed: signed.raw.to_vec(),
            raw_public_key: public_key.raw.to_vec(),
            raw_subject: subject.raw.to_vec(),
            version,
            signature: signature.to_vec(),
            signature_algorithm: SignatureAlgorithm::read(algorithm)?,
            public_key: PublicKey::from_der(public_key.raw)?,
            subject: Name::read(subject)?,
            attributes: found,
            extensions,
            alternative_names,
        })
    }
}

impl Attribute {
    fn read(attribute: Element<'_>) -> Result<Self, Malformed> {
        let mut parts = single_sequence(attribute)?;
        let identifier = parts.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
        let mut set = parts.take(tag::SET)?.elements();
        let mut values = Vec::new();
        while !set.is_empty() {
            let mut pairs = set.take(tag::SEQUENCE)?.elements();
            let mut value = Vec::new();
            while !pairs.is_empty() {
                let mut pair = pairs.take(tag::SEQUENCE)?.elements();
                let kind = pair.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
                value.push((kind, AttributeValue::read(pair.next()?)?));
            }
            values.push(value);
        }
        Ok(Self { identifier, values })
    }
}

impl AttributeValue {
    fn read(element: Element<'_>) -> Result<Self, Malformed> {
        match element.tag {
            tag::OCTET_STRING => Ok(Self::Bytes(element.content.to_vec())),
            tag::BOOLEAN => element.boolean().map(Self::Flag),
            _ => Ok(element.text().map_or(Self::Other, Self::Text)),
        }
    }
}

/// The extensions of an attribute that asks for some.
fn requested_extensions(attribute: Element<'_>) -> Result<Vec<Extension>, Malformed> {
    let mut parts = single_sequence(attribute)?;
    let identifier = parts.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
    if identifier != EXTENSION_REQUEST {
        return Ok(Vec::new());
    }
    let mut set = parts.take(tag::SET)?.elements();
    Extension::read_all(set.take(tag::SEQUENCE)?.raw)
}

fn single_sequence(element: Element<'_>) -> Result<Elements<'_>, Malformed> {
    if element.tag == tag::SEQUENCE {
        Ok(element.elements())
    } else {
        Err(Malformed("asn1: structure error"))
    }
}
