//! Canonical JSON: the examples of RFC 8785, and agreement with the library that writes it.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;

use super::{canonical, is_canonical};

/// Appendix B: doubles by their bits.
#[rstest]
#[case(0x0000_0000_0000_0000, "0")]
#[case(0x8000_0000_0000_0000, "0")]
#[case(0x0000_0000_0000_0001, "5e-324")]
#[case(0x8000_0000_0000_0001, "-5e-324")]
#[case(0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308")]
#[case(0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308")]
#[case(0x4340_0000_0000_0000, "9007199254740992")]
#[case(0xc340_0000_0000_0000, "-9007199254740992")]
#[case(0x4430_0000_0000_0000, "295147905179352830000")]
#[case(0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22")]
#[case(0x44b5_2d02_c7e1_4af6, "1e+23")]
#[case(0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23")]
#[case(0x444b_1ae4_d6e2_ef4e, "999999999999999700000")]
#[case(0x444b_1ae4_d6e2_ef4f, "999999999999999900000")]
#[case(0x444b_1ae4_d6e2_ef50, "1e+21")]
#[case(0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7")]
#[case(0x3eb0_c6f7_a0b5_ed8d, "0.000001")]
#[case(0x41b3_de43_5555_5553, "333333333.3333332")]
#[case(0x41b3_de43_5555_5554, "333333333.33333325")]
#[case(0x41b3_de43_5555_5555, "333333333.3333333")]
#[case(0x41b3_de43_5555_5556, "333333333.3333334")]
#[case(0x41b3_de43_5555_5557, "333333333.33333343")]
#[case(0xbecb_f647_612f_3696, "-0.0000033333333333333333")]
#[case(0x4314_3ff3_c1cb_0959, "1424953923781206.2")]
fn numbers_are_those_of_the_appendix(#[case] bits: u64, #[case] text: &str) {
    let written = canonical(&f64::from_bits(bits)).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
    assert!(is_canonical(text.as_bytes()), "{text}");
}

/// Section 3.2.2 and 3.2.3.
#[test]
fn the_examples_of_the_sections() {
    let primitive: Value = serde_json::from_str(
        "{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\
         \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\
         \"literals\": [null, true, false]}",
    )
    .unwrap();
    let expected = "{\"literals\":[null,true,false],\
         \"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
         \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(
        String::from_utf8(canonical(&primitive).unwrap()).unwrap(),
        expected
    );
    assert!(is_canonical(expected.as_bytes()));
    let sorted = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
         \"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\
         \"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
    let read: Value = serde_json::from_str(sorted).unwrap();
    assert_eq!(
        String::from_utf8(canonical(&read).unwrap()).unwrap(),
        sorted
    );
    assert!(is_canonical(sorted.as_bytes()));
}

#[rstest]
#[case::nothing("")]
#[case::two("1 2")]
#[case::space("{ }")]
#[case::space_behind("{} ")]
#[case::order("{\"b\":1,\"a\":2}")]
#[case::order_of_units("{\"\u{fb33}\":1,\"\u{1f600}\":2}")]
#[case::prefix("{\"ab\":1,\"a\":2}")]
#[case::twice("{\"a\":1,\"a\":2}")]
#[case::twice_escaped("{\"\\n\":1,\"\\n\":2}")]
#[case::minus_zero("-0")]
#[case::leading_zero("01")]
#[case::plus("+1")]
#[case::minus("-")]
#[case::fraction("1.0")]
#[case::exponent("1e5")]
#[case::capital("1E+30")]
#[case::not_a_double("9007199254740993")]
#[case::too_large("1e+999")]
#[case::escaped_letter("\"\\u0041\"")]
#[case::escaped_slash("\"\\/\"")]
#[case::long_escape("\"\\u000a\"")]
#[case::capital_escape("\"\\u001F\"")]
#[case::lone_surrogate("\"\\ud800\"")]
#[case::control("\"\n\"")]
#[case::open("\"a")]
#[case::open_array("[1")]
#[case::comma("[1,]")]
#[case::word("nul")]
#[case::mark("\u{feff}{}")]
fn other_forms_are_not_canonical(#[case] text: &str) {
    assert!(!is_canonical(text.as_bytes()));
}

#[test]
fn depth_and_encoding_are_bounded() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(is_canonical(nested(120).as_bytes()));
    assert!(!is_canonical(nested(200).as_bytes()));
    assert!(!is_canonical("[".repeat(1_000_000).as_bytes()));
    assert!(!is_canonical(b"\"\xff\""));
}

/// Any JSON value, with texts that need care.
fn value() -> impl Strategy<Value = Value> {
    let text = "[a-c\\\\\"\n\u{1}\u{e9}\u{20ac}\u{fb33}\u{1f600}]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_the_library_writes_is_canonical(value in value()) {
        prop_assert!(is_canonical(&canonical(&value).unwrap()));
    }

    #[test]
    fn what_is_canonical_is_what_the_library_writes(value in value(), place: usize, byte: u8) {
        let mut text = canonical(&value).unwrap();
        let place = place % text.len();
        text[place] = byte;
        let again = serde_json::from_slice::<Value>(&text).ok().map(|read| canonical(&read).unwrap());
        prop_assert_eq!(is_canonical(&text), again.as_ref() == Some(&text));
    }
}

/// JSON with every kind of number and letter.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-100_i64..100).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}|\\PC{0,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_quick_way_writes_what_the_library_writes(value in json()) {
        prop_assert_eq!(
            canonical(&value).ok(),
            serde_json_canonicalizer::to_vec(&value).ok()
        );
    }
}
