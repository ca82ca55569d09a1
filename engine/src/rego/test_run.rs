//! Rego tests: every `test_*` rule of the `*_test` packages, and which lines they reach.

use std::collections::BTreeSet;

use jiff::Timestamp;
use regorus::Value;

use super::{Module, Moment, Parsed, package_of, rule_name};

/// The result of one `test_*` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoTest {
    /// Its path: `data.soc2.workload.privilege_test.test_deny_privileged`.
    pub name: String,
    /// Why it did not pass; None where it did.
    pub failure: Option<String>,
}

/// Which lines of a file the tests reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCoverage {
    /// The file.
    pub file: String,
    /// Lines with an expression that no test reached, counted from 1.
    pub missed: BTreeSet<u32>,
    /// How many lines the tests reached.
    pub covered: usize,
}

/// The results of all tests of a set of modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegoTestRun {
    /// Each test.
    pub tests: Vec<RegoTest>,
    /// Each file that is not a test.
    pub coverage: Vec<FileCoverage>,
}

/// Runs every `test_*` rule of the packages whose name ends in `_test`. Tests see a clock that stands at the
/// epoch unless they replace it. Errors in a policy are failures of every test.
///
/// # Errors
/// The text of the first error, where the modules do not compile.
pub fn run_rego_tests(files: &[(String, String)]) -> Result<RegoTestRun, String> {
    let modules: Vec<Module> = files
        .iter()
        .map(|(file, text)| Module::new(file, text))
        .collect();
    let (parsed, problems) = Parsed::new(&modules);
    if let Some(problem) = problems.first() {
        return Err(problem.to_string());
    }
    let mut engine = parsed.engine();
    engine.set_enable_coverage(true);
    let mut names: Vec<String> = Vec::new();
    for module in engine.get_modules() {
        let package = package_of(module);
        if !package.ends_with("_test") {
            continue;
        }
        for rule in module.policy.iter().filter_map(|rule| rule_name(rule)) {
            if rule.starts_with("test_") {
                names.push(format!("data.{package}.{rule}"));
            }
        }
    }
    let mut run = RegoTestRun::default();
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            // Two rules of one name are alternatives in Rego: the one that passes hides the one that fails.
            let failure = Some("a test of this name exists already".to_owned());
            run.tests.push(RegoTest { name, failure });
            continue;
        }
        let moment = Moment::new(Timestamp::UNIX_EPOCH, &name);
        let failure = match moment.during(|| engine.eval_rule(name.clone())) {
            Ok(Value::Bool(true)) => None,
            Ok(Value::Undefined) => Some("undefined: an assertion does not hold".to_owned()),
            Ok(value) => Some(format!("is {value}, not true")),
            Err(error) => Some(error.to_string()),
        };
        run.tests.push(RegoTest { name, failure });
    }
    let report = engine
        .get_coverage_report()
        .map_err(|error| error.to_string())?;
    for file in report.files {
        if file.path.ends_with("_test.rego") {
            continue;
        }
        run.coverage.push(FileCoverage {
            file: file.path,
            missed: file.not_covered.into_iter().collect(),
            covered: file.covered.len(),
        });
    }
    Ok(run)
}
