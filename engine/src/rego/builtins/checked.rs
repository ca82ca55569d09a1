//! Built-ins of regorus behind checks of their operands: what they compute is right, and what they say of operands
//! of the wrong type is not.

use regorus::Value;
use regorus::unstable::{BUILTINS as REGORUS, Expr, Parser};

use super::operand::{
    array, bad_operand, integer, number, object, operand, string, wrong_element, wrong_type,
};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("base64.is_valid", 1, |operands| {
        match operand(operands, 0) {
            Value::String(_) => without_line_ends("base64.is_valid", operands),
            _ => Ok(Value::Bool(false)),
        }
    }),
    builtin("base64.decode", 1, |operands| {
        without_line_ends("base64.decode", operands)
    }),
    builtin("json.marshal", 1, |operands| {
        regorus_own("json.marshal", operands).map(escaped)
    }),
    builtin("json.is_valid", 1, |operands| {
        valid_string("json.is_valid", operands)
    }),
    builtin("yaml.is_valid", 1, |operands| {
        valid_string("yaml.is_valid", operands)
    }),
    builtin("semver.is_valid", 1, |operands| {
        valid_string("semver.is_valid", operands)
    }),
    builtin("yaml.marshal", 1, |operands| match operand(operands, 0) {
        Value::String(text) if text.is_empty() => Ok(Value::from("\"\"\n")),
        _ => regorus_own("yaml.marshal", operands),
    }),
    builtin("json.marshal_with_options", 2, marshal_with_options),
    builtin("json.patch", 2, patch),
    builtin("glob.match", 3, glob_match),
    builtin("time.date", 1, |operands| on_time("time.date", operands, 1)),
    builtin("time.clock", 1, |operands| {
        on_time("time.clock", operands, 1)
    }),
    builtin("time.weekday", 1, |operands| {
        on_time("time.weekday", operands, 1)
    }),
    builtin("time.diff", 2, difference),
    builtin("time.parse_rfc3339_ns", 1, |operands| {
        let text = string(operands, 0)?;
        // Go knows neither small letters nor leap seconds here.
        if text.contains(['t', 'z']) || text.get(17..19) == Some("60") {
            return Err(Failure::new("the time is not as RFC 3339 writes it"));
        }
        regorus_own("time.parse_rfc3339_ns", operands)
    }),
    builtin("uuid.parse", 1, parse_uuid),
    builtin("time.format", 1, format_time),
    builtin("time.add_date", 4, add_date),
];

thread_local! {
    /// Expressions for what regorus wants to point to in its errors.
    static PLACES: Option<Expr> = {
        let source = regorus::Source::from_contents(String::new(), "[0, 0, 0, 0]".to_owned()).ok();
        source.and_then(|source| Parser::new(&source).ok()?.parse_expr().ok())
    };
}

/// Calls the built-in of regorus of this name.
fn regorus_own(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    PLACES.with(|places| {
        let (Some((call, _)), Some(Expr::Array { span, items, .. })) = (REGORUS.get(name), places)
        else {
            return Err(Failure::new("there is no such function"));
        };
        let places = items.get(..operands.len()).unwrap_or_default();
        match call(span, places, operands, true) {
            Ok(Value::Undefined) => Err(Failure::Undefined),
            Ok(value) => Ok(value),
            Err(error) => Err(Failure::new(error.to_string())),
        }
    })
}

/// Whether a string is valid; anything else is not.
fn valid_string(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        Value::String(_) => regorus_own(name, operands),
        _ => Ok(Value::Bool(false)),
    }
}

/// Base64 may be broken into lines.
fn without_line_ends(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    if text.contains(['\r', '\n']) {
        return regorus_own(name, &[Value::from(text.replace(['\r', '\n'], ""))]);
    }
    regorus_own(name, operands)
}

/// JSON text as Go writes it, safe inside of HTML and JavaScript.
fn escaped(json: Value) -> Value {
    const UNSAFE: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];
    let Value::String(text) = &json else {
        return json;
    };
    if !text.contains(UNSAFE) {
        return json;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if UNSAFE.contains(&letter) {
            safe.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            safe.push(letter);
        }
    }
    Value::from(safe)
}

fn marshal_with_options(operands: &[Value]) -> Result<Value, Failure> {
    for (key, value) in object(operands, 1)?.iter() {
        let Value::String(name) = key else {
            return Err(bad_operand(1, "object keys must be strings"));
        };
        let is_right = match &**name {
            "pretty" => matches!(value, Value::Bool(_)),
            "prefix" | "indent" => matches!(value, Value::String(_)),
            _ => {
                return Err(bad_operand(1, "object contained unknown key"));
            }
        };
        if !is_right {
            return Err(bad_operand(1, "has an option of the wrong type"));
        }
    }
    let json = regorus_own("json.marshal_with_options", operands)?;
    let is_plain = |name: &str| match object(operands, 1).ok()?.get(&Value::from(name)) {
        Some(Value::String(text)) => Some(text.trim().is_empty()),
        _ => Some(true),
    };
    // A prefix or indent is as it is given.
    if ["prefix", "indent"]
        .iter()
        .all(|name| is_plain(name) == Some(true))
    {
        return Ok(escaped(json));
    }
    Ok(json)
}

fn patch(operands: &[Value]) -> Result<Value, Failure> {
    let operations = array(operands, 1)?;
    if operations
        .iter()
        .any(|operation| !matches!(operation, Value::Object(_)))
    {
        return Err(Failure::new(
            "must be an array of JSON-Patch objects, but at least one element is not an object",
        ));
    }
    match regorus_own("json.patch", operands) {
        Err(Failure::Undefined) => Err(Failure::new("the patch does not apply")),
        patched => patched,
    }
}

fn glob_match(operands: &[Value]) -> Result<Value, Failure> {
    string(operands, 0)?;
    match operand(operands, 1) {
        Value::Null => {}
        Value::Array(delimiters) => {
            for delimiter in delimiters.iter() {
                if !matches!(delimiter, Value::String(_)) {
                    return Err(wrong_element(operands, 1, delimiter, "string"));
                }
            }
        }
        _ => return Err(wrong_type(operands, 1, "one of {array, null}")),
    }
    string(operands, 2)?;
    regorus_own("glob.match", operands)
}

/// Checks a time: nanoseconds, or an array of these, a time zone and, where it is to be formatted, a layout.
fn check_time(operands: &[Value], at: usize) -> Result<(), Failure> {
    let nanoseconds = match operand(operands, at) {
        Value::Number(_) => {
            number(operands, at)?;
            operand(operands, at)
        }
        Value::Array(parts) if !parts.is_empty() => {
            let strings_follow = parts
                .iter()
                .skip(1)
                .all(|part| matches!(part, Value::String(_)));
            if !strings_follow {
                return Err(bad_operand(at, "must be string"));
            }
            match parts.first() {
                Some(nanoseconds @ Value::Number(_)) => nanoseconds,
                _ => return Err(bad_operand(at, "must be number")),
            }
        }
        _ => {
            return Err(wrong_type(
                operands,
                at,
                "either number (ns) or [number (ns), string (tz)]",
            ));
        }
    };
    // A float that is whole is read as the number that it is.
    nanoseconds
        .as_i64()
        .map(|_| ())
        .map_err(|_| Failure::new("timestamp too big"))
}

fn on_time(name: &str, operands: &[Value], times: usize) -> Result<Value, Failure> {
    for at in 0..times {
        check_time(operands, at)?;
    }
    regorus_own(name, operands)
}

/// One number alone in an array is a time in UTC.
fn format_time(operands: &[Value]) -> Result<Value, Failure> {
    check_time(operands, 0)?;
    match operand(operands, 0) {
        Value::Array(parts) if parts.len() == 1 => regorus_own("time.format", parts.as_slice()),
        Value::Array(parts) if parts.as_slice().get(2) == Some(&Value::from("")) => {
            let parts = parts.as_slice().get(..2).unwrap_or_default();
            regorus_own("time.format", &[Value::from(parts.to_vec())])
        }
        _ => regorus_own("time.format", operands),
    }
}

/// How far two times are apart, in the time zone of the first.
fn difference(operands: &[Value]) -> Result<Value, Failure> {
    check_time(operands, 0)?;
    check_time(operands, 1)?;
    let (first, second) = (operand(operands, 0), operand(operands, 1));
    let second = match second {
        Value::Array(parts) => parts.first().cloned().unwrap_or(Value::Undefined),
        other => other.clone(),
    };
    let second = match first {
        Value::Array(parts) => match parts.as_slice().get(1) {
            Some(zone) => Value::from(vec![second, zone.clone()]),
            None => second,
        },
        _ => second,
    };
    regorus_own("time.diff", &[first.clone(), second])
}

const NANOSECONDS: i128 = 1_000_000_000;

/// A time with years, months and days added in its time zone. As in Go a day too many goes to the next month.
fn add_date(operands: &[Value]) -> Result<Value, Failure> {
    check_time(operands, 0)?;
    let [years, months, days] = [
        integer(operands, 1)?,
        integer(operands, 2)?,
        integer(operands, 3)?,
    ];
    let too_far = || Failure::new("the time is too far away");
    let (nanoseconds, zone) = match operand(operands, 0) {
        Value::Array(parts) => (parts.first(), parts.as_slice().get(1)),
        number => (Some(number), None),
    };
    let nanoseconds = nanoseconds
        .and_then(|number| number.as_i64().ok())
        .ok_or_else(too_far)?;
    let local = i128::from(nanoseconds) + offset(nanoseconds, zone)?;
    let date = regorus_own("time.date", &[time(nanoseconds, zone)])?;
    let part = |at: usize| -> Option<i128> { date.as_array().ok()?.get(at)?.as_i128().ok() };
    let (Some(year), Some(month), Some(day)) = (part(0), part(1), part(2)) else {
        return Err(too_far());
    };
    let before = days_from_civil(year, month, day);
    let month = month - 1 + i128::from(months);
    let year = year + i128::from(years) + month.div_euclid(12);
    let after = days_from_civil(year, month.rem_euclid(12) + 1, day) + i128::from(days);
    let moved = local + (after - before) * 86_400 * NANOSECONDS;
    // The offset there: that of the time as if it were in UTC is near enough to find the right one.
    let narrow = |time: i128| i64::try_from(time).map_err(|_| too_far());
    let near = moved - offset(narrow(moved)?, zone)?;
    let found = moved - offset(narrow(near)?, zone)?;
    narrow(found).map(Value::from)
}

fn time(nanoseconds: i64, zone: Option<&Value>) -> Value {
    match zone {
        Some(zone) => Value::from(vec![Value::from(nanoseconds), zone.clone()]),
        None => Value::from(nanoseconds),
    }
}

/// How far the clocks of a time zone are before UTC, in nanoseconds.
fn offset(nanoseconds: i64, zone: Option<&Value>) -> Result<i128, Failure> {
    let Some(zone) = zone else {
        return Ok(0);
    };
    let now = time(nanoseconds, Some(zone));
    let date = regorus_own("time.date", &[now.clone()])?;
    let clock = regorus_own("time.clock", &[now])?;
    let part = |value: &Value, at: usize| -> Option<i128> {
        value.as_array().ok()?.get(at)?.as_i128().ok()
    };
    let seconds = || {
        let days = days_from_civil(part(&date, 0)?, part(&date, 1)?, part(&date, 2)?);
        let time = part(&clock, 0)? * 3_600 + part(&clock, 1)? * 60 + part(&clock, 2)?;
        Some(days * 86_400 + time)
    };
    let seconds = seconds().ok_or(Failure::Undefined)?;
    Ok((seconds - i128::from(nanoseconds).div_euclid(NANOSECONDS)) * NANOSECONDS)
}

/// The days from 1970 to a date of the Gregorian calendar; the day may be beyond the end of its month.
fn days_from_civil(year: i128, month: i128, day: i128) -> i128 {
    // Years that start in March have the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let since_march = (month + 9).rem_euclid(12);
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * since_march + 2) / 5 + day - 1 - 719_468
}

fn parse_uuid(operands: &[Value]) -> Result<Value, Failure> {
    string(operands, 0)?;
    let mut parsed = regorus_own("uuid.parse", operands)?;
    let key = |name: &str| Value::from(name);
    if let Ok(fields) = parsed.as_object_mut() {
        if fields.get(&key("variant")) == Some(&key("NCS")) {
            fields.extend([(key("variant"), key("Reserved"))]);
        }
        let version = fields
            .get(&key("version"))
            .and_then(|version| version.as_i64().ok());
        if matches!(version, Some(6 | 7)) {
            *fields = fields
                .iter()
                .filter(|(name, _)| **name != key("time"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
        }
    }
    Ok(parsed)
}
