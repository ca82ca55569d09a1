//! Digests of a bundle's files as its signature lists them (OPA documentation, "Bundle Signature Format").
//!
//! A file of data or a manifest counts by its value, with the keys of objects in order and no white space, so that it
//! may be written anew on its way; every other file counts byte for byte.

use std::collections::BTreeMap;

use md5::Md5;
use serde_json::Value;
use serde_json::value::RawValue;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::document::yaml;

/// How deep values are read.
const MAX_DEPTH: usize = 128;

/// The digest of a file; the error says why there is none.
pub(super) fn digest(path: &str, bytes: &[u8], algorithm: &str) -> Result<Vec<u8>, &'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    if matches!(name, "data.json" | "data.yaml" | ".manifest") {
        let value = str::from_utf8(bytes).ok().and_then(canonical);
        let value = value.ok_or("it cannot be read as a value, so it has no digest")?;
        hash(algorithm, value.as_bytes())
    } else {
        hash(algorithm, bytes)
    }
}

fn hash(algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    Ok(match algorithm {
        "MD5" => Md5::digest(bytes).to_vec(),
        "SHA-1" => Sha1::digest(bytes).to_vec(),
        "SHA-224" => Sha224::digest(bytes).to_vec(),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        "SHA-512-224" => Sha512_224::digest(bytes).to_vec(),
        "SHA-512-256" => Sha512_256::digest(bytes).to_vec(),
        _ => return Err("the signature names no known digest for it"),
    })
}

/// The value of a JSON or YAML text in the one form that is hashed.
fn canonical(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut written = String::new();
    if let Ok(json) = serde_json::from_str::<&RawValue>(text) {
        write_json(json, 0, &mut written)?;
    } else {
        write_value(&yaml(text).ok()?, &mut written)?;
    }
    Some(written)
}

/// JSON keeps its numbers as they are spelled.
fn write_json(json: &RawValue, depth: usize, written: &mut String) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let text = json.get().trim();
    if text.starts_with('{') {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        written.push('{');
        for (at, (key, value)) in fields.into_iter().enumerate() {
            if at > 0 {
                written.push(',');
            }
            write_text(&key, written)?;
            written.push(':');
            write_json(value, depth + 1, written)?;
        }
        written.push('}');
    } else if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        written.push('[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                written.push(',');
            }
            write_json(item, depth + 1, written)?;
        }
        written.push(']');
    } else if text.starts_with('"') {
        write_text(&serde_json::from_str::<String>(text).ok()?, written)?;
    } else {
        written.push_str(text);
    }
    Some(())
}

/// A value of YAML; numbers are spelled as encoding/json of Go spells them.
fn write_value(value: &Value, written: &mut String) -> Option<()> {
    match value {
        Value::Object(fields) => {
            let ordered: BTreeMap<&String, &Value> = fields.iter().collect();
            written.push('{');
            for (at, (key, value)) in ordered.into_iter().enumerate() {
                if at > 0 {
                    written.push(',');
                }
                write_text(key, written)?;
                written.push(':');
                write_value(value, written)?;
            }
            written.push('}');
        }
        Value::Array(items) => {
            written.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    written.push(',');
                }
                write_value(item, written)?;
            }
            written.push(']');
        }
        Value::String(text) => write_text(text, written)?,
        Value::Number(number) if number.is_f64() => written.push_str(&spelled(number.as_f64()?)),
        other => written.push_str(&other.to_string()),
    }
    Some(())
}

/// A text with the escapes of encoding/json: those of serde_json, and the two separators that end lines in JavaScript.
fn write_text(text: &str, written: &mut String) -> Option<()> {
    let quoted = serde_json::to_string(text).ok()?;
    let quoted = quoted.replace('\u{2028}', "\\u2028");
    written.push_str(&quoted.replace('\u{2029}', "\\u2029"));
    Some(())
}

/// A floating-point number: the shortest decimal, with an exponent where it is very small or large.
fn spelled(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        if size < 1.0 {
            return text;
        }
        return text.replace('e', "e+");
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("{}", "{}")]
    #[case(" [1, 2.50,\n1e3, -0] ", "[1,2.50,1e3,-0]")]
    #[case(
        r#"{"b": null, "a": {"d": true, "c": []}}"#,
        r#"{"a":{"c":[],"d":true},"b":null}"#
    )]
    #[case(
        r#"["<&>", "\u00e9", "a\u2028b", "\u0001\b\n\/"]"#,
        r#"["<&>","é","a\u2028b","\u0001\b\n/"]"#
    )]
    #[case("123456789012345678901234567890", "123456789012345678901234567890")]
    // YAML
    #[case("b: [1, 2.50, 1.0]\na: yes\n", r#"{"a":true,"b":[1,2.5,1]}"#)]
    #[case("- 1e+21\n- 1e-7\n- 1e20\n", "[1e+21,1e-7,100000000000000000000]")]
    #[case("---\na: 1\n", r#"{"a":1}"#)]
    #[case("", "null")]
    fn values_in_one_form(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(canonical(text).as_deref(), Some(wanted));
    }

    /// RFC 1321 and FIPS 180-4, of "abc".
    #[rstest]
    #[case("MD5", "900150983cd24fb0d6963f7d28e17f72")]
    #[case("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    #[case("SHA-224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")]
    #[case(
        "SHA-256",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )]
    #[case(
        "SHA-384",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
    )]
    #[case(
        "SHA-512",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    )]
    #[case(
        "SHA-512-224",
        "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"
    )]
    #[case(
        "SHA-512-256",
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
    )]
    fn digests(#[case] algorithm: &str, #[case] wanted: &str) {
        let found = digest("a/main.rego", b"abc", algorithm).unwrap();
        assert_eq!(HEXLOWER.encode(&found), wanted);
    }

    /// The digest that OPA's own tests name for this manifest.
    #[test]
    fn a_manifest_has_the_digest_that_opa_finds() {
        let found = digest(".manifest", br#"{"revision": "quickbrownfaux"}"#, "MD5").unwrap();
        assert_eq!(HEXLOWER.encode(&found), "a005c38a509dc2d5a7407b9494efb2ad");
    }

    #[test]
    fn only_data_and_manifests_count_by_their_value() {
        for (path, by_value) in [
            ("data.json", true),
            ("a/b/data.yaml", true),
            (".manifest", true),
            ("a/data.yml", false),
            ("other.json", false),
        ] {
            let one = digest(path, br#"{"a":1,"b":2}"#, "SHA-256");
            let other = digest(path, br#"{ "b": 2, "a": 1 }"#, "SHA-256");
            assert_eq!(one == other, by_value, "{path}");
        }
    }

    #[test]
    fn what_has_no_digest_is_refused() {
        assert!(digest("main.rego", b"", "sha256").is_err());
        assert!(digest("main.rego", b"", "").is_err());
        assert!(digest("data.json", b"{\xff}", "MD5").is_err());
        assert!(digest("data.json", b"{\"a\": [}", "MD5").is_err());
        let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
        assert!(digest("data.json", deep.as_bytes(), "MD5").is_err());
    }
}
