//! Runs tests and cases in parallel; results stand in the order of the files.

use std::time::Instant;

use rayon::prelude::*;
use regex::Regex;
use soc2gate_engine::{FileCoverage, RegoTest, RegoTestRunner, RegoTests};
use soc2gate_source::Diagnostic;

use super::{ControlCase, Coverage, Ending, Kind, Outcome, Report, Suite};

/// What of a suite runs, and what is measured.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Only what it finds in the name.
    pub(crate) name: Option<Regex>,
    /// Whether coverage is measured.
    pub(crate) coverage: bool,
    /// The least coverage, in percent.
    pub(crate) threshold: Option<u8>,
}

/// Runs a suite on the threads of the current pool.
pub(crate) fn run(suite: &Suite, choice: &Choice) -> Report {
    let started = Instant::now();
    let is_chosen = |name: &str| {
        choice
            .name
            .as_ref()
            .is_none_or(|regex| regex.is_match(name))
    };
    let mut report = Report {
        diagnostics: suite.diagnostics.clone(),
        ..Report::default()
    };
    if let Some(tests) = &suite.tests {
        let chosen: Vec<&RegoTest> = tests
            .tests()
            .iter()
            .filter(|test| is_chosen(&test.name))
            .collect();
        let (outcomes, reached) = run_tests(tests, &chosen, choice.coverage);
        report.outcomes = outcomes;
        let reached = reached.unwrap_or_else(|problem| {
            report.diagnostics.push(problem);
            Vec::new()
        });
        if choice.coverage {
            let own = |file: &FileCoverage| {
                suite
                    .files
                    .iter()
                    .any(|(_, source)| source.file == file.file)
            };
            let files = reached.into_iter().filter(own).collect();
            report.coverage = Some(Coverage::new(files, choice.threshold));
        }
    }
    let chosen: Vec<&ControlCase> = suite
        .cases
        .iter()
        .filter(|case| is_chosen(&case.file))
        .collect();
    let cases: Vec<Outcome> = chosen
        .par_iter()
        .map(|case| run_case(suite, case))
        .collect();
    report.outcomes.extend(cases);
    report.require_outcomes();
    report.milliseconds = milliseconds(started);
    report
}

/// What one runner came to: its tests, and what they reached.
type Part = (Vec<Outcome>, Result<Vec<FileCoverage>, Diagnostic>);

/// Each thread has a runner, and so a coverage, of its own.
fn run_tests(tests: &RegoTests, chosen: &[&RegoTest], coverage: bool) -> Part {
    let share = chosen
        .len()
        .div_ceil(rayon::current_num_threads().max(1))
        .max(1);
    let parts: Vec<Part> = chosen
        .par_chunks(share)
        .map(|chunk| {
            let mut runner = tests.runner(coverage);
            let outcomes = chunk
                .iter()
                .map(|test| run_test(&mut runner, test))
                .collect();
            let reached = if coverage {
                runner.coverage()
            } else {
                Ok(Vec::new())
            };
            (outcomes, reached)
        })
        .collect();
    let (outcomes, reached): (Vec<Vec<Outcome>>, Vec<_>) = parts.into_iter().unzip();
    let merged = reached.into_iter().try_fold(Vec::new(), |known, files| {
        files.map(|files| merge(known, files))
    });
    (outcomes.concat(), merged)
}

/// What several runners reached.
fn merge(mut known: Vec<FileCoverage>, files: Vec<FileCoverage>) -> Vec<FileCoverage> {
    for file in files {
        match known.iter_mut().find(|known| known.file == file.file) {
            Some(known) => known.merge(&file),
            None => known.push(file),
        }
    }
    known
}

fn run_test(runner: &mut RegoTestRunner, test: &RegoTest) -> Outcome {
    let mut outcome = Outcome {
        kind: Kind::Test,
        name: test.name.clone(),
        file: test.location.file.clone(),
        line: test.location.line,
        control: None,
        ending: Ending::Skipped,
        failures: Vec::new(),
        expression: None,
        prints: Vec::new(),
        milliseconds: 0.0,
    };
    if test.is_skipped {
        return outcome;
    }
    let started = Instant::now();
    let result = runner.run(test);
    outcome.milliseconds = milliseconds(started);
    outcome.ending = if result.failure.is_some() {
        Ending::Failed
    } else {
        Ending::Passed
    };
    outcome.failures = result.failure.into_iter().collect();
    outcome.expression = result.stop;
    outcome.prints = result.prints;
    outcome
}

fn run_case(suite: &Suite, case: &ControlCase) -> Outcome {
    let started = Instant::now();
    let judged = case.case.judge(&suite.library, &case.control);
    let (ending, failures) = match judged {
        Err(problem) => (Ending::Error, vec![problem]),
        Ok(decisions) => match case.case.differences(&decisions, &case.control) {
            Err(error) => (Ending::Error, vec![error.to_string()]),
            Ok(differences) if differences.is_empty() => (Ending::Passed, differences),
            Ok(differences) => (Ending::Failed, differences),
        },
    };
    Outcome {
        kind: Kind::Case,
        name: case.file.clone(),
        file: case.file.clone(),
        line: 1,
        control: Some(case.control.clone()),
        ending,
        failures,
        expression: None,
        prints: Vec::new(),
        milliseconds: milliseconds(started),
    }
}

fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1_000.0
}
