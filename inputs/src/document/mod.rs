//! Configuration documents of any format: one subject a document, in the shape that Conftest's parser of the format
//! gives, so that policies written for it see what they expect.

mod csv;
mod dockerfile;
mod dotenv;
mod format;
mod hcl;
mod ini;
mod jsonc;
mod parse;
mod properties;
mod toml;
mod xml;

use std::sync::Arc;

use serde_json::{Map, Value};
use soc2gate_engine::{Subject, SubjectKind, SubjectSource};
use soc2gate_source::{
    Code, Diagnostic, Document, ParseError, Position, Segment, Span, Tree, parse_json,
};

use crate::read::skipped;
use crate::unit::stream;
use crate::{Read, SourceFile, Unit};
pub use format::Format;

/// Largest text that is read, in bytes, where a parser takes many times its size. YAML and JSON have no limit of their
/// own.
fn max_bytes(format: Format) -> Option<usize> {
    match format {
        Format::Yaml | Format::Json => None,
        // Its parser compares each key of an object with every other.
        Format::Hcl2 => Some(1024 * 1024),
        _ => Some(4 * 1024 * 1024),
    }
}

/// Most documents that one list is taken apart into.
const MAX_LISTED: usize = 10_000;

/// Reads a file as configuration documents: the documents of a YAML stream, the elements of a list that is the
/// whole of a YAML or JSON file, else one. Its errors never quote a value.
pub fn documents(file: &SourceFile, format: Format) -> Read {
    let mut read = Read::default();
    match format {
        Format::Yaml => {
            for unit in stream(file) {
                document(&unit, &mut read);
            }
        }
        _ => document(&Unit::whole(file, format), &mut read),
    }
    read
}

/// Reads a unit as a configuration document.
pub(crate) fn document(unit: &Unit, read: &mut Read) {
    let format = unit.format;
    if let Some(most) = max_bytes(format).filter(|most| unit.length > *most) {
        let message = format!("larger than {most} bytes, the most for {}", format.as_str());
        let diagnostic = Diagnostic::new(Code::TooBig, message).help("split the file");
        let start = Span::at(Position::START);
        read.diagnostics
            .push(diagnostic.at(&*unit.file.name, start));
        return;
    }
    match unit.parse() {
        Ok(Some(document)) => subjects(unit, document, read),
        // A file that holds nothing is one document without a value; between others it is none.
        Ok(None) if unit.number.is_none() => {
            let start = Span::at(Position::new(unit.first_line, 1));
            if let Ok(empty) = Tree::scalar(Value::Null, start).into_document() {
                subjects(unit, empty, read);
            }
        }
        Ok(None) => {}
        Err(error) => read
            .diagnostics
            .push(Diagnostic::from_parse_error(&*unit.file.name, &error)),
    }
}

/// Parses the text of a file in a format that is neither YAML nor JSON.
pub(crate) fn parse(text: &str, format: Format) -> Result<Document, ParseError> {
    let parse: fn(&str) -> Result<Tree, ParseError> = match format {
        Format::Yaml | Format::Json => return parse_json(text),
        Format::Jsonc => return jsonc::parse(text),
        Format::Toml => toml::parse,
        Format::Hcl2 => hcl::parse,
        Format::Dockerfile => dockerfile::parse,
        Format::Ini => ini::parse,
        Format::Xml => xml::parse,
        Format::Dotenv => dotenv::parse,
        Format::Properties => properties::parse,
        Format::Csv => csv::parse,
    };
    parse(text)?.into_document()
}

/// The subjects of a parsed document.
pub(crate) fn subjects(unit: &Unit, document: Document, read: &mut Read) {
    let id = format!(
        "{}/{}",
        SubjectKind::Document,
        unit.file.name.trim_start_matches('/')
    );
    let is_list =
        matches!(unit.format, Format::Yaml | Format::Json | Format::Jsonc) && unit.number.is_none();
    let items = match document.value {
        Value::Array(items) if is_list => items,
        _ => {
            let id = unit
                .number
                .map_or_else(|| id.clone(), |number| format!("{id}#{number}"));
            read.subjects.push(subject(unit, id, document));
            return;
        }
    };
    if items.len() > MAX_LISTED {
        let message = format!("a list of more than {MAX_LISTED} documents");
        let at = document
            .map
            .locate_value(&[])
            .map_or(Position::START, |span| span.start);
        read.diagnostics.push(
            Diagnostic::new(Code::TooBig, message)
                .help("split the file")
                .at(&*unit.file.name, Span::at(at)),
        );
        return;
    }
    if items.is_empty() {
        let empty = Document {
            value: Value::Null,
            map: document.map,
        };
        read.diagnostics
            .push(skipped(unit, &empty, "an empty list"));
        return;
    }
    let is_alone = items.len() == 1;
    for (at, value) in items.into_iter().enumerate() {
        let map = document.map.subtree(&[Segment::Index(at)]);
        let id = if is_alone {
            id.clone()
        } else {
            format!("{id}#{}", at + 1)
        };
        read.subjects
            .push(subject(unit, id, Document { value, map }));
    }
}

fn subject(unit: &Unit, id: String, document: Document) -> Subject {
    Subject {
        kind: SubjectKind::Document,
        id,
        resource: None,
        document: document.value,
        old_document: None,
        request: None,
        context: Map::new(),
        source: SubjectSource {
            file: Arc::clone(&unit.file.name),
            text: Arc::clone(&unit.file.text),
            offset: unit.offset,
            first_line: unit.first_line,
            map: document.map,
            // Any value may be a secret, and nothing here knows which.
            visible: |_| false,
            stored: |_| false,
        },
    }
}

#[cfg(test)]
mod tests;
