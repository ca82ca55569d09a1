//! Java properties with `${key}` references, as magiconair/properties reads them. A parser of our own: the crates
//! there are for Java properties know no references.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::CharIndices;

use soc2gate_source::{Lines, ParseError, Span, Tree, TreeObject};

use super::parse::{MAX_EXPANSION, Parsed, error, too_large};

/// How deep references may lead on to references.
const MAX_REFERENCES: usize = 64;

pub(super) fn parse(text: &str) -> Parsed {
    let entries = Reader {
        characters: text.char_indices().peekable(),
        end: text.len(),
        lines: Lines::new(text),
    }
    .entries()?;
    let values: HashMap<&str, &Entry> = entries.iter().map(|entry| (&*entry.key, entry)).collect();
    let mut expansion = Expansion {
        values,
        done: HashMap::new(),
        added: 0,
    };
    let mut object = TreeObject::default();
    for entry in &entries {
        let value = expansion.of(entry, &mut Vec::new())?;
        object.insert(
            &*entry.key,
            Tree::scalar(value, entry.value_span).named(entry.key_span),
        );
    }
    let whole = Lines::new(text).span(0..text.len());
    Ok(Tree::object(object, whole))
}

struct Entry {
    key: String,
    key_span: Span,
    value: String,
    value_span: Span,
}

struct Reader<'a> {
    characters: Peekable<CharIndices<'a>>,
    end: usize,
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn entries(mut self) -> Result<Vec<Entry>, ParseError> {
        let mut entries = Vec::new();
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
                _ => entries.push(self.entry(start)?),
            }
        }
        Ok(entries)
    }

    fn entry(&mut self, start: usize) -> Result<Entry, ParseError> {
        let mut key = String::new();
        while let Some((_, next)) = self
            .characters
            .next_if(|(_, next)| !is_blank(*next) && !is_line_end(*next) && !":=".contains(*next))
        {
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
            if next == '\\'
                && self
                    .characters
                    .peek()
                    .is_some_and(|(_, next)| is_line_end(*next))
            {
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
        Ok(Entry {
            key,
            key_span,
            value,
            value_span: self.lines.span(value_start..value_end),
        })
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

/// Values with their references replaced. There is no environment, so a reference to no key is empty.
struct Expansion<'a> {
    values: HashMap<&'a str, &'a Entry>,
    done: HashMap<&'a str, String>,
    added: usize,
}

impl<'a> Expansion<'a> {
    fn of(&mut self, entry: &'a Entry, open: &mut Vec<&'a str>) -> Result<String, ParseError> {
        let mut expanded = String::new();
        let mut rest = entry.value.as_str();
        while let Some((before, reference)) = rest.split_once("${") {
            let Some((key, behind)) = reference.split_once('}') else {
                return Err(error("a reference ${ without its }", entry.value_span));
            };
            expanded.push_str(before);
            if let Some((key, target)) = self
                .values
                .get_key_value(key)
                .map(|(key, entry)| (*key, *entry))
            {
                let value = self.target(key, target, entry, open)?;
                self.added = self.added.saturating_add(value.len());
                if self.added > MAX_EXPANSION {
                    return Err(too_large(entry.value_span));
                }
                expanded.push_str(&value);
            }
            rest = behind;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn target(
        &mut self,
        key: &'a str,
        target: &'a Entry,
        from: &Entry,
        open: &mut Vec<&'a str>,
    ) -> Result<String, ParseError> {
        if let Some(done) = self.done.get(key) {
            return Ok(done.clone());
        }
        if open.contains(&key) {
            return Err(error("references that lead in a circle", from.value_span));
        }
        if open.len() >= MAX_REFERENCES {
            return Err(error("references that lead on too often", from.value_span));
        }
        open.push(key);
        let value = self.of(target, open)?;
        open.pop();
        self.done.insert(key, value.clone());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};
    use soc2gate_source::ParseErrorKind;

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("", json!({}))]
    #[case("# This is a simple properties file\n    SAMPLE_KEY=https://example.com/\n! some comment=not-a-prop\nmy-property=some-value", json!({"SAMPLE_KEY": "https://example.com/", "my-property": "some-value"}))]
    #[case("a 1\nb:2\nc = 3 \nd\ne==x\n", json!({"a": "1", "b": "2", "c": "3 ", "d": "", "e": "=x"}))]
    #[case("a=one \\\n   two\\\r\n\tthree\nb=x", json!({"a": "one twothree", "b": "x"}))]
    #[case("a\\ b\\:c = \\u00e9\\t\\q\n", json!({"a b:c": "é\tq"}))]
    #[case("a = 1\na = 2\n", json!({"a": "2"}))]
    #[case("host = ${name}.${zone}\nname = web\nzone = ${none}eu\n", json!({"host": "web.eu", "name": "web", "zone": "eu"}))]
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
    #[case("a=${b\n", 1, 3)]
    #[case("a=${b}\nb=${a}\n", 1, 3)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }

    #[test]
    fn references_expand_to_no_more_than_is_read() {
        let mut text = "a0 = xxxxxxxx\n".to_owned();
        for at in 1..40 {
            text.push_str(&format!("a{at} = ${{a{}}}${{a{}}}\n", at - 1, at - 1));
        }
        assert_eq!(parse(&text).unwrap_err().kind, ParseErrorKind::TooLarge);
    }
}
