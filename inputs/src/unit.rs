//! The parts of a file that can be read on their own.

use std::sync::Arc;

use soc2gate_source::{Document, ParseError, YamlDocument, parse_json, parse_yaml, split_yaml};

/// A file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name as it is shown; `-` is standard input.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// A part of a file that can be read on its own: a document of a YAML stream, or a JSON file.
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
    /// How it is written.
    pub syntax: Syntax,
}

/// How a unit is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// YAML 1.2, with the scalars of YAML 1.1 that kubectl knows.
    Yaml,
    /// JSON, RFC 8259.
    Json,
}

/// Splits a file. A file whose name ends in `.json`, or whose text starts like JSON and is JSON, is one unit.
pub fn units(file: &SourceFile) -> Vec<Unit> {
    if is_json(file) {
        return vec![Unit {
            file: file.clone(),
            offset: 0,
            length: file.text.len(),
            first_line: 1,
            syntax: Syntax::Json,
        }];
    }
    let bom = file.text.len() - file.text.trim_start_matches('\u{feff}').len();
    let mut offset = bom;
    let mut units = Vec::new();
    for document in split_yaml(&file.text) {
        let length = document.text.len();
        units.push(Unit {
            file: file.clone(),
            offset,
            length,
            first_line: document.first_line,
            syntax: Syntax::Yaml,
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
    /// Its text.
    pub fn text(&self) -> &str {
        self.file
            .text
            .get(self.offset..self.offset.saturating_add(self.length))
            .unwrap_or_default()
    }

    /// Parses it. `None` where it holds nothing.
    pub fn parse(&self) -> Result<Option<Document>, ParseError> {
        match self.syntax {
            Syntax::Json => parse_json(self.text()).map(Some),
            Syntax::Yaml => parse_yaml(YamlDocument {
                text: self.text(),
                first_line: self.first_line,
            }),
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
        let units = units(&file);
        let texts: Vec<&str> = units.iter().map(Unit::text).collect();
        assert_eq!(texts, ["a: 1\n", "---\nb: ü\n", "---\nc: 3\n"]);
        assert_eq!(units[2].first_line, 4);
    }

    #[test]
    fn json_is_told_by_name_or_by_content() {
        let syntax = |name: &str, text: &str| units(&file(name, text))[0].syntax;
        assert_eq!(syntax("a.json", "nonsense"), Syntax::Json);
        assert_eq!(syntax("-", "\n{\"a\": 1}\n"), Syntax::Json);
        assert_eq!(syntax("-", "{a: 1}\n"), Syntax::Yaml);
        assert_eq!(syntax("a.yaml", "[1, 2]"), Syntax::Json);
        assert_eq!(syntax("a.yaml", "a: 1"), Syntax::Yaml);
    }
}
