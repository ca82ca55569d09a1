//! Rego tests: every `test_*` rule of a set of files, why one does not hold, and which lines they reach.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use regorus::unstable::{Module as Ast, Rule};
use regorus::{Engine, LimitError, Value};
use serde::Serialize;
use soc2gate_source::{Code, Diagnostic, Location, Position, Span};

use super::authored::Authored;
use super::place::locate;
use super::reference::{head, package_path, static_path};
use super::trace::{BUDGET, BodyEnding, Explainer, Stop};
use super::version::{RegoVersion, modules_of};
use super::{Moment, Parsed, RegoProblem, RegoValue, check, conflicts, term};
use crate::library::code_of;
use crate::plain::shadowed;
use crate::{BaseDocuments, PolicySource};

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoTest {
    /// Its path from `data`, such as `data.soc2.workload.privilege_test.test_deny_privileged`.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// Whether it is left out: its name starts with `todo_`.
    pub is_skipped: bool,
    path: Vec<String>,
}

/// What a test came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegoTestResult {
    /// Why it did not pass; None where it did.
    pub failure: Option<String>,
    /// The expression that does not hold, where that is why.
    pub stop: Option<Box<Stop>>,
    /// What `print` wrote, a call each.
    pub prints: Vec<String>,
}

/// Which lines of a file the tests reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// The file.
    pub file: String,
    /// Lines with an expression that a test reached, counted from 1.
    pub covered: BTreeSet<u32>,
    /// Lines with an expression that no test reached, counted from 1.
    pub missed: BTreeSet<u32>,
    /// Each rule of the file.
    pub rules: Vec<RuleCoverage>,
}

/// How many of its lines the tests reached of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCoverage {
    /// Its name; the same name may stand several times.
    pub name: String,
    /// The line it starts at, counted from 1.
    pub line: u32,
    /// Lines that a test reached.
    pub covered: usize,
    /// Lines with an expression.
    pub lines: usize,
}

/// A set of files with their tests, ready to run.
#[derive(Debug, Clone)]
pub struct RegoTests {
    explainer: Explainer,
    tests: Vec<RegoTest>,
    note: Option<Diagnostic>,
}

impl RegoTests {
    /// Reads files and finds their tests, in the order of the files.
    ///
    /// # Errors
    /// Files that do not parse, files that do not compile together, tests of one name.
    pub fn load(files: &[PolicySource]) -> Result<Self, Vec<Diagnostic>> {
        Self::load_with(files, &BaseDocuments::default(), None)
    }

    /// The same with documents below `data`, and with the version of files that are neither controls nor their tests;
    /// None: v1, or v0 where a file parses in no other.
    ///
    /// # Errors
    /// As for [`RegoTests::load`]; rules with the path of a document.
    pub fn load_with(
        files: &[PolicySource],
        data: &BaseDocuments,
        rego_version: Option<RegoVersion>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let modules = modules_of(files);
        let versions = RegoVersion::order(rego_version);
        let (parsed, mut problems) = Parsed::new_in(versions, &modules);
        problems.extend(check::recursive_functions(&parsed));
        let mut problems: Vec<Diagnostic> = problems.into_iter().map(invalid).collect();
        let conflicts = conflicts(&parsed).into_iter();
        problems.extend(conflicts.map(|(kind, problem)| coded(code_of(kind), problem)));
        let shadowed = shadowed(&parsed, data).into_iter();
        problems.extend(shadowed.map(|problem| coded(Code::DataInvalid, problem)));
        let data = data.to_value();
        let engine = parsed.engine();
        if problems.is_empty() {
            // Evaluating anything makes regorus analyse every module.
            let compiled = engine.clone();
            let compiled = compiled.and_then(|engine| parsed.compile_in(engine, &data));
            problems.extend(compiled.err().map(invalid));
        }
        let authored = Authored::new(&modules);
        let tests = tests(&authored);
        let mut seen: BTreeMap<&str, &Location> = BTreeMap::new();
        for test in &tests {
            // Two rules of one name are alternatives in Rego: the one that passes hides the one that fails.
            if let Some(first) = seen.insert(&test.name, &test.location) {
                let message = format!("{} is also the name of the test at {first}", test.name);
                problems.push(Diagnostic {
                    location: Some(test.location.clone()),
                    ..Diagnostic::new(Code::DuplicateTest, message)
                });
            }
        }
        match engine {
            Ok(engine) if problems.is_empty() => Ok(Self {
                note: parsed.version_note(),
                explainer: Explainer::new(parsed, engine, authored)
                    .seeing(Some(RegoValue::from_json(&data).0), None),
                tests,
            }),
            _ => Err(problems),
        }
    }

    /// The tests, in the order of the files.
    pub fn tests(&self) -> &[RegoTest] {
        &self.tests
    }

    /// What is to be said of the version of the files.
    pub fn note(&self) -> Option<&Diagnostic> {
        self.note.as_ref()
    }

    /// A runner of its own, for one thread.
    pub fn runner(&self, with_coverage: bool) -> RegoTestRunner {
        let mut engine = self.explainer.engine();
        engine.set_enable_coverage(with_coverage);
        RegoTestRunner {
            explainer: self.explainer.clone(),
            template: engine.clone(),
            engine,
        }
    }
}

fn invalid(problem: RegoProblem) -> Diagnostic {
    coded(Code::RegoInvalid, problem)
}

fn coded(code: Code, problem: RegoProblem) -> Diagnostic {
    let span = Span::at(Position::new(problem.line, problem.column));
    Diagnostic::new(code, problem.message).at(problem.file, span)
}

fn tests(authored: &Authored) -> Vec<RegoTest> {
    let mut found = Vec::new();
    for module in authored.trees() {
        let package = package_path(module);
        for rule in &module.policy {
            let Some((name, is_skipped)) = test_name(rule) else {
                continue;
            };
            let path = [package.clone(), vec![name]].concat();
            found.push(RegoTest {
                name: path.join("."),
                location: authored.original(locate(rule.span())),
                is_skipped,
                path,
            });
        }
    }
    found
}

/// The name of a rule that is a test, and whether it is left out.
pub(super) fn test_name(rule: &Rule) -> Option<(String, bool)> {
    if !matches!(rule, Rule::Spec { .. }) {
        return None;
    }
    let name = static_path(head(rule).0)?.into_iter().next()?;
    let is_skipped = name.starts_with("todo_test_");
    (is_skipped || name.starts_with("test_")).then_some((name, is_skipped))
}

/// Runs tests on one thread.
#[derive(Debug)]
pub struct RegoTestRunner {
    explainer: Explainer,
    template: Engine,
    engine: Engine,
}

impl RegoTestRunner {
    /// Runs a test. It sees a clock that stands at the epoch unless it replaces it.
    pub fn run(&mut self, test: &RegoTest) -> RegoTestResult {
        let moment = Moment::new(Timestamp::UNIX_EPOCH, &test.name);
        let engine = &mut self.engine;
        let name = test.name.clone();
        let evaluated = moment.during(|| catch_unwind(AssertUnwindSafe(|| engine.eval_rule(name))));
        let failure = match evaluated {
            Ok(Ok(Value::Bool(true))) => None,
            Ok(Ok(Value::Undefined)) => Some("does not hold".to_owned()),
            Ok(Ok(value)) => Some(format!("is {}, not true", term::compact(&value))),
            Ok(Err(error)) if error.downcast_ref::<LimitError>().is_some() => {
                Some(format!("takes longer than {} seconds", BUDGET.as_secs()))
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => {
                // The evaluator's state is unknown now.
                self.engine = self.template.clone();
                Some("the evaluator failed".to_owned())
            }
        };
        let prints = self.engine.take_prints().unwrap_or_default();
        let stop = failure.as_ref().and_then(|_| self.stop(test, &moment));
        RegoTestResult {
            failure,
            stop,
            prints: prints
                .into_iter()
                .map(|print| print.trim_end().to_owned())
                .collect(),
        }
    }

    /// The expression that does not hold.
    fn stop(&self, test: &RegoTest, moment: &Moment) -> Option<Box<Stop>> {
        let traced =
            moment.during(|| catch_unwind(AssertUnwindSafe(|| self.explainer.trace(&test.path))));
        let (bodies, _) = traced.unwrap_or_default();
        bodies.into_iter().find_map(|body| match body.ending {
            BodyEnding::Stops(stop) => Some(stop),
            _ => None,
        })
    }

    /// What the tests of this runner reached, in files that are no tests.
    ///
    /// # Errors
    /// Where the evaluator does not say.
    pub fn coverage(&mut self) -> Result<Vec<FileCoverage>, Diagnostic> {
        let report = self
            .engine
            .get_coverage_report()
            .map_err(|_| Diagnostic::new(Code::InternalError, "the evaluator gives no coverage"))?;
        let modules = self.engine.get_modules().clone();
        let files = report
            .files
            .into_iter()
            .filter(|file| !file.path.ends_with("_test.rego"))
            .map(|file| {
                let mut coverage = FileCoverage {
                    file: file.path,
                    covered: file.covered,
                    missed: file.not_covered,
                    rules: Vec::new(),
                };
                let module = modules
                    .iter()
                    .find(|module| *module.package.span.source.get_path() == coverage.file);
                if let Some(module) = module {
                    coverage.rules = starts(module);
                }
                coverage.count();
                coverage
            });
        Ok(files.collect())
    }
}

/// Each rule of a module and the line it starts at.
fn starts(module: &Ast) -> Vec<RuleCoverage> {
    let mut rules: Vec<RuleCoverage> = module
        .policy
        .iter()
        .map(|rule| RuleCoverage {
            name: static_path(head(rule).0).unwrap_or_default().join("."),
            line: locate(rule.span()).line,
            covered: 0,
            lines: 0,
        })
        .collect();
    rules.sort_by_key(|rule| rule.line);
    rules
}

impl FileCoverage {
    /// Counts the lines of each rule: from its first to just before the next rule.
    fn count(&mut self) {
        let ends: Vec<u32> = self
            .rules
            .iter()
            .skip(1)
            .map(|rule| rule.line)
            .chain([u32::MAX])
            .collect();
        for (rule, end) in self.rules.iter_mut().zip(ends) {
            let within = |lines: &BTreeSet<u32>| {
                lines
                    .iter()
                    .filter(|line| (rule.line..end).contains(line))
                    .count()
            };
            let (covered, missed) = (within(&self.covered), within(&self.missed));
            rule.covered = covered;
            rule.lines = covered.saturating_add(missed);
        }
    }

    /// Adds what another runner reached.
    pub fn merge(&mut self, other: &Self) {
        self.covered.extend(&other.covered);
        self.missed.extend(&other.missed);
        self.missed.retain(|line| !self.covered.contains(line));
        if self.rules.is_empty() {
            self.rules.clone_from(&other.rules);
        }
        self.count();
    }
}
