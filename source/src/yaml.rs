//! YAML with positions, as kubectl reads it, and as workflows of GitHub Actions are read.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan, StrInput, Tag};
use serde_json::{Map, Value};

use crate::document::MAX_DEPTH;
use crate::yaml_scalar::{resolve_core, resolve_plain};
use crate::{Document, ParseError, ParseErrorKind, Position, Segment, SourceMap, Span};

/// Most nodes that aliases may add to one document.
const MAX_ALIAS_NODES: usize = 100_000;

/// One document of a YAML stream: its text, and the line its text starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YamlDocument<'a> {
    /// The text of the document, its markers and directives included.
    pub text: &'a str,
    /// The line of the stream that the text starts on, counted from 1.
    pub first_line: u32,
}

/// Splits a stream at its document markers (YAML 1.2 section 9.1: a line that starts with `---` or `...`
/// followed by white space is a marker wherever it stands), so that documents can be parsed on their own.
pub fn split_yaml(text: &str) -> Vec<YamlDocument<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = Vec::new();
    let mut rest = text;
    let mut first_line = 1;
    while !rest.is_empty() {
        let (length, lines) = document_length(rest);
        let Some((document, tail)) = rest.split_at_checked(length) else {
            break;
        };
        documents.push(YamlDocument {
            text: document,
            first_line,
        });
        first_line += lines;
        rest = tail;
    }
    documents
}

/// The bytes and lines of the first document of a stream.
fn document_length(text: &str) -> (usize, u32) {
    let mut length = 0;
    let mut lines = 0;
    // Directives and comments before the first marker belong to the document behind it.
    let mut only_prefix = true;
    for line in text.split_inclusive('\n') {
        if is_marker(line, "---") {
            if !only_prefix {
                break;
            }
            only_prefix = false;
        } else if is_marker(line, "...") {
            return (length + line.len(), lines + 1);
        } else if !(line.trim().is_empty() || line.starts_with(['#', '%'])) {
            only_prefix = false;
        }
        length += line.len();
        lines += 1;
    }
    (length, lines)
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Parses one document as kubectl does. `None` where it holds nothing (comments, a lone marker).
pub fn parse_yaml(source: YamlDocument<'_>) -> Result<Option<Document>, ParseError> {
    parse(source, resolve_plain)
}

/// Parses one document with the scalars of the core schema of YAML 1.2, where `on`, `yes` and `no` are texts.
pub fn parse_yaml_core(source: YamlDocument<'_>) -> Result<Option<Document>, ParseError> {
    parse(source, resolve_core)
}

/// What a plain scalar stands for. `None`: a number that JSON cannot express.
type Resolve = fn(&str) -> Option<Value>;

fn parse(source: YamlDocument<'_>, resolve: Resolve) -> Result<Option<Document>, ParseError> {
    let mut builder = Builder {
        resolve,
        parser: Parser::new_from_str(source.text),
        text: source.text,
        lines: None,
        first_line: source.first_line,
        map: SourceMap::default(),
        anchors: HashMap::new(),
        alias_nodes: 0,
        last_end: Position::new(source.first_line, 1),
    };
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamStart => {}
            Event::DocumentStart(_) => break,
            _ => {
                let _ = span;
                return Ok(None);
            }
        }
    }
    let (event, span) = builder.next()?;
    let empty =
        matches!(&event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text.is_empty());
    let value = builder
        .node(
            event,
            span,
            Place {
                segment: Segment::Index(0),
                key: None,
            },
            0,
        )?
        .value;
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ => {
                return Err(ParseError {
                    kind: ParseErrorKind::Unsupported(
                        "a second document without a marker before it",
                    ),
                    span: builder.span(span),
                });
            }
        }
    }
    Ok((!empty).then_some(Document {
        value,
        map: builder.map,
    }))
}

/// Where a node goes: its segment below its parent, and where its key stands.
struct Place {
    segment: Segment,
    key: Option<Span>,
}

/// A node as it was built: its value, and its index in the map.
#[derive(Clone)]
struct Built {
    value: Value,
    index: usize,
}

struct Builder<'a> {
    resolve: Resolve,
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    lines: Option<Vec<&'a str>>,
    first_line: u32,
    map: SourceMap,
    anchors: HashMap<usize, Built>,
    alias_nodes: usize,
    last_end: Position,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, YamlSpan), ParseError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = self.position(error.marker().line(), error.marker().col());
                Err(ParseError {
                    kind: ParseErrorKind::Syntax(error.info().to_owned()),
                    span: Span::at(at),
                })
            }
            None => Ok((Event::StreamEnd, YamlSpan::default())),
        }
    }

    fn position(&self, line: usize, column: usize) -> Position {
        let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        Position::new(
            self.first_line.saturating_add(line),
            column.saturating_add(1),
        )
    }

    fn span(&self, span: YamlSpan) -> Span {
        Span::new(
            self.position(span.start.line(), span.start.col()),
            self.position(span.end.line(), span.end.col()),
        )
    }

    fn node(
        &mut self,
        event: Event<'a>,
        at: YamlSpan,
        place: Place,
        depth: usize,
    ) -> Result<Built, ParseError> {
        let span = self.span(at);
        if depth > MAX_DEPTH {
            return Err(ParseError {
                kind: ParseErrorKind::TooDeep,
                span,
            });
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.last_end = span.end;
                let value = scalar(&text, style, tag.as_deref(), self.resolve)
                    .map_err(|kind| ParseError { kind, span })?;
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let span = if is_block {
                    self.with_header(span)
                } else {
                    span
                };
                let index = self.map.open(place.segment, place.key, span);
                if anchor != 0 || tag.is_some() {
                    self.map.set_opaque(index);
                }
                self.map.close(index, None);
                Ok(self.anchored(anchor, Built { value, index }))
            }
            Event::SequenceStart(anchor, _) => {
                let index = self.map.open(place.segment, place.key, span);
                let value = self.sequence(depth)?;
                self.map.close(index, Some(Span::at(self.last_end)));
                Ok(self.anchored(anchor, Built { value, index }))
            }
            Event::MappingStart(anchor, _) => {
                let index = self.map.open(place.segment, place.key, span);
                let value = self.mapping(depth)?;
                self.map.close(index, Some(Span::at(self.last_end)));
                Ok(self.anchored(anchor, Built { value, index }))
            }
            Event::Alias(anchor) => {
                self.last_end = span.end;
                self.alias(anchor, span, place)
            }
            _ => Err(ParseError {
                kind: ParseErrorKind::Syntax("expected a value".to_owned()),
                span,
            }),
        }
    }

    /// A block scalar from its header (`|`, `>`), which the parser leaves out of its span.
    fn with_header(&mut self, span: Span) -> Span {
        let lines = self
            .lines
            .get_or_insert_with(|| self.text.lines().collect());
        let first = span.start.line.saturating_sub(self.first_line);
        let above = lines
            .iter()
            .take(usize::try_from(first).unwrap_or(usize::MAX))
            .enumerate();
        let Some((index, line)) = above.rev().find(|(_, line)| !line.trim().is_empty()) else {
            return span;
        };
        let code = line.split(" #").next().unwrap_or_default();
        let Some(at) = code.rfind(['|', '>']) else {
            return span;
        };
        let column = code.get(..at).unwrap_or_default().chars().count();
        Span::new(self.position(index.saturating_add(1), column), span.end)
    }

    fn anchored(&mut self, anchor: usize, built: Built) -> Built {
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        built
    }

    fn alias(&mut self, anchor: usize, span: Span, place: Place) -> Result<Built, ParseError> {
        let Some(target) = self.anchors.get(&anchor).cloned() else {
            let kind = ParseErrorKind::Unsupported("an alias inside the value it names");
            return Err(ParseError { kind, span });
        };
        self.spend(self.map.size_of(target.index), span)?;
        let index = self.map.len();
        self.map.repeat(target.index, place.segment, place.key);
        Ok(Built {
            value: target.value,
            index,
        })
    }

    /// Counts nodes that an alias adds against what one document may have.
    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), ParseError> {
        self.alias_nodes = self.alias_nodes.saturating_add(nodes);
        if self.alias_nodes > MAX_ALIAS_NODES {
            return Err(ParseError {
                kind: ParseErrorKind::TooLarge,
                span,
            });
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                self.end_container(at);
                return Ok(Value::Array(items));
            }
            let place = Place {
                segment: Segment::Index(items.len()),
                key: None,
            };
            items.push(self.node(event, at, place, depth + 1)?.value);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut entries = Map::new();
        let mut merges: Vec<Built> = Vec::new();
        loop {
            let (event, at) = self.next()?;
            let key_span = self.span(at);
            let (key, is_merge) = match event {
                Event::MappingEnd => {
                    self.end_container(at);
                    break;
                }
                Event::Scalar(text, style, _, tag) => {
                    let is_merge = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                    let key = key(&text, style, tag.as_deref(), self.resolve).map_err(|kind| {
                        ParseError {
                            kind,
                            span: key_span,
                        }
                    })?;
                    (key, is_merge)
                }
                _ => {
                    let kind =
                        ParseErrorKind::Unsupported("a mapping key that is not a plain value");
                    return Err(ParseError {
                        kind,
                        span: key_span,
                    });
                }
            };
            self.last_end = key_span.end;
            if !is_merge && entries.contains_key(&key) {
                return Err(ParseError {
                    kind: ParseErrorKind::DuplicateKey(key),
                    span: key_span,
                });
            }
            let (event, at) = self.next()?;
            let place = Place {
                segment: Segment::Key(key.clone()),
                key: Some(key_span),
            };
            let built = self.node(event, at, place, depth + 1)?;
            if is_merge {
                merges.push(built);
            } else {
                entries.insert(key, built.value);
            }
        }
        for merge in merges {
            self.merge(&mut entries, merge)?;
        }
        Ok(Value::Object(entries))
    }

    /// Merges `<<` (YAML 1.1 "merge key"): keys that the mapping has itself win, then earlier merges.
    fn merge(&mut self, entries: &mut Map<String, Value>, merge: Built) -> Result<(), ParseError> {
        let span = self.map.span_of(merge.index);
        let sources = match merge.value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, value)| (self.map.child(merge.index, &Segment::Index(at)), value))
                .collect(),
            value => vec![(Some(merge.index), value)],
        };
        for (index, value) in sources {
            let (Value::Object(from), Some(index)) = (value, index) else {
                let kind =
                    ParseErrorKind::Unsupported("a merge key (<<) whose value is not a mapping");
                return Err(ParseError { kind, span });
            };
            for (key, value) in from {
                if entries.contains_key(&key) {
                    continue;
                }
                let segment = Segment::Key(key.clone());
                if let Some(child) = self.map.child(index, &segment) {
                    self.spend(self.map.size_of(child), span)?;
                    let key_span = self.map.key_of(child);
                    self.map.repeat(child, segment, key_span);
                }
                entries.insert(key, value);
            }
        }
        Ok(())
    }

    /// A flow container ends behind its bracket, a block container behind its last value.
    fn end_container(&mut self, at: YamlSpan) {
        if at.start.index() < at.end.index() {
            self.last_end = self.span(at).end;
        }
    }
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    resolve: Resolve,
) -> Result<Value, ParseErrorKind> {
    let core = tag
        .filter(|tag| tag.is_yaml_core_schema())
        .map(|tag| tag.suffix.as_str());
    match (core, tag) {
        (Some("int" | "float" | "bool" | "null"), _) => resolved(text, resolve),
        (None, None) if style == ScalarStyle::Plain => resolved(text, resolve),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn resolved(text: &str, resolve: Resolve) -> Result<Value, ParseErrorKind> {
    resolve(text).ok_or(ParseErrorKind::Unsupported(
        "a number that JSON cannot express",
    ))
}

/// A key as JSON writes it: numbers and booleans become strings.
fn key(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    resolve: Resolve,
) -> Result<String, ParseErrorKind> {
    match scalar(text, style, tag, resolve)? {
        Value::String(key) => Ok(key),
        Value::Bool(key) => Ok(key.to_string()),
        Value::Number(key) => Ok(key.to_string()),
        _ => Err(ParseErrorKind::Unsupported("a mapping key that is null")),
    }
}

#[cfg(test)]
mod tests;
