//! Host names of certificates (RFC 6125 section 6).

use core::net::IpAddr;

use super::extension::AlternativeNames;

/// Whether a certificate with these names may stand for a host: an address, or a domain where the first label of a
/// name may be a wildcard.
pub(super) fn covers(names: &AlternativeNames, host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return names.ips.iter().any(|name| same_address(name, address));
    }
    let host = host.to_ascii_lowercase();
    let plain = is_host(host.strip_suffix('.').unwrap_or(&host), false);
    names.dns.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        if plain && is_host(&name, true) {
            matches_pattern(&name, host.strip_suffix('.').unwrap_or(&host))
        } else {
            !matches!(host.as_str(), "" | ".") && name == host
        }
    })
}

fn same_address(name: &[u8], address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            name == address.octets() || name == address.to_ipv6_mapped().octets()
        }
        IpAddr::V6(address) => {
            name == address.octets()
                || address
                    .to_ipv4_mapped()
                    .is_some_and(|address| name == address.octets())
        }
    }
}

fn matches_pattern(pattern: &str, host: &str) -> bool {
    let (pattern, host): (Vec<&str>, Vec<&str>) =
        (pattern.split('.').collect(), host.split('.').collect());
    pattern.len() == host.len()
        && pattern
            .iter()
            .zip(&host)
            .enumerate()
            .all(|(at, (pattern, host))| (at == 0 && *pattern == "*") || pattern == host)
}

fn is_host(host: &str, pattern: bool) -> bool {
    host != "*"
        && host.split('.').enumerate().all(|(at, label)| {
            let wildcard = pattern && at == 0 && label == "*";
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            wildcard || (!label.is_empty() && !label.starts_with('-') && label.bytes().all(plain))
        })
}

/// The labels of a domain; None where one is empty or has characters that no name has.
pub(super) fn labels(domain: &str) -> Option<Vec<&str>> {
    if domain.is_empty() {
        return Some(Vec::new());
    }
    let labels: Vec<&str> = domain.split('.').collect();
    labels
        .iter()
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_graphic()))
        .then_some(labels)
}

/// Whether every label of a domain may be one; the empty domain has none.
pub(super) fn is_domain(domain: &str) -> bool {
    labels(domain).is_some()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a.example.com", true)]
    #[case("A.EXAMPLE.com.", true)]
    #[case("b.w.example.com", true)]
    #[case("c.b.w.example.com", false)]
    #[case("w.example.com", false)]
    #[case("example.com", false)]
    #[case("10.0.0.1", true)]
    #[case("10.0.0.2", false)]
    #[case("[::1]", true)]
    #[case("::ffff:10.0.0.1", true)]
    #[case("odd name", true)]
    #[case("", false)]
    #[case("*.w.example.com", true)]
    fn hosts(#[case] host: &str, #[case] wanted: bool) {
        let names = AlternativeNames {
            dns: ["a.example.com", "*.w.example.com", "odd name", "*"]
                .map(str::to_owned)
                .to_vec(),
            ips: vec![
                vec![10, 0, 0, 1],
                core::net::Ipv6Addr::LOCALHOST.octets().to_vec(),
            ],
            ..AlternativeNames::default()
        };
        assert_eq!(covers(&names, host), wanted);
    }
}
