//! `strings.render_template`: the templates of Go's `text/template`.
//!
//! There are fields, variables, pipelines, parentheses, `if`, `range`, `with`, `define`, `template`, `block`, `break`,
//! `continue`, comments, trimmed blanks and the functions of [`function`]. There are no methods and no `call`. As in OPA
//! a number of the variables is the text of the number, so that it compares with strings and not with numbers, and what
//! is missing is `<undefined>`.

mod function;
mod parse;
mod run;

use regorus::Value;

use super::operand::{object, operand, string};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[builtin("strings.render_template", 2, |operands| {
    let template = string(operands, 0)?;
    object(operands, 1)?;
    let templates = parse::parse(template).map_err(Failure::new)?;
    run::render(&templates, operand(operands, 1))
        .map(Value::from)
        .map_err(Failure::new)
})];

/// A value while a template runs.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    /// A value of the variables; a number is its text.
    Data(Value),
    /// A whole number of the template itself, or a place or length.
    Integer(i64),
    /// A number of the template itself.
    Float(f64),
    /// Nothing: what is missing, or `null`.
    Nothing,
}

impl Item {
    fn new(value: &Value) -> Self {
        match value {
            Value::Null | Value::Undefined => Self::Nothing,
            value => Self::Data(value.clone()),
        }
    }

    fn text(text: &str) -> Self {
        Self::Data(Value::from(text))
    }

    fn boolean(value: bool) -> Self {
        Self::Data(Value::Bool(value))
    }

    /// The text of a string, or of a number of the variables.
    fn as_text(&self) -> Option<String> {
        match self {
            Self::Data(Value::String(text)) => Some(text.to_string()),
            Self::Data(Value::Number(number)) => Some(number.format_decimal()),
            _ => None,
        }
    }

    /// Whether it counts as true: everything but what is empty, zero, false or nothing.
    fn is_true(&self) -> bool {
        match self {
            Self::Data(Value::Bool(value)) => *value,
            Self::Data(Value::String(text)) => !text.is_empty(),
            Self::Data(Value::Array(items)) => !items.is_empty(),
            Self::Data(Value::Set(items)) => !items.is_empty(),
            Self::Data(Value::Object(fields)) => !fields.is_empty(),
            Self::Data(value) => matches!(value, Value::Number(_)),
            Self::Integer(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Nothing => false,
        }
    }

    /// Itself as it is printed.
    fn print(&self) -> String {
        match self {
            Self::Data(value) => print(value),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => super::format::Argument::Float(*number).plain(),
            Self::Nothing => "<undefined>".to_owned(),
        }
    }
}

/// A value as Go prints it.
fn print(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(" ");
    match value {
        Value::Null | Value::Undefined => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.format_decimal(),
        Value::String(text) => text.to_string(),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(print).collect())),
        Value::Set(items) => format!("[{}]", joined(items.iter().map(print).collect())),
        Value::Object(fields) => {
            let fields = fields
                .iter_sorted()
                .map(|(key, value)| format!("{}:{}", print(key), print(value)))
                .collect();
            format!("map[{}]", joined(fields))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn render(template: &str, variables: serde_json::Value) -> Result<String, String> {
        let templates = parse::parse(template)?;
        run::render(&templates, &Value::from(variables))
    }

    #[rstest]
    #[case("{{.test}}", "2023")]
    #[case(
        "{{range $i, $name := .names}}{{if $i}},{{end}}hello {{$name}}{{end}}",
        "hello rohan,hello john doe"
    )]
    #[case("{{.no}} {{.no.no}} {{.null}}", "<undefined> <undefined> <undefined>")]
    #[case(
        "{{with .zero}}{{.}}{{else}}no{{end}} {{- `x` -}} {{/* c */}} y",
        "0x y"
    )]
    #[case(
        "{{.name | printf \"%q\"}} {{not .zero}} {{and 1 0}} {{or 0 2}}",
        "\"<a>\" false 0 2"
    )]
    #[case(
        "{{html .name}} {{urlquery .name}} {{js .name}} {{slice .name 1 2}}",
        "&lt;a&gt; %3Ca%3E \\u003Ca\\u003E a"
    )]
    #[case("{{println 1 2}}{{print 1 2 `a`}}", "1 2\n1 2a")]
    #[case(
        "{{define `x`}}[{{.}}]{{end}}{{template `x` .test}} {{block `y` .test}}b{{.}}{{end}}",
        "[2023] b2023"
    )]
    #[case(
        "{{range $i, $e := .names}}{{if eq $i 1}}{{continue}}{{end}}{{$i}}={{$e}};{{end}}",
        "0=rohan;"
    )]
    #[case(
        "{{$v := 1}}{{$v = 2}}{{$v}}{{range .empty}}{{.}}{{else}}none{{end}}",
        "2none"
    )]
    #[case("{{range 3}}x{{end}}", "xxx")]
    #[case(
        "{{range $k, $v := .map}}{{$k}}:{{$v}} {{end}}{{.map}} {{.list}}",
        "a:1 b:[2] map[a:1 b:[2]] [1 true <nil>]"
    )]
    #[case(
        "{{index .list 0}} {{index .map `a`}} {{len .list}} {{(index .map `b`) | len}}",
        "1 1 3 1"
    )]
    #[case("{{if eq .name `<a>`}}yes{{else if .no}}maybe{{else}}no{{end}}", "yes")]
    #[case(
        "{{if lt 1 2}}a{{end}}{{if ge 1.5 2.5}}b{{end}}{{if ne `x` `y` }}c{{end}}",
        "ac"
    )]
    #[case("{{$x := .map}}{{$x.a}} {{$.test}} {{(.map).a}}", "1 2023 1")]
    #[case(
        "{{range .names}}{{if eq . `john doe`}}{{break}}{{end}}{{.}}{{end}}",
        "rohan"
    )]
    fn templates_are_rendered_as_in_go(#[case] template: &str, #[case] wanted: &str) {
        let variables = json!({
            "test": 2023, "zero": 0, "null": null, "name": "<a>", "names": ["rohan", "john doe"], "empty": [],
            "map": {"a": 1, "b": [2]}, "list": [1, true, null],
        });
        assert_eq!(render(template, variables).as_deref(), Ok(wanted));
    }

    #[rstest]
    #[case("{{")]
    #[case("{{if .a}}")]
    #[case("{{end}}")]
    #[case("{{.a | nosuch}}")]
    #[case("{{$x}}")]
    #[case("{{eq .a 2}}")]
    #[case("{{.a.b}}")]
    #[case("{{index .l 7}}")]
    #[case("{{template `x`}}")]
    #[case("{{break}}")]
    #[case("{{\"abc}}")]
    #[case("{{range .a}}{{end}}")]
    fn what_go_refuses_is_an_error(#[case] template: &str) {
        assert!(render(template, json!({"a": 1, "l": [1]})).is_err());
    }

    #[rstest]
    #[case("{{define `x`}}{{template `x`}}{{end}}{{template `x`}}")]
    #[case("{{range 1000000000}}{{end}}")]
    #[case("{{range 3000}}{{range 3000}}x{{end}}{{end}}")]
    #[case("{{printf `%999999999d` 1}}")]
    fn a_small_template_takes_little(#[case] template: &str) {
        assert!(render(template, json!({})).is_err());
    }

    #[test]
    fn deep_parentheses_are_an_error() {
        let template = format!("{{{{{}1{}}}}}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(render(&template, json!({})).is_err());
        let template = "{{if 1}}".repeat(10_000);
        assert!(render(&template, json!({})).is_err());
    }
}
