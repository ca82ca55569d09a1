use rstest::rstest;
use serde_json::{Value, json};

use super::super::parse::tests::{at, place_of_error, value};
use super::*;

#[rstest]
#[case("", json!({}))]
#[case("a = 1\nb = -1.5\nc = \"x\"\nd = true\ne = null\nf = !true\ng = 2.0\n", json!({"a": 1, "b": -1.5, "c": "x", "d": true, "e": null, "f": false, "g": 2}))]
#[case("a = [1, \"b\", [c.d]]\nm = {x = 1, \"y z\" : 2, (var.k) = 3, 4 = 5, \"${k}-a\" = 6}\n", json!({"a": [1, "b", ["${c.d}"]], "m": {"x": 1, "y z": 2, "${(var.k)}": 3, "4": 5, "${k}-a": 6}}))]
#[case("resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public\"\n  tags {\n  }\n}\nresource \"aws_s3_bucket\" \"c\" {}\n", json!({"resource": {"aws_s3_bucket": {"b": [{"acl": "public", "tags": [{}]}], "c": [{}]}}}))]
#[case("provider \"aws\" {\n  alias = \"one\"\n}\nprovider \"aws\" {\n  alias = \"two\"\n}\nlocals {\n}\n", json!({"provider": {"aws": [{"alias": "one"}, {"alias": "two"}]}, "locals": [{}]}))]
#[case("a = var.x\nb = \"${var.x}\"\nc = \"p-${var.x}\"\nd = f(1, \"y\")\ne = x > 2 ? 1: 0\nf = \"$${x}\"\ng = (1 + 2)\nh = [for x in y : x.z]\ni = a[0].b[*].c\n", json!({"a": "${var.x}", "b": "${var.x}", "c": "p-${var.x}", "d": "${f(1, \"y\")}", "e": "${x > 2 ? 1: 0}", "f": "$${x}", "g": "${(1 + 2)}", "h": "${[for x in y : x.z]}", "i": "${a[0].b[*].c}"}))]
#[case("a = \"${4 - 2}\"\nb = \"x${a ? \"t\" : c}\"\nc = \"%{for x in local.arr}x,%{endfor}\"\nd = \"${1}\"\n", json!({"a": "${4 - 2}", "b": "x%{if a}t%{else}${c}%{endif}", "c": "%{for x in local.arr}x,%{endfor}", "d": 1}))]
#[case("a = <<-EOF\n    one\n      ${local.o.3}\n    EOF\nb = <<EOF\n  two\n%{if true ? false : true}\"g\"\\n%{else}4%{endif}\nEOF\n", json!({"a": "one\n  ${local.o.3}\n", "b": "  two\n%{if true ? false : true}\"g\"\\n%{else}4%{endif}\n"}))]
#[case("a = <<EOT\nx ${y}\n%{ for i in z ~}\n${i}\n%{ endfor ~}\nEOT\nb = \"p ${~ q ~} r\"\nc = \"%{ if a ~} x %{~ else } y %{ endif }\"\n", json!({"a": "x ${y}\n%{for i in z}${i}\n%{endfor}", "b": "p${q}r", "c": "%{if a}x%{else} y %{endif}"}))]
fn values_are_those_of_hcl2json(#[case] text: &str, #[case] expected: Value) {
    assert_eq!(value(parse, text), expected);
}

#[test]
fn values_have_positions() {
    let text = "# c\nresource \"t\" \"n\" {\n  a = 1\n\n  b {\n    c = [1,\n      2]\n  }\n}\n";
    let path = |rest: &[soc2gate_source::Segment]| {
        let mut path = vec!["resource".into(), "t".into(), "n".into(), 0.into()];
        path.extend(rest.iter().cloned());
        path
    };
    assert_eq!(at(parse, text, &["resource".into()]), (2, 1));
    assert_eq!(at(parse, text, &["resource".into(), "t".into()]), (2, 10));
    assert_eq!(at(parse, text, &path(&[])), (2, 1));
    assert_eq!(at(parse, text, &path(&["a".into()])), (3, 3));
    let second = path(&["b".into(), 0.into(), "c".into(), 1.into()]);
    assert_eq!(at(parse, text, &second), (7, 7));
}

#[rstest]
#[case("a = \n", 1, 5)]
#[case("resource \"t\" {\n", 1, 15)]
#[case("a = 1\na = 2\n", 2, 1)]
#[case("a {}\na = 1\n", 2, 1)]
#[case("a {}\na \"b\" {}\n", 2, 1)]
#[case("a \"b\" {}\na {}\n", 2, 1)]
#[case("a \"b\n\" {}\n", 1, 3)]
#[case("a = \"b\n\"\n", 1, 5)]
fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
    assert_eq!(place_of_error(parse, text), (line, column));
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        format!("a{} {{}}\n", " \"b\"".repeat(100_000)),
        "a {\n".repeat(100_000),
        format!("a = {}\n", "(".repeat(100_000)),
        format!("a = {}1\n", "1+".repeat(100_000)),
        format!("a = {}b\n", "!".repeat(100_000)),
        format!("a = \"{}\n", "${\"".repeat(100_000)),
    ] {
        assert!(parse(&text).is_err());
    }
}
