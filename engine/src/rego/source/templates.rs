//! String interpolation, which regorus does not parse: `$"a {b}"` as a call of the built-in that joins its parts.
//!
//! OPA compiles it to the same: each expression in a set comprehension, so that one that is undefined is an empty set.

use super::tokens::{Kind, Token, expression_end};
use crate::rego::edits::Edit;

/// The built-in that joins the parts.
pub(super) const FUNCTION: &str = "internal.template_string";

/// What is wrong with a template, and where, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub(super) at: usize,
    pub(super) message: &'static str,
}

/// Whether there may be a template in a text.
pub(super) fn may_be_in(text: &str) -> bool {
    text.contains("$\"") || text.contains("$`")
}

/// The changes for every template of a text.
pub(super) fn edits(text: &str, tokens: &[Token]) -> Result<Vec<Edit>, TemplateError> {
    let mut count = 0;
    tokens
        .iter()
        .filter(|token| token.kind == Kind::Template)
        .map(|token| {
            Ok(Edit {
                start: token.start,
                end: token.end,
                text: rewrite(text, token.start, token.end, &mut count)?,
            })
        })
        .collect()
}

/// The call that a template stands for, on as many lines.
fn rewrite(
    text: &str,
    start: usize,
    end: usize,
    count: &mut usize,
) -> Result<String, TemplateError> {
    let error = |at, message| Err(TemplateError { at, message });
    let quote = text.get(start + 1..start + 2).unwrap_or_default();
    let mut call = format!("{FUNCTION}([");
    let mut literal = String::new();
    let mut at = start + 2;
    loop {
        let rest = text.get(at..end).unwrap_or_default();
        let Some(character) = rest.chars().next() else {
            return error(start, "the template string does not end");
        };
        if rest.starts_with(quote) {
            put(&mut call, &mut literal, quote);
            call.push_str("])");
            return Ok(call);
        }
        if rest.starts_with("\\{") {
            literal.push('{');
            at += 2;
        } else if quote == "\"" && character == '\\' {
            literal.extend(rest.chars().take(2));
            at += rest.chars().take(2).map(char::len_utf8).sum::<usize>();
        } else if quote == "\"" && character == '\n' {
            return error(at, "the template string does not end on its line");
        } else if character == '{' {
            put(&mut call, &mut literal, quote);
            let Some(close) = expression_end(text, at + 1).filter(|close| *close < end) else {
                return error(at, "the expression in the template string does not end");
            };
            let expression = text.get(at + 1..close).unwrap_or_default();
            if expression.trim().is_empty() {
                return error(at, "there is no expression between the braces");
            }
            *count += 1;
            let name = format!("soc2gate_part_{count}");
            call.push_str(&format!("{{{name} | {name} := "));
            call.push_str(&inner(text, at + 1, close, count)?);
            // A comment at the end of the expression would take the brace along.
            call.push_str("}, ");
            at = close + 1;
        } else {
            literal.push(character);
            at += character.len_utf8();
        }
    }
}

/// An expression in a template, with its own templates rewritten.
fn inner(text: &str, start: usize, end: usize, count: &mut usize) -> Result<String, TemplateError> {
    let expression = text.get(start..end).unwrap_or_default();
    let mut rewritten = String::new();
    let mut at = 0;
    for token in super::tokens::tokens(expression) {
        if token.kind == Kind::Comment {
            // Comments end with their line, and a template need not go on on another.
            rewritten.push_str(expression.get(at..token.start).unwrap_or_default());
            at = token.end;
        }
        if token.kind == Kind::Template {
            rewritten.push_str(expression.get(at..token.start).unwrap_or_default());
            rewritten.push_str(&rewrite(
                text,
                start + token.start,
                start + token.end,
                count,
            )?);
            at = token.end;
        }
    }
    rewritten.push_str(expression.get(at..).unwrap_or_default());
    Ok(rewritten)
}

/// Puts the text between expressions as a string of its own, and the lines that it takes behind it.
fn put(call: &mut String, literal: &mut String, quote: &str) {
    if literal.is_empty() {
        return;
    }
    if quote == "\"" {
        call.push_str(&format!("\"{literal}\", "));
    } else {
        call.push_str(&serde_json::Value::from(literal.as_str()).to_string());
        call.push_str(", ");
        call.push_str(&"\n".repeat(literal.matches('\n').count()));
    }
    literal.clear();
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;
    use crate::rego::edits::apply;

    fn rewritten(text: &str) -> Result<String, TemplateError> {
        let edits = edits(text, &tokens(text))?;
        Ok(apply(text, edits).unwrap().0)
    }

    #[test]
    fn a_template_is_a_call() {
        assert_eq!(rewritten("x := 1").unwrap(), "x := 1");
        assert_eq!(
            rewritten(r#"x := $"a\t\{b} {c}!" # d"#).unwrap(),
            r#"x := internal.template_string(["a\t{b} ", {soc2gate_part_1 | soc2gate_part_1 := c}, "!", ]) # d"#
        );
        assert_eq!(rewritten(r#"$"""#).unwrap(), "internal.template_string([])");
        assert_eq!(
            rewritten("$`{$\"{a}\"}\n\"{b}\\n`\nnext").unwrap(),
            concat!(
                "internal.template_string([{soc2gate_part_1 | soc2gate_part_1 := ",
                "internal.template_string([{soc2gate_part_2 | soc2gate_part_2 := a}, ])}, ",
                "\"\\n\\\"\", \n{soc2gate_part_3 | soc2gate_part_3 := b}, \"\\\\n\", ])\nnext"
            )
        );
    }

    #[test]
    fn what_is_wrong_is_placed() {
        for (text, at) in [
            ("x := $\"{}\"", 7),
            ("$\"a", 0),
            ("$\"{a", 2),
            ("$\"{ }\"", 2),
            ("$\"a\nb\"", 3),
        ] {
            assert_eq!(rewritten(text).unwrap_err().at, at, "{text}");
        }
    }
}
