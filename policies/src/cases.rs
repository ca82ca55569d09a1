//! The cases of controls: real inputs with the verdict they must get.
//!
//! `cases/<expectation>-<slug>.<yaml|json>`: the expectation is `pass`, `fail`, `unknown` or
//! `not-applicable`, the slug names the trap that the case holds. Every subject of the file that the control
//! speaks of must get that verdict. `<slug>.config.yaml` beside it, else `config.yaml`, is its
//! `soc2gate.yaml`. Where lines of a file end in `# finding`, findings must stand on exactly those lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;
use soc2gate_engine::{
    Config, Context, Decision, Exceptions, Gate, Library, Siblings, Status, Subject, SubjectKind,
    Verdict,
};
use soc2gate_inputs::{Reading, SourceFile};

/// A control's folder.
#[derive(Debug, Clone)]
pub struct ControlFolder {
    /// The folder.
    pub path: PathBuf,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The input.
    pub file: PathBuf,
    /// The verdict that it must get.
    pub expected: Status,
    /// Its configuration.
    pub config: Option<PathBuf>,
}

/// The controls below a folder `controls/`: every folder with a `control.rego`.
///
/// # Errors
/// A folder that cannot be read; a case whose name does not start with an expectation.
pub fn control_folders(controls: &Path) -> io::Result<Vec<ControlFolder>> {
    let mut found = Vec::new();
    for family in folders(controls)? {
        for path in folders(&family)? {
            if path.join("control.rego").is_file() {
                let cases = cases_of(&path.join("cases"))?;
                found.push(ControlFolder { path, cases });
            }
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = entries(folder)?;
    found.retain(|path| path.is_dir());
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}

/// The cases in a folder, ordered by name; none where there is no such folder.
///
/// # Errors
/// A folder that cannot be read; a case whose name does not start with an expectation.
pub fn cases_of(folder: &Path) -> io::Result<Vec<Case>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let shared = Some(folder.join("config.yaml")).filter(|path| path.is_file());
    let mut found = Vec::new();
    for file in entries(folder)? {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name == "config.yaml" || name.ends_with(".config.yaml") {
            continue;
        }
        let expected = expectation(&name).ok_or_else(|| {
            io::Error::other(format!(
                "{}: a case starts with pass-, fail-, unknown- or not-applicable-",
                file.display()
            ))
        })?;
        let own = file.with_extension("config.yaml");
        let config = Some(own)
            .filter(|path| path.is_file())
            .or_else(|| shared.clone());
        found.push(Case {
            file,
            expected,
            config,
        });
    }
    Ok(found)
}

fn expectation(name: &str) -> Option<Status> {
    [
        ("pass-", Status::Pass),
        ("fail-", Status::Fail),
        ("unknown-", Status::Unknown),
        ("not-applicable-", Status::NotApplicable),
    ]
    .into_iter()
    .find(|(prefix, _)| name.starts_with(prefix))
    .map(|(_, status)| status)
}

/// A case that was read.
#[derive(Debug)]
pub struct OpenCase {
    /// The gate with the one control, by the case's configuration.
    pub gate: Gate,
    /// What the subjects are judged with.
    pub context: Context,
    /// The documents that controls read beside a subject.
    pub siblings: Siblings,
    /// The subjects of the case.
    pub subjects: Vec<Subject>,
    /// The clock.
    pub now: Timestamp,
}

impl Case {
    /// Judges the case by one control of a library, straight through the engine.
    ///
    /// # Errors
    /// A file that cannot be read, or does not parse, or a configuration with problems: a text for people.
    pub fn judge(&self, library: &Library, control: &str) -> Result<Vec<Decision>, String> {
        let opened = self.open(library, control)?;
        let mut judge = opened.gate.judge(&opened.context);
        Ok(opened
            .subjects
            .iter()
            .map(|subject| judge.judge(subject, opened.now))
            .collect())
    }

    /// Reads the case, ready to be judged by one control.
    ///
    /// # Errors
    /// A file that cannot be read, or does not parse, or a configuration with problems: a text for people.
    pub fn open(&self, library: &Library, control: &str) -> Result<OpenCase, String> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let (config, problems) = match &self.config {
            Some(path) => Config::parse(&path.to_string_lossy(), &read(path)?),
            None => (Config::default(), Vec::new()),
        };
        if let Some(problem) = problems.first() {
            return Err(problem.to_string());
        }
        let (gate, problems) = Gate::new(
            &library.clone().only(&BTreeSet::from([control])),
            &config,
            Exceptions::default(),
        );
        if let Some(problem) = problems.first() {
            return Err(problem.to_string());
        }
        let name = self.file.strip_prefix(".").unwrap_or(&self.file);
        let file = SourceFile {
            name: name.to_string_lossy().into(),
            text: read(&self.file)?.into(),
        };
        let reading = Reading {
            documents: gate.asks_for(SubjectKind::Document),
            ..Reading::default()
        };
        let units = soc2gate_inputs::units(&file, reading);
        let wanted = gate.context_resources(SubjectKind::Kubernetes);
        let mut siblings: Siblings = wanted
            .iter()
            .map(|resource| ((*resource).to_owned(), BTreeMap::new()))
            .collect();
        for unit in &units {
            soc2gate_inputs::siblings(unit, &wanted, &mut siblings);
        }
        let mut subjects = Vec::new();
        for unit in &units {
            let read = soc2gate_inputs::read(unit, reading);
            if let Some(problem) = read
                .diagnostics
                .iter()
                .find(|diagnostic| diagnostic.is_error())
            {
                return Err(problem.to_string());
            }
            subjects.extend(read.subjects);
        }
        Ok(OpenCase {
            gate,
            context: Context::new(&siblings),
            siblings,
            subjects,
            now: NOW.parse().map_err(|error| format!("{NOW}: {error}"))?,
        })
    }

    /// The lines that findings must stand on, counted from 1; empty: any.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn marked_lines(&self) -> io::Result<BTreeSet<u32>> {
        let text = fs::read_to_string(&self.file)?;
        Ok(text
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.ends_with("# finding"))
            .map(|(_, number)| number)
            .collect())
    }

    /// Everything in which decisions differ from what the case expects.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn differences(&self, decisions: &[Decision], control: &str) -> io::Result<Vec<String>> {
        let mut differences = Vec::new();
        let mut lines = BTreeSet::new();
        let mut judged = 0;
        for decision in decisions {
            for verdict in decision
                .verdicts
                .iter()
                .filter(|verdict| verdict.control.0 == control)
            {
                judged += 1;
                if verdict.status != self.expected {
                    differences.push(difference(decision, verdict, self.expected));
                }
                lines.extend(
                    verdict
                        .findings
                        .iter()
                        .filter_map(|f| f.location.as_ref())
                        .map(|at| at.line),
                );
            }
        }
        if judged == 0 {
            differences.push(format!("{control} speaks of no subject in it"));
        }
        let marked = self.marked_lines()?;
        if !marked.is_empty() && marked != lines {
            differences.push(format!(
                "findings stand on lines {lines:?}, marked are {marked:?}"
            ));
        }
        Ok(differences)
    }
}

/// A verdict that is not the expected one, with everything it says.
fn difference(decision: &Decision, verdict: &Verdict, expected: Status) -> String {
    let mut text = format!(
        "{} is {}, not {}",
        decision.subject.id,
        verdict.status.as_str(),
        expected.as_str()
    );
    let findings = verdict.findings.iter().map(|finding| {
        let message = finding.message.as_str();
        ("finding", message, finding.location.as_ref())
    });
    let unknowns = verdict.unknowns.iter().map(|unknown| {
        let message = unknown.message.as_str();
        ("unknown", message, unknown.location.as_ref())
    });
    for (what, message, location) in findings.chain(unknowns) {
        text.push_str(&format!("\n  {what}: {message}"));
        if let Some(location) = location {
            text.push_str(&format!(" ({location})"));
        }
    }
    text
}

/// The clock of every case.
const NOW: &str = "2026-11-23T09:00:00Z";
