//! CODEOWNERS as GitHub reads it: which line decides on a path, and which lines GitHub skips.
//!
//! What is read follows, in this order: GitHub's documentation ("About code owners"; REST `codeowners/errors`), the
//! gitignore documentation that it refers to, and what GitHub was seen to do. Where all three are silent a line is an
//! error instead of a guess, because an error is visible and a wrong owner is not. GitLab's and Bitbucket's additions
//! (sections, groups) are no syntax of GitHub's.

mod error;
mod glob;
mod globs;
mod index;
mod line;
mod owner;
mod ownership;
mod pattern;

#[cfg(test)]
mod tests;

pub use error::{LineError, LineErrorKind};
pub use ownership::Ownership;

use index::Index;
use line::Line;

/// Where GitHub looks for the file, in this order; the first that is there counts.
/// "About code owners", section "CODEOWNERS file location".
pub const LOCATIONS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// How many bytes a file must stay under to be loaded: 3 MB ("About code owners", section "CODEOWNERS file size").
/// GitHub does not say which megabyte; with the larger one owners are asked for rather than forgotten.
pub const SIZE_LIMIT: u64 = 3 * 1024 * 1024;

/// Whether GitHub ignores a file of so many bytes.
pub fn is_too_large(bytes: u64) -> bool {
    bytes >= SIZE_LIMIT
}

/// A CODEOWNERS file, read.
#[derive(Debug, Clone, Default)]
pub struct CodeOwnersFile {
    rules: Vec<Rule>,
    errors: Vec<LineError>,
    index: Index,
}

/// A line that assigns owners to paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The pattern as the file writes it.
    pub pattern: String,
    /// The owners as the file writes them, any of whom may approve. Empty: what the pattern matches has no owner.
    pub owners: Vec<String>,
    /// The line, counted from 1.
    pub line: u64,
}

impl CodeOwnersFile {
    /// Reads the text of a file of any size. Never fails: what GitHub would skip is in [`Self::errors`].
    ///
    /// Lines end in LF or CRLF. A byte order mark is skipped, as git does in ignore files.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (text, line) in text.lines().zip(1..) {
            match line::parse(text) {
                Line::Nothing => {}
                Line::Skipped(kind) => file.errors.push(LineError { line, kind }),
                Line::Rule {
                    text,
                    pattern,
                    owners,
                } => {
                    file.index.insert(pattern, file.rules.len());
                    file.rules.push(Rule {
                        pattern: text.to_owned(),
                        owners,
                        line,
                    });
                }
            }
        }
        file
    }

    /// The rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The lines that GitHub skips for their syntax, each once. Owners that do not exist or may not write are another
    /// matter: their line still counts.
    pub fn errors(&self) -> &[LineError] {
        &self.errors
    }

    /// The rule that decides on a path from the root of the repository: the last whose pattern matches. `None`: no
    /// rule does. A rule without owners is a decision too: nobody owns the path.
    pub fn owner_of(&self, path: &str) -> Option<&Rule> {
        self.index
            .last_match(path)
            .and_then(|rule| self.rules.get(rule))
    }
}
