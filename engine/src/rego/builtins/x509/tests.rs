use jiff::Timestamp;
use rstest::rstest;

use super::super::{Moment, all};
use super::*;

const CHAIN: &str = include_str!("../../../crypto/testdata/chain.pem");

fn call(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    let builtin = all().find(|builtin| builtin.name == name).unwrap();
    let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    Moment::new(now, "subject").during(|| (builtin.call)(operands))
}

/// The values are what OPA 1.20.2 gives.
#[test]
fn certificates_and_requests_are_as_opa_shows_them() {
    let text = include_str!("../../../crypto/testdata/rich.pem");
    let wanted = Value::from_json_str(include_str!("../../../crypto/testdata/rich.json")).unwrap();
    let found = call("crypto.x509.parse_certificates", &[text.into()]).unwrap();
    assert_eq!(found, Value::from(vec![wanted]));

    let text = include_str!("../../../crypto/testdata/request.pem");
    let wanted = include_str!("../../../crypto/testdata/request.json");
    let found = call("crypto.x509.parse_certificate_request", &[text.into()]);
    assert_eq!(found, Ok(Value::from_json_str(wanted).unwrap()));
}

#[rstest]
#[case(r"{}", Some(true))]
#[case(
    r#"{"DNSName": "a.example.com", "KeyUsages": ["KeyUsageServerAuth"]}"#,
    Some(true)
)]
#[case(r#"{"DNSName": "a.example.org"}"#, Some(false))]
#[case(r#"{"KeyUsages": ["KeyUsageClientAuth"]}"#, Some(false))]
#[case(r#"{"CurrentTime": 1}"#, Some(false))]
#[case(
    r#"{"CurrentTime": 1780000000000000000, "MaxConstraintComparisons": 5}"#,
    Some(true)
)]
#[case(r#"{"CurrentTime": "now"}"#, None)]
#[case(r#"{"CurrentTime": 1.5}"#, None)]
#[case(r#"{"MaxConstraintComparisons": null}"#, None)]
#[case(r#"{"KeyUsages": ["KeyUsage"]}"#, None)]
#[case(r#"{"KeyUsages": "KeyUsageAny"}"#, None)]
#[case(r#"{"DNSName": 5}"#, None)]
#[case(r#"{"Unknown": 5}"#, None)]
fn options_of_a_chain(#[case] given: &str, #[case] wanted: Option<bool>) {
    let options = Value::from_json_str(given).unwrap();
    let name = "crypto.x509.parse_and_verify_certificates_with_options";
    let found = call(name, &[CHAIN.into(), options]);
    match wanted {
        Some(wanted) => assert_eq!(found.unwrap()[0], Value::from(wanted)),
        None => assert!(matches!(found, Err(Failure::Builtin(_)))),
    }
}

#[test]
fn the_time_is_that_of_the_decision() {
    let name = "crypto.x509.parse_and_verify_certificates";
    let builtin = all().find(|builtin| builtin.name == name).unwrap();
    assert_eq!(call(name, &[CHAIN.into()]).unwrap()[0], Value::from(true));
    let later: Timestamp = "2036-06-01T00:00:00Z".parse().unwrap();
    let found = Moment::new(later, "subject").during(|| (builtin.call)(&[CHAIN.into()]));
    assert_eq!(found, Ok(unverified()));
    assert!(
        (builtin.call)(&[CHAIN.into()]).is_err(),
        "no decision is being made"
    );
}

#[rstest]
#[case("crypto.x509.parse_certificates")]
#[case("crypto.x509.parse_and_verify_certificates")]
#[case("crypto.x509.parse_certificate_request")]
#[case("crypto.x509.parse_rsa_private_key")]
#[case("crypto.parse_private_keys")]
fn what_is_no_text_is_of_the_wrong_type(#[case] name: &str) {
    assert!(matches!(call(name, &[5.into()]), Err(Failure::Type(_))));
}

#[rstest]
#[case("crypto.x509.parse_certificates", "%")]
#[case("crypto.x509.parse_certificate_request", "")]
#[case("crypto.x509.parse_certificate_request", CHAIN)]
#[case("crypto.x509.parse_rsa_private_key", "")]
#[case("crypto.x509.parse_rsa_private_key", "%")]
fn what_cannot_be_read_is_an_error(#[case] name: &str, #[case] text: &str) {
    assert!(matches!(
        call(name, &[text.into()]),
        Err(Failure::Builtin(_))
    ));
}

/// The key of RFC 8032 section 7.1, test 2, in PKCS #8.
#[test]
fn private_keys() {
    let seed = [
        &[
            0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
        ][..],
        &data_encoding::HEXLOWER
            .decode(b"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
            .unwrap(),
    ]
    .concat();
    let body = data_encoding::BASE64.encode(&seed);
    let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let key = call("crypto.x509.parse_rsa_private_key", &[text.as_str().into()]).unwrap();
    assert_eq!(key["kty"], Value::from("OKP"));
    assert_eq!(
        key["d"],
        Value::from("TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs")
    );
    assert_eq!(
        key["x"],
        Value::from("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw")
    );
    let keys = call("crypto.parse_private_keys", &[text.as_str().into()]).unwrap();
    assert_eq!(
        keys[0],
        Value::from(
            "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs9QBfD6EOJWpK3CqdNG368nJgszy7ElozAzVXxKvRmDA=="
        )
    );
    let pair = call(
        "crypto.x509.parse_keypair",
        &[CHAIN.into(), text.as_str().into()],
    );
    assert_eq!(
        pair,
        Err(Failure::new("private key does not match public key"))
    );
}
