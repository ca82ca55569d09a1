//! Plain YAML scalars as kubectl reads them.
//!
//! kubectl converts YAML to JSON with `sigs.k8s.io/yaml`, which resolves plain scalars by the rules of
//! YAML 1.1 as go-yaml v2 implements them: `yes`, `on` and `n` are booleans, `0644` is octal, `1_000` is a
//! number, a timestamp stays a string.

use serde_json::{Number, Value};

/// A plain scalar, resolved. `None`: a number that JSON cannot express (`.inf`, `.nan`).
pub(crate) fn resolve_plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Value::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Value::Bool(false));
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => return None,
        _ => {}
    }
    let numeric_start =
        text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if !numeric_start {
        return Some(Value::String(text.to_owned()));
    }
    let plain = text.replace('_', "");
    if let Some(integer) = resolve_integer(&plain) {
        return Some(Value::Number(integer));
    }
    if let Some(float) = resolve_float(&plain) {
        return Number::from_f64(float)
            .map(|number| Value::Number(integral(float).unwrap_or(number)));
    }
    Some(Value::String(text.to_owned()))
}

/// A plain scalar by the core schema of YAML 1.2 (section 10.3.2), by which GitHub reads workflows: `on` and `yes` are
/// texts. `None`: a number that JSON cannot express.
pub(crate) fn resolve_core(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => return None,
        _ => {}
    }
    let based = |digits: &str, radix| {
        let is_number = !digits.starts_with(['+', '-']);
        is_number.then(|| u64::from_str_radix(digits, radix).ok())?
    };
    let integer = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(digits), _) => based(digits, 8).map(Number::from),
        (_, Some(digits)) => based(digits, 16).map(Number::from),
        _ => decimal(text),
    };
    if let Some(integer) = integer {
        return Some(Value::Number(integer));
    }
    match resolve_float(text) {
        Some(float) => {
            Number::from_f64(float).map(|number| Value::Number(integral(float).unwrap_or(number)))
        }
        None => Some(Value::String(text.to_owned())),
    }
}

/// An integer of decimal digits with a sign or without.
fn decimal(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let signed = text.parse::<i64>().ok().map(Number::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
}

/// An integer by the rules of Go's `strconv.ParseInt` with base 0: `0x`, `0o`, `0b` and a bare leading `0`
/// (octal) are prefixes.
fn resolve_integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.trim_start_matches('0'))
    } else {
        (10, lower.as_str())
    };
    let digits = if digits.is_empty() && radix == 8 {
        "0"
    } else {
        digits
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let value = i128::from(magnitude).checked_neg()?;
        i64::try_from(value).ok().map(Number::from)
    } else {
        Some(Number::from(magnitude))
    }
}

/// A float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn resolve_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if mantissa_fits && exponent_fits {
        text.parse().ok()
    } else {
        None
    }
}

/// A float without a fraction as the integer that JSON writes for it.
fn integral(float: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    if float.fract() != 0.0 || float.abs() > EXACT {
        return None;
    }
    format!("{float:.0}").parse::<i64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    // Expected values: what `kubectl create --dry-run=client -o json` prints for the same scalars.
    #[rstest]
    #[case("yes", json!(true))]
    #[case("On", json!(true))]
    #[case("y", json!(true))]
    #[case("n", json!(false))]
    #[case("OFF", json!(false))]
    #[case("yEs", json!("yEs"))]
    #[case("", json!(null))]
    #[case("~", json!(null))]
    #[case("0644", json!(420))]
    #[case("0o644", json!(420))]
    #[case("0x1F", json!(31))]
    #[case("0b101", json!(5))]
    #[case("-0b101", json!(-5))]
    #[case("-0644", json!(-420))]
    #[case("08", json!(8))]
    #[case("00", json!(0))]
    #[case("0", json!(0))]
    #[case("+12", json!(12))]
    #[case("+-12", json!("+-12"))]
    #[case("1_000", json!(1000))]
    #[case("1e3", json!(1000))]
    #[case("1.5", json!(1.5))]
    #[case(".5", json!(0.5))]
    #[case("1.", json!(1))]
    #[case("-", json!("-"))]
    #[case(".", json!("."))]
    #[case("1.2.3", json!("1.2.3"))]
    #[case("10.0.0.0/8", json!("10.0.0.0/8"))]
    #[case("2026-11-23", json!("2026-11-23"))]
    #[case("12:30", json!("12:30"))]
    #[case("100m", json!("100m"))]
    #[case("18446744073709551615", json!(18_446_744_073_709_551_615_u64))]
    #[case("-9223372036854775808", json!(-9_223_372_036_854_775_808_i64))]
    fn plain_scalars(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(resolve_plain(text), Some(expected));
    }

    // The table of section 10.3.2 of YAML 1.2.2, and what differs from YAML 1.1.
    #[rstest]
    #[case("on", json!("on"))]
    #[case("Off", json!("Off"))]
    #[case("yes", json!("yes"))]
    #[case("n", json!("n"))]
    #[case("true", json!(true))]
    #[case("FALSE", json!(false))]
    #[case("", json!(null))]
    #[case("~", json!(null))]
    #[case("0644", json!(644))]
    #[case("0o644", json!(420))]
    #[case("0o-1", json!("0o-1"))]
    #[case("0x1F", json!(31))]
    #[case("0b101", json!("0b101"))]
    #[case("-12", json!(-12))]
    #[case("+12", json!(12))]
    #[case("1_000", json!("1_000"))]
    #[case("3.10", json!(3.1))]
    #[case("1e3", json!(1000))]
    #[case("1.2.3", json!("1.2.3"))]
    #[case("-", json!("-"))]
    #[case("18446744073709551615", json!(18_446_744_073_709_551_615_u64))]
    fn plain_scalars_of_the_core_schema(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(resolve_core(text), Some(expected));
    }

    #[test]
    fn infinities_cannot_be_json() {
        assert_eq!(resolve_core(".inf"), None);
        assert_eq!(resolve_core("1e999"), None);
        assert_eq!(resolve_plain(".inf"), None);
        assert_eq!(resolve_plain("-.Inf"), None);
        assert_eq!(resolve_plain("1e999"), None);
    }
}
