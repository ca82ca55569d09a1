//! Whether output for people is coloured.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};

use crate::args::When;

/// Whether standard output gets colours: where that was said, or on a terminal whose user does not object.
pub(crate) fn colour(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let is_unwanted = objects(
                env::var_os("NO_COLOR").as_deref(),
                env::var_os("CLICOLOR").as_deref(),
            );
            io::stdout().is_terminal() && !is_unwanted
        }
    }
}

/// Whether the environment says no: <https://no-color.org>, <https://bixense.com/clicolors>.
fn objects(no_color: Option<&OsStr>, clicolor: Option<&OsStr>) -> bool {
    no_color.is_some() || clicolor.is_some_and(|value| value == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_may_say_no() {
        for (no_color, clicolor, expected) in [
            (None, None, false),
            (Some("1"), None, true),
            (Some(""), Some("1"), true),
            (None, Some("0"), true),
            (None, Some("1"), false),
        ] {
            let found = objects(no_color.map(OsStr::new), clicolor.map(OsStr::new));
            assert_eq!(found, expected, "{no_color:?} {clicolor:?}");
        }
    }
}
