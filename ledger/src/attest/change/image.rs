//! Images by name and digest.

use std::fmt;

use crate::attest::AttestError;

/// The longest name that is taken: registries allow 255 bytes.
const MAX_NAME: usize = 255;

/// An image: `registry.example.com/shop@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageReference {
    name: String,
    sha256: String,
}

impl ImageReference {
    /// Reads a reference by digest. A tag before the digest is left out: it may come to name something else.
    pub fn parse(text: &str) -> Result<Self, AttestError> {
        Self::read(text).ok_or(AttestError::Image)
    }

    fn read(text: &str) -> Option<Self> {
        let (name, digest) = text.split_once('@')?;
        let sha256 = digest.strip_prefix("sha256:")?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
            return None;
        }
        let name = without_tag(name);
        let is_part = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
            part.bytes().all(plain) && part.bytes().any(|byte| byte.is_ascii_alphanumeric())
        };
        let is_name = name.len() <= MAX_NAME && name.split('/').all(is_part);
        is_name.then(|| Self {
            name: name.to_owned(),
            sha256: sha256.to_owned(),
        })
    }

    /// Its name, without tag and digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its digest, 64 hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// A colon before the last slash stands before a port.
fn without_tag(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@sha256:{}", self.name, self.sha256)
    }
}
