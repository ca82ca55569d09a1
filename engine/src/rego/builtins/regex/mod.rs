//! `regex.*`: Go's regular expressions.

mod cache;
mod globs;
mod re2;

use regex::{Captures, Regex};
use regorus::Value;

pub(super) use cache::with_pattern;

use super::operand::{integer, operand, string};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("regex.match", 2, is_match),
    builtin("re_match", 2, is_match),
    builtin("regex.is_valid", 1, is_valid),
    builtin("regex.find_n", 3, find_n),
    builtin("regex.find_all_string_submatch_n", 3, find_submatches),
    builtin("regex.replace", 3, replace),
    builtin("regex.split", 2, split),
    builtin("regex.template_match", 4, template_match),
    builtin("regex.globs_match", 2, globs_match),
];

fn is_match(operands: &[Value]) -> Result<Value, Failure> {
    let (pattern, text) = (string(operands, 0)?, string(operands, 1)?);
    with_pattern(pattern, |regex| Value::Bool(regex.is_match(text)))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the rows of a table are of one type"
)]
fn is_valid(operands: &[Value]) -> Result<Value, Failure> {
    let valid = match operand(operands, 0) {
        Value::String(pattern) => with_pattern(pattern, |_| ()).is_ok(),
        _ => false,
    };
    Ok(Value::Bool(valid))
}

/// How many matches an operand asks for: a negative number asks for all.
fn limit(operands: &[Value], at: usize) -> Result<usize, Failure> {
    integer(operands, at).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

fn find_n(operands: &[Value]) -> Result<Value, Failure> {
    let (pattern, text) = (string(operands, 0)?, string(operands, 1)?);
    let limit = limit(operands, 2)?;
    with_pattern(pattern, |regex| {
        let found: Vec<Value> = regex
            .find_iter(text)
            .take(limit)
            .map(|found| Value::from(found.as_str()))
            .collect();
        Value::from(found)
    })
}

fn find_submatches(operands: &[Value]) -> Result<Value, Failure> {
    let (pattern, text) = (string(operands, 0)?, string(operands, 1)?);
    let limit = limit(operands, 2)?;
    let groups = |captures: Captures<'_>| -> Value {
        let groups: Vec<Value> = captures
            .iter()
            .map(|group| Value::from(group.map_or("", |group| group.as_str())))
            .collect();
        Value::from(groups)
    };
    with_pattern(pattern, |regex| {
        let found: Vec<Value> = regex.captures_iter(text).take(limit).map(groups).collect();
        Value::from(found)
    })
}

fn replace(operands: &[Value]) -> Result<Value, Failure> {
    let (text, pattern) = (string(operands, 0)?, string(operands, 1)?);
    let template = string(operands, 2)?;
    with_pattern(pattern, |regex| {
        let replaced = regex.replace_all(text, |captures: &Captures<'_>| {
            let mut replacement = String::new();
            expand(template, regex, captures, &mut replacement);
            replacement
        });
        Value::from(replaced.as_ref())
    })
}

/// Go's templates of replacements: `$1`, `$name`, `${name}` and `$$`. A name is as long as it can be, one that does
/// not exist is empty, and a `$` before none is itself.
fn expand(template: &str, regex: &Regex, captures: &Captures<'_>, output: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        output.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            output.push('$');
            rest = after;
        } else if let Some((name, after)) = reference(after) {
            output.push_str(group(name, regex, captures));
            rest = after;
        } else {
            output.push('$');
            rest = after;
        }
    }
    output.push_str(rest);
}

/// The name after a `$`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, text) = match text.strip_prefix('{') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let end = text
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    if braced {
        return rest.strip_prefix('}').map(|rest| (name, rest));
    }
    Some((name, rest))
}

fn group<'a>(name: &str, regex: &Regex, captures: &Captures<'a>) -> &'a str {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit())
        && (name == "0" || !name.starts_with('0'))
        && name.len() <= 9;
    let index = if is_number {
        name.parse().ok()
    } else {
        regex.capture_names().position(|known| known == Some(name))
    };
    index
        .and_then(|index| captures.get(index))
        .map_or("", |found| found.as_str())
}

fn split(operands: &[Value]) -> Result<Value, Failure> {
    let (pattern, text) = (string(operands, 0)?, string(operands, 1)?);
    with_pattern(pattern, |regex| {
        let parts: Vec<Value> = split_parts(pattern, regex, text)
            .into_iter()
            .map(Value::from)
            .collect();
        Value::from(parts)
    })
}

/// The parts of a text between matches. As in Go, an empty match at the very start or end cuts nothing off.
fn split_parts<'a>(pattern: &str, regex: &Regex, text: &'a str) -> Vec<&'a str> {
    if !pattern.is_empty() && text.is_empty() {
        return vec![""];
    }
    let (mut begin, mut end) = (0, 0);
    let mut parts = Vec::new();
    for found in regex.find_iter(text) {
        end = found.start();
        if found.end() != 0 {
            parts.extend(text.get(begin..end));
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.extend(text.get(begin..));
    }
    parts
}

/// Matches a text with a template whose patterns stand between delimiters, as in `urn:foo:{.*}`.
fn template_match(operands: &[Value]) -> Result<Value, Failure> {
    let (template, text) = (string(operands, 0)?, string(operands, 1)?);
    let (start, end) = (string(operands, 2)?, string(operands, 3)?);
    let delimiter = |delimiter: &str, name: &str| match delimiter.as_bytes() {
        [byte] => Ok(*byte),
        bytes => Err(Failure::new(format!(
            "{name} delimiter has to be exactly one character long but is {} long",
            bytes.len()
        ))),
    };
    let pattern = template_pattern(template, delimiter(start, "start")?, delimiter(end, "end")?)
        .ok_or_else(|| Failure::new("unbalanced braces in the template"))?;
    with_pattern(&pattern, |regex| Value::Bool(regex.is_match(text)))
}

/// The pattern of a template; None where its delimiters are not balanced. Inner ones belong to the pattern.
fn template_pattern(template: &str, start: u8, end: u8) -> Option<String> {
    let mut pattern = String::from("^");
    let (mut level, mut from) = (0_u32, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == start {
            if level == 0 {
                pattern.push_str(&regex::escape(template.get(from..at)?));
                from = at + 1;
            }
            level += 1;
        } else if byte == end {
            level = level.checked_sub(1)?;
            if level == 0 {
                pattern.push('(');
                pattern.push_str(template.get(from..at)?);
                pattern.push(')');
                from = at + 1;
            }
        }
    }
    if level > 0 {
        return None;
    }
    pattern.push_str(&regex::escape(template.get(from..)?));
    pattern.push('$');
    Some(pattern)
}

fn globs_match(operands: &[Value]) -> Result<Value, Failure> {
    let (left, right) = (string(operands, 0)?, string(operands, 1)?);
    globs::intersect(left, right).map(Value::Bool)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn call(name: &str, operands: &serde_json::Value) -> serde_json::Value {
        let operands: Vec<Value> = operands
            .as_array()
            .unwrap()
            .iter()
            .map(|operand| Value::from(operand.clone()))
            .collect();
        let builtin = BUILTINS
            .iter()
            .find(|builtin| builtin.name == name)
            .unwrap();
        match (builtin.call)(&operands) {
            Ok(value) => serde_json::to_value(value).unwrap(),
            Err(failure) => json!(format!("{failure:?}")),
        }
    }

    #[rstest]
    #[case("regex.replace", json!(["baac", "a*", "x"]), json!("xbxcx"))]
    #[case("regex.replace", json!(["-ab-", "a(?P<l>b)", "$1W|${1}W|$l|${l}x|$$|$|$9"]), json!("-|bW|b|bx|$|$|-"))]
    #[case("regex.split", json!(["", "abc"]), json!(["a", "b", "c"]))]
    #[case("regex.split", json!(["a*", "baac"]), json!(["b", "c"]))]
    #[case("regex.split", json!(["/", "a/b/"]), json!(["a", "b", ""]))]
    #[case("regex.split", json!(["/", ""]), json!([""]))]
    #[case("regex.find_n", json!(["[oa]+", "foo bar", -1]), json!(["oo", "a"]))]
    #[case("regex.find_n", json!(["[oa]+", "foo bar", 0]), json!([]))]
    #[case("regex.find_all_string_submatch_n", json!(["a(x*)b(y)?", "-axxb-", -1]), json!([["axxb", "xx", ""]]))]
    #[case("regex.template_match", json!(["urn:{[a-z]{2}}:.", "urn:xy:.", "{", "}"]), json!(true))]
    #[case("regex.template_match", json!(["urn:{.*}:.", "urn:xy:a", "{", "}"]), json!(false))]
    #[case("regex.is_valid", json!([1]), json!(false))]
    #[case("regex.is_valid", json!(["("]), json!(false))]
    fn results_are_those_of_go(
        #[case] name: &str,
        #[case] operands: serde_json::Value,
        #[case] wanted: serde_json::Value,
    ) {
        assert_eq!(call(name, &operands), wanted);
    }

    #[rstest]
    #[case("regex.match", json!(["(", "x"]), "Builtin(")]
    #[case("regex.match", json!([1, "x"]), "Type(")]
    #[case("regex.find_n", json!(["x", "x", 1.5]), "Type(")]
    #[case("regex.template_match", json!(["{x", "x", "{", "}"]), "Builtin(")]
    #[case("regex.template_match", json!(["x", "x", "{{", "}"]), "Builtin(")]
    fn failures_are_told_apart(
        #[case] name: &str,
        #[case] operands: serde_json::Value,
        #[case] wanted: &str,
    ) {
        let failure = call(name, &operands);
        assert!(failure.as_str().unwrap().starts_with(wanted), "{failure}");
    }
}
