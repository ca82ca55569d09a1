//! Our controls through our engine and through OPA itself: every case, and what mutations make of it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use soc2gate_engine::{Control, Library, Status, Subject, SubjectKind, UnknownReason, Verdict};
use soc2gate_inputs::{Reading, SourceFile};
use soc2gate_policies::{OpenCase, control_folders, sources};

use crate::{shell, tools};

/// Compares every case and so many mutations of it.
pub(crate) fn run(most: usize) -> Result<()> {
    let folder = tools::opa()?;
    let (library, _) = Library::load(&sources());
    let mut opa = Opa::start(&folder)?;
    let modules: serde_json::Map<String, Value> = sources()
        .into_iter()
        .map(|source| (source.file, Value::from(source.text)))
        .collect();
    opa.tell(&json!({ "modules": modules }))?;
    let (mut count, mut differences) = (0, Vec::new());
    for folder in control_folders(&shell::root().join("policies/controls"))? {
        let control = control_in(&library, &folder.path)?;
        for case in &folder.cases {
            let opened = case
                .open(&library, &control.id.0)
                .map_err(anyhow::Error::msg)?;
            opa.tell(&json!({ "data": opened.gate.data() }))?;
            let name = case.file.strip_prefix(shell::root()).unwrap_or(&case.file);
            for subject in &opened.subjects {
                for (mutation, subject) in mutations(subject, most) {
                    count += 1;
                    if let Some(difference) = compare(&mut opa, control, &opened, &subject)? {
                        let name = name.display();
                        differences.push(format!("{name} {mutation}: {difference}"));
                    }
                }
            }
        }
    }
    for difference in differences.iter().take(400) {
        println!("{difference}");
    }
    println!(
        "differential: {count} subjects, {} disagreements with OPA",
        differences.len()
    );
    if count == 0 || !differences.is_empty() {
        bail!("our engine and OPA do not agree");
    }
    Ok(())
}

fn control_in<'a>(library: &'a Library, folder: &Path) -> Result<&'a Control> {
    library
        .controls()
        .iter()
        .find(|control| shell::root().join(&*control.file).starts_with(folder))
        .with_context(|| format!("{} is no control of the library", folder.display()))
}

/// A subject as it is, and with one place of its document changed; always the same ones.
fn mutations(subject: &Subject, most: usize) -> Vec<(String, Subject)> {
    let mut places = Vec::new();
    collect(&subject.document, String::new(), &mut places);
    let changes: [Option<Value>; 7] = [
        None,
        Some(Value::Null),
        Some(json!("")),
        Some(json!(7)),
        Some(json!(true)),
        Some(json!([])),
        Some(json!({})),
    ];
    let all: Vec<(&String, &Option<Value>)> = places
        .iter()
        .flat_map(|place| changes.iter().map(move |change| (place, change)))
        .collect();
    let step = all.len().div_ceil(most.max(1)).max(1);
    let mut found = vec![("as it is".to_owned(), subject.clone())];
    // An odd step through a multiple of seven comes by every kind of change.
    for (place, change) in all.iter().step_by(step | 1) {
        let mut mutated = subject.clone();
        if put(&mut mutated.document, place, (*change).clone()) && is_read(&mutated) {
            let change = change
                .as_ref()
                .map_or("removed".to_owned(), Value::to_string);
            found.push((format!("{place} {change}"), mutated));
        }
    }
    found
}

/// Whether a document comes to be judged at all: one that breaks the schema of its kind is refused before.
fn is_read(subject: &Subject) -> bool {
    if subject.kind == SubjectKind::Kubernetes {
        return true;
    }
    let reading = Reading {
        kind: Some(subject.kind),
        ..Reading::default()
    };
    let file = SourceFile {
        name: Arc::clone(&subject.source.file),
        text: subject.document.to_string().into(),
    };
    let units = soc2gate_inputs::units(&file, reading);
    let subjects = units
        .iter()
        .map(|unit| soc2gate_inputs::read(unit, reading).subjects.len());
    subjects.sum::<usize>() == 1
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        collect(value, format!("{at}/{key}"), places);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(&index.to_string(), item);
            }
        }
        _ => {}
    }
    if !at.is_empty() {
        places.push(at);
    }
}

/// Changes or removes the value at a pointer.
fn put(document: &mut Value, pointer: &str, change: Option<Value>) -> bool {
    if let Some(change) = change {
        return document
            .pointer_mut(pointer)
            .map(|value| *value = change)
            .is_some();
    }
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return false;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(&key).is_some(),
        Some(Value::Array(items)) => match key.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// What differs between our verdict and what OPA's rules give.
fn compare(
    opa: &mut Opa,
    control: &Control,
    case: &OpenCase,
    subject: &Subject,
) -> Result<Option<String>> {
    let mut judge = case.gate.judge(&case.context);
    let decision = judge.judge(subject, case.now);
    let Some(verdict) = decision
        .verdicts
        .iter()
        .find(|verdict| verdict.control == control.id)
    else {
        return Ok(None);
    };
    if verdict.omitted > 0 {
        return Ok(None);
    }
    let rule = |name: &str| format!("data.{}.{name}", control.package);
    let answers = opa.ask(
        &judge.input(subject, case.now),
        &[rule("deny"), rule("unknown"), rule("applicable")],
    )?;
    let theirs = Theirs::new(&answers);
    let ours = Theirs::of(verdict);
    Ok((ours != theirs).then(|| format!("ours {ours:?}, OPA's {theirs:?}")))
}

/// What the rules of a control say, as far as a verdict shows it.
#[derive(Debug, PartialEq, Eq)]
struct Theirs {
    findings: BTreeSet<String>,
    missing: BTreeSet<String>,
    has_error: bool,
    applies: Option<bool>,
}

impl Theirs {
    fn new(answers: &[Value]) -> Self {
        let entries = |at: usize| -> BTreeSet<String> {
            let value = answers.get(at).and_then(|answer| answer.get("value"));
            let entries = value.and_then(Value::as_array).into_iter().flatten();
            entries
                .map(|entry| said(entry.get("message"), entry.get("path")))
                .collect()
        };
        let (findings, missing) = (entries(0), entries(1));
        let has_error = answers.iter().any(|answer| answer.get("error").is_some());
        let is_quiet = findings.is_empty() && missing.is_empty() && !has_error;
        let applies = answers.get(2).and_then(|answer| answer.get("value"));
        Self {
            findings,
            missing,
            has_error,
            applies: is_quiet.then(|| applies == Some(&Value::Bool(true))),
        }
    }

    fn of(verdict: &Verdict) -> Self {
        let entry =
            |message: &str, path: &dyn Fn() -> Value| said(Some(&message.into()), Some(&path()));
        let findings = verdict
            .findings
            .iter()
            .map(|finding| entry(&finding.message, &|| json!(finding.path)));
        let missing = verdict
            .unknowns
            .iter()
            .filter(|unknown| unknown.reason == UnknownReason::MissingFact);
        let missing = missing.map(|unknown| entry(&unknown.message, &|| json!(unknown.path)));
        let has_error = verdict
            .unknowns
            .iter()
            .any(|unknown| unknown.reason == UnknownReason::EvaluationError);
        Self {
            findings: findings.collect(),
            missing: missing.collect(),
            has_error,
            applies: match verdict.status {
                Status::Pass => Some(true),
                Status::NotApplicable => Some(false),
                Status::Fail | Status::Unknown => None,
            },
        }
    }
}

/// An entry of a rule as one text. White space in messages is not compared: outputs fold it.
fn said(message: Option<&Value>, path: Option<&Value>) -> String {
    let message = message.and_then(Value::as_str).unwrap_or_default();
    let message: Vec<&str> = message
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let path = path.filter(|path| !path.is_null()).cloned();
    format!(
        "{} {}",
        message.join(" "),
        path.unwrap_or_else(|| json!([]))
    )
}

/// OPA in a process of its own.
pub(crate) struct Opa {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Opa {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let mut process = Command::new("python3")
            .arg(shell::root().join("tests/tools/opa_oracle.py"))
            .arg(folder)
            .env("GOMAXPROCS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python3")?;
        let questions = process.stdin.take().context("no standard input")?;
        let answers = process.stdout.take().context("no standard output")?;
        Ok(Self {
            process,
            questions,
            answers: BufReader::new(answers),
        })
    }

    pub(crate) fn tell(&mut self, message: &Value) -> Result<()> {
        writeln!(self.questions, "{message}").context("OPA has ended")
    }

    fn ask(&mut self, input: &Value, rules: &[String]) -> Result<Vec<Value>> {
        self.tell(&json!({"input": input, "rules": rules}))?;
        self.answer()
    }

    /// What it says to a question.
    pub(crate) fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("OPA has ended")
    }
}

impl Drop for Opa {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
