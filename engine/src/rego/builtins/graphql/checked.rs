//! What a check of a document ends with, and the bound on how much it may do.

use std::cell::Cell;

/// How many parts of documents one check may look at. Merging fields that fragments repeat can take a number of steps that
/// is exponential in the size of the query.
const MAX_STEPS: usize = 3_000_000;
/// How deep a check may go into selections, through fragments too, and into values.
const MAX_DEPTH: usize = 150;

/// Why a document did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is neither a text nor an object.
    Operand(String),
    /// It cannot be read, or breaks a rule.
    Invalid(String),
    /// It is larger, deeper or more work to check than may be, so nobody knows whether it is valid.
    TooComplex,
}

impl Refusal {
    /// The same, with a part of the document that it is about.
    pub(super) fn within(self, part: &str) -> Self {
        match self {
            Self::Invalid(message) => Self::Invalid(format!("{message} in {part}")),
            other => other,
        }
    }
}

pub(super) type Checked<T = ()> = Result<T, Refusal>;

/// A refusal for a rule that is broken.
pub(super) fn invalid<T>(message: impl Into<String>) -> Checked<T> {
    Err(Refusal::Invalid(message.into()))
}

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Effort {
    steps: Cell<usize>,
    depth: Cell<usize>,
}

impl Effort {
    pub(super) fn new() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS),
            depth: Cell::new(MAX_DEPTH),
        }
    }

    /// Looks at so many parts.
    pub(super) fn spend(&self, parts: usize) -> Checked {
        let left = self
            .steps
            .get()
            .checked_sub(parts)
            .ok_or(Refusal::TooComplex)?;
        self.steps.set(left);
        Ok(())
    }

    /// Goes one level down, at the cost of one part.
    pub(super) fn deeper<T>(&self, check: impl FnOnce() -> Checked<T>) -> Checked<T> {
        self.spend(1)?;
        let depth = self.depth.get();
        let below = depth.checked_sub(1).ok_or(Refusal::TooComplex)?;
        self.depth.set(below);
        let result = check();
        self.depth.set(depth);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_out() {
        let effort = Effort::new();
        assert_eq!(effort.spend(MAX_STEPS - 1), Ok(()));
        assert_eq!(effort.spend(2), Err(Refusal::TooComplex));
    }

    #[test]
    fn depth_runs_out_and_comes_back() {
        fn down(effort: &Effort, levels: usize) -> Checked {
            match levels.checked_sub(1) {
                None => Ok(()),
                Some(rest) => effort.deeper(|| down(effort, rest)),
            }
        }
        let effort = Effort::new();
        assert_eq!(down(&effort, MAX_DEPTH), Ok(()));
        assert_eq!(down(&effort, MAX_DEPTH + 1), Err(Refusal::TooComplex));
        assert_eq!(down(&effort, MAX_DEPTH), Ok(()));
    }
}
