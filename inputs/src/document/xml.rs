//! XML in the shape of goxml2json: attributes with a `-`, the text of an element with parts as `#content`, names without
//! their prefixes, elements of one name as a list. No DTD is read: an entity that XML itself does not know is an error.

use std::collections::HashSet;
use std::ops::Range;

use quick_xml::Reader as XmlReader;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use soc2gate_source::{
    Lines, MAX_DEPTH, ParseError, ParseErrorKind, Span, Tree, TreeObject, TreeValue,
};

use super::parse::{Parsed, error};

pub(super) fn parse(text: &str) -> Parsed {
    let mut xml = XmlReader::from_str(text);
    xml.config_mut().expand_empty_elements = true;
    let mut reader = Reader {
        text,
        lines: Lines::new(text),
        open: Vec::new(),
        root: TreeObject::default(),
        has_root: false,
        piece: None,
    };
    loop {
        let start = offset(xml.buffer_position());
        let event = xml.read_event();
        let range = start..offset(xml.buffer_position());
        match event {
            Ok(Event::Eof) => break,
            Ok(event) => reader.event(event, range)?,
            Err(found) => {
                let at = reader.lines.position(offset(xml.error_position()));
                return Err(error(message(&found), Span::at(at)));
            }
        }
    }
    reader.end_piece()?;
    let whole = reader.lines.span(0..text.len());
    if let Some(element) = reader.open.pop() {
        return Err(error(
            "an element without its closing tag",
            element.name_span,
        ));
    }
    if !reader.has_root {
        return Err(error("expected an element", Span::at(whole.end)));
    }
    Ok(Tree::object(reader.root, whole))
}

/// An element whose end was not reached yet.
struct Element {
    name: String,
    name_span: Span,
    start: usize,
    parts: TreeObject,
    has_parts: bool,
    content: String,
    content_span: Option<Span>,
}

/// Text without a break: what counts is the last piece of an element.
struct Piece {
    text: String,
    range: Range<usize>,
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines<'a>,
    open: Vec<Element>,
    root: TreeObject,
    has_root: bool,
    piece: Option<Piece>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), ParseError> {
        match event {
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|_| self.unreadable(&range))?;
                self.add(&text, range);
            }
            Event::GeneralRef(reference) => {
                let character = character(&reference).ok_or_else(|| {
                    error(
                        "an entity that XML does not know",
                        self.lines.span(range.clone()),
                    )
                })?;
                self.add(character.encode_utf8(&mut [0; 4]), range);
            }
            Event::CData(text) => {
                self.end_piece()?;
                let text = text.xml10_content().map_err(|_| self.unreadable(&range))?;
                self.add(&text, range);
                self.end_piece()?;
            }
            Event::Start(tag) => {
                self.end_piece()?;
                self.start(&tag, range)?;
            }
            Event::End(_) => {
                self.end_piece()?;
                self.end(range.end)?;
            }
            _ => self.end_piece()?,
        }
        Ok(())
    }

    fn unreadable(&mut self, range: &Range<usize>) -> ParseError {
        error("text that cannot be read", self.lines.span(range.clone()))
    }

    fn add(&mut self, text: &str, range: Range<usize>) {
        if let Some(piece) = &mut self.piece {
            piece.text.push_str(text);
            piece.range.end = range.end;
        } else {
            let text = text.to_owned();
            self.piece = Some(Piece { text, range });
        }
    }

    fn end_piece(&mut self) -> Result<(), ParseError> {
        let Some(piece) = self.piece.take() else {
            return Ok(());
        };
        let content = piece
            .text
            .trim_matches(|next: char| next.is_whitespace() || next.is_control());
        let span = self.lines.span(piece.range);
        match self.open.last_mut() {
            Some(element) => {
                content.clone_into(&mut element.content);
                element.content_span = Some(span);
            }
            None if content.trim_matches('\u{feff}').is_empty() => {}
            None => return Err(error("text outside of the element", Span::at(span.start))),
        }
        Ok(())
    }

    fn start(&mut self, tag: &BytesStart<'_>, range: Range<usize>) -> Result<(), ParseError> {
        let name_length = tag.name().as_ref().len();
        let name_span = self
            .lines
            .span(range.start + 1..range.start + 1 + name_length);
        if self.open.is_empty() && self.has_root {
            return Err(error("a second element beside the first", name_span));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ParseError {
                kind: ParseErrorKind::TooDeep,
                span: name_span,
            });
        }
        self.has_root = true;
        let mut element = Element {
            name: local(tag.local_name().as_ref()),
            name_span,
            start: range.start,
            parts: TreeObject::default(),
            has_parts: false,
            content: String::new(),
            content_span: None,
        };
        self.attributes(tag, &range, &mut element)?;
        self.open.push(element);
        Ok(())
    }

    fn attributes(
        &mut self,
        tag: &BytesStart<'_>,
        range: &Range<usize>,
        element: &mut Element,
    ) -> Result<(), ParseError> {
        let mut names = HashSet::new();
        let mut from = range.start + 1 + tag.name().as_ref().len();
        // Checked here: the parser's own check compares each attribute with every other.
        for attribute in tag.attributes().with_checks(false) {
            let tag_span = element.name_span;
            let attribute =
                attribute.map_err(|_| error("an attribute is name=\"value\"", tag_span))?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let found = self
                .text
                .get(from..range.end)
                .and_then(|rest| rest.find(&name));
            let start = from + found.unwrap_or_default();
            let value_start = start + name.len();
            let rest = self.text.get(value_start..range.end).unwrap_or_default();
            let quote = value_start + rest.find(['"', '\'']).unwrap_or_default();
            // The value between two quotes.
            from = (quote + attribute.value.len() + 2).min(range.end);
            let key = self.lines.span(start..value_start);
            let span = self.lines.span(quote..from.max(quote));
            if !names.insert(name.clone()) {
                return Err(ParseError {
                    kind: ParseErrorKind::DuplicateKey(name),
                    span: key,
                });
            }
            let raw = String::from_utf8_lossy(&attribute.value);
            let value =
                unescape(&raw).map_err(|_| error("an entity that XML does not know", key))?;
            let label = format!("-{}", local(attribute.key.local_name().as_ref()));
            element.has_parts = true;
            add(
                &mut element.parts,
                label,
                Tree::scalar(value.as_ref(), span).named(key),
            );
        }
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), ParseError> {
        let Some(mut element) = self.open.pop() else {
            let at = self.lines.position(end);
            return Err(error("a closing tag without its element", Span::at(at)));
        };
        let span = self.lines.span(element.start..end);
        let tree = if element.has_parts {
            if let Some(at) = element.content_span.filter(|_| !element.content.is_empty()) {
                element
                    .parts
                    .insert("#content", Tree::scalar(element.content, at));
            }
            Tree::object(element.parts, span)
        } else {
            Tree::scalar(
                element.content,
                element.content_span.unwrap_or(Span::at(span.end)),
            )
        };
        let tree = tree.named(element.name_span);
        match self.open.last_mut() {
            Some(parent) => {
                parent.has_parts = true;
                add(&mut parent.parts, element.name, tree);
            }
            None => self.root.insert(element.name, tree),
        }
        Ok(())
    }
}

/// Adds a part: what stands several times under one name is a list.
fn add(parts: &mut TreeObject, name: String, tree: Tree) {
    let Some(known) = parts.get_mut(&name) else {
        parts.insert(name, tree);
        return;
    };
    if let TreeValue::List(list) = &mut known.value {
        list.push(tree);
        return;
    }
    let span = known.span;
    let first = std::mem::replace(known, Tree::list(Vec::new(), span));
    known.key = first.key;
    known.value = TreeValue::List(vec![first, tree]);
}

fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character);
    }
    match reference.decode().ok()?.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

fn local(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// What is wrong, without a word of the text.
fn message(found: &XmlError) -> &'static str {
    match found {
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            "a closing tag of another name"
        }
        XmlError::IllFormed(IllFormedError::UnmatchedEndTag(_)) => {
            "a closing tag without its element"
        }
        XmlError::IllFormed(_) => "not well-formed",
        XmlError::Syntax(_) => "a tag, comment or reference that does not end",
        _ => "not XML",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::parse::tests::{at, place_of_error, value};
    use super::*;

    #[rstest]
    #[case("<note>\n\t<to>foo</to>\n\t<body>baz</body>\n\t</note>", json!({"note": {"to": "foo", "body": "baz"}}))]
    #[case("<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"a.dtd\">\n<a x=\"1\" y='&lt;&#65;'/>\n<!-- c -->", json!({"a": {"-x": "1", "-y": "<A"}}))]
    #[case("<a x=\"1\"> text </a>", json!({"a": {"-x": "1", "#content": "text"}}))]
    #[case("<a><b>1</b><c/><b><d>2</d></b></a>", json!({"a": {"b": ["1", {"d": "2"}], "c": ""}}))]
    #[case("<p:a xmlns:p=\"u\" p:x=\"1\"><p:b>t</p:b></p:a>", json!({"a": {"-p": "u", "-x": "1", "b": "t"}}))]
    #[case("<a>x &amp; y &#x41;<![CDATA[<z>]]></a>", json!({"a": "<z>"}))]
    #[case("<a>x &amp; y &#x41;\r\n</a>", json!({"a": "x & y A"}))]
    #[case("<a>first<b/>last</a>", json!({"a": {"b": "", "#content": "last"}}))]
    #[case("<a>first<b/>\n</a>", json!({"a": {"b": ""}}))]
    #[case("<a/>", json!({"a": ""}))]
    fn values_are_those_of_goxml2json(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value(parse, text), expected);
    }

    #[test]
    fn values_have_positions() {
        let text = "<a>\n  <b x=\"1\"\n     y=\"x\">t</b>\n  <b/>\n</a>";
        let path = |last: &str| vec!["a".into(), "b".into(), 0.into(), last.into()];
        assert_eq!(at(parse, text, &["a".into()]), (1, 2));
        assert_eq!(at(parse, text, &path("-x")), (2, 6));
        assert_eq!(at(parse, text, &path("-y")), (3, 6));
        assert_eq!(at(parse, text, &path("#content")), (3, 12));
        assert_eq!(at(parse, text, &["a".into(), "b".into(), 1.into()]), (4, 4));
    }

    #[rstest]
    #[case("", 1, 1)]
    #[case("hunter2", 1, 1)]
    #[case("<a>\n<b>\n</a>", 3, 1)]
    #[case("<a>\n  <b>", 2, 4)]
    #[case("<a/><b/>", 1, 6)]
    #[case("<a x=\"1\" x=\"2\"/>", 1, 10)]
    #[case("<a x=hunter2/>", 1, 2)]
    #[case("<a>&hunter2;</a>", 1, 4)]
    #[case("<a x=\"&hunter2;\"/>", 1, 4)]
    #[case("<a></a></b>", 1, 8)]
    #[case("<a><!-- open", 1, 4)]
    fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
        assert_eq!(place_of_error(parse, text), (line, column));
    }

    #[test]
    fn entities_of_a_dtd_are_not_expanded() {
        let text = "<!DOCTYPE a [<!ENTITY b \"xx\"><!ENTITY c \"&b;&b;\">]>\n<a>&c;</a>";
        assert_eq!(place_of_error(parse, text), (2, 4));
    }

    #[test]
    fn hostile_texts_are_refused_in_time() {
        assert!(parse(&"<a>".repeat(100_000)).is_err());
        let many: String = (0..100_000).map(|at| format!(" a{at}=''")).collect();
        assert!(parse(&format!("<a{many}/>")).is_ok());
    }
}
