//! Functions of strings. Places and lengths count characters.

use regorus::Value;

use super::budget::exceeded;
use super::operand::{
    bad_operand, integer, number, object, operand, string, strings, whole, wrong_type,
};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("concat", 2, concat),
    builtin("contains", 2, |operands| {
        on_two(operands, |text, part| Value::Bool(text.contains(part)))
    }),
    builtin("startswith", 2, |operands| {
        on_two(operands, |text, part| Value::Bool(text.starts_with(part)))
    }),
    builtin("endswith", 2, |operands| {
        on_two(operands, |text, part| Value::Bool(text.ends_with(part)))
    }),
    builtin("format_int", 2, format_int),
    builtin("indexof", 2, index_of),
    builtin("indexof_n", 2, indexes_of),
    builtin("lower", 1, |operands| {
        let lower: String = string(operands, 0)?.chars().map(lower_case).collect();
        Ok(Value::from(lower))
    }),
    builtin("upper", 1, |operands| {
        let upper: String = string(operands, 0)?.chars().map(upper_case).collect();
        Ok(Value::from(upper))
    }),
    builtin("replace", 3, replace),
    builtin("split", 2, split),
    builtin("substring", 3, substring),
    builtin("trim", 2, |operands| {
        on_two(operands, |text, set| {
            Value::from(text.trim_matches(|letter| set.contains(letter)))
        })
    }),
    builtin("trim_left", 2, |operands| {
        on_two(operands, |text, set| {
            Value::from(text.trim_start_matches(|letter| set.contains(letter)))
        })
    }),
    builtin("trim_right", 2, |operands| {
        on_two(operands, |text, set| {
            Value::from(text.trim_end_matches(|letter| set.contains(letter)))
        })
    }),
    builtin("trim_prefix", 2, |operands| {
        on_two(operands, |text, prefix| {
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        })
    }),
    builtin("trim_suffix", 2, |operands| {
        on_two(operands, |text, suffix| {
            Value::from(text.strip_suffix(suffix).unwrap_or(text))
        })
    }),
    builtin("trim_space", 1, |operands| {
        Ok(Value::from(string(operands, 0)?.trim()))
    }),
    builtin("strings.any_prefix_match", 2, |operands| {
        any_match(operands, |text, prefix| text.starts_with(prefix))
    }),
    builtin("strings.any_suffix_match", 2, |operands| {
        any_match(operands, |text, suffix| text.ends_with(suffix))
    }),
    builtin("strings.count", 2, |operands| {
        on_two(operands, |text, part| {
            Value::from(text.matches(part).count())
        })
    }),
    builtin("strings.replace_n", 2, replace_n),
    builtin("strings.reverse", 1, |operands| {
        let reversed: String = string(operands, 0)?.chars().rev().collect();
        Ok(Value::from(reversed))
    }),
];

/// How long a string may become where the length is a product of lengths.
const LONGEST: usize = 64 * 1024 * 1024;

fn on_two(operands: &[Value], run: impl FnOnce(&str, &str) -> Value) -> Result<Value, Failure> {
    Ok(run(string(operands, 0)?, string(operands, 1)?))
}

/// Fails where a string would become too long.
fn bounded(length: Option<usize>) -> Result<(), Failure> {
    match length {
        Some(length) if length <= LONGEST => Ok(()),
        _ => Err(exceeded("the string would be too long")),
    }
}

fn concat(operands: &[Value]) -> Result<Value, Failure> {
    let separator = string(operands, 0)?;
    let parts = strings(operands, 1)?;
    bounded(separator.len().checked_mul(parts.len()))?;
    Ok(Value::from(parts.join(separator)))
}

fn format_int(operands: &[Value]) -> Result<Value, Failure> {
    number(operands, 0)?;
    number(operands, 1)?;
    let Value::Number(number) = operand(operands, 0) else {
        return Err(Failure::Undefined);
    };
    // A fraction is cut off, towards zero.
    let cut = if number.is_positive() {
        number.floor()
    } else {
        number.ceil()
    };
    let whole = whole(&Value::from(cut)).ok_or_else(|| Failure::new("the number is too large"))?;
    let Value::Number(whole) = whole else {
        return Err(Failure::Undefined);
    };
    let text = match operand(operands, 1).as_i64() {
        Ok(2) => whole.format_bin(),
        Ok(8) => whole.format_octal(),
        Ok(10) => whole.format_decimal(),
        Ok(16) => whole.format_hex(),
        _ => return Err(bad_operand(1, "must be one of {2, 8, 10, 16}")),
    };
    let text = if text == "-0" { "0".to_owned() } else { text };
    Ok(Value::from(text))
}

/// The places, in characters, where a part starts; they may overlap.
fn starts<'a>(text: &'a str, part: &'a str) -> impl Iterator<Item = usize> {
    text.char_indices()
        .enumerate()
        .filter(move |(_, (byte, _))| text.get(*byte..).is_some_and(|rest| rest.starts_with(part)))
        .map(|(place, _)| place)
}

fn text_and_part(operands: &[Value]) -> Result<(&str, &str), Failure> {
    let (text, part) = (string(operands, 0)?, string(operands, 1)?);
    if part.is_empty() {
        return Err(Failure::new("empty search character"));
    }
    Ok((text, part))
}

fn index_of(operands: &[Value]) -> Result<Value, Failure> {
    let (text, part) = text_and_part(operands)?;
    Ok(match text.find(part) {
        Some(byte) => Value::from(text.get(..byte).unwrap_or_default().chars().count()),
        None => Value::from(-1_i64),
    })
}

fn indexes_of(operands: &[Value]) -> Result<Value, Failure> {
    let (text, part) = text_and_part(operands)?;
    let places: Vec<Value> = starts(text, part).map(Value::from).collect();
    Ok(Value::from(places))
}

/// A letter's lower case where that is one letter, as Go's `unicode.ToLower`.
fn lower_case(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        // The one letter whose lower case is longer.
        _ if letter == 'İ' => 'i',
        _ => letter,
    }
}

/// A letter's upper case where that is one letter, as Go's `unicode.ToUpper`.
fn upper_case(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    if let (Some(only), None) = (upper.next(), upper.next()) {
        return only;
    }
    // Greek letters with an iota below have an upper case of one letter besides the longer one.
    let offset = match letter {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(letter) + offset).unwrap_or(letter)
}

fn replace(operands: &[Value]) -> Result<Value, Failure> {
    let (text, old) = (string(operands, 0)?, string(operands, 1)?);
    let new = string(operands, 2)?;
    let growth = (text.len() + 1).checked_mul(new.len());
    if growth.is_none_or(|growth| growth > LONGEST) {
        let count = text.matches(old).count();
        bounded(count.checked_mul(new.len()))?;
    }
    Ok(Value::from(text.replace(old, new)))
}

/// Replaces several parts at once: at each place the first key, in their order, that stands there.
fn replace_n(operands: &[Value]) -> Result<Value, Failure> {
    let patterns = object(operands, 0)?;
    let text = string(operands, 1)?;
    let mut pairs = Vec::with_capacity(patterns.len());
    for (key, value) in patterns.iter_sorted() {
        match (key, value) {
            (Value::String(old), Value::String(new)) => pairs.push((&**old, &**new)),
            (Value::String(_), _) => {
                return Err(bad_operand(0, "non-string value found in pattern object"));
            }
            _ => return Err(bad_operand(0, "non-string key found in pattern object")),
        }
    }
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    let mut was_empty_match = false;
    loop {
        let found = pairs
            .iter()
            .find(|(old, _)| rest.starts_with(old) && !(was_empty_match && old.is_empty()));
        was_empty_match = found.is_some_and(|(old, _)| old.is_empty());
        if let Some((old, new)) = found {
            output.push_str(new);
            bounded(Some(output.len()))?;
            rest = rest.strip_prefix(old).unwrap_or_default();
            continue;
        }
        let mut letters = rest.chars();
        match letters.next() {
            Some(letter) => output.push(letter),
            None => return Ok(Value::from(output)),
        }
        rest = letters.as_str();
    }
}

fn split(operands: &[Value]) -> Result<Value, Failure> {
    let (text, separator) = (string(operands, 0)?, string(operands, 1)?);
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars()
            .map(|letter| Value::from(&*letter.encode_utf8(&mut [0; 4])))
            .collect()
    } else {
        text.split(separator).map(Value::from).collect()
    };
    Ok(Value::from(parts))
}

fn substring(operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    let (start, length) = (integer(operands, 1)?, integer(operands, 2)?);
    let Ok(start) = usize::try_from(start) else {
        return Err(Failure::new("negative offset"));
    };
    let rest = text
        .char_indices()
        .nth(start)
        .and_then(|(byte, _)| text.get(byte..))
        .unwrap_or_default();
    let Ok(length) = usize::try_from(length) else {
        return Ok(Value::from(rest));
    };
    let end = rest
        .char_indices()
        .nth(length)
        .map_or(rest.len(), |(byte, _)| byte);
    Ok(Value::from(rest.get(..end).unwrap_or_default()))
}

/// A string, or the strings of an array or a set.
fn one_or_more(operands: &[Value], at: usize) -> Result<Vec<&str>, Failure> {
    match operand(operands, at) {
        Value::String(text) => Ok(vec![text]),
        Value::Array(_) | Value::Set(_) => strings(operands, at),
        _ => Err(wrong_type(operands, at, "one of {string, set, array}")),
    }
}

fn any_match(operands: &[Value], matches: impl Fn(&str, &str) -> bool) -> Result<Value, Failure> {
    let (texts, parts) = (one_or_more(operands, 0)?, one_or_more(operands, 1)?);
    let found = texts
        .iter()
        .any(|text| parts.iter().any(|part| matches(text, part)));
    Ok(Value::Bool(found))
}
