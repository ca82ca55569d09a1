//! Progress of a long run: on a terminal, and nowhere else.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on standard error that counts subjects, where somebody can see it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shown on a terminal, not in CI.
    pub(crate) fn new() -> Self {
        let shown = stderr().is_terminal() && std::env::var_os("CI").is_none();
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
