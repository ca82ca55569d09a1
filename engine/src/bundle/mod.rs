//! OPA bundles (OPA documentation, "Bundles"): policies and data in one archive, with a manifest that says which part
//! of `data` they own and a signature that says who made them.
//!
//! What a bundle holds is judged by like plain policies. Bytes come in, and nothing is unpacked to disk.

mod archive;
mod document;
mod hash;
mod join;
mod manifest;
mod read;
mod roots;
mod signature;

pub use archive::BundleFiles;
pub(crate) use join::join;
pub use read::Bundle;
pub use signature::BundleVerification;

use soc2gate_source::{Code, Diagnostic, Position, Span};

/// A diagnostic about a whole file.
fn placed(file: &str, code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, message).at(file, Span::at(Position::START))
}

/// A bundle, or a file of one, that cannot be read.
fn invalid(file: &str, message: impl Into<String>) -> Diagnostic {
    placed(file, Code::BundleInvalid, message)
}
