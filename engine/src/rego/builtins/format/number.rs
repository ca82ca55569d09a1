//! Numbers as Go's `fmt` writes them.

use super::Flags;

/// A whole number; None where the verb is not for one.
pub(super) fn integer(number: i64, verb: char, flags: Flags) -> Option<String> {
    let letter = || {
        u32::try_from(number)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    let magnitude = number.unsigned_abs();
    let digits = match verb {
        'd' | 'v' => magnitude.to_string(),
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'c' => return Some(flags.pad(letter().encode_utf8(&mut [0; 4]))),
        'q' => return Some(flags.pad(&super::text::quoted_letter(letter()))),
        'U' => return Some(flags.pad(&format!("U+{magnitude:04X}"))),
        _ => return None,
    };
    Some(with_sign(number < 0, &digits, verb, flags))
}

/// Digits with sign, prefix, precision and width.
fn with_sign(is_negative: bool, digits: &str, verb: char, flags: Flags) -> String {
    let mut digits = digits.to_owned();
    let mut flags = flags;
    if let Some(precision) = flags.precision {
        if precision == 0 && digits == "0" {
            return " ".repeat(flags.width.unwrap_or_default());
        }
        let missing = precision.saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(missing));
        flags.zero = false;
    }
    let sign = match (is_negative, flags.plus, flags.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    if flags.zero && !flags.minus {
        // The width counts the sign and the digits, not a prefix.
        let missing = flags
            .width
            .unwrap_or_default()
            .saturating_sub(digits.len() + sign.len());
        digits.insert_str(0, &"0".repeat(missing));
    }
    let prefix = match verb {
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        'b' if flags.sharp => "0b",
        'o' if flags.sharp && !digits.starts_with('0') => "0",
        'O' => "0o",
        _ => "",
    };
    flags.zero = false;
    flags.pad(&format!("{sign}{prefix}{digits}"))
}

/// A whole number of any size, in decimal.
pub(super) fn large(decimal: &str, verb: char, flags: Flags) -> Option<String> {
    let (is_negative, magnitude) = match decimal.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, decimal),
    };
    let value = || regorus::Value::from_numeric_string(magnitude).ok();
    let number = value()?;
    let regorus::Value::Number(number) = &number else {
        return None;
    };
    let digits = match verb {
        'd' | 'v' | 's' => magnitude.to_owned(),
        'b' => number.format_bin(),
        'o' | 'O' => number.format_octal(),
        'x' => number.format_hex(),
        'X' => number.format_big_hex(),
        _ => return None,
    };
    Some(with_sign(is_negative, &digits, verb, flags))
}

/// A float; None where the verb is not for one.
pub(super) fn formatted_float(number: f64, verb: char, flags: Flags) -> Option<String> {
    let (form, precision) = match verb {
        'v' => ('g', flags.precision),
        'e' | 'E' | 'f' | 'F' => (verb, Some(flags.precision.unwrap_or(6))),
        'g' | 'G' => (verb, flags.precision),
        _ => return None,
    };
    let mut text = float(number, form, precision);
    if !text.starts_with('-') {
        if flags.plus {
            text.insert(0, '+');
        } else if flags.space {
            text.insert(0, ' ');
        }
    }
    Some(flags.pad_number(&text))
}

/// A float in one of Go's forms; without a precision, in the fewest digits that tell it from others.
pub(super) fn float(number: f64, form: char, precision: Option<usize>) -> String {
    let text = match form.to_ascii_lowercase() {
        'e' => exponent_form(&format!("{number:.*e}", precision.unwrap_or(6))),
        'f' => format!("{number:.*}", precision.unwrap_or(6)),
        _ => general(number, precision),
    };
    if form.is_ascii_uppercase() {
        text.to_ascii_uppercase()
    } else {
        text
    }
}

/// The exponent with its sign and two digits at least.
fn exponent_form(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text.to_owned();
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// With an exponent where the number is very small or large, without one elsewhere.
fn general(number: f64, precision: Option<usize>) -> String {
    let written = match precision {
        None => format!("{number:e}"),
        Some(precision) => format!("{number:.*e}", precision.max(1) - 1),
    };
    let Some((mantissa, exponent)) = written.split_once('e') else {
        return written;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits = mantissa.trim_start_matches('-').replace('.', "");
    let digits = digits.trim_end_matches('0').len().max(1);
    // Go decides on the shortest form as if six digits were asked for.
    let threshold = precision.map_or(6, |precision| {
        i32::try_from(precision.max(1)).unwrap_or(i32::MAX)
    });
    if exponent < -4 || exponent >= threshold {
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        return exponent_form(&format!("{mantissa}e{exponent}"));
    }
    let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    format!("{number:.*}", usize::try_from(places).unwrap_or(0))
}
