//! A pass over the text of a module before regorus reads it, for what OPA understands and regorus does not. It keeps
//! every line, and every place of the text that it makes leads back to the author's own.

mod annotations;
mod calls;
mod extent;
mod iterations;
pub(super) mod keywords;
pub(super) mod nesting;
mod relations;
mod statements;
mod steps;
mod templates;
mod tokens;
mod values;

use super::edits::Origin;
use super::{Module, RegoProblem};
use tokens::tokens;

pub(super) use steps::finish;

/// Rewrites what regorus does not parse.
pub(super) fn prepare(module: &Module) -> Result<Module, RegoProblem> {
    let text = &*module.text;
    if !templates::may_be_in(text) && !keywords::may_be_in(text) {
        return Ok(Module {
            origin: Some(Origin::default()),
            ..module.clone()
        });
    }
    let tokens = tokens(text);
    let mut edits = keywords::edits(text, &tokens);
    edits.extend(
        templates::edits(text, &tokens)
            .map_err(|error| problem(module, error.at, error.message))?,
    );
    Ok(module.changed(edits).unwrap_or_else(|| Module {
        origin: Some(Origin::default()),
        ..module.clone()
    }))
}

/// A problem at a place of a module, in bytes.
fn problem(module: &Module, at: usize, message: &str) -> RegoProblem {
    let before = module.text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    RegoProblem {
        file: module.file.to_string(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        message: message.to_owned(),
    }
}
