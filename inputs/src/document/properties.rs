//! Java properties, as magiconair/properties reads them for Conftest: references `${key}` stay as they are written. A
//! parser of our own: the crates there are give no positions.

use std::iter::Peekable;
use std::str::CharIndices;

use soc2gate_source::{Lines, ParseError, Span, Tree, TreeObject};

use super::parse::{Parsed, error};

pub(super) fn parse(text: &str) -> Parsed {
    let mut reader = Reader {
        characters: text.char_indices().peekable(),
        end: text.len(),
        lines: Lines::new(text),
    };
    let object = reader.entries()?;
    let whole = reader.lines.span(0..text.len());
    Ok(Tree::object(object, whole))
}

struct Reader<'a> {
    characters: Peekable<CharIndices<'a>>,
    end: usize,
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn entries(&mut self) -> Result<TreeObject, ParseError> {
        let mut entries = TreeObject::default();
        while let Some((start, first)) = self.characters.peek().copied() {
            match first {
                '#' | '!' => {
                    while self
                        .characters
                        .next_if(|(_, next)| !is_line_end(*next))
                        .is_some()
                    {}
                }
                _ if is_blank(first) || is_line_end(first) => {
                    self.characters.next();
                }
                _ => {
                    let (key, tree) = self.entry(start)?;
                    entries.insert(key, tree);
                }
            }
        }
        Ok(entries)
    }

    fn entry(&mut self, start: usize) -> Result<(String, Tree), ParseError> {
        let mut key = String::new();
        let is_key = |next: char| !is_blank(next) && !is_line_end(next) && !":=".contains(next);
        while let Some((_, next)) = self.characters.next_if(|(_, next)| is_key(*next)) {
            self.push(&mut key, next)?;
        }
        let key_end = self.offset();
        let key_span = self.lines.span(start..key_end);
        if key.is_empty() {
            return Err(error("a value without a key", key_span));
        }
        self.skip_blanks();
        self.characters.next_if(|(_, next)| ":=".contains(*next));
        self.skip_blanks();
        let value_start = self.offset();
        let mut value = String::new();
        while let Some((_, next)) = self.characters.next_if(|(_, next)| !is_line_end(*next)) {
            let ends = self
                .characters
                .peek()
                .is_some_and(|(_, next)| is_line_end(*next));
            if next == '\\' && ends {
                if self.characters.next_if(|(_, next)| *next == '\r').is_some() {
                    self.characters.next_if(|(_, next)| *next == '\n');
                } else {
                    self.characters.next();
                }
                self.skip_blanks();
            } else {
                self.push(&mut value, next)?;
            }
        }
        let value_end = self.offset();
        let value_span = self.lines.span(value_start..value_end);
        Ok((key, Tree::scalar(value, value_span).named(key_span)))
    }

    /// Adds a character, or what an escape stands for.
    fn push(&mut self, to: &mut String, character: char) -> Result<(), ParseError> {
        if character != '\\' {
            to.push(character);
            return Ok(());
        }
        let at = self.offset();
        let escaped = match self.characters.next() {
            Some((_, 'f')) => '\u{c}',
            Some((_, 'n')) => '\n',
            Some((_, 'r')) => '\r',
            Some((_, 't')) => '\t',
            Some((_, 'u')) => self.unicode().ok_or_else(|| {
                error(
                    "\\u needs four hexadecimal digits of a character",
                    Span::at(self.lines.position(at)),
                )
            })?,
            Some((_, other)) => other,
            None => {
                return Err(error(
                    "nothing follows the last \\",
                    Span::at(self.lines.position(at)),
                ));
            }
        };
        to.push(escaped);
        Ok(())
    }

    fn unicode(&mut self) -> Option<char> {
        let mut code = 0;
        for _ in 0..4 {
            let (_, digit) = self.characters.next()?;
            code = code * 16 + digit.to_digit(16)?;
        }
        char::from_u32(code)
    }

    fn skip_blanks(&mut self) {
        while self
            .characters
            .next_if(|(_, next)| is_blank(*next))
            .is_some()
        {}
    }

    fn offset(&mut self) -> usize {
        self.characters.peek().map_or(self.end, |(at, _)| *at)
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\u{c}' | '\t')
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("", json!({}))]
    #[case("# This is a simple properties file\n    SAMPLE_KEY=https://example.com/\n! some comment=not-a-prop\nmy-property=some-value", json!({"SAMPLE_KEY": "https://example.com/", "my-property": "some-value"}))]
    #[case("a 1\nb:2\nc = 3 \nd\ne==x\n", json!({"a": "1", "b": "2", "c": "3 ", "d": "", "e": "=x"}))]
    #[case("a=one \\\n   two\\\r\n\tthree\nb=x", json!({"a": "one twothree", "b": "x"}))]
    #[case("a\\ b\\:c = \\u00e9\\t\\q\n", json!({"a b:c": "é\tq"}))]
    #[case("a = 1\na = 2\n", json!({"a": "2"}))]
    #[case("host = ${name}.${zone}\nname = web\nzone = ${none}eu\n", json!({"host": "${name}.${zone}", "name": "web", "zone": "${none}eu"}))]
    fn values_are_those_of_properties(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn values_have_positions() {
        let text = "# c\n  a.b = x\\\n  y\nc=1\n";
        assert_eq!(at(parse, text, &["a.b".into()]), (2, 3));
        assert_eq!(at(parse, text, &["c".into()]), (4, 1));
    }

    #[rstest]
    #[case("=x\n", 1, 1)]
    #[case("a=1\nb=\\u12g4\n", 2, 4)]
    #[case("a=1\nb=\\ud800\n", 2, 4)]
    #[case("a=x\\", 1, 5)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }
}
