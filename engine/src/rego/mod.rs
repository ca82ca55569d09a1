//! The Rego evaluator behind a narrow seam: compile modules, evaluate a rule on an input with a clock and
//! a budget. This folder is the only place that names regorus.
//!
//! What regorus leaves open is closed here: the clock and random built-ins are functions of the decision
//! ([`builtins`]), what cannot be replayed is refused when it is loaded ([`check`]), a panic or an overrun
//! ends the one evaluation it happened in, and error texts, which quote input values, never get out: only
//! their position does.

mod authored;
mod builtins;
mod chains;
mod check;
mod conflicts;
mod dependencies;
mod edits;
mod eval;
mod growth;
mod link;
mod lint;
mod module;
mod parse;
mod parts;
mod paths;
mod place;
mod query;
mod reference;
mod safety;
mod source;
mod term;
mod terms;
mod test_run;
mod trace;
mod value;
mod version;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use regorus::unstable::{Module as Ast, NodeRef, Rule, RuleHead};
use regorus::utils::limits::{ExecutionTimerConfig, monotonic_now};
use regorus::{Engine, LimitError, PolicyLengthConfig};
use serde_json::Value;

use crate::threads;
pub(crate) use authored::Authored;
pub(crate) use builtins::Moment;
use builtins::budget;
pub use builtins::callable as builtin_functions;
pub(crate) use check::{CheckKind, Checked, Outside, check, check_with, references};
pub(crate) use conflicts::{conflicts, conflicts_and_contradictions};
pub(crate) use dependencies::Dependencies;
pub use eval::{RegoEval, RegoEvaluation, RegoExpression, RegoResult, eval_rego};
use link::Linked;
pub use lint::lint_rego;
pub(crate) use lint::load_warnings;
pub(crate) use module::Module;
use parse::Known;
pub use query::{RegoQuery, RegoQueryError, run_rego_query};
pub use test_run::{
    FileCoverage, RegoTest, RegoTestResult, RegoTestRunner, RegoTests, RuleCoverage,
};
pub use trace::{Bindings, BodyEnding, BodyTrace, Reason, Sides, Stop, Term};
pub(crate) use value::RegoValue;
pub use version::RegoVersion;

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegoProblem {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
}

impl RegoProblem {
    /// Reads a regorus error: `--> file:line:column`, an excerpt, `error: message`.
    fn parse(text: &str) -> Self {
        let place = text
            .split_once("--> ")
            .map_or("", |(_, rest)| rest.lines().next().unwrap_or(""));
        let mut parts = place.rsplitn(3, ':');
        let mut number = || parts.next().and_then(|part| part.trim().parse().ok());
        let column = number();
        let line = number();
        let file = parts.next().unwrap_or_default().to_owned();
        let message = text
            .rsplit_once("error: ")
            .map_or(text, |(_, message)| message);
        Self {
            file,
            line: line.unwrap_or(1),
            column: column.unwrap_or(1),
            message: message.lines().next().unwrap_or_default().trim().to_owned(),
        }
    }

    /// The same with its column in characters, where it is in one of the modules.
    fn placed(mut self, modules: &[Module]) -> Self {
        if let Some(module) = modules.iter().find(|module| *module.file == *self.file) {
            self.column = column(&module.text, self.line, self.column);
        }
        self.original(modules)
    }

    /// The same in the text that the author wrote.
    fn original(mut self, modules: &[Module]) -> Self {
        let module = modules.iter().find(|module| *module.file == *self.file);
        if let Some(origin) = module.and_then(|module| module.origin.as_ref()) {
            self.column = origin.column(self.line, self.column);
            self.message = source::keywords::plain(&self.message);
        }
        self
    }
}

/// A column in characters; regorus counts a tab as four.
fn column(text: &str, line: u32, regorus_column: u32) -> u32 {
    let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut at = 1;
    let mut counted = 1;
    for character in text.lines().nth(index).unwrap_or_default().chars() {
        if counted >= regorus_column {
            break;
        }
        counted += if character == '\t' { 4 } else { 1 };
        at += 1;
    }
    at
}

impl std::fmt::Display for RegoProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
        } = self;
        write!(f, "{file}:{line}:{column}: {message}")
    }
}

/// Why an evaluation gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EvalFailure {
    /// It took longer than its budget.
    Timeout,
    /// It ended with an error at a line of a policy. The text of the error is withheld: it may quote input.
    Error {
        file: String,
        line: u32,
        column: u32,
    },
    /// The evaluator panicked.
    Panic,
    /// Its value is no verdict.
    Undecided,
}

/// A compiled set of modules with its data. Cheap to instantiate, shared between threads.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    engine: Engine,
    modules: Arc<[Module]>,
    linked: Option<Arc<Linked>>,
}

/// Policies as long as anyone writes them, not as long as memory allows.
fn length_limits() -> PolicyLengthConfig {
    let defaults = PolicyLengthConfig::default();
    PolicyLengthConfig {
        max_col: NonZeroU32::new(65_536).unwrap_or(defaults.max_col),
        ..defaults
    }
}

fn new_engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_policy_length_config(length_limits());
    engine.set_strict_builtin_errors(true);
    // `print` in a policy would otherwise write input values to standard error.
    engine.set_gather_prints(true);
    engine
}

/// Modules that parse, not yet analysed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parsed {
    modules: Vec<Module>,
    /// The syntax tree of each module.
    trees: Vec<NodeRef<Ast>>,
    rules: BTreeMap<String, BTreeSet<String>>,
    packages: BTreeMap<String, Vec<String>>,
    /// Files that are not written in the first of the versions.
    other_version: BTreeSet<String>,
    /// Whether built-ins are undefined where they fail.
    is_lenient: bool,
}

impl Parsed {
    /// Parses modules; those that do not parse are left out and reported.
    pub(crate) fn new(modules: &[Module]) -> (Self, Vec<RegoProblem>) {
        Self::new_in(&[RegoVersion::V1], modules)
    }

    /// The same for modules in one of some versions of Rego: the first that a module parses in counts, and where
    /// it parses in none, the problem in the first is reported.
    pub(crate) fn new_in(versions: &[RegoVersion], modules: &[Module]) -> (Self, Vec<RegoProblem>) {
        let (parsed, problems) = Self::read(versions, modules, &Known::default());
        parsed.completed(problems)
    }

    /// The same for modules of which some are parsed already.
    pub(crate) fn again(&self, modules: &[Module]) -> (Self, Vec<RegoProblem>) {
        let (parsed, problems) = Self::read(&[RegoVersion::V1], modules, &Known::of(self));
        parsed.completed(problems)
    }

    /// Parses modules as they were written, and as regorus must read them.
    pub(crate) fn with_authored(modules: &[Module]) -> (Authored, Self, Vec<RegoProblem>) {
        let (parsed, problems) = Self::read(&[RegoVersion::V1], modules, &Known::default());
        let authored = Authored::of(&parsed, modules);
        let (parsed, problems) = parsed.completed(problems);
        (authored, parsed, problems)
    }

    /// Parses modules that are only looked at: those to evaluate are parsed once more.
    pub(crate) fn unfinished(
        versions: &[RegoVersion],
        modules: &[Module],
    ) -> (Self, Vec<RegoProblem>) {
        let (mut parsed, problems) = Self::read(versions, modules, &Known::default());
        parsed.index();
        (parsed, problems)
    }

    fn read(
        versions: &[RegoVersion],
        modules: &[Module],
        known: &Known<'_>,
    ) -> (Self, Vec<RegoProblem>) {
        let mut parsed = Self::default();
        let mut problems = Vec::new();
        for read in threads::map(modules, |module| parse::read(versions, module, known)) {
            match read {
                Ok(read) => {
                    if read.is_other_version {
                        parsed.other_version.insert(read.module.file.to_string());
                    }
                    parsed.modules.push(read.module);
                    parsed.trees.push(read.tree);
                }
                Err(problem) => problems.push(problem),
            }
        }
        (parsed, problems)
    }

    /// The same as regorus must read it to give what OPA gives; what cannot be is left out and reported.
    fn completed(mut self, mut problems: Vec<RegoProblem>) -> (Self, Vec<RegoProblem>) {
        if !self.modules.iter().all(|module| module.is_finished) {
            let (finished, more) = source::finish(&self.modules, &self.trees);
            problems.extend(more);
            (self.modules, self.trees) = finished.into_iter().unzip();
        }
        self.index();
        (self, problems)
    }

    /// Notes what rules there are, and which package is where.
    fn index(&mut self) {
        for module in &self.trees {
            let names = self.rules.entry(package_of(module)).or_default();
            names.extend(module.policy.iter().filter_map(|rule| rule_name(rule)));
            let file = module.package.span.source.get_path().clone();
            let path = reference::static_path(&module.package.refr).unwrap_or_default();
            self.packages.insert(file, path);
        }
    }

    /// The same with built-ins that are undefined where they fail, as OPA has them; evaluate with a
    /// [`Moment::lenient`].
    #[must_use]
    pub(crate) fn lenient(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    /// The rules of a package that are no functions, by their names: `deny` and `deny[x]`, not `deny.x`.
    pub(crate) fn values(&self, package: &[String]) -> BTreeSet<String> {
        self.trees
            .iter()
            .filter(|module| {
                reference::static_path(&module.package.refr).is_some_and(|path| path == package)
            })
            .flat_map(|module| {
                module
                    .policy
                    .iter()
                    .filter_map(|rule| version::value_name(rule))
            })
            .collect()
    }

    /// The rules of a package; a rule that has only a default counts.
    pub(crate) fn rules(&self, package: &str) -> Option<&BTreeSet<String>> {
        self.rules.get(package)
    }

    /// The modules.
    pub(crate) fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The package of a file, segment by segment, however it is written.
    pub(crate) fn package_of_file(&self, file: &str) -> Option<&[String]> {
        self.packages.get(file).map(Vec::as_slice)
    }

    /// The modules as regorus parsed them.
    fn ast(&self) -> &[NodeRef<Ast>] {
        &self.trees
    }

    /// An engine of regorus with the modules, for what the seam does not offer. It parses them itself.
    fn engine(&self) -> Result<Engine, RegoProblem> {
        let mut engine = new_engine();
        builtins::install(&mut engine);
        engine.set_strict_builtin_errors(!self.is_lenient);
        for module in &self.modules {
            engine.set_rego_v0(module.version == Some(RegoVersion::V0));
            engine
                .add_policy(module.file.to_string(), module.text.to_string())
                .map_err(|error| self.placed(&error))?;
        }
        Ok(engine)
    }

    fn placed(&self, error: &dyn std::fmt::Display) -> RegoProblem {
        RegoProblem::parse(&error.to_string()).placed(&self.modules)
    }

    /// Analyses the modules with the data that they read.
    pub(crate) fn compile(&self, data: &Value) -> Result<Compiled, RegoProblem> {
        self.compile_in(self.engine()?, data)
    }

    /// What is wrong with some of the modules where they are analysed; they need no others.
    pub(crate) fn problem_of(&self, modules: Vec<Module>) -> Option<RegoProblem> {
        let part = Self {
            modules,
            is_lenient: self.is_lenient,
            ..Self::default()
        };
        part.compile(&serde_json::json!({})).err()
    }

    /// The same with an engine of the modules.
    fn compile_in(&self, mut engine: Engine, data: &Value) -> Result<Compiled, RegoProblem> {
        engine
            .add_data(RegoValue::from_json(data).0)
            .map_err(|error| self.placed(&error))?;
        // Evaluating anything makes regorus analyse every module.
        engine
            .eval_query("true".to_owned(), false)
            .map_err(|error| self.placed(&error))?;
        Ok(Compiled {
            engine,
            modules: self.modules.as_slice().into(),
            linked: None,
        })
    }

    /// The same with the modules linked into one, where they can be: faster, and only for rules that are asked for
    /// by name.
    pub(crate) fn compile_linked(&self, data: &Value) -> Result<Compiled, RegoProblem> {
        let compiled = link::link(self).and_then(|linked| {
            source::nesting::check(&linked.module).ok()?;
            let parsed = Self {
                modules: vec![linked.module.clone()],
                ..Self::default()
            };
            let mut compiled = parsed.compile(data).ok()?;
            compiled.linked = Some(Arc::new(linked));
            Some(compiled)
        });
        compiled.map_or_else(|| self.compile(data), Ok)
    }
}

impl Compiled {
    /// A set without modules: every rule is an error.
    pub(crate) fn empty() -> Self {
        Self {
            engine: new_engine(),
            modules: Arc::from([]),
            linked: None,
        }
    }

    /// An evaluator of its own, for one thread.
    pub(crate) fn instance(&self) -> Instance {
        Instance {
            engine: self.engine.clone(),
            template: self.engine.clone(),
            input: None,
            modules: Arc::clone(&self.modules),
            linked: self.linked.clone(),
        }
    }
}

/// The package of a module: `soc2.change.independent_approval`.
fn package_of(module: &Ast) -> String {
    module.package.refr.span().text().to_owned()
}

fn rule_name(rule: &Rule) -> Option<String> {
    let reference = match rule {
        Rule::Default { refr, .. } => refr,
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. }
            | RuleHead::Set { refr, .. }
            | RuleHead::Func { refr, .. } => refr,
        },
    };
    reference::static_path(reference).and_then(|path| path.into_iter().next())
}

/// An evaluator for one thread.
#[derive(Debug)]
pub(crate) struct Instance {
    engine: Engine,
    template: Engine,
    input: Option<RegoValue>,
    modules: Arc<[Module]>,
    linked: Option<Arc<Linked>>,
}

impl Instance {
    /// Sets the document that rules see as `input`.
    pub(crate) fn set_input(&mut self, input: RegoValue) {
        self.engine.set_input(input.0.clone());
        self.input = Some(input);
    }

    /// Evaluates a rule such as `data.soc2.change.independent_approval.deny`. `None`: it is undefined.
    pub(crate) fn eval(
        &mut self,
        rule: &str,
        moment: &Moment,
        budget: Duration,
    ) -> Result<Option<Value>, EvalFailure> {
        self.engine
            .set_execution_timer_config(ExecutionTimerConfig {
                limit: budget,
                check_interval: NonZeroU32::new(64).unwrap_or(NonZeroU32::MIN),
            });
        let engine = &mut self.engine;
        let rule = match &self.linked {
            Some(linked) => linked.name(rule).unwrap_or(rule),
            None => rule,
        };
        let start = monotonic_now().unwrap_or_default();
        let evaluated =
            moment.during(|| catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule.to_owned()))));
        let end = monotonic_now().unwrap_or_default();
        match evaluated {
            // Where built-ins are undefined when they fail, so is a function that ran out of time or room.
            Ok(Ok(_)) if end.saturating_sub(start) > budget => Err(EvalFailure::Timeout),
            Ok(Ok(value)) if budget::is_exceeded() || !budget::is_writable(&value) => {
                Err(EvalFailure::Error {
                    file: String::new(),
                    line: 0,
                    column: 0,
                })
            }
            Ok(Ok(regorus::Value::Undefined)) => Ok(None),
            Ok(Ok(value)) => RegoValue(value)
                .to_json()
                .map(Some)
                .ok_or(EvalFailure::Error {
                    file: String::new(),
                    line: 0,
                    column: 0,
                }),
            Ok(Err(error)) if error.downcast_ref::<LimitError>().is_some() => {
                Err(EvalFailure::Timeout)
            }
            Ok(Err(error)) => Err(self.failure(RegoProblem::parse(&error.to_string()))),
            Err(_) => {
                // The evaluator's state is unknown now; start over from the prepared one.
                self.engine = self.template.clone();
                if let Some(input) = &self.input {
                    self.engine.set_input(input.0.clone());
                }
                Err(EvalFailure::Panic)
            }
        }
    }

    /// Where an evaluation failed, in the author's own text.
    fn failure(&self, problem: RegoProblem) -> EvalFailure {
        let problem = match &self.linked {
            Some(linked) => {
                let problem = problem.placed(std::slice::from_ref(&linked.module));
                linked.placed(problem)
            }
            None => problem.placed(&self.modules),
        };
        EvalFailure::Error {
            file: problem.file,
            line: problem.line,
            column: problem.column,
        }
    }
}

/// Whether this thread is inside an evaluation, so that a panic hook can stay silent: the panic is caught
/// and becomes an `unknown`, and its text may quote input.
pub fn is_evaluating() -> bool {
    Moment::is_set()
}
