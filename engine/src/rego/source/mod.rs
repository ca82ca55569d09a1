//! A pass over the text of a module before regorus reads it, for what OPA understands and regorus does not. It keeps
//! every line, and every place of the text that it makes leads back to the author's own.

mod annotations;
mod bodies;
mod calls;
mod empties;
mod every;
mod extent;
mod iterations;
pub(super) mod keywords;
mod members;
mod modifiers;
mod names;
pub(super) mod nesting;
mod patterns;
mod relations;
mod results;
mod statements;
mod steps;
mod templates;
mod tokens;
mod values;

use super::edits::{Edit, Origin};
use super::{Module, RegoProblem};
use tokens::tokens;

pub(super) use steps::{finish, unreadable};

/// What one step changes in a module.
#[derive(Default)]
struct Rewriting {
    edits: Vec<Edit>,
    /// Places where regorus would not evaluate what OPA does and that cannot be changed, and what to write instead.
    refused: Vec<(u32, &'static str)>,
    /// Whether the step has more to change in what it changed.
    is_unfinished: bool,
}

impl Rewriting {
    fn refuse(&mut self, at: u32, message: &'static str) {
        self.refused.push((at, message));
    }
}

impl From<Vec<Edit>> for Rewriting {
    fn from(edits: Vec<Edit>) -> Self {
        Self {
            edits,
            ..Self::default()
        }
    }
}

/// The number of the next name with a prefix: one more than the highest in a text.
fn next_number(text: &str, prefix: &str) -> usize {
    let numbers = text.match_indices(prefix).filter_map(|(at, _)| {
        let rest = text.get(at + prefix.len()..)?;
        let digits = rest.split(|character: char| !character.is_ascii_digit());
        digits.into_iter().next()?.parse::<usize>().ok()
    });
    numbers.max().unwrap_or(0).saturating_add(1)
}

/// The name of the author's that is one of those that the pass gives, if there is one.
fn reserved(text: &str) -> Option<usize> {
    let prefixes = [
        every::PREFIX,
        modifiers::PREFIX,
        statements::PREFIX,
        values::PREFIX,
        patterns::PREFIX,
        relations::PREFIX,
    ];
    if !prefixes.iter().any(|prefix| text.contains(prefix)) {
        return None;
    }
    let is_reserved = |word: &str| prefixes.iter().any(|prefix| word.starts_with(prefix));
    tokens(text)
        .into_iter()
        .find(|token| {
            token.kind == tokens::Kind::Word
                && text.get(token.start..token.end).is_some_and(is_reserved)
        })
        .map(|token| token.start)
}

/// Rewrites what regorus does not parse.
pub(super) fn prepare(module: &Module) -> Result<Module, RegoProblem> {
    let text = &*module.text;
    if let Some(at) = reserved(text) {
        let message = "a name that starts like this is made when the file is read: choose another";
        return Err(problem(module, at, message));
    }
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
