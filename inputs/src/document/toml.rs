//! TOML.

use serde_json::Value;
use soc2gate_source::{Lines, Span, Tree, TreeObject};
use toml_edit::{Document, Item, Table, TableLike, Value as TomlValue};

use super::parse::{Parsed, error, number, unsupported};

pub(super) fn parse(text: &str) -> Parsed {
    let lines = Lines::new(text);
    let document = Document::parse(text).map_err(|found| {
        let at = found.span().unwrap_or_default();
        error(found.message(), lines.span(at))
    })?;
    let mut reader = Reader { lines };
    let whole = reader.lines.span(0..text.len());
    reader.table(document.as_table(), whole)
}

struct Reader<'a> {
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn span(&mut self, range: Option<std::ops::Range<usize>>, around: Span) -> Span {
        range.map_or(around, |range| self.lines.span(range))
    }

    fn table(&mut self, table: &dyn TableLike, span: Span) -> Parsed {
        let mut object = TreeObject::default();
        for (name, item) in table.iter() {
            let key = table.key(name).and_then(toml_edit::Key::span);
            let key = self.span(key, span);
            object.insert(name, self.item(item, key)?.named(key));
        }
        Ok(Tree::object(object, span))
    }

    fn item(&mut self, item: &Item, around: Span) -> Parsed {
        let span = self.span(item.span(), around);
        match item {
            Item::None => Ok(Tree::scalar(Value::Null, span)),
            Item::Value(value) => self.value(value, around),
            Item::Table(table) => self.table(table, span),
            Item::ArrayOfTables(tables) => {
                let items: Result<_, _> = tables
                    .iter()
                    .map(|table| self.element(table, span))
                    .collect();
                Ok(Tree::list(items?, span))
            }
        }
    }

    fn element(&mut self, table: &Table, around: Span) -> Parsed {
        let span = self.span(table.span(), around);
        self.table(table, span)
    }

    fn value(&mut self, value: &TomlValue, around: Span) -> Parsed {
        let span = self.span(value.span(), around);
        let scalar = match value {
            TomlValue::String(text) => Value::from(text.value().as_str()),
            TomlValue::Integer(integer) => Value::from(*integer.value()),
            TomlValue::Float(float) => number(*float.value())
                .ok_or_else(|| unsupported("a number that JSON cannot express", span))?,
            TomlValue::Boolean(boolean) => Value::from(*boolean.value()),
            TomlValue::Datetime(datetime) => Value::from(datetime.value().to_string()),
            TomlValue::Array(array) => {
                let items: Result<_, _> = array.iter().map(|item| self.value(item, span)).collect();
                return Ok(Tree::list(items?, span));
            }
            TomlValue::InlineTable(table) => return self.table(table, span),
        };
        Ok(Tree::scalar(scalar, span))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("", json!({}))]
    #[case("a = 1\nb = 1.5\nc = 3.0\nd = true\n", json!({"a": 1, "b": 1.5, "c": 3, "d": true}))]
    #[case("t = 1979-05-27t07:32:00z\nd = 1979-05-27\n", json!({"t": "1979-05-27T07:32:00Z", "d": "1979-05-27"}))]
    #[case("[a.b]\nc = \"x\"\n[a]\nd.e = [1, {f = 'g'}]\n", json!({"a": {"b": {"c": "x"}, "d": {"e": [1, {"f": "g"}]}}}))]
    #[case("[[s]]\nn = 1\n[[s]]\nn = 2\n[s.t]\nu = 3\n", json!({"s": [{"n": 1}, {"n": 2, "t": {"u": 3}}]}))]
    fn values_are_those_of_toml(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn values_have_positions() {
        let text = "[entry.web]\naddress = \":80\"\n\n[[x]]\n\n[[x]]\ny = {z = 1}\n";
        assert_eq!(
            at(
                parse,
                text,
                &["entry".into(), "web".into(), "address".into()]
            ),
            (2, 1)
        );
        assert_eq!(at(parse, text, &["x".into(), 1.into()]), (6, 1));
        assert_eq!(
            at(parse, text, &["x".into(), 1.into(), "y".into(), "z".into()]),
            (7, 6)
        );
    }

    #[rstest]
    #[case("a = 1\na = 2\n", 2, 1)]
    #[case("a = hunter\n", 1, 5)]
    #[case("a = [1,\nb\n", 2, 2)]
    #[case("a = inf\n", 1, 5)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in [
            format!("{}a = 1\n", "a.".repeat(100_000)),
            format!("[{}a]\n", "a.".repeat(100_000)),
            format!("a = {}\n", "[".repeat(100_000)),
            format!("a = {}\n", "{a=".repeat(100_000)),
        ] {
            assert!(parse(&text).is_err());
        }
    }
}
