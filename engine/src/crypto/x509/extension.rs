//! The extensions of certificates (RFC 5280 section 4.2) and what they say.

use super::constraint::NameConstraints;
use super::uri::Uri;
use crate::crypto::Malformed;
use crate::crypto::asn1::{Elements, single, tag};

/// An extension as it stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) identifier: Vec<u64>,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

/// Names that a certificate stands for beside its subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AlternativeNames {
    pub(crate) dns: Vec<String>,
    pub(crate) emails: Vec<String>,
    /// Addresses of 4 or 16 bytes.
    pub(crate) ips: Vec<Vec<u8>>,
    pub(crate) uris: Vec<Uri>,
}

/// What the extensions of a certificate say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Extensions {
    /// A bit for each usage, the first in the lowest.
    pub(crate) key_usage: u32,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) alternative_names: AlternativeNames,
    pub(crate) name_constraints: NameConstraints,
    pub(crate) name_constraints_critical: bool,
    pub(crate) extended_key_usage: Vec<u8>,
    pub(crate) unknown_extended_key_usage: Vec<Vec<u64>>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    pub(crate) ocsp_servers: Vec<String>,
    pub(crate) issuing_certificates: Vec<String>,
    pub(crate) distribution_points: Vec<String>,
    /// None without the extension.
    pub(crate) policies: Option<Vec<Vec<u64>>>,
    pub(crate) policy_mappings: Vec<PolicyMapping>,
    pub(crate) require_explicit_policy: Option<i32>,
    pub(crate) inhibit_policy_mapping: Option<i32>,
    pub(crate) inhibit_any_policy: Option<i32>,
    /// Critical ones that are not understood: a certificate with one leads nowhere.
    pub(crate) unhandled_critical: Vec<Vec<u64>>,
}

/// A policy of the issuer that is as good as one of the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyMapping {
    pub(crate) issuer: Vec<u64>,
    pub(crate) subject: Vec<u64>,
}

/// Whether a certificate may issue others, and how many may follow one another below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) is_authority: bool,
    pub(crate) path_length: Option<u32>,
}

impl Extension {
    /// Reads `Extensions`, which hold none twice.
    pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut found: Vec<Self> = Vec::new();
        let mut identifiers = std::collections::BTreeSet::new();
        let mut extensions = single(bytes, tag::SEQUENCE)?.elements();
        while !extensions.is_empty() {
            let mut parts = extensions.take(tag::SEQUENCE)?.elements();
            let identifier = parts.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
            let critical = match parts.optional(tag::BOOLEAN)? {
                Some(critical) => critical.boolean()?,
                None => false,
            };
            let value = parts.take(tag::OCTET_STRING)?.content.to_vec();
            if !identifiers.insert(identifier.clone()) {
                return Err(Malformed("x509: certificate contains duplicate extensions"));
            }
            found.push(Self {
                identifier,
                critical,
                value,
            });
        }
        Ok(found)
    }
}

impl AlternativeNames {
    /// Reads `GeneralNames`; other types of names are left out.
    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        const EMAIL: u8 = tag::primitive(1);
        const DNS: u8 = tag::primitive(2);
        const URI: u8 = tag::primitive(6);
        const IP: u8 = tag::primitive(7);
        let mut names = Self::default();
        let mut elements = single(value, tag::SEQUENCE)?.elements();
        while !elements.is_empty() {
            let name = elements.next()?;
            match name.tag {
                EMAIL => names.emails.push(name.ascii()?.to_owned()),
                DNS => names.dns.push(name.ascii()?.to_owned()),
                URI => {
                    let uri = Uri::parse(name.ascii()?)?;
                    if !super::host::is_domain(&uri.host) {
                        return Err(Malformed("x509: cannot parse URI: invalid domain"));
                    }
                    names.uris.push(uri);
                }
                IP if matches!(name.content.len(), 4 | 16) => names.ips.push(name.content.to_vec()),
                IP => return Err(Malformed("x509: cannot parse IP address")),
                _ => {}
            }
        }
        Ok(names)
    }
}

impl Extensions {
    pub(super) fn understand(extensions: &[Extension]) -> Result<Self, Malformed> {
        let mut understood = Self::default();
        for extension in extensions {
            let handled = understood.read(extension)?;
            if extension.critical && !handled {
                understood
                    .unhandled_critical
                    .push(extension.identifier.clone());
            }
        }
        Ok(understood)
    }

    /// Takes over what an extension says; the result tells whether all of it is understood.
    fn read(&mut self, extension: &Extension) -> Result<bool, Malformed> {
        const NEVER_CRITICAL: [&[u64]; 3] = [
            &[2, 5, 29, 14],
            &[2, 5, 29, 35],
            &[1, 3, 6, 1, 5, 5, 7, 1, 1],
        ];
        let value = extension.value.as_slice();
        if extension.critical && NEVER_CRITICAL.contains(&extension.identifier.as_slice()) {
            return Err(Malformed("x509: extension incorrectly marked critical"));
        }
        match extension.identifier.as_slice() {
            [2, 5, 29, 15] => self.key_usage = key_usage(value)?,
            [2, 5, 29, 19] => self.basic_constraints = Some(basic_constraints(value)?),
            [2, 5, 29, 17] => {
                self.alternative_names = AlternativeNames::read(value)?;
                return Ok(self.alternative_names != AlternativeNames::default());
            }
            [2, 5, 29, 30] => {
                let (constraints, unhandled) = NameConstraints::read(value)?;
                self.name_constraints = constraints;
                self.name_constraints_critical = extension.critical;
                return Ok(!unhandled);
            }
            [2, 5, 29, 31] => self.distribution_points = distribution_points(value)?,
            [2, 5, 29, 35] => {
                let id = single(value, tag::SEQUENCE)?
                    .elements()
                    .optional(tag::primitive(0))?;
                self.authority_key_id = id.map(|id| id.content.to_vec());
            }
            [2, 5, 29, 37] => self.read_extended_key_usage(value)?,
            [2, 5, 29, 14] => {
                self.subject_key_id = Some(single(value, tag::OCTET_STRING)?.content.to_vec());
            }
            [2, 5, 29, 32] => self.policies = Some(policies(value)?),
            [2, 5, 29, 33] => self.policy_mappings = policy_mappings(value)?,
            [2, 5, 29, 36] => {
                let mut parts = single(value, tag::SEQUENCE)?.elements();
                self.require_explicit_policy = skip_certificates(&mut parts, 0)?;
                self.inhibit_policy_mapping = skip_certificates(&mut parts, 1)?;
            }
            [2, 5, 29, 54] => {
                self.inhibit_any_policy = Some(single(value, tag::INTEGER)?.small_signed()?);
            }
            [1, 3, 6, 1, 5, 5, 7, 1, 1] => self.read_authority_access(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_extended_key_usage(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut usages = single(value, tag::SEQUENCE)?.elements();
        while !usages.is_empty() {
            let usage = usages.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
            match extended_key_usage(&usage) {
                Some(number) => self.extended_key_usage.push(number),
                None => self.unknown_extended_key_usage.push(usage),
            }
        }
        Ok(())
    }

    fn read_authority_access(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut descriptions = single(value, tag::SEQUENCE)?.elements();
        while !descriptions.is_empty() {
            let mut description = descriptions.take(tag::SEQUENCE)?.elements();
            let method = description
                .take(tag::OBJECT_IDENTIFIER)?
                .object_identifier()?;
            let Some(location) = description.optional(tag::primitive(6))? else {
                continue;
            };
            let location = String::from_utf8_lossy(location.content).into_owned();
            match method.as_slice() {
                [1, 3, 6, 1, 5, 5, 7, 48, 1] => self.ocsp_servers.push(location),
                [1, 3, 6, 1, 5, 5, 7, 48, 2] => self.issuing_certificates.push(location),
                _ => {}
            }
        }
        Ok(())
    }
}

fn key_usage(value: &[u8]) -> Result<u32, Malformed> {
    let (bytes, _) = single(value, tag::BIT_STRING)?.bit_string()?;
    let bit = |at: u32| {
        let byte = usize::try_from(at / 8).ok().and_then(|at| bytes.get(at));
        byte.is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0)
    };
    Ok((0..9)
        .filter(|at| bit(*at))
        .fold(0, |usage, at| usage | (1 << at)))
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Malformed> {
    let mut parts = single(value, tag::SEQUENCE)?.elements();
    let is_authority = match parts.optional(tag::BOOLEAN)? {
        Some(flag) => flag.boolean()?,
        None => false,
    };
    let path_length = match parts.optional(tag::INTEGER)? {
        Some(length) => Some(length.small()?),
        None => None,
    };
    Ok(BasicConstraints {
        is_authority,
        path_length,
    })
}

/// The number that Go gives an extended key usage.
pub(super) fn extended_key_usage(identifier: &[u64]) -> Option<u8> {
    match identifier {
        [2, 5, 29, 37, 0] => Some(0),
        [1, 3, 6, 1, 5, 5, 7, 3, number @ 1..=9] => u8::try_from(*number).ok(),
        [1, 3, 6, 1, 4, 1, 311, 10, 3, 3] => Some(10),
        [2, 16, 840, 1, 113_730, 4, 1] => Some(11),
        [1, 3, 6, 1, 4, 1, 311, 2, 1, 22] => Some(12),
        [1, 3, 6, 1, 4, 1, 311, 61, 1, 1] => Some(13),
        _ => None,
    }
}

fn distribution_points(value: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut found = Vec::new();
    let mut points = single(value, tag::SEQUENCE)?.elements();
    while !points.is_empty() {
        let mut point = points.take(tag::SEQUENCE)?.elements();
        let Some(name) = point.optional(tag::constructed(0))? else {
            continue;
        };
        let mut names = name.elements().take(tag::constructed(0))?.elements();
        while let Some(name) = names.optional(tag::primitive(6))? {
            found.push(String::from_utf8_lossy(name.content).into_owned());
        }
    }
    Ok(found)
}

fn policies(value: &[u8]) -> Result<Vec<Vec<u64>>, Malformed> {
    let mut found = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut policies = single(value, tag::SEQUENCE)?.elements();
    while !policies.is_empty() {
        let mut policy = policies.take(tag::SEQUENCE)?.elements();
        let identifier = policy.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
        if !seen.insert(identifier.clone()) {
            return Err(Malformed("x509: invalid certificate policies"));
        }
        found.push(identifier);
    }
    Ok(found)
}

fn policy_mappings(value: &[u8]) -> Result<Vec<PolicyMapping>, Malformed> {
    let mut found = Vec::new();
    let mut mappings = single(value, tag::SEQUENCE)?.elements();
    while !mappings.is_empty() {
        let mut mapping = mappings.take(tag::SEQUENCE)?.elements();
        let issuer = mapping.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
        let subject = mapping.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
        found.push(PolicyMapping { issuer, subject });
    }
    Ok(found)
}

fn skip_certificates(parts: &mut Elements<'_>, number: u8) -> Result<Option<i32>, Malformed> {
    let Some(mut element) = parts.optional(tag::primitive(number))? else {
        return Ok(None);
    };
    element.tag = tag::INTEGER;
    element.small_signed().map(Some)
}
