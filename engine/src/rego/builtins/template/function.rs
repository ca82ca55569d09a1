//! The functions of templates.

use std::cmp::Ordering;

use regorus::Value;

use super::Item;
use crate::rego::builtins::format::{Argument, format};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Or,
    Not,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Length,
    Index,
    Slice,
    Print,
    PrintLine,
    PrintFormat,
    Html,
    JavaScript,
    UrlQuery,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "or" => Self::Or,
            "not" => Self::Not,
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "len" => Self::Length,
            "index" => Self::Index,
            "slice" => Self::Slice,
            "print" => Self::Print,
            "println" => Self::PrintLine,
            "printf" => Self::PrintFormat,
            "html" => Self::Html,
            "js" => Self::JavaScript,
            "urlquery" => Self::UrlQuery,
            _ => return None,
        })
    }
}

/// Calls a function on its operands.
pub(super) fn call(function: Function, operands: &[Item]) -> Result<Item, String> {
    let missing = || "wrong number of args".to_owned();
    let two = || match operands {
        [left, right] => Ok((left, right)),
        _ => Err(missing()),
    };
    match function {
        // Operands that decide were found before; the last one is the value.
        Function::And | Function::Or => operands.last().cloned().ok_or_else(missing),
        Function::Not => match operands {
            [only] => Ok(Item::boolean(!only.is_true())),
            _ => Err(missing()),
        },
        Function::Equal => {
            let (first, others) = operands.split_first().ok_or_else(missing)?;
            if others.is_empty() {
                return Err(missing());
            }
            for other in others {
                if equal(first, other)? {
                    return Ok(Item::boolean(true));
                }
            }
            Ok(Item::boolean(false))
        }
        Function::NotEqual => {
            let (left, right) = two()?;
            equal(left, right).map(|equal| Item::boolean(!equal))
        }
        Function::Less => ordered(two()?, |order| order == Ordering::Less),
        Function::LessOrEqual => ordered(two()?, |order| order != Ordering::Greater),
        Function::Greater => ordered(two()?, |order| order == Ordering::Greater),
        Function::GreaterOrEqual => ordered(two()?, |order| order != Ordering::Less),
        Function::Length => match operands {
            [only] => length(only),
            _ => Err(missing()),
        },
        Function::Index => {
            let (first, path) = operands.split_first().ok_or_else(missing)?;
            path.iter()
                .try_fold(first.clone(), |at, key| index(&at, key))
        }
        Function::Slice => slice(operands),
        Function::Print => Ok(Item::text(&print(operands))),
        Function::PrintLine => {
            let parts: Vec<String> = operands.iter().map(Item::print).collect();
            Ok(Item::text(&format!("{}\n", parts.join(" "))))
        }
        Function::PrintFormat => {
            let (template, arguments) = operands.split_first().ok_or_else(missing)?;
            let template = template
                .as_text()
                .ok_or("the first operand of printf is a string")?;
            let arguments: Vec<Argument> = arguments.iter().map(argument).collect();
            format(&template, &arguments)
                .map(|text| Item::text(&text))
                .map_err(|failure| format!("{failure:?}"))
        }
        Function::Html => Ok(Item::text(&html(&print(operands)))),
        Function::JavaScript => Ok(Item::text(&java_script(&print(operands)))),
        Function::UrlQuery => Ok(Item::text(&url_query(&print(operands)))),
    }
}

fn argument(item: &Item) -> Argument {
    match item {
        Item::Integer(number) => Argument::Integer(*number),
        Item::Float(number) => Argument::Float(*number),
        Item::Data(Value::Bool(value)) => Argument::Boolean(*value),
        Item::Data(Value::Number(number)) => Argument::NumberText(number.format_decimal()),
        other => Argument::Text(other.print()),
    }
}

/// Operands one after the other, with blanks between those of which none is a string.
fn print(operands: &[Item]) -> String {
    let mut output = String::new();
    let mut was_text = true;
    for operand in operands {
        let is_text = operand.as_text().is_some();
        if !is_text && !was_text {
            output.push(' ');
        }
        output.push_str(&operand.print());
        was_text = is_text;
    }
    output
}

const INCOMPATIBLE: &str = "incompatible types for comparison";

fn equal(left: &Item, right: &Item) -> Result<bool, String> {
    match (left, right) {
        (Item::Nothing, Item::Nothing) => Ok(true),
        (Item::Nothing, _) | (_, Item::Nothing) => Ok(false),
        (Item::Integer(_), Item::Integer(_)) | (Item::Float(_), Item::Float(_)) => {
            Ok(left == right)
        }
        (Item::Data(Value::Bool(left)), Item::Data(Value::Bool(right))) => Ok(left == right),
        _ => match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => Ok(left == right),
            _ => Err(INCOMPATIBLE.to_owned()),
        },
    }
}

fn ordered(
    (left, right): (&Item, &Item),
    holds: impl FnOnce(Ordering) -> bool,
) -> Result<Item, String> {
    let order = match (left, right) {
        (Item::Integer(left), Item::Integer(right)) => Some(left.cmp(right)),
        (Item::Float(left), Item::Float(right)) => left.partial_cmp(right),
        _ => match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => None,
        },
    };
    order
        .map(|order| Item::boolean(holds(order)))
        .ok_or_else(|| INCOMPATIBLE.to_owned())
}

fn length(item: &Item) -> Result<Item, String> {
    let length = match item {
        Item::Data(Value::Array(items)) => items.len(),
        Item::Data(Value::Set(items)) => items.len(),
        Item::Data(Value::Object(fields)) => fields.len(),
        other => other.as_text().ok_or("len of what has no length")?.len(),
    };
    Ok(Item::Integer(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn index(item: &Item, key: &Item) -> Result<Item, String> {
    match (item, key) {
        (Item::Data(Value::Object(fields)), key) => {
            let key = key.as_text().ok_or("a map has strings as keys")?;
            Ok(fields
                .get(&Value::from(key))
                .map_or(Item::Nothing, Item::new))
        }
        (Item::Data(Value::Array(items)), Item::Integer(place)) => usize::try_from(*place)
            .ok()
            .and_then(|place| items.get(place))
            .map(Item::new)
            .ok_or_else(|| "index out of range".to_owned()),
        _ => Err("can't index item".to_owned()),
    }
}

/// A part of a string, by bytes, or of an array.
fn slice(operands: &[Item]) -> Result<Item, String> {
    const RANGE: &str = "slice out of range";
    let (item, places) = operands.split_first().ok_or("slice of nothing")?;
    let mut bounds = places.iter().map(|place| match place {
        Item::Integer(place) => usize::try_from(*place).map_err(|_| RANGE.to_owned()),
        _ => Err("a slice has whole numbers as bounds".to_owned()),
    });
    let from = bounds.next().transpose()?.unwrap_or_default();
    let to = bounds.next().transpose()?;
    match item {
        Item::Data(Value::Array(items)) => items
            .as_slice()
            .get(from..to.unwrap_or(items.len()))
            .map(|part| Item::Data(Value::from(part.to_vec())))
            .ok_or_else(|| RANGE.to_owned()),
        other => {
            let text = other.as_text().ok_or("can't slice item")?;
            text.get(from..to.unwrap_or(text.len()))
                .map(Item::text)
                .ok_or_else(|| RANGE.to_owned())
        }
    }
}

fn html(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '&' => output.push_str("&amp;"),
            '"' => output.push_str("&#34;"),
            '\'' => output.push_str("&#39;"),
            '\0' => output.push('\u{fffd}'),
            _ => output.push(letter),
        }
    }
    output
}

fn java_script(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '\'' | '"' => {
                output.push('\\');
                output.push(letter);
            }
            '<' | '>' | '&' | '=' => output.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ if letter.is_control() => output.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => output.push(letter),
        }
    }
    output
}

fn url_query(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => output.push('+'),
            _ if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') => {
                output.push(char::from(byte));
            }
            _ => output.push_str(&format!("%{byte:02X}")),
        }
    }
    output
}
