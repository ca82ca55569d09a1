//! Name constraints: which names the certificates below one may carry (RFC 5280 section 4.2.1.10).

use core::net::IpAddr;

use super::extension::AlternativeNames;
use super::host::{is_domain, labels};
use super::uri::Uri;
use crate::crypto::Malformed;
use crate::crypto::asn1::{Element, single, tag};

const WRONG: Malformed = Malformed("x509: invalid NameConstraints extension");

const OUTSIDE: Malformed = Malformed("x509: CA is not authorized for this name");

/// What names must be within, and what they must not be within.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NameConstraints {
    pub(crate) permitted: Subtrees,
    pub(crate) excluded: Subtrees,
}

/// Constraints by the type of name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Subtrees {
    pub(crate) dns: Vec<String>,
    pub(crate) ips: Vec<IpRange>,
    pub(crate) emails: Vec<String>,
    pub(crate) uris: Vec<String>,
}

/// An address and its mask, 4 or 16 bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IpRange {
    pub(crate) address: Vec<u8>,
    pub(crate) mask: Vec<u8>,
}

impl NameConstraints {
    /// Reads the extension; the flag says whether there is a constraint of a type that is not handled.
    pub(super) fn read(value: &[u8]) -> Result<(Self, bool), Malformed> {
        let mut parts = single(value, tag::SEQUENCE)?.elements();
        let permitted = parts.optional(tag::constructed(0))?;
        let excluded = parts.optional(tag::constructed(1))?;
        parts.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(WRONG);
        }
        let (permitted, one) = permitted.map_or(Ok(<_>::default()), Subtrees::read)?;
        let (excluded, other) = excluded.map_or(Ok(<_>::default()), Subtrees::read)?;
        let constraints = Self {
            permitted,
            excluded,
        };
        Ok((constraints, one || other))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses names that are outside of what is permitted, or that cannot be read. The budget is of comparisons.
    pub(super) fn check(
        &self,
        names: &AlternativeNames,
        budget: &mut u64,
    ) -> Result<(), Malformed> {
        for name in &names.emails {
            let mailbox = Mailbox::parse(name)?;
            self.check_name(
                |tree| &tree.emails,
                budget,
                |constraint| mailbox.within(constraint),
            )?;
        }
        for name in &names.dns {
            if labels(name).is_none() {
                return Err(Malformed("x509: cannot parse dnsName"));
            }
            let excluded = &self.excluded.dns;
            if excluded.iter().any(|domain| wildcard_covers(name, domain)) {
                return Err(OUTSIDE);
            }
            self.check_name(
                |tree| &tree.dns,
                budget,
                |constraint| Ok(domain_within(name, constraint)),
            )?;
        }
        for name in &names.uris {
            self.check_name(
                |tree| &tree.uris,
                budget,
                |constraint| uri_within(name, constraint),
            )?;
        }
        for name in &names.ips {
            self.check_name(|tree| &tree.ips, budget, |range| Ok(range.contains(name)))?;
        }
        Ok(())
    }

    fn check_name<C>(
        &self,
        constraints: impl Fn(&Subtrees) -> &Vec<C>,
        budget: &mut u64,
        within: impl Fn(&C) -> Result<bool, Malformed>,
    ) -> Result<(), Malformed> {
        let (permitted, excluded) = (constraints(&self.permitted), constraints(&self.excluded));
        let comparisons = u64::try_from(permitted.len() + excluded.len()).unwrap_or(u64::MAX);
        *budget = budget
            .checked_sub(comparisons)
            .ok_or(Malformed("x509: too many constraints"))?;
        for constraint in excluded {
            if within(constraint)? {
                return Err(OUTSIDE);
            }
        }
        for constraint in permitted {
            if within(constraint)? {
                return Ok(());
            }
        }
        if permitted.is_empty() {
            Ok(())
        } else {
            Err(OUTSIDE)
        }
    }
}

impl Subtrees {
    fn read(trees: Element<'_>) -> Result<(Self, bool), Malformed> {
        const EMAIL: u8 = tag::primitive(1);
        const DNS: u8 = tag::primitive(2);
        const URI: u8 = tag::primitive(6);
        const IP: u8 = tag::primitive(7);
        let mut subtrees = Self::default();
        let mut unhandled = false;
        let mut trees = trees.elements();
        while !trees.is_empty() {
            let base = trees.take(tag::SEQUENCE)?.elements().next()?;
            match base.tag {
                DNS => {
                    let domain = base.ascii()?;
                    checked_domain(domain)?;
                    subtrees.dns.push(domain.to_owned());
                }
                EMAIL => {
                    let constraint = base.ascii()?;
                    if constraint.contains('@') {
                        Mailbox::parse(constraint)?;
                    } else {
                        checked_domain(constraint)?;
                    }
                    subtrees.emails.push(constraint.to_owned());
                }
                URI => {
                    let domain = base.ascii()?;
                    checked_domain(domain)?;
                    if domain.parse::<IpAddr>().is_ok() {
                        return Err(WRONG);
                    }
                    subtrees.uris.push(domain.to_owned());
                }
                IP => subtrees.ips.push(IpRange::read(base.content)?),
                _ => unhandled = true,
            }
        }
        Ok((subtrees, unhandled))
    }
}

impl IpRange {
    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let half = bytes.len() / 2;
        let (address, mask) = bytes.split_at_checked(half).ok_or(WRONG)?;
        let bits = mask
            .iter()
            .flat_map(|byte| (0..8).map(move |at| byte & (0x80 >> at) != 0));
        let contiguous = bits.clone().skip_while(|set| *set).all(|set| !set);
        if !matches!(bytes.len(), 8 | 32) || !contiguous {
            return Err(WRONG);
        }
        Ok(Self {
            address: address.to_vec(),
            mask: mask.to_vec(),
        })
    }

    fn contains(&self, address: &[u8]) -> bool {
        self.address.len() == address.len()
            && self
                .mask
                .iter()
                .zip(self.address.iter().zip(address))
                .all(|(mask, (own, other))| own & mask == other & mask)
    }
}

/// A mailbox of RFC 2821, its local part without quotes.
struct Mailbox<'a> {
    local: String,
    domain: &'a str,
}

impl<'a> Mailbox<'a> {
    fn parse(text: &'a str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed("x509: cannot parse rfc822Name");
        let (local, domain) = if let Some(quoted) = text.strip_prefix('"') {
            let (local, rest) = unquote(quoted).ok_or(WRONG)?;
            (local, rest.strip_prefix('@').ok_or(WRONG)?)
        } else {
            let (local, domain) = text.split_once('@').ok_or(WRONG)?;
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
            let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
            if local.is_empty() || dots || !local.bytes().all(plain) {
                return Err(WRONG);
            }
            (local.to_owned(), domain)
        };
        if labels(domain).is_none() {
            return Err(WRONG);
        }
        Ok(Self { local, domain })
    }

    fn within(&self, constraint: &str) -> Result<bool, Malformed> {
        if !constraint.contains('@') {
            return Ok(domain_within(self.domain, constraint));
        }
        let only = Mailbox::parse(constraint)?;
        Ok(self.local == only.local && self.domain.eq_ignore_ascii_case(only.domain))
    }
}

/// What stands before the closing quote, without its escapes, and what follows the quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((plain, characters.as_str())),
            '\\' => plain.push(characters.next()?),
            character if character.is_ascii() && character >= ' ' => plain.push(character),
            _ => return None,
        }
    }
}

/// Refuses what is neither a domain nor one after a dot.
fn checked_domain(constraint: &str) -> Result<(), Malformed> {
    let domain = constraint.strip_prefix('.').unwrap_or(constraint);
    if is_domain(domain) {
        Ok(())
    } else {
        Err(WRONG)
    }
}

/// Whether a domain is the constraint or below it; below it only where the constraint starts with a dot.
fn domain_within(domain: &str, constraint: &str) -> bool {
    if constraint.is_empty() {
        return true;
    }
    let below = constraint.starts_with('.');
    let (Some(domain), Some(constraint)) = (
        labels(domain),
        labels(constraint.strip_prefix('.').unwrap_or(constraint)),
    ) else {
        return false;
    };
    let enough = if below {
        domain.len() > constraint.len()
    } else {
        domain.len() >= constraint.len()
    };
    enough
        && constraint
            .iter()
            .rev()
            .zip(domain.iter().rev())
            .all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Whether a name with a wildcard stands for this domain too.
fn wildcard_covers(name: &str, domain: &str) -> bool {
    let (Some(rest), Some((_, parent))) = (name.strip_prefix("*."), domain.split_once('.')) else {
        return false;
    };
    !domain.starts_with('.') && rest.eq_ignore_ascii_case(parent)
}

fn uri_within(uri: &Uri, constraint: &str) -> Result<bool, Malformed> {
    const NO_HOST: Malformed =
        Malformed("x509: URI without a host cannot be matched against constraints");
    let host = match uri.host.rsplit_once(':') {
        Some((host, _)) if !uri.host.ends_with(']') => host,
        _ => uri.host.as_str(),
    };
    if host.is_empty() || host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
        return Err(NO_HOST);
    }
    Ok(domain_within(host, constraint))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a.example.com", "example.com", true)]
    #[case("example.com", "EXAMPLE.com", true)]
    #[case("example.com", ".example.com", false)]
    #[case("a.example.com", ".example.com", true)]
    #[case("badexample.com", "example.com", false)]
    #[case("example.com", "a.example.com", false)]
    #[case("example.com", "", true)]
    fn domains(#[case] domain: &str, #[case] constraint: &str, #[case] wanted: bool) {
        assert_eq!(domain_within(domain, constraint), wanted);
    }

    #[rstest]
    #[case("*.example.com", "a.EXAMPLE.com", true)]
    #[case("*.example.com", "a.b.example.com", false)]
    #[case("*.example.com", ".example.com", false)]
    #[case("a.example.com", "b.example.com", false)]
    fn wildcards(#[case] name: &str, #[case] domain: &str, #[case] wanted: bool) {
        assert_eq!(wildcard_covers(name, domain), wanted);
    }

    #[rstest]
    #[case(&[10, 0, 0, 0, 255, 0, 0, 0], &[10, 1, 2, 3], Some(true))]
    #[case(&[10, 0, 0, 0, 255, 0, 0, 0], &[11, 1, 2, 3], Some(false))]
    #[case(&[10, 0, 0, 0, 255, 0, 0, 0], &[0; 16], Some(false))]
    #[case(&[10, 0, 0, 0, 255, 0, 255, 0], &[10, 1, 2, 3], None)]
    #[case(&[10, 0, 0, 0, 254, 255, 0, 0], &[10, 1, 2, 3], None)]
    #[case(&[10, 0, 0], &[10, 1, 2, 3], None)]
    fn ranges(#[case] range: &[u8], #[case] address: &[u8], #[case] wanted: Option<bool>) {
        let contains = IpRange::read(range).map(|range| range.contains(address));
        assert_eq!(contains.ok(), wanted);
    }

    #[rstest]
    #[case("a@example.com", "example.com", Some(true))]
    #[case("a@example.com", "a@EXAMPLE.com", Some(true))]
    #[case("a@example.com", "b@example.com", Some(false))]
    #[case("a@x.example.com", ".example.com", Some(true))]
    #[case("\"a b\\\"\"@example.com", "example.com", Some(true))]
    #[case("\"a\"@example.com", "a@example.com", Some(true))]
    #[case("\"a@example.com", "example.com", None)]
    #[case("example.com", "example.com", None)]
    fn mailboxes(#[case] name: &str, #[case] constraint: &str, #[case] wanted: Option<bool>) {
        let within = Mailbox::parse(name).and_then(|mailbox| mailbox.within(constraint));
        assert_eq!(within.ok(), wanted);
    }

    #[test]
    fn the_budget_of_comparisons_ends() {
        let constraints = NameConstraints {
            permitted: Subtrees {
                dns: vec!["example.com".to_owned()],
                ..Subtrees::default()
            },
            ..NameConstraints::default()
        };
        let names = AlternativeNames {
            dns: vec!["a.example.com".to_owned(); 3],
            ..AlternativeNames::default()
        };
        assert_eq!(constraints.check(&names, &mut 3), Ok(()));
        assert!(constraints.check(&names, &mut 2).is_err());
    }
}
