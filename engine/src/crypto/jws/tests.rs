use rstest::rstest;
use serde_json::json;

use super::*;

/// RFC 7515 appendix A.3.
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const ES256_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RSA_KEY: &str = include_str!("../testdata/rsa.pem");

fn tokens() -> Value {
    serde_json::from_str(include_str!("../testdata/tokens.json")).unwrap()
}

fn token(name: &str) -> String {
    tokens()[name].as_str().unwrap().to_owned()
}

/// The secret of RFC 7515 appendix A.1 is no text, so its token is checked with the key as a set of one.
#[test]
fn the_first_example_of_the_standard() {
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let key = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    let keys = jwk::key_set(key).unwrap();
    let token = Token::split(token).unwrap();
    let signature = token.signature().unwrap();
    let algorithm = Algorithm::named("HS256").unwrap();
    assert!(
        keys[0]
            .material
            .verify(algorithm, token.signed(), &signature)
    );
    assert!(!keys[0].material.verify(algorithm, b"other", &signature));
}

#[test]
fn a_payload_is_given_where_the_signature_is_by_the_key() {
    let payload = json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true});
    assert_eq!(verify_jws(ES256, ES256_KEY, "ES256"), Ok(payload));
}

#[rstest]
fn algorithms_of_rsa(
    #[values("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")] name: &str,
    #[values(RSA_KEY, include_str!("../testdata/rsa_certificate.pem"))] key: &str,
) {
    assert_eq!(verify_jws(&token(name), key, name), Ok(json!({"iss": "x"})));
    assert_eq!(
        verify_jws(&token(name), ES256_KEY, name),
        Err(JwsError::Signature)
    );
}

/// RFC 8037 appendix A.4; its payload is no JSON.
#[test]
fn edwards_curves() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert_eq!(
        verify_jws(token, key, "EdDSA"),
        Err(JwsError::Token("the payload is no JSON"))
    );
    let other = token.replace("hgyY", "hgyZ");
    assert_eq!(verify_jws(&other, key, "EdDSA"), Err(JwsError::Signature));
}

#[test]
fn secrets() {
    let key = Key {
        material: Material::Secret(b"secret".to_vec()),
        algorithm: None,
        id: None,
    };
    for name in ["HS256", "HS384", "HS512"] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let algorithm = Algorithm::named(name).unwrap();
        let token = sign(&header, r#"{"files":[]}"#, algorithm, &key, b"").unwrap();
        assert_eq!(verify_jws(&token, "secret", name), Ok(json!({"files": []})));
        assert_eq!(verify_jws(&token, "other", name), Err(JwsError::Signature));
        assert!(matches!(
            verify_jws(&token, "", name),
            Err(JwsError::Key(_))
        ));
        // A public key is never taken for a secret.
        assert!(verify_jws(&token, RSA_KEY, "RS256").is_err());
    }
}

#[rstest]
#[case("e30.e30", "encoded JWT must have 3 sections")]
#[case("e30", "encoded JWT had no period separators")]
#[case("e30.e30.e30.e30", "encoded JWT must have 3 sections")]
#[case("!.e30.e30", "JWT header had invalid encoding")]
#[case("NQ.e30.e30", "decoded JSON type was not an Object")]
#[case("eyJlbmMiOjF9.e30.e30", "JWT is a JWE object, which is not supported")]
fn what_is_no_token(#[case] token: &str, #[case] problem: &'static str) {
    let found = verify_jws(token, RSA_KEY, "RS256");
    assert_eq!(found, Err(JwsError::Token(problem)));
}

#[rstest]
#[case("PS256")]
#[case("ES256")]
fn the_header_must_name_the_trusted_algorithm(#[case] algorithm: &str) {
    let found = verify_jws(&token("RS256"), RSA_KEY, algorithm);
    assert_eq!(found, Err(JwsError::Header));
}

#[test]
fn a_header_may_demand_nothing_that_is_not_understood() {
    let (header, rest) = ("eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYiJdLCJiIjoxfQ", "e30.e30");
    let found = verify_jws(&format!("{header}.{rest}"), RSA_KEY, "RS256");
    assert_eq!(found, Err(JwsError::Header));
}

#[rstest]
#[case("none", RSA_KEY, JwsError::Algorithm)]
#[case("RS256", "", JwsError::Key("failed to parse a JWK key (set)"))]
#[case("RS256", r#"{"keys":[]}"#, JwsError::Signature)]
#[case(
    "RS256",
    "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}",
    JwsError::Signature
)]
fn what_verifies_nothing(#[case] algorithm: &str, #[case] key: &str, #[case] wanted: JwsError) {
    assert_eq!(verify_jws(&token("RS256"), key, algorithm), Err(wanted));
}

#[test]
fn salts_of_another_length_are_no_signature_of_a_token() {
    let token = token("PS256 with a salt of 20 bytes");
    assert_eq!(
        verify_jws(&token, RSA_KEY, "PS256"),
        Err(JwsError::Signature)
    );
    let any = Algorithm::new(Scheme::PssAnySalt, crate::crypto::algorithm::Hash::Sha256);
    let keys = jwk::verification_keys(RSA_KEY).unwrap();
    let token = Token::split(&token).unwrap();
    let signature = token.signature().unwrap();
    assert!(keys[0].material.verify(any, token.signed(), &signature));
}

/// No change of a byte of a token verifies or panics.
#[test]
fn changed_tokens_do_not_verify() {
    for at in 0..ES256.len() - 1 {
        let mut bytes = ES256.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(
            verify_jws(&changed, ES256_KEY, "ES256").is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn keys_of_a_set_are_told_apart_by_their_names() {
    let named = |id: &str, key: &str| key.replacen('{', &format!(r#"{{"kid":"{id}","#), 1);
    let other =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let set = |one: &str, two: &str| {
        let keys = format!(
            r#"{{"keys":[{},{}]}}"#,
            named(one, other),
            named(two, ES256_KEY)
        );
        jwk::verification_keys(&keys).unwrap()
    };
    let token = Token::split(ES256).unwrap();
    let signature = token.signature().unwrap();
    let verified = |keys: &[Key], id: &str| {
        let header = Header {
            algorithm: "ES256".to_owned(),
            key_id: id.to_owned(),
            ..Header::default()
        };
        let algorithm = Algorithm::named("ES256").unwrap();
        verified_by(keys, &header, |key| {
            key.verify(algorithm, token.signed(), &signature)
        })
    };
    assert!(verified(&set("a", "b"), ""));
    assert!(verified(&set("a", "b"), "b"));
    assert!(verified(&set("a", "b"), "c"));
    assert!(!verified(&set("a", "b"), "a"));
}

#[test]
fn messages_quote_nothing() {
    let message = verify_jws("secret-token", RSA_KEY, "RS256")
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "the signed text cannot be read: encoded JWT had no period separators"
    );
}
