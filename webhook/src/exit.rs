//! How the program ends.

use std::process::{ExitCode, Termination};

/// The exit codes of the design that a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: it ended as it was told.
    Ended,
    /// 1: what exists is denied.
    Denied,
    /// 2: it could not serve, or not judge all of it.
    Error,
    /// 64: the command line was not understood (EX_USAGE of sysexits.h).
    Usage,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ended => 0,
            Self::Denied => 1,
            Self::Error => 2,
            Self::Usage => 64,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
