use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(text: &str) -> Result<Vec<Document>, ParseError> {
    split_yaml(text)
        .into_iter()
        .filter_map(|document| parse_yaml(document).transpose())
        .collect()
}

fn values(text: &str) -> Vec<Value> {
    parse(text)
        .unwrap()
        .into_iter()
        .map(|document| document.value)
        .collect()
}

#[test]
fn documents_are_split_at_markers_only() {
    let text = "# head\n%YAML 1.1\n---\na: 1\n--- # two\nb: |\n  text\n  ---\n...\n---x: 3\n---\n\n---\nd: 4\n";
    let split: Vec<_> = split_yaml(text)
        .iter()
        .map(|document| document.first_line)
        .collect();
    assert_eq!(split, [1, 5, 10, 11, 13]);
    assert_eq!(
        values(text),
        [
            json!({"a": 1}),
            json!({"b": "text\n---\n"}),
            json!({"---x": 3}),
            json!({"d": 4})
        ]
    );
}

#[test]
fn nothing_is_no_document() {
    for text in [
        "",
        "\n\n",
        "# only a comment\n",
        "---\n",
        "---\n---\n",
        "\u{feff}",
    ] {
        assert_eq!(values(text), Vec::<Value>::new(), "{text:?}");
    }
}

#[test]
fn positions_survive_markers_and_wide_characters() {
    let document =
        &parse("a: ü\n---\nx: é\nlist:\n  - name: wéb\n    on: {k: v, w: 2}\n").unwrap()[1];
    let at = |path: &[Segment]| {
        let span = document.map.locate_value(path).unwrap();
        (
            span.start.line,
            span.start.column,
            span.end.line,
            span.end.column,
        )
    };
    assert_eq!(at(&["x".into()]), (3, 4, 3, 5));
    assert_eq!(at(&["list".into(), 0.into()]), (5, 5, 6, 21));
    assert_eq!(
        at(&["list".into(), 0.into(), "name".into()]),
        (5, 11, 5, 14)
    );
    assert_eq!(
        at(&["list".into(), 0.into(), "true".into(), "w".into()]),
        (6, 19, 6, 20)
    );
    assert_eq!(
        document.map.locate_key(&["list".into()]).unwrap().start,
        Position::new(4, 1)
    );
}

#[test]
fn a_block_scalar_starts_at_its_header() {
    let document = &parse("a:\n  - | # why | not\n    x\n  - >-\n\n    y\nb: |\n  z\n").unwrap()[0];
    let start = |path: &[Segment]| {
        let span = document.map.locate_value(path).unwrap();
        (span.start.line, span.start.column)
    };
    assert_eq!(start(&["a".into(), 0.into()]), (2, 5));
    assert_eq!(start(&["a".into(), 1.into()]), (4, 5));
    assert_eq!(start(&["b".into()]), (7, 4));
}

#[test]
fn duplicate_keys_are_refused_where_the_second_stands() {
    let error = parse("a: 1\nb:\n  c: 1\n  c: 2\n").unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::DuplicateKey("c".to_owned()));
    assert_eq!(error.span.start, Position::new(4, 3));
    let error = parse("on: 1\ntrue: 2\n").unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::DuplicateKey("true".to_owned()));
}

#[test]
fn aliases_and_merges_expand_with_their_positions() {
    let document = &parse("base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\nagain: *b\n").unwrap()[0];
    assert_eq!(
        document.value,
        json!({"base": {"x": 1, "z": 2}, "use": {"x": 1, "z": 3}, "again": {"x": 1, "z": 2}})
    );
    let x = document
        .map
        .locate_value(&["use".into(), "x".into()])
        .unwrap();
    assert_eq!((x.start.line, x.start.column), (1, 14));
    let again = document
        .map
        .locate_value(&["again".into(), "z".into()])
        .unwrap();
    assert_eq!((again.start.line, again.start.column), (1, 20));
}

#[test]
fn a_list_of_merges_is_read_in_order() {
    let text = "a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n";
    assert_eq!(values(text)[0]["c"], json!({"x": 1, "z": 2}));
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let row = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{row}]\n"));
    }
    assert_eq!(parse(&text).unwrap_err().kind, ParseErrorKind::TooLarge);
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    assert!(matches!(
        parse("a: &a [*a]\n").unwrap_err().kind,
        ParseErrorKind::Unsupported(_)
    ));
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let text = "[".repeat(100_000);
    assert!(parse(&text).is_err());
    let block: String = (0..200)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    assert_eq!(parse(&block).unwrap_err().kind, ParseErrorKind::TooDeep);
}

#[test]
fn tags_and_keys_follow_kubectl() {
    assert_eq!(
        values("a: !!str 12\nb: !!int \"3\"\n80: x\nno: y\nc: !Ref thing\nd: '012'\n")[0],
        json!({"a": "12", "b": 3, "80": "x", "false": true, "c": "thing", "d": "012"})
    );
    assert!(parse("~: 1\n").is_err());
    assert!(parse("{a: 1}: 2\n").is_err());
    assert!(parse("a: .inf\n").is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_value_or_an_error(text in "[ -~\n\t\u{e9}]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn splitting_loses_nothing(text in "(---|\\.\\.\\.|%A|# c|a: 1|  b|\n|\r\n| ){0,30}") {
        let joined: String = split_yaml(&text).iter().map(|document| document.text).collect();
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn json_is_read_alike_by_both_parsers(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let yaml = parse(&text).unwrap().remove(0);
        let json = crate::parse_json(&text).unwrap();
        prop_assert_eq!(&yaml.value, &json.value);
        prop_assert_eq!(&json.value, &value);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z<~]{1,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::vec(tree, 1..3).prop_map(Value::from)
}

#[test]
fn the_core_schema_takes_no_word_for_a_boolean() {
    let text = "on: {push: }\nwith: {fetch: yes, all: true, \"no\": off}\n";
    let document = parse_yaml_core(split_yaml(text)[0]).unwrap().unwrap();
    assert_eq!(
        document.value,
        json!({"on": {"push": null}, "with": {"fetch": "yes", "all": true, "no": "off"}})
    );
    let at = document.map.locate_key(&["on".into()]).unwrap();
    assert_eq!((at.start.line, at.start.column), (1, 1));
    assert_eq!(values(text)[0]["true"], json!({"push": null}));
}
