//! Runs of the gate against the server, as a workflow runs it.

use super::*;

/// Unlike anything else: no byte that is written holds it.
pub(super) const TOKEN: &str = "ghs_CanaryTokenXq7Zv42LmPr";

/// How a run ended, with all that it wrote.
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) report: Value,
    pub(super) errors: String,
    /// The collected document, where one was saved.
    pub(super) saved: Option<Value>,
    /// The folder it ran in.
    pub(super) folder: tempfile::TempDir,
}

/// The command line with the addresses and the token of a workflow on github.com.
pub(super) fn command(server: &Server, folder: &Path) -> Command {
    let mut command = soc2gate(folder);
    command
        .env("GITHUB_API_URL", &server.address)
        .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", server.address))
        .env("GITHUB_TOKEN", TOKEN);
    command
}

/// Judges acme/shop#42 with a ledger, and keeps the document.
pub(super) fn judge(server: &Server, arguments: &[&str]) -> Run {
    judge_as(server, arguments, |_| {})
}

/// As `judge`, after changes to the command.
pub(super) fn judge_as(server: &Server, arguments: &[&str], change: impl Fn(&mut Command)) -> Run {
    let folder = folder(&[]);
    soc2gate(folder.path())
        .args(["ledger", "init", "--ledger", "ledger"])
        .args(["--origin", "example.com/gate"])
        .assert()
        .success();
    let mut command = command(server, folder.path());
    command
        .args(["check", "pull-request", "acme/shop#42"])
        .args(["--format", "json", "--now", NOW, "--ledger", "ledger"])
        .args(["--save", "saved.json"])
        .args(arguments);
    change(&mut command);
    ended(folder, &command.output().unwrap())
}

/// How a run ended. The token is in nothing that it wrote.
pub(super) fn ended(folder: tempfile::TempDir, output: &Output) -> Run {
    holds_no_token("standard output", &output.stdout);
    holds_no_token("standard error", &output.stderr);
    holds_no_token_below(folder.path());
    let saved = std::fs::read_to_string(folder.path().join("saved.json")).ok();
    Run {
        code: output.status.code().unwrap(),
        report: report(output),
        errors: String::from_utf8(output.stderr.clone()).unwrap(),
        saved: saved.map(|text| serde_json::from_str(&text).unwrap()),
        folder,
    }
}

impl Run {
    /// The codes of the diagnostics.
    pub(super) fn codes(&self) -> Vec<String> {
        codes(&self.report)
    }
}

/// Fails where a file below a folder holds the token.
pub(super) fn holds_no_token_below(folder: &Path) {
    for path in files_below(folder) {
        holds_no_token(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}

/// Fails where some bytes hold the token or a large part of it.
fn holds_no_token(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for part in [TOKEN, "CanaryTokenXq7", "Xq7Zv42LmPr"] {
        assert!(!text.contains(part), "the token is in {place}");
    }
}

pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// The verdicts of controls, in order: `CHG-01 pass`.
pub(super) fn verdicts(report: &Value) -> Vec<String> {
    let decisions = report["decisions"].as_array().unwrap();
    let of = |decision: &Value| decision["verdicts"].as_array().unwrap().clone();
    decisions
        .iter()
        .flat_map(of)
        .map(|verdict| {
            let text = |key: &str| verdict[key].as_str().unwrap().to_owned();
            format!("{} {}", text("control"), text("status"))
        })
        .collect()
}

impl Run {
    /// The verdict of a control on the pull request.
    pub(super) fn verdict(&self, control: &str) -> String {
        let found = self.verdicts();
        let found = found
            .iter()
            .find_map(|text| text.strip_prefix(&format!("{control} ")));
        found
            .unwrap_or_else(|| panic!("no {control}: {}", self.report))
            .to_owned()
    }

    pub(super) fn verdicts(&self) -> Vec<String> {
        verdicts(&self.report)
    }

    /// Nothing was judged: one diagnostic, exit code 2, no document.
    pub(super) fn undecided(&self, code: &str) {
        let found = (self.code, self.codes());
        assert_eq!(found, (2, vec![code.to_owned()]), "{}", self.errors);
        assert_eq!(self.verdicts(), Vec::<String>::new());
        assert!(self.saved.is_none());
    }
}
