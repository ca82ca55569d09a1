//! Base64 (RFC 4648) as OPA reads it: line breaks are skipped and the bits after the last byte do not matter.

use data_encoding::BASE64_MIME_PERMISSIVE;

use super::Malformed;

/// Decodes the standard alphabet, with padding.
pub(crate) fn decode_standard(text: &str) -> Result<Vec<u8>, Malformed> {
    let text: String = text
        .chars()
        .filter(|character| !matches!(character, '\r' | '\n'))
        .collect();
    // The library takes texts that follow one another, each with its padding; this format has one.
    if text.trim_end_matches('=').contains('=') {
        return Err(Malformed("illegal base64 data"));
    }
    BASE64_MIME_PERMISSIVE
        .decode(text.as_bytes())
        .map_err(|_| Malformed("illegal base64 data"))
}

/// Decodes the alphabet for addresses and file names, with or without padding.
pub(crate) fn decode_url(text: &str) -> Result<Vec<u8>, Malformed> {
    let mut standard = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        standard.push(match character {
            '+' | '/' => return Err(Malformed("illegal base64 data")),
            '-' => '+',
            '_' => '/',
            other => other,
        });
    }
    if !standard.ends_with('=') {
        match standard.len() % 4 {
            1 => return Err(Malformed("illegal base64 data")),
            2 => standard.push_str("=="),
            3 => standard.push('='),
            _ => {}
        }
    }
    decode_standard(&standard)
}

/// Encodes with the alphabet for addresses and file names, without padding.
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", Some(""))]
    #[case("Zm9v", Some("foo"))]
    #[case("Zm8=", Some("fo"))]
    #[case("Zm\r\n9v\n", Some("foo"))]
    #[case("Zm9=", Some("fo"))]
    #[case("Zm8", None)]
    #[case("Zm8=Zm8=", None)]
    #[case("Zm 8", None)]
    #[case("Zm-_", None)]
    fn the_standard_alphabet(#[case] text: &str, #[case] wanted: Option<&str>) {
        let decoded = decode_standard(text).ok();
        assert_eq!(decoded.as_deref(), wanted.map(str::as_bytes));
    }

    #[rstest]
    #[case("Zm8", Some(vec![0x66, 0x6f]))]
    #[case("Zg", Some(vec![0x66]))]
    #[case("Zg==", Some(vec![0x66]))]
    #[case("_-8", Some(vec![0xff, 0xef]))]
    #[case("/+8", None)]
    #[case("Z", None)]
    #[case("\n", None)]
    fn the_alphabet_for_addresses(#[case] text: &str, #[case] wanted: Option<Vec<u8>>) {
        assert_eq!(decode_url(text).ok(), wanted);
    }
}
