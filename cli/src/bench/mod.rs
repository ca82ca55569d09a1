//! How long controls take. Nothing of what they judge is shown.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use soc2gate_engine::{Library, Status};
use soc2gate_policies::{Case, sources};
use soc2gate_source::Diagnostic;

use crate::output::escape::{neutral, write_json};
use crate::suite::Suite;

/// The times of some controls.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// The version of the format.
    schema: &'static str,
    /// The slowest first.
    controls: Vec<Times>,
    /// What could not be measured, and why.
    pub(crate) problems: Vec<String>,
}

/// The times of one control, in microseconds.
#[derive(Debug, Serialize)]
struct Times {
    control: String,
    subjects: usize,
    evaluations: usize,
    median: f64,
    p95: f64,
    total: f64,
    /// Its part of the time of all, in percent.
    share: f64,
}

/// Measures the controls below some paths on their cases, or on a file.
pub(crate) fn measure(paths: &[PathBuf], input: Option<&Path>, count: u32) -> Measured {
    let suite = Suite::load(paths);
    let mut problems: Vec<String> = suite
        .diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .map(Diagnostic::to_string)
        .collect();
    let is_named = |file: &str| suite.files.iter().any(|(_, source)| source.file == file);
    let mut controls: Vec<String> = suite
        .library
        .controls()
        .iter()
        .filter(|control| is_named(&control.file))
        .map(|control| control.id.0.clone())
        .collect();
    let mut library = suite.library.clone();
    if input.is_some() && controls.is_empty() {
        library = Library::load(&sources()).0;
        controls = library
            .controls()
            .iter()
            .map(|control| control.id.0.clone())
            .collect();
    }
    let mut times = Vec::new();
    for control in &controls {
        let given = input.map(|file| Case {
            file: file.to_path_buf(),
            expected: Status::Pass,
            config: None,
        });
        let cases: Vec<&Case> = if let Some(case) = &given {
            vec![case]
        } else {
            let own = suite.cases.iter().filter(|case| case.control == *control);
            own.map(|case| &case.case).collect()
        };
        times.extend(control_times(
            &library,
            control,
            &cases,
            count,
            &mut problems,
        ));
    }
    if times.is_empty() && problems.is_empty() {
        problems.push(
            "error: there is no control with a case here; name its folder, or a file with --input"
                .to_owned(),
        );
    }
    problems.dedup();
    let all: f64 = times.iter().map(|times| times.total).sum();
    for times in &mut times {
        times.share = if all > 0.0 {
            times.total * 100.0 / all
        } else {
            0.0
        };
    }
    times.sort_by(|a, b| b.total.total_cmp(&a.total));
    Measured {
        schema: "soc2gate.dev/bench/v1",
        controls: times,
        problems,
    }
}

/// None where the control speaks of no subject.
fn control_times(
    library: &Library,
    control: &str,
    cases: &[&Case],
    count: u32,
    problems: &mut Vec<String>,
) -> Option<Times> {
    let mut samples: Vec<f64> = Vec::new();
    let mut subjects = 0;
    for case in cases {
        let opened = match case.open(library, control) {
            Ok(opened) => opened,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut judge = opened.gate.judge(&opened.context);
        for subject in &opened.subjects {
            // The first evaluation prepares the evaluator.
            if judge.judge(subject, opened.now).verdicts.is_empty() {
                continue;
            }
            subjects += 1;
            for _ in 0..count {
                let started = Instant::now();
                std::hint::black_box(judge.judge(subject, opened.now));
                samples.push(started.elapsed().as_secs_f64() * 1_000_000.0);
            }
        }
    }
    samples.sort_by(f64::total_cmp);
    Some(Times {
        control: control.to_owned(),
        subjects,
        evaluations: samples.len(),
        median: quantile(&samples, 50)?,
        p95: quantile(&samples, 95)?,
        total: samples.iter().sum(),
        share: 0.0,
    })
}

/// The smallest sample that so many percent of the samples do not exceed.
fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = sorted.len().checked_mul(percent)?.div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl Measured {
    /// Whether everything could be measured.
    pub(crate) fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// A table for people.
    pub(crate) fn table(&self) -> String {
        if self.controls.is_empty() {
            return String::new();
        }
        let width = self
            .controls
            .iter()
            .map(|times| times.control.len())
            .max()
            .unwrap_or(0)
            .max(7);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:width$}  {:>8}  {:>11}  {:>10}  {:>10}  {:>6}",
            "control", "subjects", "evaluations", "median ms", "p95 ms", "share"
        );
        for times in &self.controls {
            let _ = writeln!(
                text,
                "{:width$}  {:>8}  {:>11}  {:>10.3}  {:>10.3}  {:>5.1}%",
                neutral(&times.control),
                times.subjects,
                times.evaluations,
                times.median / 1_000.0,
                times.p95 / 1_000.0,
                times.share
            );
        }
        text
    }

    /// One JSON document; times are microseconds.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let mut text = Vec::new();
        write_json(&mut text, self)?;
        text.push(b'\n');
        Ok(String::from_utf8(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let samples: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(quantile(&samples, 50), Some(10.0));
        assert_eq!(quantile(&samples, 95), Some(19.0));
        assert_eq!(quantile(&samples[..1], 95), Some(1.0));
        assert_eq!(quantile(&[], 50), None);
    }
}
