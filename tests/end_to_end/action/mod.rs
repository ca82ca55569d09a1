//! The action, as a runner runs it: its steps from `ci-action/action.yml`, with the expressions in it evaluated, so that a
//! wrong name fails.

mod fetch;
mod readme;
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command as Process;

use soc2gate_source::{parse_yaml, split_yaml};

use super::*;

/// A job with the action in it, on a runner of its own.
pub(super) struct Action {
    folder: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

/// How a job ended.
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) log: String,
    /// The outputs of the action.
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) summary: String,
}

impl Action {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["temp", "workspace", "action"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        // A copy, so that a test can add a checksum.
        for file in fs::read_dir(root().join("ci-action")).unwrap().flatten() {
            fs::copy(
                file.path(),
                folder.path().join("action").join(file.file_name()),
            )
            .unwrap();
        }
        let action = Self {
            folder,
            inputs: BTreeMap::new(),
            environment: BTreeMap::new(),
        };
        let place = |name: &str| action.path(name).display().to_string();
        let environment = [
            ("GITHUB_ACTION_PATH", place("action")),
            ("GITHUB_STEP_SUMMARY", place("summary")),
            ("RUNNER_TEMP", place("temp")),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("PATH", std::env::var("PATH").unwrap()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        Self {
            environment: environment.into(),
            ..action
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives an input.
    pub(super) fn with(mut self, input: &str, value: impl Into<String>) -> Self {
        self.inputs.insert(input.to_owned(), value.into());
        self
    }

    /// Sets a variable of the runner.
    pub(super) fn set(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.environment.insert(variable.to_owned(), value.into());
        self
    }

    /// Runs the steps until one fails.
    pub(super) fn run(&self) -> Ended {
        let text = fs::read_to_string(self.path("action/action.yml")).unwrap();
        let description = parse_yaml(split_yaml(&text)[0]).unwrap().unwrap().value;
        let mut contexts = Contexts {
            values: BTreeMap::from([("github.token".to_owned(), "ghs_job".to_owned())]),
        };
        for (name, input) in description["inputs"].as_object().unwrap() {
            let value = match self.inputs.get(name) {
                Some(given) => given.clone(),
                None => contexts.evaluate(&input["default"]),
            };
            contexts.values.insert(format!("inputs.{name}"), value);
        }
        for name in self.inputs.keys() {
            assert!(
                contexts.values.contains_key(&format!("inputs.{name}")),
                "no input {name}"
            );
        }
        let mut ended = Ended {
            code: 0,
            log: String::new(),
            outputs: BTreeMap::new(),
            summary: String::new(),
        };
        for step in description["runs"]["steps"].as_array().unwrap() {
            if ended.code == 0 {
                self.step(step, &mut contexts, &mut ended);
            } else {
                contexts.skip(step);
            }
        }
        for (name, output) in description["outputs"].as_object().unwrap() {
            let value = contexts.evaluate(&output["value"]);
            ended.outputs.insert(name.clone(), value);
        }
        ended.summary = fs::read_to_string(self.path("summary")).unwrap_or_default();
        ended
    }

    fn step(&self, step: &Value, contexts: &mut Contexts, ended: &mut Ended) {
        assert_eq!(step["shell"], "bash");
        let (script, outputs) = (self.path("script.sh"), self.path("outputs"));
        let run = step["run"].as_str().unwrap();
        assert!(
            !run.contains("${{"),
            "values reach the shell through the environment: {run}"
        );
        fs::write(&script, run).unwrap();
        fs::write(&outputs, "").unwrap();
        let mut command = Process::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(&script)
            .current_dir(self.path("workspace"))
            .env_clear()
            .envs(&self.environment)
            .env("GITHUB_OUTPUT", &outputs);
        for (name, value) in step["env"].as_object().unwrap() {
            command.env(name, contexts.evaluate(value));
        }
        let output = command.output().unwrap();
        ended.code = output.status.code().unwrap();
        ended.log += &String::from_utf8(output.stdout).unwrap();
        ended.log += &String::from_utf8(output.stderr).unwrap();
        contexts.finish(step, &fs::read_to_string(&outputs).unwrap());
    }
}

/// What expressions of the action can name.
struct Contexts {
    values: BTreeMap<String, String>,
}

impl Contexts {
    /// A value that is text, or one expression and nothing else.
    fn evaluate(&self, value: &Value) -> String {
        let text = value.as_str().unwrap();
        let Some(rest) = text.strip_prefix("${{ ") else {
            assert!(!text.contains("${{"), "{text}");
            return text.to_owned();
        };
        let name = rest.strip_suffix(" }}").unwrap();
        let id = name
            .strip_prefix("steps.")
            .and_then(|rest| rest.split_once(".outputs."));
        match (self.values.get(name), id) {
            (Some(value), _) => value.clone(),
            // An output that a step did not set is empty, but there must be such a step.
            (None, Some((id, _))) if self.values.contains_key(&format!("steps.{id}")) => {
                String::new()
            }
            _ => panic!("the action names {name}, which does not exist"),
        }
    }

    fn skip(&mut self, step: &Value) {
        let id = step["id"].as_str().unwrap();
        self.values.insert(format!("steps.{id}"), String::new());
    }

    /// Takes the outputs of a step in, as the runner reads its file.
    fn finish(&mut self, step: &Value, text: &str) {
        self.skip(step);
        let id = step["id"].as_str().unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let (name, value) = match (line.split_once("<<"), line.split_once('=')) {
                (Some((name, delimiter)), None) => {
                    let value: Vec<&str> = lines
                        .by_ref()
                        .take_while(|line| *line != delimiter)
                        .collect();
                    (name, value.join("\n"))
                }
                (_, Some((name, value))) => (name, value.to_owned()),
                _ => panic!("no output: {line}"),
            };
            self.values
                .insert(format!("steps.{id}.outputs.{name}"), value);
        }
    }
}

impl Ended {
    /// The one annotation of a refusal.
    fn refusal(&self) -> &str {
        assert_eq!(self.code, 2, "{}", self.log);
        let lines = self
            .log
            .lines()
            .filter_map(|line| line.strip_prefix("::error title=soc2gate::"));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), 1, "{}", self.log);
        // Which program there is says nothing of what was judged.
        let mut results = self.outputs.iter().filter(|(name, _)| *name != "binary");
        assert!(
            results.all(|(_, value)| value.is_empty()),
            "{:?}",
            self.outputs
        );
        lines[0]
    }
}

/// A program in the place of soc2gate, which writes down its arguments and what else the test says.
fn program(script: &str) -> String {
    format!("#!/usr/bin/env bash\nprintf '%s\\n' \"$@\" >>\"$RUNNER_TEMP/arguments\"\n{script}\n")
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
