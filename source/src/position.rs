//! Positions in a text.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in a text: line and column, both counted from 1; columns count Unicode scalar values.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in Unicode scalar values, counted from 1.
    pub column: u32,
}

impl Position {
    /// The first place of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// A place from line and column, both counted from 1.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

/// A stretch of text: from `start` to just before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// Just after the last character.
    pub end: Position,
}

impl Span {
    /// A stretch from its two ends.
    pub fn new(start: Position, end: Position) -> Self {
        Self { start, end }
    }

    /// A stretch of no length.
    pub fn at(position: Position) -> Self {
        Self {
            start: position,
            end: position,
        }
    }
}

/// A stretch of a named file, as it stands in outputs.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The file as it was named on the command line or found below it; `-` is standard input.
    pub file: String,
    /// First line, counted from 1.
    pub line: u32,
    /// First column in Unicode scalar values, counted from 1.
    pub column: u32,
    /// Last line, counted from 1.
    pub end_line: u32,
    /// Just after the last column.
    pub end_column: u32,
}

impl Location {
    /// A stretch of a file.
    pub fn new(file: impl Into<String>, span: Span) -> Self {
        Self {
            file: file.into(),
            line: span.start.line,
            column: span.start.column,
            end_line: span.end.line,
            end_column: span.end.column,
        }
    }

    /// The stretch without its file.
    pub fn span(&self) -> Span {
        Span::new(
            Position::new(self.line, self.column),
            Position::new(self.end_line, self.end_column),
        )
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
