//! What `soc2gate lint` says of folders of controls, and how it is shown. No output quotes a policy, a case or a test.

mod sarif;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;
use soc2gate_engine::{PolicySource, Status, lint_rego};
use soc2gate_source::{Code, Diagnostic, Position, Severity, Span};

use crate::exit::Exit;
use crate::output::escape::write_json;
use crate::output::{Line, Tone, unwrapped};
use crate::suite::{Suite, severity};

pub(crate) use sarif::sarif;

/// Everything that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    /// The version of the format.
    schema: &'static str,
    /// How many Rego files were read.
    files: usize,
    diagnostics: Vec<Diagnostic>,
    /// Whether warnings count as failures.
    strict: bool,
}

impl Findings {
    /// Looks at everything below some paths.
    pub(crate) fn of(paths: &[PathBuf], strict: bool) -> Self {
        let suite = Suite::load(paths);
        let sources: Vec<PolicySource> = suite
            .files
            .iter()
            .map(|(_, source)| source.clone())
            .collect();
        let mut diagnostics = suite.diagnostics.clone();
        diagnostics.extend(lint_rego(&sources));
        diagnostics.extend(missing_cases(&suite));
        if sources.is_empty() && !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.push(Diagnostic::new(Code::NoTest, "no Rego file was found"));
        }
        diagnostics.sort_by(|a, b| {
            let key = |diagnostic: &Diagnostic| (diagnostic.location.clone(), diagnostic.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        // Some of it is said whenever a control is loaded.
        diagnostics.dedup();
        Self {
            schema: "soc2gate.dev/lint/v1",
            files: sources.len(),
            diagnostics,
            strict,
        }
    }

    /// The exit code: what does not load outweighs what is strict.
    pub(crate) fn exit(&self) -> Exit {
        let has = |severity| {
            self.diagnostics
                .iter()
                .any(|diagnostic| diagnostic.severity == severity)
        };
        if has(Severity::Error) {
            Exit::Error
        } else if self.strict && has(Severity::Warning) {
            Exit::Deny
        } else {
            Exit::Allow
        }
    }

    /// The findings as text for people.
    pub(crate) fn human(&self, colour: bool) -> anyhow::Result<String> {
        let mut lines = Vec::new();
        for diagnostic in &self.diagnostics {
            let (tone, word) = severity(diagnostic.severity);
            let place = diagnostic
                .location
                .as_ref()
                .map(|location| format!("{location}: "))
                .unwrap_or_default();
            let line = Line::default()
                .put(Tone::Strong, &place)
                .put(tone, &format!("{word}[{}]", diagnostic.code))
                .put(Tone::Plain, &format!(": {}", diagnostic.message));
            lines.push(line);
            let help = Line::indented(2).put(Tone::Faint, "= help: ");
            lines.push(help.put(Tone::Plain, &diagnostic.help));
        }
        let count = |severity| {
            let found = self
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == severity);
            found.count()
        };
        let plural = |number: usize, one: &str| {
            format!("{number} {one}{}", if number == 1 { "" } else { "s" })
        };
        let summary = format!(
            "{}: {}, {}",
            plural(self.files, "file"),
            plural(count(Severity::Error), "error"),
            plural(count(Severity::Warning), "warning"),
        );
        lines.push(Line::default().put(Tone::Plain, &summary));
        Ok(unwrapped(lines, colour)?)
    }

    /// The findings as one JSON document.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let mut text = Vec::new();
        write_json(&mut text, self)?;
        text.push(b'\n');
        Ok(String::from_utf8(text)?)
    }
}

/// Controls that no case shows to pass, to fail or to be undecided.
fn missing_cases(suite: &Suite) -> Vec<Diagnostic> {
    let mut shown: BTreeMap<&str, BTreeSet<Status>> = BTreeMap::new();
    for case in &suite.cases {
        shown
            .entry(&case.control)
            .or_default()
            .insert(case.case.expected);
    }
    let none = BTreeSet::new();
    let mut found = Vec::new();
    for control in suite.library.controls() {
        if !suite
            .files
            .iter()
            .any(|(_, source)| *source.file == *control.file)
        {
            continue;
        }
        let shown = shown.get(control.id.0.as_str()).unwrap_or(&none);
        let mut report = |code, message: String| {
            let place = Span::at(Position::START);
            found.push(Diagnostic::new(code, message).at(&*control.file, place));
        };
        for (status, word) in [(Status::Pass, "pass"), (Status::Fail, "fail")] {
            if !shown.contains(&status) {
                report(
                    Code::LintNoCase,
                    format!("no case shows {} to {word}", control.id),
                );
            }
        }
        if suite.library.has_unknown(control) && !shown.contains(&Status::Unknown) {
            let message = format!("{} has a rule `unknown`, and no case of it", control.id);
            report(Code::LintNoUnknownCase, message);
        }
    }
    found
}
