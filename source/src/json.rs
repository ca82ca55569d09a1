//! JSON (RFC 8259) with positions.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use crate::{Document, Lines, ParseError, ParseErrorKind, Position, Segment, SourceMap, Span};

/// Strictly RFC 8259.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses one JSON text. The value is serde_json's, which stops at 128 levels; the positions are
/// jsonc-parser's; a key that stands twice is an error.
pub fn parse_json(text: &str) -> Result<Document, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(|error| syntax(text, &error))?;
    let options = CollectOptions {
        tokens: false,
        ..CollectOptions::default()
    };
    let parsed = parse_to_ast(text, &options, &STRICT).map_err(|error| ParseError {
        kind: ParseErrorKind::Syntax("not a JSON text".to_owned()),
        span: Lines::new(text).span(error.range().start..error.range().end),
    })?;
    let mut builder = Builder {
        lines: Lines::new(text),
        map: SourceMap::default(),
    };
    if let Some(root) = &parsed.value {
        builder.node(root, Segment::Index(0), None)?;
    }
    Ok(Document {
        value,
        map: builder.map,
    })
}

fn syntax(text: &str, error: &serde_json::Error) -> ParseError {
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
    // serde_json counts columns in bytes.
    let source_line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let before = source_line
        .get(..error.column().saturating_sub(1))
        .unwrap_or_default();
    let column = u32::try_from(before.chars().count())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let message = error.to_string();
    // The position at the end of the message is in the span already.
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    let kind = if what == "recursion limit exceeded" {
        ParseErrorKind::TooDeep
    } else {
        ParseErrorKind::Syntax(what.to_owned())
    };
    ParseError {
        kind,
        span: Span::at(Position::new(line.max(1), column)),
    }
}

struct Builder<'a> {
    lines: Lines<'a>,
    map: SourceMap,
}

impl Builder<'_> {
    fn node(
        &mut self,
        ast: &Ast<'_>,
        segment: Segment,
        key: Option<Span>,
    ) -> Result<(), ParseError> {
        let range = ast.range();
        let start = self.lines.position(range.start);
        let index = self.map.open(segment, key, Span::at(start));
        match ast {
            Ast::Object(object) => {
                let mut keys = std::collections::HashSet::new();
                for property in &object.properties {
                    let (name, at) = match &property.name {
                        ObjectPropName::String(literal) => (literal.value.as_ref(), literal.range),
                        ObjectPropName::Word(literal) => (literal.value, literal.range),
                    };
                    let at = self.lines.span(at.start..at.end);
                    if !keys.insert(name) {
                        let kind = ParseErrorKind::DuplicateKey(name.to_owned());
                        return Err(ParseError { kind, span: at });
                    }
                    self.node(&property.value, Segment::from(name), Some(at))?;
                }
            }
            Ast::Array(array) => {
                for (at, element) in array.elements.iter().enumerate() {
                    self.node(element, Segment::Index(at), None)?;
                }
            }
            _ => {}
        }
        let end = self.lines.position(range.end);
        self.map.close(index, Some(Span::at(end)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_positions() {
        let document =
            parse_json("{\n\t\"é\": \"x\",\n\t\"b\": [1, {\"c\": \"\\ud83d\\ude00\"}]\n}\n")
                .unwrap();
        assert_eq!(document.value, json!({"é": "x", "b": [1, {"c": "😀"}]}));
        let span = document
            .map
            .locate(&["b".into(), 1.into(), "c".into()])
            .unwrap();
        assert_eq!(span, Span::new(Position::new(3, 12), Position::new(3, 31)));
        let value = document.map.locate_value(&["é".into()]).unwrap();
        assert_eq!(value.start, Position::new(2, 7));
    }

    #[rstest]
    #[case("", 1, 1)]
    #[case("{\"a\": 1,}", 1, 9)]
    #[case("{\"a\": 1 // c\n}", 1, 9)]
    #[case("{'a': 1}", 1, 2)]
    #[case("[1\n2]", 2, 1)]
    #[case("{\"é\": nul}", 1, 10)]
    #[case("[01]", 1, 3)]
    #[case("[NaN]", 1, 2)]
    #[case("{} {}", 1, 4)]
    fn what_is_not_json_is_refused_with_its_place(
        #[case] text: &str,
        #[case] line: u32,
        #[case] column: u32,
    ) {
        let error = parse_json(text).unwrap_err();
        assert_eq!(
            (error.span.start.line, error.span.start.column),
            (line, column),
            "{error}"
        );
    }

    #[test]
    fn duplicate_keys_are_refused() {
        let error = parse_json("{\"a\": 1,\n \"a\": 2}").unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::DuplicateKey("a".to_owned()));
        assert_eq!(error.span.start, Position::new(2, 2));
        assert!(parse_json("{\"a\": 1, \"\\u0061\": 2}").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_without_a_crash() {
        assert_eq!(
            parse_json(&"[".repeat(100_000)).unwrap_err().kind,
            ParseErrorKind::TooDeep
        );
    }
}
