//! `sprintf`: the verbs of Go's `fmt`, with its words for what does not fit a verb.

mod number;
mod text;

use std::iter::Peekable;
use std::str::Chars;

use regorus::Value;

use super::budget::exceeded;
use super::operand::{array, string};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[builtin("sprintf", 2, |operands| {
    let template = string(operands, 0)?;
    let arguments: Vec<Argument> = array(operands, 1)?.iter().map(Argument::new).collect();
    format(template, &arguments).map(Value::from)
})];

/// How wide or precise a verb may be at most.
const WIDEST: usize = 10_000;

/// What a verb formats.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// A larger whole number, in decimal.
    Large(String),
    Float(f64),
    Text(String),
    /// A number as its text, which only templates hand over.
    NumberText(String),
    /// A boolean, which only templates hand over.
    Boolean(bool),
}

impl Argument {
    /// Numbers and strings as they are, anything else as the text of its value.
    pub(super) fn new(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.to_string()),
            Value::Number(number) => {
                if let Some(integer) = number.as_i64() {
                    return Self::Integer(integer);
                }
                let decimal = number.format_decimal();
                // A whole number too large for 64 bits is exact where it is not a float.
                match number.as_f64() {
                    Some(float) if float.fract() != 0.0 || number.as_big().is_none() => {
                        Self::Float(float)
                    }
                    _ => Self::Large(decimal),
                }
            }
            other => Self::Text(text::term(other)),
        }
    }

    /// Its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Integer(_) => "int64",
            Self::Large(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::NumberText(_) => "json.Number",
            Self::Boolean(_) => "bool",
        }
    }

    /// Itself as `%v` writes it.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Integer(integer) => integer.to_string(),
            Self::Large(decimal) => decimal.clone(),
            Self::Float(float) => number::float(*float, 'g', None),
            Self::Text(text) | Self::NumberText(text) => text.clone(),
            Self::Boolean(value) => value.to_string(),
        }
    }
}

/// The flags, width and precision of a verb.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags are five and each is on or off"
)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Flags {
    /// A text at its width.
    fn pad(self, text: &str) -> String {
        let missing = self
            .width
            .unwrap_or_default()
            .saturating_sub(text.chars().count());
        if self.minus {
            format!("{text}{}", " ".repeat(missing))
        } else if self.zero {
            format!("{}{text}", "0".repeat(missing))
        } else {
            format!("{}{text}", " ".repeat(missing))
        }
    }

    /// A number at its width: zeros go between the sign and the digits.
    fn pad_number(self, text: &str) -> String {
        let has_sign = text.starts_with(['+', '-', ' ']);
        match text.chars().next() {
            Some(sign) if has_sign && self.zero && !self.minus => {
                let digits = Self {
                    width: self.width.map(|width| width.saturating_sub(1)),
                    ..self
                };
                format!("{sign}{}", digits.pad(text.trim_start_matches(sign)))
            }
            _ => self.pad(text),
        }
    }
}

/// The arguments, and which comes next.
struct Arguments<'a> {
    all: &'a [Argument],
    next: usize,
    reordered: bool,
    bad_index: bool,
}

impl<'a> Arguments<'a> {
    fn take(&mut self) -> Option<&'a Argument> {
        let argument = self.all.get(self.next);
        self.next += usize::from(argument.is_some());
        argument
    }

    /// Reads an index such as `[2]`.
    fn index(&mut self, rest: &mut Peekable<Chars<'_>>) {
        if rest.next_if_eq(&'[').is_none() {
            return;
        }
        self.reordered = true;
        let index = count(rest);
        let closed = rest.next_if_eq(&']').is_some();
        match index {
            Some(index) if closed && index >= 1 && index <= self.all.len() => {
                self.next = index - 1;
            }
            _ => {
                self.bad_index = true;
                while !closed && rest.next().is_some_and(|letter| letter != ']') {}
            }
        }
    }
}

fn count(rest: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let mut number: Option<usize> = None;
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        let digit = usize::try_from(digit.to_digit(10).unwrap_or_default()).unwrap_or_default();
        number = Some(
            number
                .unwrap_or_default()
                .saturating_mul(10)
                .saturating_add(digit),
        );
    }
    number
}

/// Formats arguments as a template says.
pub(super) fn format(template: &str, arguments: &[Argument]) -> Result<String, Failure> {
    let mut output = String::new();
    let mut rest = template.chars().peekable();
    let mut arguments = Arguments {
        all: arguments,
        next: 0,
        reordered: false,
        bad_index: false,
    };
    while let Some(letter) = rest.next() {
        if letter != '%' {
            output.push(letter);
            continue;
        }
        arguments.bad_index = false;
        let flags = flags(&mut rest, &mut arguments, &mut output)?;
        let Some(verb) = rest.next() else {
            output.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            output.push('%');
        } else if arguments.bad_index {
            output.push_str(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(argument) = arguments.take() {
            output.push_str(&formatted(argument, verb, flags));
        } else {
            output.push_str(&format!("%!{verb}(MISSING)"));
        }
    }
    let unused = arguments.all.get(arguments.next..).unwrap_or_default();
    if !arguments.reordered && !unused.is_empty() {
        let unused: Vec<String> = unused
            .iter()
            .map(|argument| format!("{}={}", argument.type_name(), argument.plain()))
            .collect();
        output.push_str(&format!("%!(EXTRA {})", unused.join(", ")));
    }
    Ok(output)
}

/// What stands between a `%` and its verb.
fn flags(
    rest: &mut Peekable<Chars<'_>>,
    arguments: &mut Arguments<'_>,
    output: &mut String,
) -> Result<Flags, Failure> {
    let mut flags = Flags::default();
    while let Some(flag) = rest.next_if(|letter| matches!(letter, '+' | '-' | '#' | ' ' | '0')) {
        match flag {
            '+' => flags.plus = true,
            '-' => flags.minus = true,
            '#' => flags.sharp = true,
            ' ' => flags.space = true,
            _ => flags.zero = true,
        }
    }
    arguments.index(rest);
    if rest.next_if_eq(&'*').is_some() {
        match arguments.take() {
            Some(Argument::Integer(width)) => {
                flags.minus |= *width < 0;
                flags.width = usize::try_from(width.unsigned_abs()).ok();
            }
            _ => output.push_str("%!(BADWIDTH)"),
        }
    } else {
        flags.width = count(rest);
    }
    if rest.next_if_eq(&'.').is_some() {
        arguments.index(rest);
        if rest.next_if_eq(&'*').is_some() {
            match arguments.take() {
                Some(Argument::Integer(precision)) => {
                    flags.precision = usize::try_from(*precision).ok();
                }
                _ => output.push_str("%!(BADPREC)"),
            }
        } else {
            flags.precision = Some(count(rest).unwrap_or_default());
        }
    }
    arguments.index(rest);
    if flags.width.max(flags.precision).unwrap_or_default() > WIDEST {
        return Err(exceeded(format!(
            "a width or precision is at most {WIDEST}"
        )));
    }
    Ok(flags)
}

fn formatted(argument: &Argument, verb: char, flags: Flags) -> String {
    let flags = Flags {
        // With `v` it asks for the names of fields, of which there are none.
        plus: flags.plus && verb != 'v',
        ..flags
    };
    if verb == 'T' {
        return flags.pad(argument.type_name());
    }
    let found = match argument {
        Argument::Integer(integer) => number::integer(*integer, verb, flags),
        Argument::Large(decimal) => number::large(decimal, verb, flags),
        Argument::Float(float) => number::formatted_float(*float, verb, flags),
        Argument::Text(text) | Argument::NumberText(text) => text::formatted(text, verb, flags),
        Argument::Boolean(value) => {
            matches!(verb, 't' | 'v').then(|| flags.pad(&value.to_string()))
        }
    };
    found.unwrap_or_else(|| {
        let plain = match argument {
            Argument::Text(text) | Argument::NumberText(text) => flags.pad(text),
            other => flags.pad_number(&other.plain()),
        };
        format!("%!{verb}({}={plain})", argument.type_name())
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("%d", json!([-5]), "-5")]
    #[case("%5d|%-5d|%05d|%+d|% d", json!([1, 2, -3, 4, 5]), "    1|2    |-0003|+4| 5")]
    #[case("%5s|%-5s|%.3s|%05s", json!(["a", "ü", "abcdef", "x"]), "    a|ü    |abc|0000x")]
    #[case("%x %X %#x %o %#o %O %b %08b", json!([255, 255, 255, 8, 8, 8, 5, 5]), "ff FF 0xff 10 010 0o10 101 00000101")]
    #[case("%x % x %X", json!(["ü", "abc", "hi"]), "c3bc 61 62 63 6869")]
    #[case("%e %.2f %6.2f| %g %+.2e", json!([1.5, 2.71, 2.719, 1e-7, 12345.678]), "1.500000e+00 2.71   2.72| 1e-07 +1.23e+04")]
    #[case("%v %v %v %v", json!([1.5, 123_456_789.5, 0.000_001, [1, "a", {"b": null}]]), "1.5 1.234567895e+08 1e-06 [1, \"a\", {\"b\": null}]")]
    #[case("%q %+q %#q %c %U %q", json!(["a\"b", "ü", "x", 65, 65, 65]), "\"a\\\"b\" \"\\u00fc\" `x` A U+0041 'A'")]
    #[case("%d %s %t %z", json!([1.5, 1, "x", 1]), "%!d(float64=1.5) %!s(int64=1) %!t(string=x) %!z(int64=1)")]
    #[case("%d %[1]d %[3]d", json!([1]), "1 1 %!d(BADINDEX)")]
    #[case("%[2]d %[1]d", json!([1, 2]), "2 1")]
    #[case("%*d|%.*f", json!([5, 1, 2, 1.234]), "    1|1.23")]
    #[case("%d %d", json!([1]), "1 %!d(MISSING)")]
    #[case("x", json!([1, "y"]), "x%!(EXTRA int64=1, string=y)")]
    #[case("100%", json!([]), "100%!(NOVERB)")]
    #[case("%d%%", json!([12_345_678_901_234_567_890_u64]), "12345678901234567890%")]
    #[case("%.3d|%T|%T|%5t", json!([5, 1, "x", "y"]), "005|int64|string|%!t(string=    y)")]
    fn results_are_those_of_go(
        #[case] template: &str,
        #[case] arguments: serde_json::Value,
        #[case] wanted: &str,
    ) {
        let arguments: Vec<Argument> = arguments
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| Argument::new(&Value::from(argument.clone())))
            .collect();
        assert_eq!(format(template, &arguments).unwrap(), wanted);
    }

    #[test]
    fn a_width_is_bounded() {
        assert!(format("%1000000000d", &[Argument::Integer(1)]).is_err());
        assert!(format("%.99999999f", &[Argument::Float(1.0)]).is_err());
    }
}
