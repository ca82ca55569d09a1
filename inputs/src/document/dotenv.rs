//! Variables of an environment, as gotenv reads them strictly. A parser of our own: the crates for `.env` files read
//! the environment of the process for references, and quote otherwise.

use std::collections::HashMap;

use soc2gate_source::{Lines, ParseError, Span, Tree, TreeObject};

use super::parse::{MAX_EXPANSION, Parsed, error, too_large};

pub(super) fn parse(text: &str) -> Parsed {
    let mut reader = Reader {
        rest: text.trim_start_matches('\u{feff}'),
        length: text.len(),
        lines: Lines::new(text),
        values: HashMap::new(),
        added: 0,
    };
    let mut object = TreeObject::default();
    while !reader.rest.is_empty() {
        if let Some((key, tree)) = reader.entry()? {
            object.insert(key, tree);
        }
    }
    let whole = reader.lines.span(0..text.len());
    Ok(Tree::object(object, whole))
}

struct Reader<'a> {
    rest: &'a str,
    length: usize,
    lines: Lines<'a>,
    /// The values so far, for references.
    values: HashMap<&'a str, String>,
    /// What references added.
    added: usize,
}

impl<'a> Reader<'a> {
    /// The next statement, where it is more than a blank or a comment.
    fn entry(&mut self) -> Result<Option<(&'a str, Tree)>, ParseError> {
        let start = self.length - self.rest.len();
        let (text, rest) = statement(self.rest);
        self.rest = rest;
        let from = start + text.len() - text.trim_start().len();
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let whole = self.lines.span(from..from + text.len());
        let Some(Parts { key, value }) = parts(text) else {
            return Err(error("expected NAME=value, quotes closed", whole));
        };
        let offset_of = |part: &str| from + text.len() - part.len();
        let key_start = text.find(key).unwrap_or_default() + from;
        let key_span = self.lines.span(key_start..key_start + key.len());
        let value_span = self.lines.span(offset_of(value.whole)..from + text.len());
        let expanded = self.read(value, value_span)?;
        self.values.insert(key, expanded.clone());
        Ok(Some((
            key,
            Tree::scalar(expanded, value_span).named(key_span),
        )))
    }

    fn read(&mut self, value: Written<'a>, span: Span) -> Result<String, ParseError> {
        match value.quote {
            Some('\'') => Ok(value.text.to_owned()),
            Some(_) => {
                let text = value.text.replace("\\n", "\n").replace("\\r", "\r");
                self.expand(&unescaped(&text), span)
            }
            None => self.expand(value.text, span),
        }
    }

    /// Replaces `$NAME` and `${NAME}` by values above; there is no environment, so others are empty.
    fn expand(&mut self, text: &str, span: Span) -> Result<String, ParseError> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            let length = behind.strip_prefix('{').map_or_else(
                || name_length(behind),
                |name| name_length(name).map(|length| length + 1),
            );
            let braced = behind.starts_with('{');
            let name = length.and_then(|length| behind.get(usize::from(braced)..length));
            let taken = length.unwrap_or(usize::from(braced));
            let (reference, tail) = behind.split_at_checked(taken).unwrap_or((behind, ""));
            let closing = usize::from(tail.starts_with('}'));
            rest = tail.get(closing..).unwrap_or_default();
            match (before.strip_suffix('\\'), name) {
                (None, Some(name)) => {
                    expanded.push_str(before);
                    let value = self.values.get(name).map_or("", String::as_str);
                    self.added = self.added.saturating_add(value.len());
                    expanded.push_str(value);
                }
                (escaped, _) => {
                    expanded.push_str(escaped.unwrap_or(before));
                    expanded.push('$');
                    expanded.push_str(reference);
                    if closing == 1 {
                        expanded.push('}');
                    }
                }
            }
            if self.added > MAX_EXPANSION {
                return Err(too_large(span));
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

/// How long the name of a variable is; None where there is none.
fn name_length(text: &str) -> Option<usize> {
    let length = text
        .find(|next: char| !(next.is_ascii_uppercase() || next.is_ascii_digit() || next == '_'))
        .unwrap_or(text.len());
    (length > 0).then_some(length)
}

/// Without the backslashes before anything but `$`.
fn unescaped(text: &str) -> String {
    let mut unescaped = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek() {
            Some(next) if character == '\\' && *next != '$' => {
                unescaped.push(*next);
                characters.next();
            }
            _ => unescaped.push(character),
        }
    }
    unescaped
}

/// The first statement: a line, or all lines to the quote that closes a value. The rest follows.
fn statement(text: &str) -> (&str, &str) {
    let mut length = text.find('\n').map_or(text.len(), |end| end + 1);
    if let Some(quote) = text.get(..length).and_then(open_quote) {
        let below = text.get(length..).unwrap_or_default();
        for line in below.split_inclusive('\n') {
            length += line.len();
            let closes = line
                .rfind(quote)
                .is_some_and(|at| !line.get(..at).is_some_and(|before| before.ends_with('\\')));
            if closes {
                break;
            }
        }
    }
    text.split_at_checked(length).unwrap_or((text, ""))
}

/// The quote that a line opens and does not close.
fn open_quote(line: &str) -> Option<char> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (_, value) = line.split_once('=').or_else(|| line.split_once(':'))?;
    let value = value.trim();
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let inner = value.get(1..)?;
    let closed = inner
        .rfind(quote)
        .is_some_and(|at| !inner.get(..at).is_some_and(|before| before.ends_with('\\')));
    (!closed).then_some(quote)
}

struct Parts<'a> {
    key: &'a str,
    value: Written<'a>,
}

#[derive(Clone, Copy)]
struct Written<'a> {
    /// From where the value starts to the end of the statement.
    whole: &'a str,
    /// The value without its quotes.
    text: &'a str,
    quote: Option<char>,
}

/// `export NAME = value # comment`, or `NAME: value`.
fn parts(text: &str) -> Option<Parts<'_>> {
    let behind_export = text
        .strip_prefix("export")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .map(str::trim_start);
    behind_export.and_then(pair).or_else(|| pair(text))
}

fn pair(text: &str) -> Option<Parts<'_>> {
    let is_name = |next: char| next.is_ascii_alphanumeric() || next == '_' || next == '.';
    let length = text.find(|next| !is_name(next)).unwrap_or(text.len());
    let (key, behind) = text.split_at_checked(length)?;
    let written = match behind.trim_start().strip_prefix('=') {
        Some(value) => value.trim_start(),
        None => behind
            .strip_prefix(':')
            .filter(|rest| rest.starts_with(char::is_whitespace))?
            .trim_start(),
    };
    (!key.is_empty()).then_some(())?;
    let value = match quoted(written) {
        Some(value) => value,
        None if open_quote(text).is_some() => return None,
        None => plain(written)?,
    };
    Some(Parts { key, value })
}

/// A value in quotes: to the last closing quote behind which nothing or a comment stands.
fn quoted(written: &str) -> Option<Written<'_>> {
    let quote = written
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let inner = written.get(1..)?;
    let end = inner.rmatch_indices(quote).map(|(at, _)| at).find(|at| {
        let tail = inner.get(at + 1..).unwrap_or_default().trim_start();
        tail.is_empty() || (tail.starts_with('#') && !tail.contains('\n'))
    })?;
    Some(Written {
        whole: written,
        text: inner.get(..end)?,
        quote: Some(quote),
    })
}

/// A value without quotes: to a comment, on one line.
fn plain(written: &str) -> Option<Written<'_>> {
    let text = written.split('#').next().unwrap_or_default();
    (!written.contains('\n')).then_some(Written {
        whole: written,
        text: text.trim(),
        quote: None,
    })
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
    #[case("MYSQL_HOST_PORT=3307\n\tMYSQL_USER=root\n# no=1\n", json!({"MYSQL_HOST_PORT": "3307", "MYSQL_USER": "root"}))]
    #[case("export A = b # c\nB: c\nC=\nD.e=f#g\n", json!({"A": "b", "B": "c", "C": "", "D.e": "f"}))]
    #[case("A='x # $B' # c\nB=\"a # \\\"b\\\"\\n\\$C\"\nC=\"\"\n", json!({"A": "x # $B", "B": "a # \"b\"\n$C", "C": ""}))]
    #[case("A=1\nB=$A-${A}-$NONE-\\$A-$-${x}\n", json!({"A": "1", "B": "1-1--$A-$-${x}"}))]
    #[case("A=\"one\ntwo\"\nB='x\n\ny' # c\n", json!({"A": "one\ntwo", "B": "x\n\ny"}))]
    #[case("A=1\nA=2\r\n", json!({"A": "2"}))]
    fn values_are_those_of_gotenv(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn values_have_positions() {
        let text = "A=\"1\n2\"\n  export B=x\n";
        assert_eq!(at(parse, text, &["A".into()]), (1, 1));
        assert_eq!(at(parse, text, &["B".into()]), (3, 10));
        let map = parse(text).unwrap().into_document().unwrap().map;
        let span = map.locate_value(&["A".into()]).unwrap();
        assert_eq!(
            (span.start.column, span.end.line, span.end.column),
            (3, 2, 3)
        );
    }

    #[rstest]
    #[case("A=1\n  hunter2\n", 2, 3)]
    #[case("A=\"hunter\n2\n", 1, 1)]
    #[case("A-B=1\n", 1, 1)]
    #[case("=1\n", 1, 1)]
    #[case("export A\n", 1, 1)]
    #[case("A='x' y\nB='hunter", 2, 1)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }

    #[test]
    fn references_expand_to_no_more_than_is_read() {
        let mut text = "A0=xxxxxxxx\n".to_owned();
        for at in 1..40 {
            text.push_str(&format!("A{at}=$A{}$A{}\n", at - 1, at - 1));
        }
        assert_eq!(parse(&text).unwrap_err().kind, ParseErrorKind::TooLarge);
    }
}
