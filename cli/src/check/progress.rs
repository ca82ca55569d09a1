//! Progress of a long run: on a terminal, and nowhere else.

use std::io::{IsTerminal as _, stderr, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on standard error that counts subjects, where somebody can see it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shown on a terminal, not in CI, and not where the output itself goes to the terminal: it would be torn apart.
    pub(crate) fn new() -> Self {
        let in_ci = std::env::var_os("CI").is_some();
        let shown = stderr().is_terminal() && !stdout().is_terminal() && !in_ci;
        let bar = shown.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} judged {pos} subjects, {per_sec}")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { bar }
    }

    /// Counts subjects that were judged.
    pub(crate) fn advance(&self, subjects: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(u64::try_from(subjects).unwrap_or(u64::MAX));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
