//! Exit codes: the one place that defines them.

use std::process::{ExitCode, Termination};

use soc2gate_engine::Outcome;

/// How the program ends. Output formats never change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: allowed; also the end of every command that has nothing to decide.
    Allow,
    /// 1: denied. The control works; the change does not comply.
    Deny,
    /// 2: could not decide: bad input, an unreadable source, an unknown under `deny`, an internal error.
    Error,
    /// 64: the command line was not understood (EX_USAGE of sysexits.h).
    Usage,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Deny => 1,
            Self::Error => 2,
            Self::Usage => 64,
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allow => Self::Allow,
            Outcome::Deny => Self::Deny,
            Outcome::Error => Self::Error,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
