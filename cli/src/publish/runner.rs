//! The files through which a step tells the runner of GitHub Actions its summary and its outputs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Largest summary of a step, in bytes: of a larger one nothing is shown (GitHub, "Adding a job summary").
const MOST_OF_SUMMARY: u64 = 1024 * 1024;

/// Why a file of the runner was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunnerError {
    /// The file cannot be written.
    #[error("the file that {variable} names cannot be written: {}", error.kind())]
    Unwritable {
        variable: &'static str,
        error: io::Error,
    },
    /// What other parts of the step wrote leaves no room.
    #[error("the step's summary has no room left: GitHub shows none above 1 MiB")]
    Full,
    /// No random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// Adds to the summary of the step, if there is room for it.
pub(super) fn add_summary(path: &Path, document: &str) -> Result<(), RunnerError> {
    let unwritable = |error| RunnerError::Unwritable {
        variable: "GITHUB_STEP_SUMMARY",
        error,
    };
    let used = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(unwritable(error)),
    };
    // An open paragraph, list or table of another tool ends at an empty line.
    let gap = if used == 0 { "" } else { "\n\n" };
    let text = format!("{gap}{document}\n");
    let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if used.saturating_add(size) > MOST_OF_SUMMARY {
        return Err(RunnerError::Full);
    }
    append(path, &text).map_err(unwritable)
}

/// Sets outputs of the step.
pub(super) fn set_outputs(path: &Path, outputs: &[(&str, String)]) -> Result<(), RunnerError> {
    let mut text = String::new();
    for (name, value) in outputs {
        text.push_str(&output(name, value)?);
    }
    append(path, &text).map_err(|error| RunnerError::Unwritable {
        variable: "GITHUB_OUTPUT",
        error,
    })
}

/// One output: on one line where the value is a word, else between lines that nobody can guess, so that no value ends
/// itself and sets another output.
fn output(name: &str, value: &str) -> Result<String, RunnerError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !value.is_empty() && value.chars().all(is_word) {
        return Ok(format!("{name}={value}\n"));
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| RunnerError::NoRandomness)?;
    let delimiter = format!("soc2gate_{}", data_encoding::HEXLOWER.encode(&bytes));
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The outputs that the runner reads from a file: its `FileCommandHelper`, in a few lines.
    fn read(text: &str) -> BTreeMap<String, String> {
        let mut outputs = BTreeMap::new();
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            let equals = line.find('=').unwrap_or(usize::MAX);
            let heredoc = line.find("<<").unwrap_or(usize::MAX);
            if line.is_empty() {
            } else if equals < heredoc {
                let (name, value) = line.split_once('=').unwrap();
                outputs.insert(name.to_owned(), value.to_owned());
            } else {
                let (name, delimiter) = line.split_once("<<").unwrap();
                let value: Vec<&str> = lines
                    .by_ref()
                    .take_while(|line| *line != delimiter)
                    .collect();
                outputs.insert(name.to_owned(), value.join("\n"));
            }
        }
        outputs
    }

    proptest! {
        #[test]
        fn no_value_sets_another_output(value in "[a=<\n\rE0F:%-]{0,30}|\\PC{0,20}", other in "[a-z0-9]{0,9}") {
            let text = output("one", &value).unwrap() + &output("other", &other).unwrap();
            let expected = [("one".to_owned(), value), ("other".to_owned(), other)];
            prop_assert_eq!(read(&text), BTreeMap::from(expected));
        }
    }

    #[test]
    fn words_stand_on_a_line_and_delimiters_differ() {
        assert_eq!(output("failed", "12").unwrap(), "failed=12\n");
        let first = output("url", "https://x").unwrap();
        assert_ne!(first, output("url", "https://x").unwrap());
        assert_eq!(first.lines().nth(1), Some("https://x"));
    }

    #[test]
    fn what_stands_in_the_files_stays_and_the_limit_counts_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        fs::write(&path, "| a |\n| --- |").unwrap();
        add_summary(&path, "## soc2gate: allow").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "| a |\n| --- |\n\n## soc2gate: allow\n");

        let room = usize::try_from(MOST_OF_SUMMARY).unwrap() - 10;
        fs::write(&path, "x".repeat(room)).unwrap();
        let full = add_summary(&path, "12345678");
        assert!(matches!(full, Err(RunnerError::Full)), "{full:?}");
        assert_eq!(fs::metadata(&path).unwrap().len(), room as u64);
        add_summary(&path, "1234567").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), MOST_OF_SUMMARY);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_by_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let error = set_outputs(folder.path(), &[("decision", "allow".to_owned())]).unwrap_err();
        assert!(error.to_string().contains("GITHUB_OUTPUT"), "{error}");
        let path = folder.path().join("missing/summary.md");
        let error = add_summary(&path, "x").unwrap_err();
        assert!(error.to_string().contains("GITHUB_STEP_SUMMARY"), "{error}");
    }
}
