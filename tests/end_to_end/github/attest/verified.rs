//! Attestations that are not what was signed, or about something else.

use super::*;

#[test]
fn what_is_not_what_was_signed_is_refused() {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    let envelope = gate.attested("change.json", &["--image", IMAGE]);
    let text = String::from_utf8(envelope.clone()).unwrap();
    let statement = payload(&envelope);
    let encoded = |value: &Value| data_encoding::BASE64.encode(value.to_string().as_bytes());
    let original: Value = serde_json::from_str(&text).unwrap();
    let payload_text = original["payload"].as_str().unwrap();
    let mut other = statement.clone();
    other["subject"][2]["digest"]["sha256"] = json!(OTHER_IMAGE.split_once("sha256:").unwrap().1);
    let signature = original["signatures"][0]["sig"].as_str().unwrap();
    let wrong_signature = data_encoding::BASE64.encode(&[7; 64]);
    for (name, changed) in [
        ("payload", text.replace(payload_text, &encoded(&other))),
        ("signature", text.replace(signature, &wrong_signature)),
        ("short signature", text.replace(signature, "AAAA")),
        ("type", text.replace("vnd.in-toto+json", "vnd.other+json")),
        (
            "no signature",
            text.replace(&original["signatures"].to_string(), "[]"),
        ),
        ("cut", text[..text.len() / 2].to_owned()),
        ("empty", String::new()),
        ("doubled", text.repeat(2)),
    ] {
        assert_ne!(changed, text, "{name}");
        fs::write(gate.folder.path().join("changed.json"), &changed).unwrap();
        let (code, shown, errors) = gate.verify("changed.json", &[]);
        assert_eq!((code, shown.as_str()), (1, ""), "{name}: {errors}");
        assert!(errors.contains("SG7046"), "{name}: {errors}");
        let one_line = !changed.trim().is_empty() && name != "doubled";
        assert!(
            !one_line || python(changed.as_bytes(), &gate.key).starts_with("refused"),
            "{name}"
        );
    }
    let (code, _, errors) = gate.verify("change.json", &["--image", OTHER_IMAGE]);
    assert_eq!(code, 1, "{errors}");
    let (code, _, errors) = gate.verify(
        "change.json",
        &["--commit", "1111111111111111111111111111111111111111"],
    );
    assert_eq!(code, 1, "{errors}");
    assert_eq!(gate.verify("absent.json", &[]).0, 2);
    assert_eq!(gate.verify("change.json", &["--ledger", "absent"]).0, 2);
    let (code, _, errors) = gate.run(
        &["attest", "verify", "change.json", "--key", "nonsense"],
        &[],
    );
    assert_eq!(code, 2, "{errors}");

    // Another gate of the same name: its key and its ledger say nothing of this one's.
    let other = Gate::new(&merged()).unwrap();
    fs::write(other.folder.path().join("change.json"), &envelope).unwrap();
    assert_eq!(other.verify("change.json", &[]).0, 1);
    let (code, _, errors) = other.run(
        &[
            "attest",
            "verify",
            "change.json",
            "--key",
            &gate.key,
            "--ledger",
            "ledger",
        ],
        &[],
    );
    assert_eq!(code, 1, "{errors}");
}
