//! What the parsers share.

use serde_json::Value;
use soc2gate_source::{ParseError, ParseErrorKind, Span, Tree};

pub(super) type Parsed = Result<Tree, ParseError>;

/// Most bytes that references between values may add to a document.
pub(super) const MAX_EXPANSION: usize = 1024 * 1024;

/// A text that is not of its format. The message never holds a value.
pub(super) fn error(message: &str, span: Span) -> ParseError {
    ParseError {
        kind: ParseErrorKind::Syntax(message.to_owned()),
        span,
    }
}

/// What JSON has no form for.
pub(super) fn unsupported(message: &'static str, span: Span) -> ParseError {
    ParseError {
        kind: ParseErrorKind::Unsupported(message),
        span,
    }
}

/// References that expand to too much.
pub(super) fn too_large(span: Span) -> ParseError {
    ParseError {
        kind: ParseErrorKind::TooLarge,
        span,
    }
}

/// A number as JSON writes it, whole numbers without a fraction; None where JSON has none.
pub(super) fn number(float: f64) -> Option<Value> {
    /// Up to here every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and within the exact range"
        )]
        return Some(Value::from(float as i64));
    }
    serde_json::Number::from_f64(float).map(Value::Number)
}

#[cfg(test)]
pub(super) mod tests {
    use soc2gate_source::Segment;

    use super::*;

    type Parse = fn(&str) -> Parsed;

    pub(in super::super) fn value(parse: Parse, text: &str) -> Value {
        parse(text).unwrap().into_document().unwrap().value
    }

    /// The line and column of a part.
    pub(in super::super) fn at(parse: Parse, text: &str, path: &[Segment]) -> (u32, u32) {
        let map = parse(text).unwrap().into_document().unwrap().map;
        let start = map.locate_key(path).unwrap().start;
        (start.line, start.column)
    }

    pub(in super::super) fn place_of_error(parse: Parse, text: &str) -> (u32, u32) {
        let start = parse(text).unwrap_err().span.start;
        (start.line, start.column)
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(number(3.0).unwrap().to_string(), "3");
        assert_eq!(number(-0.5).unwrap().to_string(), "-0.5");
        assert_eq!(number(1e300).unwrap().as_f64(), Some(1e300));
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(f64::INFINITY), None);
    }
}
