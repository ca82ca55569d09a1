//! Rego from the bytes of a fuzzer: rules that parse, calls of every built-in with as many operands as it takes.

use std::fmt::Write as _;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};
use soc2gate_engine::builtin_functions;

/// How deep terms are nested.
const DEEPEST: usize = 4;

/// Names of variables, of which few make many meet.
const VARIABLES: &[&str] = &["x", "y", "z", "w"];

/// Keys that inputs have and policies ask for.
const KEYS: &[&str] = &["a", "b", "spec", "name", "items"];

/// Strings that some built-in takes for more than letters.
const TEXTS: &[&str] = &[
    "", "a", "aa", "é", "a.b.c", "%d", "%v %s", "%1000000d", "%-*x", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0",
    "[a-z]+", "(a*)*b", "a{1000}{1000}", "(?P<n>x|y)", "**/*.yaml", "{a,b}", "1.2.3", "1e400", "10Gi", "2h45m",
    "2020-01-01T00:00:00Z", "UTC", "America/New_York", "{\"a\": [1, {\"b\": null}]}", "a: &x [*x, 1]", "[[[[[[[[",
    "YWJj", "a=1&b=%20", "https://u:p@h:1/p?q#f", "/a/b/0", "/-", "type Q { a: [Q!]! }", "{ a(b: {c: [1]}) { ...f } }",
    "{{range .a}}{{.}}{{end}}", "00112233-4455-6677-8899-aabbccddeeff", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
    "eyJhbGciOiJub25lIn0.e30.", "sha256", "RS256", "hex", "$", "\\", "\u{0}", "set", "object",
];

/// Numbers at the edges of what holds them.
const NUMBERS: &[&str] = &[
    "0", "1", "2", "-1", "0.5", "10", "64", "1000", "65536", "1000000", "1000000000", "9223372036854775807",
    "-9223372036854775808", "18446744073709551616", "1e308", "1e-300", "123456789012345678901234567890",
];

static BUILTINS: LazyLock<Vec<(&'static str, usize)>> = LazyLock::new(|| {
    builtin_functions()
        .into_iter()
        .map(|(name, arity)| (name, arity.unwrap_or(2)))
        .collect()
});

/// A policy and an input.
pub fn policy_and_input(bytes: &[u8]) -> (String, Value) {
    let mut choices = Unstructured::new(bytes);
    let input = document(&mut choices, 0).unwrap_or_default();
    let mut text = String::from("package main\n\nimport rego.v1\n");
    let rules = choices.int_in_range(1..=8).unwrap_or(1);
    for at in 0..rules {
        let mut rule = String::new();
        let mut writer = Writer {
            choices: &mut choices,
            text: &mut rule,
            rules: at,
        };
        if writer.rule(at).is_err() {
            break;
        }
        text.push_str(&rule);
    }
    (text, input)
}

/// A value of JSON.
fn document(choices: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let most = if depth < DEEPEST { 5 } else { 3 };
    Ok(match choices.int_in_range(0..=most)? {
        0 => json!(*choices.choose(TEXTS)?),
        1 => json!(choices.arbitrary::<i64>()?),
        2 => json!(choices.arbitrary::<bool>()?),
        3 => json!(choices.arbitrary::<&str>()?),
        4 => {
            let mut fields = Map::new();
            for _ in 0..choices.int_in_range(0..=4)? {
                fields.insert((*choices.choose(KEYS)?).to_owned(), document(choices, depth + 1)?);
            }
            Value::Object(fields)
        }
        _ => {
            let mut items = Vec::new();
            for _ in 0..choices.int_in_range(0..=4)? {
                items.push(document(choices, depth + 1)?);
            }
            Value::Array(items)
        }
    })
}

struct Writer<'a, 'b> {
    choices: &'a mut Unstructured<'b>,
    text: &'a mut String,
    /// How many rules there are before this one: `r0`, `r1`, …
    rules: usize,
}

impl Writer<'_, '_> {
    fn up_to(&mut self, most: usize) -> Result<usize> {
        self.choices.int_in_range(0..=most)
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn rule(&mut self, at: usize) -> Result<()> {
        match self.up_to(6)? {
            0 => {
                let _ = write!(self.text, "\nr{at} := ");
                self.term(0)?;
            }
            1 => {
                self.push("\ndeny contains ");
                self.term(1)?;
            }
            2 => {
                let _ = write!(self.text, "\nr{at} contains ");
                self.term(1)?;
            }
            3 => {
                let _ = write!(self.text, "\nr{at}[");
                self.term(2)?;
                self.push("] := ");
                self.term(1)?;
            }
            4 => {
                let _ = write!(self.text, "\nf{at}(x, y) := ");
                self.term(1)?;
            }
            5 => {
                let _ = write!(self.text, "\ndefault r{at} := 1\n\nr{at} := ");
                self.term(1)?;
            }
            _ => {
                let _ = write!(self.text, "\nr{at}");
            }
        }
        self.push(" if {\n");
        self.body(0)?;
        self.push("}\n");
        Ok(())
    }

    fn body(&mut self, depth: usize) -> Result<()> {
        for _ in 0..=self.up_to(4)? {
            self.push("\t");
            self.statement(depth)?;
            self.push("\n");
        }
        Ok(())
    }

    fn statement(&mut self, depth: usize) -> Result<()> {
        match self.up_to(10)? {
            0 | 1 => {
                self.variable()?;
                self.push(" := ");
                self.term(depth)?;
            }
            2 => {
                self.push("some ");
                self.variable()?;
                self.push(" in ");
                self.term(depth)?;
            }
            3 => {
                self.push("some x, y in ");
                self.term(depth)?;
            }
            4 => {
                self.push("not ");
                self.term(depth)?;
            }
            5 if depth < DEEPEST => {
                self.push("every x in ");
                self.term(depth + 1)?;
                self.push(" {\n");
                self.body(depth + 2)?;
                self.push("}");
            }
            6 => {
                self.term(depth)?;
                self.push(" with input as ");
                self.term(depth + 1)?;
            }
            7 => {
                self.term(depth)?;
                self.push(" = ");
                self.term(depth)?;
            }
            8 => {
                self.push("walk(");
                self.term(depth)?;
                self.push(", [x, y])");
            }
            _ => self.term(depth)?,
        }
        Ok(())
    }

    fn variable(&mut self) -> Result<()> {
        let name = *self.choices.choose(VARIABLES)?;
        self.push(name);
        Ok(())
    }

    fn term(&mut self, depth: usize) -> Result<()> {
        if depth >= DEEPEST {
            return self.leaf();
        }
        match self.up_to(15)? {
            0..=4 => self.call(depth)?,
            5 => self.list("[", "]", depth)?,
            6 => self.list("{", "}", depth)?,
            7 => {
                self.push("{");
                for at in 0..=self.up_to(2)? {
                    self.push(if at > 0 { ", " } else { "" });
                    self.leaf()?;
                    self.push(": ");
                    self.term(depth + 1)?;
                }
                self.push("}");
            }
            8 => {
                let close = if self.up_to(1)? == 0 { ("[", "]") } else { ("{", "}") };
                self.push(close.0);
                self.term(depth + 1)?;
                self.push(" | ");
                self.statement(depth + 1)?;
                self.push("; ");
                self.statement(depth + 1)?;
                self.push(close.1);
            }
            9 | 10 => {
                self.push("(");
                self.term(depth + 1)?;
                let operator = *self.choices.choose(&[
                    " + ", " - ", " * ", " / ", " % ", " & ", " | ", " == ", " != ", " < ", " >= ", " in ",
                ])?;
                self.push(operator);
                self.term(depth + 1)?;
                self.push(")");
            }
            11 => {
                self.push("$\"");
                self.push("a{");
                self.term(depth + 1)?;
                self.push("}b\"");
            }
            _ => self.leaf()?,
        }
        Ok(())
    }

    fn list(&mut self, open: &str, close: &str, depth: usize) -> Result<()> {
        self.push(open);
        for at in 0..=self.up_to(3)? {
            self.push(if at > 0 { ", " } else { "" });
            self.term(depth + 1)?;
        }
        self.push(close);
        Ok(())
    }

    fn call(&mut self, depth: usize) -> Result<()> {
        let (name, arity) = *self.choices.choose(&BUILTINS)?;
        self.push(name);
        self.push("(");
        for at in 0..arity {
            self.push(if at > 0 { ", " } else { "" });
            self.term(depth + 1)?;
        }
        self.push(")");
        Ok(())
    }

    fn leaf(&mut self) -> Result<()> {
        match self.up_to(8)? {
            0 => {
                let number = *self.choices.choose(NUMBERS)?;
                self.push(number);
            }
            1 | 2 => {
                let text = json!(*self.choices.choose(TEXTS)?).to_string();
                self.push(&text);
            }
            3 => {
                self.push("input");
                for _ in 0..=self.up_to(1)? {
                    let key = *self.choices.choose(KEYS)?;
                    let _ = write!(self.text, ".{key}");
                }
            }
            4 => self.push("input[_]"),
            5 if self.rules > 0 => {
                let at = self.up_to(self.rules - 1)?;
                let _ = write!(self.text, "r{at}");
            }
            6 => {
                let text = json!(self.choices.arbitrary::<&str>()?).to_string();
                self.push(&text);
            }
            7 => {
                let literal = *self.choices.choose(&["null", "true", "false", "set()", "[]", "{}"])?;
                self.push(literal);
            }
            _ => self.variable()?,
        }
        Ok(())
    }
}
