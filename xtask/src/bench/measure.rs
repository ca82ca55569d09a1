//! What is measured inside of one process, which the bench starts in a release build.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use soc2gate_engine::{
    Config, Context, Exceptions, Gate, Library, PolicySource, Siblings, Subject,
};
use soc2gate_inputs::{Reading, SourceFile};
use soc2gate_policies::sources;
use wait4::Wait4 as _;

use crate::{shell, tools};

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Judge the objects of a folder by the library
    Judge { folder: PathBuf, threads: usize },
    /// Load the library and a folder of controls
    Load { folder: PathBuf, runs: usize },
}

/// The time that something took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// How many objects or controls there were.
    pub(crate) count: usize,
}

/// Measures, and prints what came of it as JSON.
pub(crate) fn run(task: &Task) -> Result<()> {
    let took = match task {
        Task::Judge { folder, threads } => judge(folder, *threads)?,
        Task::Load { folder, runs } => load(folder, *runs)?,
    };
    println!("{}", serde_json::to_string(&took)?);
    Ok(())
}

/// The time to judge each object of a folder once, on some threads.
fn judge(folder: &Path, threads: usize) -> Result<Took> {
    let gate = library_gate();
    let subjects = subjects(folder)?;
    let context = Context::new(&Siblings::new());
    let now = Timestamp::UNIX_EPOCH;
    let part = subjects.len().div_ceil(threads.max(1)).max(1);
    let mut judges: Vec<_> = subjects
        .chunks(part)
        .map(|part| (gate.judge(&context), part))
        .collect();
    // The first object has the controls compiled.
    for (judge, part) in &mut judges {
        part.iter().take(1).for_each(|subject| {
            judge.judge(subject, now);
        });
    }
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (judge, part) in &mut judges {
            scope.spawn(move || {
                for subject in *part {
                    judge.judge(subject, now);
                }
            });
        }
    });
    Ok(Took {
        seconds: start.elapsed().as_secs_f64(),
        count: subjects.len(),
    })
}

/// A gate of the library as it is embedded.
pub(super) fn library_gate() -> Gate {
    let (library, _) = Library::load(&sources());
    Gate::new(&library, &Config::default(), Exceptions::default()).0
}

/// The objects of a folder.
pub(super) fn subjects(folder: &Path) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for file in files(folder)? {
        let source = SourceFile {
            name: file.to_string_lossy().into(),
            text: fs::read_to_string(&file)?.into(),
        };
        for unit in soc2gate_inputs::units(&source, Reading::default()) {
            subjects.extend(soc2gate_inputs::read(&unit, Reading::default()).subjects);
        }
    }
    if subjects.is_empty() {
        bail!("no objects in {}", folder.display());
    }
    Ok(subjects)
}

/// The shortest time from files to a gate.
fn load(folder: &Path, runs: usize) -> Result<Took> {
    let files = files(folder)?;
    let mut best = Duration::MAX;
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let mut all = sources();
        for file in &files {
            all.push(PolicySource {
                file: file.to_string_lossy().into_owned(),
                text: fs::read_to_string(file)?,
                prechecked: false,
            });
        }
        let (library, problems) = Library::load(&all);
        let (gate, more) = Gate::new(&library, &Config::default(), Exceptions::default());
        best = best.min(start.elapsed());
        if let Some(problem) = problems.iter().chain(&more).find(|found| found.is_error()) {
            bail!("{problem}");
        }
        if gate.controls().count() < files.len() {
            bail!("not every control was loaded");
        }
    }
    Ok(Took {
        seconds: best.as_secs_f64(),
        count: files.len(),
    })
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in ignore::WalkBuilder::new(folder).build() {
        let path = entry
            .with_context(|| folder.display().to_string())?
            .into_path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Measures something in the release build of this program; with it comes the most memory that this took, in bytes.
pub(super) fn measured(task: &[&str]) -> Result<(Took, u64)> {
    let mut child = Command::new(tools::target().join("release/xtask"))
        .arg("measure")
        .args(task)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = String::new();
    let mut pipe = child.stdout.take().context("no standard output")?;
    pipe.read_to_string(&mut output)?;
    let ended = child.wait4()?;
    if !ended.status.success() {
        bail!("measuring {} ended with {output}", task.join(" "));
    }
    Ok((serde_json::from_str(&output)?, ended.rusage.maxrss))
}

/// Builds what is measured.
pub(super) fn build() -> Result<()> {
    shell::run(
        &shell::cargo(),
        &[
            "build",
            "--release",
            "--quiet",
            "--package",
            "soc2gate",
            "--package",
            "xtask",
        ],
    )
}
