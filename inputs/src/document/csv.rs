//! Comma-separated values: a list of rows, each an object by the names of the header.

use std::collections::HashSet;

use csv::{Error, ErrorKind, Position as CsvPosition, ReaderBuilder, StringRecord};
use soc2gate_source::{Lines, ParseError, ParseErrorKind, Span, Tree, TreeObject};

use super::parse::{Parsed, error, too_large};

/// Most values that are read.
const MAX_VALUES: usize = 1_000_000;

pub(super) fn parse(text: &str) -> Parsed {
    let text_start = text.len() - text.trim_start_matches('\u{feff}').len();
    let body = text.get(text_start..).unwrap_or_default();
    let mut lines = Lines::new(text);
    let mut reader = ReaderBuilder::new().from_reader(body.as_bytes());
    let header = reader
        .headers()
        .map_err(|found| problem(&found, &mut lines, text_start))?
        .clone();
    let header_span = Span::at(lines.position(text_start));
    let mut names = HashSet::new();
    if let Some(twice) = header.iter().find(|name| !names.insert(*name)) {
        return Err(ParseError {
            kind: ParseErrorKind::DuplicateKey(twice.to_owned()),
            span: header_span,
        });
    }
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(found) => return Err(problem(&found, &mut lines, text_start)),
        }
        let start = record
            .position()
            .map_or(text_start, |at| start_of(at, text, text_start));
        let end = text_start + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let written = text.get(start..end).unwrap_or_default().trim_end().len();
        let span = lines.span(start..start + written);
        if rows.len().saturating_mul(header.len()) > MAX_VALUES {
            return Err(too_large(span));
        }
        let mut row = TreeObject::default();
        for (name, value) in header.iter().zip(&record) {
            row.insert(name, Tree::scalar(value, span));
        }
        rows.push(Tree::object(row, span));
    }
    let whole = lines.span(0..text.len());
    Ok(Tree::list(rows, whole))
}

/// Where a record starts: the reader says where it looked for it, line ends before it included.
fn start_of(position: &CsvPosition, text: &str, text_start: usize) -> usize {
    let from = text_start + usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
}

fn problem(found: &Error, lines: &mut Lines<'_>, text_start: usize) -> ParseError {
    let at = found.position().map_or(text_start, |at| {
        text_start + usize::try_from(at.byte()).unwrap_or(usize::MAX)
    });
    let message = match found.kind() {
        ErrorKind::UnequalLengths { .. } => "a row with more or fewer values than the header",
        _ => "not comma-separated values",
    };
    error(message, Span::at(lines.position(at)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("", json!([]))]
    #[case("a,b\n", json!([]))]
    #[case("name,role\r\nada,\"admin, owner\"\r\nbob,\n", json!([{"name": "ada", "role": "admin, owner"}, {"name": "bob", "role": ""}]))]
    #[case("\u{feff}a\n\"x \"\"y\"\"\nz\"\n", json!([{"a": "x \"y\"\nz"}]))]
    fn rows_are_objects(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn rows_have_positions() {
        let text = "a,b\n1,\"x\ny\"\n\n2,z\n";
        assert_eq!(at(parse, text, &[0.into(), "b".into()]), (2, 1));
        assert_eq!(at(parse, text, &[1.into()]), (5, 1));
    }

    #[rstest]
    #[case("a,b\n1,2\nhunter2\n", 3, 1)]
    #[case("a,a\n1,2\n", 1, 1)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }
}
