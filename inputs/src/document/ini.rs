//! INI as go-ini reads it, with its defaults. A parser of our own: what counts as a comment, a quote or a continued
//! line differs from one reader of INI to the next, and policies are written for what this one gives.

use serde_json::Value;
use soc2gate_source::{Lines, Span, Tree, TreeObject};

use super::parse::{Parsed, error, number};

/// The section of the keys before any header, which readers of this shape do not see.
const DEFAULT: &str = "DEFAULT";

pub(super) fn parse(text: &str) -> Parsed {
    let mut reader = Reader {
        text,
        at: text.len() - text.trim_start_matches('\u{feff}').len(),
        lines: Lines::new(text),
    };
    let mut sections = TreeObject::default();
    let mut section = DEFAULT.to_owned();
    let mut unnamed = 0_usize;
    while let Some((start, line)) = reader.line() {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let span = reader.lines.span(start..start + line.len());
            let name = header.rfind(']').and_then(|end| header.get(..end));
            section = match name {
                Some("") => return Err(error("a section without a name", span)),
                Some(name) => name.to_owned(),
                None => return Err(error("a section header without ]", span)),
            };
            unnamed = 0;
            if section != DEFAULT && sections.get_mut(&section).is_none() {
                let empty = Tree::object(TreeObject::default(), span);
                sections.insert(section.as_str(), empty.named(span));
            }
            continue;
        }
        let Entry {
            mut key,
            span,
            value,
        } = reader.entry(start, line)?;
        if key == "-" {
            unnamed += 1;
            key = format!("#{unnamed}");
        }
        if let Some(soc2gate_source::TreeValue::Object(keys)) =
            sections.get_mut(&section).map(|tree| &mut tree.value)
        {
            keys.insert(key, value.named(span));
        }
    }
    let whole = reader.lines.span(0..text.len());
    Ok(Tree::object(sections, whole))
}

struct Entry {
    key: String,
    span: Span,
    value: Tree,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    lines: Lines<'a>,
}

impl<'a> Reader<'a> {
    /// The next line as it stands, its end included.
    fn raw_line(&mut self) -> Option<&'a str> {
        let line = self.text.get(self.at..)?.split_inclusive('\n').next()?;
        self.at += line.len();
        Some(line)
    }

    /// The next line without the blanks around it, and where it starts.
    fn line(&mut self) -> Option<(usize, &'a str)> {
        let from = self.at;
        let line = self.raw_line()?;
        let trimmed = line.trim_start();
        Some((from + line.len() - trimmed.len(), trimmed.trim_end()))
    }

    fn entry(&mut self, start: usize, line: &'a str) -> Result<Entry, soc2gate_source::ParseError> {
        let whole = self.lines.span(start..start + line.len());
        let no_delimiter = || error("expected a key, then = or :", whole);
        let quote = ["\"\"\"", "\"", "`"]
            .into_iter()
            .find(|quote| line.starts_with(*quote) && (quote.len() == 1 || line.len() > 6));
        let (key, behind) = if let Some(quote) = quote {
            let inner = line.get(quote.len()..).unwrap_or_default();
            let (key, rest) = inner
                .split_once(quote)
                .ok_or_else(|| error("a quoted key without its closing quote", whole))?;
            let (_, value) = rest.split_once(['=', ':']).ok_or_else(no_delimiter)?;
            (key.trim(), value)
        } else {
            let (key, value) = line.split_once(['=', ':']).ok_or_else(no_delimiter)?;
            (key.trim(), value)
        };
        if key.is_empty() {
            return Err(error("a value without a key", whole));
        }
        let key_end = start + line.len() - behind.len();
        let span = self.lines.span(start..key_end.saturating_sub(1).max(start));
        let value = behind.trim();
        let value_start = start + line.len() - behind.trim_start().len();
        let text = self.value(value, whole)?;
        let value_end = if self.at > start + line.len() {
            self.text
                .get(..self.at)
                .map_or(0, |read| read.trim_end().len())
        } else {
            start + line.len()
        };
        let value_span = self.lines.span(value_start..value_end.max(value_start));
        Ok(Entry {
            key: key.to_owned(),
            span,
            value: Tree::scalar(typed(&text), value_span),
        })
    }

    fn value(&mut self, value: &str, line: Span) -> Result<String, soc2gate_source::ParseError> {
        let quote = if value.starts_with("\"\"\"") {
            Some("\"\"\"")
        } else {
            value.starts_with('`').then_some("`")
        };
        if let Some((quote, inner)) =
            quote.and_then(|quote| Some((quote, value.strip_prefix(quote)?)))
        {
            return match inner.rsplit_once(quote) {
                Some((inner, _)) => Ok(inner.to_owned()),
                None => self.until(inner, quote, line),
            };
        }
        if let Some(begun) = value.strip_suffix('\\') {
            return Ok(self.continued(begun));
        }
        let value = value.find(['#', ';']).map_or(value, |comment| {
            value.get(..comment).unwrap_or_default().trim()
        });
        let unquoted = ['\'', '"'].into_iter().find_map(|quote| {
            let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        });
        Ok(unquoted.unwrap_or(value).to_owned())
    }

    /// A value that goes on to a closing quote on a line below.
    fn until(
        &mut self,
        begun: &str,
        quote: &str,
        line: Span,
    ) -> Result<String, soc2gate_source::ParseError> {
        let mut value = format!("{begun}\n");
        while let Some(next) = self.raw_line() {
            if let Some((inner, _)) = next.rsplit_once(quote) {
                value.push_str(inner);
                return Ok(value);
            }
            value.push_str(next);
        }
        Err(error("a quoted value without its closing quote", line))
    }

    /// A value that goes on below, for as long as lines end in a backslash.
    fn continued(&mut self, begun: &str) -> String {
        let mut value = begun.to_owned();
        while let Some(next) = self.raw_line().map(str::trim) {
            if let Some(next) = next.strip_suffix('\\') {
                value.push_str(next);
            } else {
                value.push_str(next);
                break;
            }
        }
        value
    }
}

/// Numbers and booleans are told by their looks. What JSON has no number for stays a text.
fn typed(text: &str) -> Value {
    let parsed = text.parse::<f64>().ok().and_then(number);
    parsed.unwrap_or_else(|| match text {
        "t" | "T" | "true" | "TRUE" | "True" => Value::from(true),
        "f" | "F" | "false" | "FALSE" | "False" => Value::from(false),
        _ => Value::from(text),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("", json!({}))]
    #[case("lost = 1\n[a]\n[DEFAULT]\nx = 1\n", json!({"a": {}}))]
    #[case("[Local Variables]\n\tName=name\n\tDelay=10\n\n\n\t[Navigation Controls]\n\tHelp=help file\n\n\t# Test comment", json!({"Local Variables": {"Name": "name", "Delay": 10}, "Navigation Controls": {"Help": "help file"}}))]
    #[case("[a]\nx: 1.5\ny = True\nz = t ; comment\n; no = 1\n", json!({"a": {"x": 1.5, "y": true, "z": true}}))]
    #[case("[a]\nx = 1\n[b]\n[a]\ny = 2\nx = 3\n", json!({"a": {"x": 3, "y": 2}, "b": {}}))]
    #[case("[a]\nx = \"q # r\"\ny = 'single'\nz = \"in \" side\"\nw = \"double\"\n", json!({"a": {"x": "\"q", "y": "single", "z": "\"in \" side\"", "w": "double"}}))]
    #[case("[a]\nx = one \\\n  two \\\n three\ny = 1\n", json!({"a": {"x": "one two three", "y": 1}}))]
    #[case("[a]\nx = \"\"\"one\ntwo # three\"\"\"\ny = `#`\n", json!({"a": {"x": "one\ntwo # three", "y": "#"}}))]
    #[case("[a]\n- = x\n- = y\n\"k = v\" = 1\n`b` : 2\n", json!({"a": {"#1": "x", "#2": "y", "k = v": 1, "b": 2}}))]
    #[case("[a]\nx =\ny = nan\nz = 1e999\n", json!({"a": {"x": "", "y": "nan", "z": "1e999"}}))]
    #[case("[a] # c ]\n x = 1\r\n", json!({"a] # c ": {"x": 1}}))]
    fn values_are_those_of_go_ini(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn values_have_positions() {
        let text = "; c\n[server]\nport = 80\n  name: x\n";
        assert_eq!(at(parse, text, &["server".into()]), (2, 1));
        assert_eq!(at(parse, text, &["server".into(), "port".into()]), (3, 1));
        assert_eq!(at(parse, text, &["server".into(), "name".into()]), (4, 3));
        let map = parse(text).unwrap().into_document().unwrap().map;
        let value = map.locate_value(&["server".into(), "name".into()]).unwrap();
        assert_eq!((value.start.column, value.end.column), (9, 10));
    }

    #[rstest]
    #[case("[a\n", 1, 1)]
    #[case("[]\n", 1, 1)]
    #[case("[a]\n  hunter2\n", 2, 3)]
    #[case("[a]\n= hunter2\n", 2, 1)]
    #[case("[a]\n\"k = 1\n", 2, 1)]
    #[case("[a]\nk = \"\"\"open\n\n", 2, 1)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }
}
