use rstest::rstest;

use super::*;

const KEY: &str = include_str!("../testdata/key.pem");
const SIGNATURES: &str = include_str!("../testdata/signatures.json");
const POLICY: &str = "package main\n\ndeny contains \"x\" if input.bad\n";

/// The files that the signature lists; data and the manifest are written in another way than when they were signed.
fn files() -> BundleFiles {
    [
        (NAME, SIGNATURES),
        (
            ".manifest",
            "{\n  \"roots\": [\"main\", \"limits\"],\n  \"revision\": \"r1\"\n}\n",
        ),
        ("limits/data.json", r#"{"ratio": 1, "ports": [22, 8080]}"#),
        ("main.rego", POLICY),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .collect()
}

fn verification() -> BundleVerification {
    BundleVerification {
        key: KEY.to_owned(),
        key_id: None,
        algorithm: SigningAlgorithm::RS256,
        scope: "write".to_owned(),
        exclude: Vec::new(),
    }
}

/// What is said of changed files or settings: the file, or nothing, and the message.
fn told(
    change_files: impl Fn(&mut BundleFiles),
    change_settings: impl Fn(&mut BundleVerification),
) -> String {
    let (mut files, mut verification) = (files(), verification());
    change_files(&mut files);
    change_settings(&mut verification);
    match verify(&files, &verification) {
        Ok(()) => "verified".to_owned(),
        Err(distrust) => {
            let file = distrust.file.map(|file| format!("{file}: "));
            format!("{}{}", file.unwrap_or_default(), distrust.message)
        }
    }
}

#[test]
fn a_signed_bundle_is_verified() {
    assert_eq!(told(|_| {}, |_| {}), "verified");
    let named =
        |verification: &mut BundleVerification| verification.key_id = Some("release".into());
    assert_eq!(told(|_| {}, named), "verified");
}

#[test]
fn files_are_those_that_were_signed() {
    let put = |path: &'static str, text: &'static str| {
        move |files: &mut BundleFiles| {
            files.insert(path.to_owned(), text.as_bytes().to_vec());
        }
    };
    let same = |_: &mut BundleVerification| {};
    assert_eq!(
        told(put("main.rego", "package main\n"), same),
        "main.rego: the file is not the one that was signed"
    );
    assert_eq!(
        told(
            put("limits/data.json", r#"{"ratio": 1.0, "ports": [22, 8080]}"#),
            same
        ),
        "limits/data.json: the file is not the one that was signed"
    );
    assert_eq!(
        told(put(".manifest", "{}"), same),
        ".manifest: the file is not the one that was signed"
    );
    assert_eq!(
        told(put("limits/data.json", "{"), same),
        "limits/data.json: it cannot be read as a value, so it has no digest"
    );
    assert_eq!(
        told(put("more.rego", POLICY), same),
        "more.rego: the file is not listed in the signature"
    );
    assert_eq!(
        told(put("a/.signatures.json", "{}"), same),
        "a/.signatures.json: the file is not listed in the signature"
    );
    let remove = |files: &mut BundleFiles| {
        files.remove("main.rego");
    };
    assert_eq!(
        told(remove, same),
        "main.rego: the file is listed in the signature and is not in the bundle"
    );
    let exclude = |verification: &mut BundleVerification| {
        verification.exclude = ["more.rego", "main.*", "docs/*"]
            .into_iter()
            .filter_map(Selector::parse)
            .collect();
    };
    assert_eq!(told(put("more.rego", POLICY), exclude), "verified");
    assert_eq!(told(put("main.rego", "x"), exclude), "verified");
    assert_eq!(told(remove, exclude), "verified");
    assert_eq!(
        told(put("docs/a/b.md", ""), exclude),
        "docs/a/b.md: the file is not listed in the signature"
    );
}

#[test]
fn the_signature_is_by_the_trusted_key() {
    let same = |_: &mut BundleFiles| {};
    let with = |change: fn(&mut BundleVerification)| told(same, change);
    let other = include_str!("../../crypto/testdata/rsa.pem");
    assert_ne!(other, KEY);
    assert_eq!(
        told(same, |verification| verification.key = other.to_owned()),
        "the signature does not verify"
    );
    assert_eq!(
        with(|verification| verification.algorithm = SigningAlgorithm::RS512),
        "the signed text is for another algorithm or demands what is not understood"
    );
    // Whoever knows the public key must not be able to use it as a secret.
    assert_eq!(
        with(|verification| verification.algorithm = SigningAlgorithm::HS256),
        "the signed text is for another algorithm or demands what is not understood"
    );
    assert_eq!(
        with(|verification| verification.key = "no key".to_owned()),
        "the key cannot be read: failed to parse a JWK key (set)"
    );
    assert_eq!(
        with(|verification| verification.scope = String::new()),
        "the signature is for another scope"
    );
    assert_eq!(
        with(|verification| verification.key_id = Some("other".to_owned())),
        "the signature names another key"
    );
}

#[rstest]
#[case("", ".signatures.json is not {\"signatures\": [a signed token]}")]
#[case(
    "{\"signatures\": [1]}",
    ".signatures.json is not {\"signatures\": [a signed token]}"
)]
#[case("{}", ".signatures.json holds 0 signatures in the place of one")]
#[case(
    "{\"signatures\": [\"a\", \"b\"]}",
    ".signatures.json holds 2 signatures in the place of one"
)]
#[case(
    "{\"plugin\": \"x\", \"signatures\": [\"a\"]}",
    ".signatures.json asks for a plugin to verify it"
)]
#[case(
    "{\"signatures\": [\"a\"]}",
    "the signed text cannot be read: encoded JWT had no period separators"
)]
// {"alg":"none"} . {"files":[],"scope":"write"}
#[case(
    "{\"signatures\": [\"eyJhbGciOiJub25lIn0.eyJmaWxlcyI6W10sInNjb3BlIjoid3JpdGUifQ.\"]}",
    "the signed text is for another algorithm or demands what is not understood"
)]
fn what_is_no_signature(#[case] text: &str, #[case] wanted: &str) {
    let put = |files: &mut BundleFiles| {
        files.insert(NAME.to_owned(), text.as_bytes().to_vec());
    };
    assert_eq!(told(put, |_| {}), wanted);
}

#[test]
fn a_bundle_without_a_signature_is_refused() {
    let remove = |files: &mut BundleFiles| {
        files.remove(NAME);
    };
    assert_eq!(
        told(remove, |_| {}),
        "the bundle is not signed: it has no .signatures.json"
    );
}

#[test]
fn nothing_shows_the_key() {
    let mut verification = verification();
    verification.key = "Hunter2".to_owned();
    assert!(!format!("{verification:?}").contains("Hunter2"));
}
