//! X.509 certificates (RFC 5280): what they say, and whether one leads to another. What is checked, and how strictly,
//! follows Go's library, whose results OPA gives.

mod certificate;
mod constraint;
mod extension;
mod host;
mod name;
mod request;
mod signature;
mod uri;
mod verify;

pub(crate) use certificate::Certificate;
pub(crate) use constraint::{IpRange, Subtrees};
pub(crate) use extension::{AlternativeNames, Extension};
pub(crate) use name::Name;
pub(crate) use request::{Attribute, AttributeValue, CertificateRequest};
pub(crate) use uri::Uri;
pub(crate) use verify::{Options, verify_chain};

/// When the first of a text's certificates ends: None where there is none.
pub fn certificate_expiry(text: &str) -> Option<jiff::Timestamp> {
    let first = Certificate::from_text(text).ok()?.into_iter().next()?;
    let end = first.not_after.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(end.timestamp())
}

#[cfg(test)]
mod tests;
