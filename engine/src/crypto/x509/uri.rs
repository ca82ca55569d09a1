//! URIs of certificates in their parts (RFC 3986), as Go's library takes them apart.

use crate::crypto::Malformed;

/// A URI in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Uri {
    pub(crate) text: String,
    pub(crate) scheme: String,
    pub(crate) opaque: String,
    pub(crate) has_user: bool,
    pub(crate) host: String,
    pub(crate) path: String,
    /// The path as it is written, where that is not the usual way.
    pub(crate) raw_path: String,
    pub(crate) omit_host: bool,
    pub(crate) force_query: bool,
    pub(crate) raw_query: String,
    pub(crate) fragment: String,
    pub(crate) raw_fragment: String,
}

const WRONG: Malformed = Malformed("cannot parse URI");

impl Uri {
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut uri = Self::split(text)?;
        let rest = text.get(uri.scheme.len()..).unwrap_or_default();
        let empty = uri.host.is_empty() && uri.path.is_empty() && !uri.has_user;
        uri.text = match rest.strip_prefix("://").filter(|_| empty) {
            Some(rest) => format!("{}:{rest}", uri.scheme),
            None => format!("{}{rest}", uri.scheme),
        };
        Ok(uri)
    }

    fn split(text: &str) -> Result<Self, Malformed> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(WRONG);
        }
        let mut uri = Self::default();
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        (uri.fragment, uri.raw_fragment) = decoded(fragment, "!()*")?;
        let (scheme, mut rest) = split_scheme(text)?;
        uri.scheme = scheme.to_ascii_lowercase();
        match rest.split_once('?') {
            Some((before, "")) => {
                uri.force_query = true;
                rest = before;
            }
            Some((before, query)) => {
                query.clone_into(&mut uri.raw_query);
                rest = before;
            }
            None => {}
        }
        if !rest.starts_with('/') {
            if !uri.scheme.is_empty() {
                rest.clone_into(&mut uri.opaque);
                return Ok(uri);
            }
            if rest.split('/').next().unwrap_or_default().contains(':') {
                return Err(WRONG);
            }
        }
        let absolute = !uri.scheme.is_empty() || !rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| absolute) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at_checked(end).ok_or(WRONG)?;
            rest = path;
            let (user, host) = match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            };
            uri.has_user = user.is_some();
            uri.host = checked_host(host)?;
        } else if !uri.scheme.is_empty() && rest.starts_with('/') {
            uri.omit_host = true;
        }
        (uri.path, uri.raw_path) = decoded(rest, "")?;
        Ok(uri)
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), Malformed> {
    let end = text
        .find(|character: char| !character.is_ascii_alphanumeric() && !"+-.".contains(character));
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((scheme, rest)) if rest.starts_with(':') => {
            if scheme.is_empty() {
                return Err(WRONG);
            }
            if scheme.starts_with(|first: char| first.is_ascii_alphabetic()) {
                return Ok((scheme, rest.strip_prefix(':').unwrap_or_default()));
            }
            Ok(("", text))
        }
        _ => Ok(("", text)),
    }
}

/// The host and its port, which must be a number.
fn checked_host(host: &str) -> Result<String, Malformed> {
    let after = match host.rsplit_once(']') {
        Some((_, after)) => after,
        None if host.starts_with('[') => return Err(WRONG),
        None => host
            .rfind(':')
            .map_or("", |at| host.get(at..).unwrap_or_default()),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if !after.is_empty() && !after.strip_prefix(':').is_some_and(is_port) {
        return Err(WRONG);
    }
    if host.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']) && !host.starts_with('[')
    {
        return Err(WRONG);
    }
    // Escapes stand for what is no ASCII; those of a zone are the exception.
    let plain = |part: &str| part.starts_with(|digit: char| digit < '8') && !part.starts_with("25");
    if host.split('%').skip(1).any(plain) {
        return Err(WRONG);
    }
    unescape(host)
}

/// A part without its escapes; and as it is written where escaping it again gives something else.
fn decoded(part: &str, plain: &str) -> Result<(String, String), Malformed> {
    use std::fmt::Write as _;
    let decoded = unescape(part)?;
    let mut usual = String::with_capacity(part.len());
    for byte in decoded.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || "-_.~$&+,/:;=@".contains(character)
            || plain.contains(character)
        {
            usual.push(character);
        } else {
            let _ = write!(usual, "%{byte:02X}");
        }
    }
    let raw = if usual == part {
        String::new()
    } else {
        part.to_owned()
    };
    Ok((decoded, raw))
}

fn unescape(text: &str) -> Result<String, Malformed> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(WRONG)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(WRONG);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| WRONG)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn uri(fields: [&str; 6]) -> Uri {
        let [scheme, opaque, host, path, raw_query, fragment] = fields.map(str::to_owned);
        Uri {
            scheme,
            opaque,
            host,
            path,
            raw_query,
            fragment,
            ..Uri::default()
        }
    }

    #[rstest]
    #[case("spiffe://example.com/opa", uri(["spiffe", "", "example.com", "/opa", "", ""]))]
    #[case("HTTP://a:80/b%20c?q=1#f", Uri { raw_path: String::new(), ..uri(["http", "", "a:80", "/b c", "q=1", "f"]) })]
    #[case("urn:a:b", uri(["urn", "a:b", "", "", "", ""]))]
    #[case("http://u:p@h/(x)", Uri { has_user: true, raw_path: "/(x)".into(), ..uri(["http", "", "h", "/(x)", "", ""]) })]
    #[case("file:/x?", Uri { omit_host: true, force_query: true, ..uri(["file", "", "", "/x", "", ""]) })]
    #[case("http://[::1]:8080", uri(["http", "", "[::1]:8080", "", "", ""]))]
    #[case("a/b", uri(["", "", "", "a/b", "", ""]))]
    fn parts(#[case] text: &str, #[case] wanted: Uri) {
        let wanted = Uri {
            text: text.replace("HTTP:", "http:"),
            ..wanted
        };
        assert_eq!(Uri::parse(text), Ok(wanted));
    }

    #[rstest]
    #[case(":a")]
    #[case("http://h/%zz")]
    #[case("http://h/%+1")]
    #[case("http://h:x/")]
    #[case("http://[::1/")]
    #[case("a\u{7}")]
    #[case("1:b")]
    #[case("http://h%41/")]
    #[case("http://a b/")]
    fn what_is_no_uri(#[case] text: &str) {
        assert_eq!(Uri::parse(text), Err(WRONG));
    }
}
