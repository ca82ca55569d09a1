//! Strings as Go's `fmt` writes them, and values as OPA writes its terms.

use regorus::Value;

use super::Flags;

/// A string; None where the verb is not for one.
pub(super) fn formatted(text: &str, verb: char, flags: Flags) -> Option<String> {
    let cut: String = match flags.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    match verb {
        'v' if flags.sharp => Some(flags.pad(&quoted(&cut, false))),
        's' | 'v' => Some(flags.pad(&cut)),
        'q' if flags.sharp && !cut.contains('`') && !cut.chars().any(char::is_control) => {
            Some(flags.pad(&format!("`{cut}`")))
        }
        'q' => Some(flags.pad(&quoted(&cut, flags.plus))),
        'x' | 'X' => Some(flags.pad(&hexadecimal(text, verb, flags))),
        _ => None,
    }
}

fn hexadecimal(text: &str, verb: char, flags: Flags) -> String {
    let bytes: Vec<String> = text
        .bytes()
        .take(flags.precision.unwrap_or(usize::MAX))
        .map(|byte| {
            if verb == 'x' {
                format!("{byte:02x}")
            } else {
                format!("{byte:02X}")
            }
        })
        .collect();
    let prefix = match (flags.sharp && !bytes.is_empty(), verb) {
        (true, 'x') => "0x",
        (true, _) => "0X",
        _ => "",
    };
    if flags.space {
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("{prefix}{byte}")).collect();
        return bytes.join(" ");
    }
    format!("{prefix}{}", bytes.concat())
}

/// A string in Go's double quotes; with `ascii`, other letters as escapes.
pub(super) fn quoted(text: &str, ascii: bool) -> String {
    let mut output = String::from('"');
    for letter in text.chars() {
        if letter == '"' {
            output.push_str("\\\"");
        } else {
            push_escaped(&mut output, letter, ascii);
        }
    }
    output.push('"');
    output
}

/// A letter in Go's single quotes.
pub(super) fn quoted_letter(letter: char) -> String {
    let mut output = String::from('\'');
    if letter == '\'' {
        output.push_str("\\'");
    } else {
        push_escaped(&mut output, letter, false);
    }
    output.push('\'');
    output
}

fn push_escaped(output: &mut String, letter: char, ascii: bool) {
    match letter {
        '\u{7}' => output.push_str("\\a"),
        '\u{8}' => output.push_str("\\b"),
        '\u{c}' => output.push_str("\\f"),
        '\n' => output.push_str("\\n"),
        '\r' => output.push_str("\\r"),
        '\t' => output.push_str("\\t"),
        '\u{b}' => output.push_str("\\v"),
        '\\' => output.push_str("\\\\"),
        _ if letter.is_ascii_control() => {
            output.push_str(&format!("\\x{:02x}", u32::from(letter)));
        }
        _ if letter.is_control() || (ascii && !letter.is_ascii()) => {
            let code = u32::from(letter);
            output.push_str(&if code > 0xffff {
                format!("\\U{code:08x}")
            } else {
                format!("\\u{code:04x}")
            });
        }
        _ => output.push(letter),
    }
}

/// A value as OPA writes it: JSON with blanks, sets in braces.
pub(super) fn term(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.format_decimal(),
        Value::String(text) => quoted(text, false),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(term).collect())),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", joined(items.iter().map(term).collect())),
        Value::Object(fields) => {
            let fields = fields
                .iter_sorted()
                .map(|(key, value)| format!("{}: {}", term(key), term(value)))
                .collect();
            format!("{{{}}}", joined(fields))
        }
        Value::Undefined => "<undefined>".to_owned(),
    }
}
