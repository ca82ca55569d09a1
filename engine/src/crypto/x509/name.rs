//! Distinguished names (RFC 5280 section 4.1.2.4).

use crate::crypto::Malformed;
use crate::crypto::asn1::{Element, tag};

/// A name: its attributes in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Name {
    pub(crate) attributes: Vec<(Vec<u64>, String)>,
}

impl Name {
    /// Reads a `Name`.
    pub(super) fn read(name: Element<'_>) -> Result<Self, Malformed> {
        let mut attributes = Vec::new();
        let mut sets = name.elements();
        while !sets.is_empty() {
            let mut set = sets.take(tag::SET)?.elements();
            while !set.is_empty() {
                let mut attribute = set.take(tag::SEQUENCE)?.elements();
                let kind = attribute
                    .take(tag::OBJECT_IDENTIFIER)?
                    .object_identifier()?;
                attributes.push((kind, attribute.next()?.text()?));
            }
        }
        Ok(Self { attributes })
    }

    /// The values of an attribute type below 2.5.4.
    pub(crate) fn values(&self, kind: u64) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .filter(move |(identifier, _)| *identifier == [2, 5, 4, kind])
            .map(|(_, value)| value.as_str())
    }
}
