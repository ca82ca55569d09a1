use jiff::Timestamp;
use rstest::rstest;

use super::super::{Moment, all};
use super::*;

/// A token by the secret `k` with this header and payload.
fn token(header: &str, payload: &str) -> String {
    let key = r#"{"kty":"oct","k":"aw"}"#;
    let token = call(
        "io.jwt.encode_sign_raw",
        &[header.into(), payload.into(), key.into()],
    );
    token.unwrap().as_string().unwrap().to_string()
}

fn call(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    call_for("subject", name, operands)
}

/// Calls in a decision that is made 1,000 seconds after 1970.
fn call_for(subject: &str, name: &str, operands: &[Value]) -> Result<Value, Failure> {
    let builtin = all().find(|builtin| builtin.name == name).unwrap();
    let now = Timestamp::from_second(1000).unwrap();
    Moment::new(now, subject).during(|| (builtin.call)(operands))
}

fn json(text: &str) -> Value {
    Value::from_json_str(text).unwrap()
}

const HEADER: &str = r#"{"alg":"HS256"}"#;

#[rstest]
#[case(r#"{"iss":"x"}"#, r#"{"iss":"x"}"#, true)]
#[case(r#"{"iss":"y"}"#, r#"{"iss":"x"}"#, false)]
#[case(r#"{"iss":5}"#, r#"{"iss":"x"}"#, false)]
#[case(r"{}", r#"{"iss":"x"}"#, false)]
#[case(r#"{"iss":"y"}"#, r"{}", true)]
#[case(r#"{"aud":"a"}"#, r#"{"aud":"a"}"#, true)]
#[case(r#"{"aud":["b","a"]}"#, r#"{"aud":"a"}"#, true)]
#[case(r#"{"aud":["b"]}"#, r#"{"aud":"a"}"#, false)]
#[case(r#"{"aud":"a"}"#, r"{}", false)]
#[case(r"{}", r#"{"aud":"a"}"#, false)]
#[case(r#"{"aud":5}"#, r#"{"aud":"a"}"#, false)]
#[case(r#"{"exp":1001}"#, r"{}", true)]
#[case(r#"{"exp":1000}"#, r"{}", false)]
#[case(r#"{"exp":1000.5}"#, r"{}", true)]
#[case(r#"{"exp":1001}"#, r#"{"time":1001000000000}"#, false)]
#[case(r#"{"nbf":1000}"#, r"{}", true)]
#[case(r#"{"nbf":1000.5}"#, r"{}", false)]
#[case(r#"{"nbf":1001}"#, r#"{"time":1001000000000}"#, true)]
#[case(r"{}", r#"{"alg":"HS256"}"#, true)]
#[case(r"{}", r#"{"alg":"HS512"}"#, false)]
#[case(r"{}", r#"{"secret":"other"}"#, false)]
fn claims(#[case] payload: &str, #[case] given: &str, #[case] wanted: bool) {
    let mut constraints = json(given);
    let fields = constraints.as_object_mut().unwrap();
    if fields.get(&"secret".into()).is_none() {
        fields.insert("secret".into(), "k".into());
    }
    let found = call(
        "io.jwt.decode_verify",
        &[token(HEADER, payload).into(), constraints],
    );
    let wanted = if wanted {
        Value::from(vec![true.into(), json(HEADER), json(payload)])
    } else {
        json("[false, {}, {}]")
    };
    assert_eq!(found, Ok(wanted));
}

#[rstest]
#[case(r"{}", r"{}")]
#[case(r"{}", r#"{"secret":""}"#)]
#[case(r"{}", r#"{"secret":"k","cert":"{\"keys\":[]}"}"#)]
#[case(r"{}", r#"{"secret":"k","unknown":1}"#)]
#[case(r"{}", r#"{"secret":5}"#)]
#[case(r"{}", r#"{"cert":"-----BEGIN"}"#)]
#[case(r"{}", r#"{"secret":"k","aud":["a"]}"#)]
#[case(r"{}", r#"{"secret":"k","time":"1"}"#)]
#[case(r"{}", r#"{"secret":"k","time":-1}"#)]
#[case(r#"{"exp":"1"}"#, r#"{"secret":"k"}"#)]
#[case(r#"{"nbf":null}"#, r#"{"secret":"k"}"#)]
#[case("5", r#"{"secret":"k"}"#)]
fn what_cannot_be_judged_is_an_error(#[case] payload: &str, #[case] constraints: &str) {
    let found = call(
        "io.jwt.decode_verify",
        &[token(HEADER, payload).into(), json(constraints)],
    );
    assert!(matches!(found, Err(Failure::Builtin(_))), "{found:?}");
}

#[test]
fn tokens_within_tokens() {
    let inner = token(HEADER, r#"{"a":1}"#);
    let nested = r#"{"alg":"HS256","cty":"JWT","typ":"other"}"#;
    let middle = token(nested, &inner);
    let outer = token(nested, &middle);
    let content = [json(HEADER), json(r#"{"a":1}"#)];
    let found = call(
        "io.jwt.decode_verify",
        &[outer.as_str().into(), json(r#"{"secret":"k"}"#)],
    );
    assert_eq!(found, Ok([&[true.into()], &content[..]].concat().into()));
    let decoded = call("io.jwt.decode", &[outer.as_str().into()]).unwrap();
    assert_eq!([&decoded[0], &decoded[1]], [&content[0], &content[1]]);
    let quoted = token(nested, &format!("\"{inner}\""));
    assert_eq!(
        call("io.jwt.decode", &[quoted.into()]).unwrap()[0],
        content[0]
    );
    let broken = token(nested, "no token");
    assert!(call("io.jwt.decode", &[broken.into()]).is_err());
}

#[test]
fn a_hundred_nested_tokens_end() {
    let nested = r#"{"alg":"HS256","cty":"JWT","typ":"o"}"#;
    let mut text = token(HEADER, "{}");
    while text.len() < 1 << 20 {
        text = token(nested, &text);
    }
    let decoded = call("io.jwt.decode", &[text.into()]).unwrap();
    assert_eq!(decoded[0], json(HEADER));
}

#[rstest]
#[case("io.jwt.decode", &["5"])]
#[case("io.jwt.verify_rs256", &["5", "\"\""])]
#[case("io.jwt.verify_rs256", &["\"e30.e30.\"", "5"])]
#[case("io.jwt.verify_hs256", &["\"e30.e30.\"", "5"])]
#[case("io.jwt.decode_verify", &["\"e30.e30.\"", "5"])]
#[case("io.jwt.decode_verify", &["5", "{\"secret\":\"k\"}"])]
#[case("io.jwt.encode_sign_raw", &["\"{}\"", "\"{}\"", "{}"])]
fn operands_of_the_wrong_type(#[case] name: &str, #[case] operands: &[&str]) {
    let operands: Vec<Value> = operands.iter().map(|operand| json(operand)).collect();
    assert!(matches!(call(name, &operands), Err(Failure::Type(_))));
}

#[rstest]
#[case(r#"{"alg":"HS256"}"#, "{", r#"{"kty":"oct","k":"aw"}"#)]
#[case(r#"{"alg":"HS256","typ":"JWT"}"#, "{", r#"{"kty":"oct","k":"aw"}"#)]
#[case(r#"{"alg":"none"}"#, "{}", r#"{"kty":"oct","k":"aw"}"#)]
#[case(r#"{"alg":5}"#, "{}", r#"{"kty":"oct","k":"aw"}"#)]
#[case("{}", "{}", r#"{"kty":"oct","k":"aw"}"#)]
#[case("", "{}", r#"{"kty":"oct","k":"aw"}"#)]
#[case(r#"{"alg":"HS256"}"#, "{}", r#"{"kty":"oct"}"#)]
#[case(r#"{"alg":"HS256"}"#, "{}", r#"{"keys":[]}"#)]
#[case(r#"{"alg":"RS256"}"#, "{}", r#"{"kty":"oct","k":"aw"}"#)]
fn what_cannot_be_signed(#[case] header: &str, #[case] payload: &str, #[case] key: &str) {
    let found = call(
        "io.jwt.encode_sign_raw",
        &[header.into(), payload.into(), key.into()],
    );
    assert!(matches!(found, Err(Failure::Builtin(_))), "{found:?}");
}

#[test]
fn json_is_written_as_opa_writes_it() {
    let payload = json(r#"{"b":"<&>","a":[1,{"d":1,"c":2}]}"#);
    let key = json(r#"{"kty":"oct","k":"aw"}"#);
    let signed = call("io.jwt.encode_sign", &[json(HEADER), payload.clone(), key]).unwrap();
    let raw = r#"{"a":[1,{"c":2,"d":1}],"b":"\u003c\u0026\u003e"}"#;
    assert_eq!(signed, Value::from(token(HEADER, raw)));
    assert_eq!(call("io.jwt.decode", &[signed]).unwrap()[1], payload);
}

/// The key of RFC 7515 appendix A.3, with its private part.
#[test]
fn a_decision_signs_the_same_each_time() {
    let key = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let sign = |subject| {
        let operands = [r#"{"alg":"ES256"}"#.into(), "{}".into(), key.into()];
        call_for(subject, "io.jwt.encode_sign_raw", &operands).unwrap()
    };
    assert_eq!(sign("a"), sign("a"));
    let public = key.replace(r#","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI""#, "");
    let verify = |key: &str| call("io.jwt.verify_es256", &[sign("a"), key.into()]);
    assert_eq!(verify(&public), Ok(true.into()));
    assert_eq!(
        verify(key),
        Ok(false.into()),
        "a private key verifies nothing"
    );
    let shown = call(
        "io.jwt.decode_verify",
        &[
            sign("a"),
            Value::from_json_str(&format!("{{\"cert\":{public:?}}}")).unwrap(),
        ],
    );
    assert_eq!(shown.unwrap()[0], Value::from(true));
}

#[test]
fn sets_of_too_many_keys_and_long_tokens_are_refused() {
    let key = r#"{"kty":"oct","k":"aw"},"#.repeat(101);
    let keys = format!(r#"{{"keys":[{}]}}"#, key.trim_end_matches(','));
    let found = call("io.jwt.verify_rs256", &["e30.e30.".into(), keys.into()]);
    assert!(matches!(found, Err(Failure::Builtin(_))));
    let long = format!("e30.e30.{}", "A".repeat(16 << 20));
    assert!(call("io.jwt.decode", &[long.into()]).is_err());
}
