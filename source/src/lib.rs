//! Source text for soc2gate.
//!
//! Everything that people write and the gate reads passes through this crate: a file becomes a
//! [`Document`] (a JSON value plus a [`SourceMap`] that knows where each part of it stands), a closed
//! schema is checked with [`Schema::validate`], and whatever is wrong becomes a [`Diagnostic`] with a
//! stable [`Code`], a position and a remedy. It does no I/O.

mod code;
mod diagnostic;
mod document;
mod excerpt;
mod json;
mod lines;
mod position;
mod schema;
mod source_map;
mod tree;
mod yaml;
mod yaml_scalar;

pub use code::Code;
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Document, MAX_DEPTH, ParseError, ParseErrorKind};
pub use excerpt::{Excerpt, Visibility};
pub use json::parse_json;
pub use lines::Lines;
pub use position::{Location, Position, Span};
pub use schema::{Schema, SchemaError};
pub use source_map::{Path, Segment, SourceMap, display_path};
pub use tree::{Tree, TreeObject, TreeValue};
pub use yaml::{YamlDocument, parse_yaml, parse_yaml_core, split_yaml};
