//! The parts of a URL that a signature covers, as Go's `net/url` reads and writes them.

/// A URL of a request.
pub(super) struct Url {
    /// The host with its port.
    pub(super) host: String,
    /// The path, escaped.
    pub(super) path: String,
    /// The query as it is written.
    pub(super) query: String,
}

impl Url {
    /// Reads a URL; None where Go would not.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let (text, _) = text.split_once('#').unwrap_or((text, ""));
        let (rest, query) = text.split_once('?').unwrap_or((text, ""));
        let after_scheme = match rest.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => rest,
            Some(("", _)) => return None,
            _ => rest,
        };
        let (authority, path) = match after_scheme.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                rest.split_at_checked(end)?
            }
            None => ("", after_scheme),
        };
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        if host.contains(' ') {
            return None;
        }
        Some(Self {
            host: host.to_owned(),
            path: escaped_path(path)?,
            query: query.to_owned(),
        })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

/// A path as it is written where that is a valid encoding, and encoded anew otherwise.
fn escaped_path(path: &str) -> Option<String> {
    let decoded = decode(path)?;
    let is_valid = path.bytes().all(|byte| {
        is_plain(byte) || matches!(byte, b'!' | b'\'' | b'(' | b')' | b'*' | b'[' | b']' | b'%')
    });
    if is_valid {
        return Some(path.to_owned());
    }
    let mut encoded = String::new();
    for byte in decoded {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(encoded)
}

/// Whether a byte stands for itself in any path.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_'
                | b'.'
                | b'~'
                | b'$'
                | b'&'
                | b'+'
                | b','
                | b'/'
                | b':'
                | b';'
                | b'='
                | b'@'
        )
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let code = digit()? * 16 + digit()?;
            decoded.push(u8::try_from(code).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "https://u:p@example.com:8443/a%20b?x=1#f",
        "example.com:8443",
        "/a%20b",
        "x=1"
    )]
    #[case("http://h", "h", "", "")]
    #[case("http://h/a b(c)", "h", "/a%20b%28c%29", "")]
    #[case("http://h/a(c)", "h", "/a(c)", "")]
    fn parts_are_those_of_go(
        #[case] text: &str,
        #[case] host: &str,
        #[case] path: &str,
        #[case] query: &str,
    ) {
        let url = Url::parse(text).unwrap();
        assert_eq!(
            (url.host.as_str(), url.path.as_str(), url.query.as_str()),
            (host, path, query)
        );
    }

    #[rstest]
    #[case("http://h/%zz")]
    #[case("http://h/\n")]
    #[case(":x")]
    fn what_is_no_url_is_refused(#[case] text: &str) {
        assert!(Url::parse(text).is_none());
    }
}
