//! The parts of a file that can be read on their own.

use std::sync::Arc;

use soc2gate_engine::SubjectKind;
use soc2gate_source::{
    Document, ParseError, YamlDocument, parse_yaml, parse_yaml_core, split_yaml,
};

use crate::document::{self, Format};

/// A file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name as it is shown; `-` is standard input.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// How inputs are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The kind that every input is taken to be; else it is told by what a document says it is.
    pub kind: Option<SubjectKind>,
    /// The format of every input; else it is told by the name of the file.
    pub format: Option<Format>,
    /// Whether some policy asks for documents, so that what is nothing else is one.
    pub documents: bool,
}

impl Reading {
    /// Whether an input that is nothing else is a document.
    pub fn takes_documents(self) -> bool {
        self.documents || self.format.is_some() || self.kind == Some(SubjectKind::Document)
    }

    /// The format of a file, where it is told and is not found out by what the file holds.
    fn format_of(self, file: &SourceFile) -> Option<Format> {
        self.format.or_else(|| {
            let named = Format::of_file_name(&file.name);
            named.filter(|format| self.takes_documents() && !format.is_general())
        })
    }
}

/// A part of a file that can be read on its own: a document of a YAML stream, or the whole of another file.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The file.
    pub file: SourceFile,
    /// Where in the file's text (in bytes) the unit starts: at the start of a line.
    pub offset: usize,
    /// How many bytes it has.
    pub length: usize,
    /// The line it starts on, counted from 1.
    pub first_line: u32,
    /// Which document of the stream it is, counted from 1; None where it is the only one.
    pub number: Option<usize>,
    /// How it is written.
    pub format: Format,
}

/// Splits a file. A file whose format is not told is one JSON text if its name ends in `.json`, or if its text starts
/// like JSON and is JSON; else a YAML stream.
pub fn units(file: &SourceFile, reading: Reading) -> Vec<Unit> {
    match reading.format_of(file) {
        Some(Format::Yaml) => stream(file),
        Some(format) => vec![Unit::whole(file, format)],
        None if is_json(file) => vec![Unit::whole(file, Format::Json)],
        None => stream(file),
    }
}

/// The documents of a YAML stream: at least one.
pub(crate) fn stream(file: &SourceFile) -> Vec<Unit> {
    let bom = file.text.len() - file.text.trim_start_matches('\u{feff}').len();
    let mut offset = bom;
    let documents = split_yaml(&file.text);
    if documents.is_empty() {
        return vec![Unit::whole(file, Format::Yaml)];
    }
    let is_alone = documents.len() == 1;
    let mut units = Vec::with_capacity(documents.len());
    for (document, number) in documents.into_iter().zip(1..) {
        let length = document.text.len();
        units.push(Unit {
            file: file.clone(),
            offset,
            length,
            first_line: document.first_line,
            number: (!is_alone).then_some(number),
            format: Format::Yaml,
        });
        offset += length;
    }
    units
}

fn is_json(file: &SourceFile) -> bool {
    let has_json_name = std::path::Path::new(&*file.name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"));
    has_json_name
        || (file.text.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(&file.text).is_ok())
}

impl Unit {
    /// A file as one unit.
    pub(crate) fn whole(file: &SourceFile, format: Format) -> Self {
        Self {
            file: file.clone(),
            offset: 0,
            length: file.text.len(),
            first_line: 1,
            number: None,
            format,
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.file
            .text
            .get(self.offset..self.offset.saturating_add(self.length))
            .unwrap_or_default()
    }

    /// Parses it. `None` where it holds nothing.
    pub fn parse(&self) -> Result<Option<Document>, ParseError> {
        match self.format {
            Format::Yaml => parse_yaml(self.yaml()),
            format => document::parse(self.text(), format).map(Some),
        }
    }

    /// Parses it as GitHub reads a workflow, where the key `on` is no boolean. `None` where it holds nothing.
    pub(crate) fn parse_workflow(&self) -> Result<Option<Document>, ParseError> {
        match self.format {
            Format::Yaml => parse_yaml_core(self.yaml()),
            _ => self.parse(),
        }
    }

    fn yaml(&self) -> YamlDocument<'_> {
        YamlDocument {
            text: self.text(),
            first_line: self.first_line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile {
            name: name.into(),
            text: text.into(),
        }
    }

    #[test]
    fn units_cover_the_whole_file() {
        let file = file("a.yaml", "\u{feff}a: 1\n---\nb: ü\n---\nc: 3\n");
        let units = units(&file, Reading::default());
        let texts: Vec<&str> = units.iter().map(Unit::text).collect();
        assert_eq!(texts, ["a: 1\n", "---\nb: ü\n", "---\nc: 3\n"]);
        assert_eq!(units[2].first_line, 4);
        assert_eq!(units[2].number, Some(3));
    }

    #[test]
    fn json_is_told_by_name_or_by_content() {
        let format =
            |name: &str, text: &str| units(&file(name, text), Reading::default())[0].format;
        assert_eq!(format("a.json", "nonsense"), Format::Json);
        assert_eq!(format("-", "\n{\"a\": 1}\n"), Format::Json);
        assert_eq!(format("-", "{a: 1}\n"), Format::Yaml);
        assert_eq!(format("a.yaml", "[1, 2]"), Format::Json);
        assert_eq!(format("a.yaml", "a: 1"), Format::Yaml);
        assert_eq!(format("a.toml", "a: 1"), Format::Yaml);
    }

    #[test]
    fn other_formats_are_told_by_name_where_documents_are_asked_for() {
        let format = |name: &str, reading: Reading| units(&file(name, "a: 1"), reading)[0].format;
        let documents = Reading {
            documents: true,
            ..Reading::default()
        };
        assert_eq!(format("a.toml", documents), Format::Toml);
        assert_eq!(format("a.yaml", documents), Format::Yaml);
        assert_eq!(format("a", documents), Format::Yaml);
        let ini = Reading {
            format: Some(Format::Ini),
            ..Reading::default()
        };
        assert_eq!(format("a.toml", ini), Format::Ini);
    }
}
