//! `time.*`: the calendar is regorus's, with what OPA says of wrong operands, and with differences and sums of dates as
//! Go has them.

use regorus::Value;

use super::checked::regorus_own;
use super::operand::{bad_operand, integer, number, operand, string, wrong_type};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
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
    builtin("time.format", 1, format_time),
    builtin("time.add_date", 4, add_date),
];

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

/// Layouts with the name of the time zone, which regorus writes as a number.
const NAMED_LAYOUTS: &[(&str, &str)] = &[
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
];

/// A time as text: of a number alone in RFC 3339, of an array in its time zone and, where it has one, its layout.
fn format_time(operands: &[Value]) -> Result<Value, Failure> {
    check_time(operands, 0)?;
    let Value::Array(parts) = operand(operands, 0) else {
        return regorus_own("time.format", operands);
    };
    // regorus cuts layouts by bytes.
    if matches!(parts.as_slice().get(2), Some(Value::String(layout)) if !layout.is_ascii()) {
        return Err(Failure::new("a layout is ASCII"));
    }
    match parts.as_slice() {
        [nanoseconds] => regorus_own("time.format", std::slice::from_ref(nanoseconds)),
        [nanoseconds, zone, Value::String(layout)] if layout.is_empty() => {
            let time = Value::from(vec![nanoseconds.clone(), zone.clone()]);
            regorus_own("time.format", &[time])
        }
        [nanoseconds, Value::String(zone), Value::String(layout)]
            if matches!(&**zone, "" | "UTC") =>
        {
            let layout = NAMED_LAYOUTS
                .iter()
                .find(|(name, _)| *name == &**layout)
                .map_or(&**layout, |(_, layout)| layout);
            let parts = vec![
                nanoseconds.clone(),
                Value::from("UTC"),
                Value::from(layout.replace("MST", "UTC")),
            ];
            regorus_own("time.format", &[Value::from(parts)])
        }
        _ => regorus_own("time.format", operands),
    }
}

/// How far two times are apart, in the time zone of the first: years, months, days, hours, minutes and seconds.
fn difference(operands: &[Value]) -> Result<Value, Failure> {
    check_time(operands, 0)?;
    check_time(operands, 1)?;
    let (first, zone) = parts(operand(operands, 0))?;
    let (second, _) = parts(operand(operands, 1))?;
    let (earlier, later) = (first.min(second), first.max(second));
    let (from, to) = (civil(earlier, zone)?, civil(later, zone)?);
    let mut apart: Vec<i128> = from.iter().zip(&to).map(|(from, to)| to - from).collect();
    let [year, month, ..] = from;
    let next_month = year * 12 + month;
    let days_of_month =
        days_from_civil(next_month.div_euclid(12), next_month.rem_euclid(12) + 1, 1)
            - days_from_civil(year, month, 1);
    for (at, size) in [(5, 60), (4, 60), (3, 24), (2, days_of_month), (1, 12)] {
        let borrows = match apart.get_mut(at) {
            Some(part) if *part < 0 => {
                *part += size;
                true
            }
            _ => false,
        };
        if let Some(larger) = apart.get_mut(at - 1).filter(|_| borrows) {
            *larger -= 1;
        }
    }
    let apart: Vec<Value> = apart.into_iter().map(Value::from).collect();
    Ok(Value::from(apart))
}

/// The nanoseconds and the time zone of a time.
fn parts(time: &Value) -> Result<(i64, Option<&Value>), Failure> {
    let (nanoseconds, zone) = match time {
        Value::Array(parts) => (parts.first(), parts.as_slice().get(1)),
        number => (Some(number), None),
    };
    nanoseconds
        .and_then(|number| number.as_i64().ok())
        .map(|nanoseconds| (nanoseconds, zone))
        .ok_or_else(too_far)
}

fn too_far() -> Failure {
    Failure::new("the time is too far away")
}

/// The year, month, day, hour, minute and second that a time zone's clocks show.
fn civil(nanoseconds: i64, zone: Option<&Value>) -> Result<[i128; 6], Failure> {
    let now = [time(nanoseconds, zone)];
    let mut civil = [0; 6];
    let date = regorus_own("time.date", &now)?;
    let clock = regorus_own("time.clock", &now)?;
    let shown = [&date, &clock]
        .into_iter()
        .filter_map(|value| value.as_array().ok())
        .flat_map(|parts| parts.iter());
    for (slot, part) in civil.iter_mut().zip(shown) {
        *slot = part.as_i128().map_err(|_| too_far())?;
    }
    Ok(civil)
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
    let (nanoseconds, zone) = parts(operand(operands, 0))?;
    let local = i128::from(nanoseconds) + offset(nanoseconds, zone)?;
    let [year, month, day, ..] = civil(nanoseconds, zone)?;
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
    if zone.is_none() {
        return Ok(0);
    }
    let [year, month, day, hour, minute, second] = civil(nanoseconds, zone)?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
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

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    const MARCH: i64 = 1_584_047_703_123_456_789;

    fn values(operands: &serde_json::Value) -> Vec<Value> {
        let operands = operands.as_array().unwrap();
        operands
            .iter()
            .map(|operand| Value::from(operand.clone()))
            .collect()
    }

    #[rstest]
    #[case(json!([-1, -1, -1, -1]), -34_214_400_000_000_001)]
    #[case(json!([[MARCH, "America/New_York"], 1, 0, 0]), 1_615_587_303_123_456_789)]
    #[case(json!([[MARCH, "America/New_York"], -1, -1, -1]), 1_549_923_303_123_456_789)]
    #[case(json!([0, 0, 13, 40]), 37_670_400_000_000_000)]
    fn dates_are_added_as_in_go(#[case] operands: serde_json::Value, #[case] wanted: i64) {
        assert_eq!(add_date(&values(&operands)), Ok(Value::from(wanted)));
    }

    #[rstest]
    #[case(json!([[MARCH, "America/New_York"], 0]), json!([50, 2, 11, 22, 15, 3]))]
    #[case(json!([0, MARCH]), json!([50, 2, 11, 21, 15, 3]))]
    // The last day of January and the first of March.
    #[case(json!([1_580_428_800_000_000_000_i64, 1_583_020_800_000_000_000_i64]), json!([0, 1, 1, 0, 0, 0]))]
    #[case(json!([1_577_750_400_000_000_000_i64, 1_577_836_799_000_000_000_i64]), json!([0, 0, 0, 23, 59, 59]))]
    fn differences_are_those_of_opa(
        #[case] operands: serde_json::Value,
        #[case] wanted: serde_json::Value,
    ) {
        assert_eq!(difference(&values(&operands)), Ok(Value::from(wanted)));
    }

    #[rstest]
    #[case(json!([[MARCH, "UTC", "RFC1123"]]), "Thu, 12 Mar 2020 21:15:03 UTC")]
    #[case(json!([[MARCH, "UTC", ""]]), "2020-03-12T21:15:03.123456789Z")]
    #[case(json!([[MARCH]]), "2020-03-12T21:15:03.123456789Z")]
    fn times_are_formatted(#[case] operands: serde_json::Value, #[case] wanted: &str) {
        assert_eq!(format_time(&values(&operands)), Ok(Value::from(wanted)));
    }

    #[rstest]
    #[case(json!([null, 1, 1, 1]))]
    #[case(json!([0, 1.5, 1, 1]))]
    #[case(json!([[], 1, 1, 1]))]
    #[case(json!([[0, 1], 1, 1, 1]))]
    fn what_is_no_time_is_a_wrong_type(#[case] operands: serde_json::Value) {
        assert!(matches!(
            add_date(&values(&operands)),
            Err(Failure::Type(_))
        ));
    }

    #[test]
    fn a_layout_that_regorus_would_cut_in_two_is_an_error() {
        let operands = values(&json!([[0, "UTC", "2006\u{5e74}"]]));
        assert!(matches!(format_time(&operands), Err(Failure::Builtin(_))));
    }

    #[test]
    fn a_date_too_far_away_is_an_error() {
        let operands = values(&json!([0, i64::MAX, i64::MAX, i64::MAX]));
        assert!(matches!(add_date(&operands), Err(Failure::Builtin(_))));
    }
}
