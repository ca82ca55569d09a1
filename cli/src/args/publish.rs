//! Options about where results are shown besides the outputs.

use clap::Args;

/// Where results are shown on GitHub.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct PublishArgs {
    /// In GitHub Actions: write the step's summary, and its outputs decision, subjects, failed, unknown, excepted, known
    #[arg(long)]
    pub(crate) github_outputs: bool,

    /// Keep one comment on the pull request up to date; needs `pull-requests: write`
    #[arg(long)]
    pub(crate) comment: bool,

    /// Write a check run named soc2gate to the judged commit; needs `checks: write`
    #[arg(long)]
    pub(crate) check_run: bool,

    /// Name that tells the comment and the check run apart from those of other steps
    #[arg(long, value_name = "NAME", value_parser = report_name)]
    pub(crate) report_name: Option<String>,
}

/// The name stands in a comment of HTML, where `--` would not be allowed.
fn report_name(text: &str) -> Result<String, &'static str> {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    if text.len() <= 50 && text.split(['.', '_', '-']).all(is_word) {
        Ok(text.to_owned())
    } else {
        Err("a name has at most 50 letters and digits, with single `.`, `_` and `-` between them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_no_comment_of_html() {
        for name in ["a", "team-a.v2", "A_1"] {
            assert_eq!(report_name(name), Ok(name.to_owned()));
        }
        for name in ["", "a--b", "-", "a-", "a b", "-->", "ä", &"a".repeat(51)] {
            assert!(report_name(name).is_err(), "{name}");
        }
    }
}
