//! A parsed document with positions, and what can be wrong with one.

use std::fmt;

use serde_json::Value;

use crate::{Code, SourceMap, Span};

/// A parsed document: its value, and where each part of the value stands in the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The value.
    pub value: Value,
    /// Positions of its parts.
    pub map: SourceMap,
}

/// Deepest nesting that is read. Kubernetes objects stay below 60; the API server itself stops at 10,000.
pub const MAX_DEPTH: usize = 128;

/// What is wrong with a text that could not be parsed. Never quotes a value of the text: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What went wrong.
    pub kind: ParseErrorKind,
    /// Where.
    pub span: Span,
}

/// What went wrong while parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The text is not of the format. The author's fault; says what the parser found.
    Syntax(String),
    /// A mapping holds the same key twice: readers disagree on which one counts.
    DuplicateKey(String),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Aliases or references expand to more than is read: an "alias bomb".
    TooLarge,
    /// A key, tag or merge that JSON cannot express.
    Unsupported(&'static str),
}

impl ParseErrorKind {
    /// The stable code of this kind.
    pub fn code(&self) -> Code {
        match self {
            Self::Syntax(_) => Code::Syntax,
            Self::DuplicateKey(_) => Code::DuplicateKey,
            Self::TooDeep => Code::TooDeep,
            Self::TooLarge => Code::AliasExpansion,
            Self::Unsupported(_) => Code::UnsupportedSyntax,
        }
    }
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(what) => f.write_str(what),
            Self::DuplicateKey(key) => write!(f, "key {key:?} stands twice in one mapping"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::TooLarge => f.write_str("references expand to too many values"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}",
            self.span.start.line, self.span.start.column, self.kind
        )
    }
}

impl std::error::Error for ParseError {}
