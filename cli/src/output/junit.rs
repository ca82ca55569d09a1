//! `JUnit` XML: a suite for each file, a test case for each control and subject.
//!
//! Counts stand before what they count, so a suite is held until its file is done; a file with very many
//! subjects gives several suites of its name.

use std::fmt::Write as _;
use std::io::{self, Write};

use soc2gate_engine::{Enforcement, Verdict};
use soc2gate_source::{Diagnostic, Severity};

use super::escape::xml;
use super::problem::{KNOWN, count, describe, problems};
use super::{Judged, Report, RunInfo};
use crate::summary::{Standing, Summary};

/// Most test cases that are held.
const MOST_CASES: usize = 10_000;

/// The suite of what the gate has to say about its inputs.
const DIAGNOSTICS: &str = "soc2gate diagnostics";

/// The junit format.
pub(super) struct Junit<'a> {
    out: Box<dyn Write + 'a>,
    timestamp: String,
    suite: Suite,
}

/// The suite that is being filled.
#[derive(Default)]
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    cases: String,
}

impl<'a> Junit<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            timestamp: String::new(),
            suite: Suite::default(),
        }
    }

    /// Makes `name` the suite that is filled, and writes the one before it.
    fn enter(&mut self, name: &str) -> io::Result<()> {
        if self.suite.name == name && self.suite.tests < MOST_CASES {
            return Ok(());
        }
        self.write_suite()?;
        self.suite = Suite {
            name: name.to_owned(),
            ..Suite::default()
        };
        Ok(())
    }

    fn write_suite(&mut self) -> io::Result<()> {
        let Suite {
            name,
            tests,
            failures,
            errors,
            skipped,
            cases,
        } = &self.suite;
        if *tests == 0 {
            return Ok(());
        }
        writeln!(
            self.out,
            "  <testsuite name=\"{}\" timestamp=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\" skipped=\"{skipped}\">",
            xml(name),
            xml(&self.timestamp),
        )?;
        self.out.write_all(cases.as_bytes())?;
        writeln!(self.out, "  </testsuite>")
    }
}

impl Report for Junit<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        self.timestamp = run.started.to_string();
        writeln!(
            self.out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"soc2gate\">"
        )
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        for verdict in &judged.decision.verdicts {
            self.enter(&judged.subject.source.file)?;
            self.suite.verdict(judged, verdict);
        }
        Ok(())
    }

    fn finish(&mut self, _: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        // Notes are for information: no test.
        for diagnostic in diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity > Severity::Note)
        {
            self.enter(DIAGNOSTICS)?;
            self.suite.diagnostic(diagnostic);
        }
        self.write_suite()?;
        writeln!(self.out, "</testsuites>")?;
        self.out.flush()
    }
}

/// How a test case ended.
enum Ending {
    Passed,
    Skipped(String),
    /// Passed, with something to say.
    Said(String),
    /// The element, its type, its message and its text.
    Broken(&'static str, String, String, String),
}

impl Suite {
    fn verdict(&mut self, judged: &Judged<'_>, verdict: &Verdict) {
        let subject = &judged.decision.subject;
        let file = &judged.subject.source.file;
        let line = problems(verdict)
            .find_map(|problem| problem.location)
            .or(subject.location.as_ref())
            .map_or(1, |location| location.line);
        let name = format!("{}: {}", subject.id, verdict.title);
        let ending = match (Standing::of(verdict), &verdict.exception) {
            (Standing::Pass, _) => Ending::Passed,
            (Standing::NotApplicable, _) => Ending::Skipped("not applicable".to_owned()),
            (Standing::Excepted, Some(exception)) => {
                Ending::Skipped(format!("excepted: {}", describe(exception)))
            }
            (Standing::Known, _) => Ending::Skipped(format!("known: {KNOWN}")),
            (standing, _) if verdict.enforcement == Enforcement::Deny => {
                let element = if standing == Standing::Fail {
                    "failure"
                } else {
                    "error"
                };
                let first = problems(verdict)
                    .next()
                    .map_or("", |problem| problem.message);
                Ending::Broken(
                    element,
                    verdict.severity.as_str().to_owned(),
                    first.to_owned(),
                    details(verdict),
                )
            }
            (standing, _) => {
                let head = format!(
                    "{} under {}\n",
                    standing.as_str(),
                    verdict.enforcement.as_str()
                );
                Ending::Said(head + &details(verdict))
            }
        };
        self.case(&verdict.control.0, &name, file, line, &ending);
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let (file, line) = match &diagnostic.location {
            Some(location) => (location.file.as_str(), location.line),
            None => ("", 1),
        };
        let name = match &diagnostic.location {
            Some(location) => format!("{location}: {}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        let ending = if diagnostic.is_error() {
            let code = diagnostic.code.id().to_owned();
            Ending::Broken(
                "error",
                code,
                diagnostic.message.clone(),
                xml(&diagnostic.help),
            )
        } else {
            Ending::Said(format!("warning: {}", xml(&diagnostic.help)))
        };
        self.case(diagnostic.code.id(), &name, file, line, &ending);
    }

    fn case(&mut self, class: &str, name: &str, file: &str, line: u32, ending: &Ending) {
        self.tests += 1;
        let (class, name, file) = (xml(class), xml(name), xml(file));
        let cases = &mut self.cases;
        let _ = write!(
            cases,
            "    <testcase classname=\"{class}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""
        );
        let _ = match ending {
            Ending::Passed => writeln!(cases, "/>"),
            Ending::Skipped(why) => {
                self.skipped += 1;
                writeln!(cases, "><skipped message=\"{}\"/></testcase>", xml(why))
            }
            Ending::Said(text) => writeln!(cases, "><system-out>{text}</system-out></testcase>"),
            Ending::Broken(element, kind, message, text) => {
                if *element == "failure" {
                    self.failures += 1;
                } else {
                    self.errors += 1;
                }
                let (kind, message) = (xml(kind), xml(message));
                writeln!(
                    cases,
                    "><{element} type=\"{kind}\" message=\"{message}\">{text}</{element}></testcase>"
                )
            }
        };
    }
}

/// Everything that a verdict says, as escaped text.
fn details(verdict: &Verdict) -> String {
    let mut text = String::new();
    for problem in problems(verdict) {
        let _ = write!(text, "- {}{}", problem.prefix(), xml(problem.message));
        if let Some(location) = problem.location {
            let _ = write!(text, " ({})", xml(&location.to_string()));
        }
        text.push('\n');
    }
    if verdict.omitted > 0 {
        let _ = writeln!(
            text,
            "- {} not listed",
            count(verdict.omitted, "more finding")
        );
    }
    if !verdict.criteria.is_empty() {
        let _ = writeln!(text, "criteria: {}", xml(&verdict.criteria.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_junit::{NonSuccessKind, Report as Parsed, TestCase, TestCaseStatus};

    use super::*;
    use crate::output::escape::neutral;
    use crate::output::{Format, fixture};

    fn parse(run: &fixture::Run) -> Parsed {
        Parsed::deserialize_from_str(&run.render(Format::Junit)).unwrap()
    }

    fn is(case: &TestCase, wanted: NonSuccessKind) -> bool {
        matches!(&case.status, TestCaseStatus::NonSuccess { kind, .. } if *kind == wanted)
    }

    #[test]
    fn a_run_is_a_document_of_suites() {
        insta::assert_snapshot!(fixture::run().render(Format::Junit), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="soc2gate">
          <testsuite name="deploy/web.yaml" timestamp="2026-11-23T09:00:00Z" tests="5" failures="1" errors="1" skipped="2">
            <testcase classname="WRK-04" name="kubernetes/apps/Deployment/shop/web: Containers are not privileged" file="deploy/web.yaml" line="10"><failure type="high" message="container &quot;web&quot; is privileged">- container &quot;web&quot; is privileged (deploy/web.yaml:10:39)
        - container &quot;log&quot; has a secret in its environment (deploy/web.yaml:13:29)
        - could not decide: the seccomp profile is not known (deploy/web.yaml:1:1)
        - 3 more findings not listed
        criteria: CC6.1, CC6.8
        </failure></testcase>
            <testcase classname="SUP-02" name="kubernetes/apps/Deployment/shop/web: Images are named by digest" file="deploy/web.yaml" line="12"><skipped message="excepted: EXC-2026-004 (OPS-12), approved by ciso@example.com until 2026-12-31 00:00 UTC"/></testcase>
            <testcase classname="WRK-09" name="kubernetes/apps/Deployment/shop/web: Workloads have an owner" file="deploy/web.yaml" line="1"/>
            <testcase classname="WRK-04" name="kubernetes/batch/Job/shop/migrate: Containers are not privileged" file="deploy/web.yaml" line="1"><error type="high" message="the pod template is missing">- could not decide: the pod template is missing (deploy/web.yaml:1:1)
        criteria: CC6.1, CC6.8
        </error></testcase>
            <testcase classname="SUP-02" name="kubernetes/batch/Job/shop/migrate: Images are named by digest" file="deploy/web.yaml" line="1"><skipped message="not applicable"/></testcase>
          </testsuite>
          <testsuite name="deploy/other.yaml" timestamp="2026-11-23T09:00:00Z" tests="2" failures="0" errors="0" skipped="0">
            <testcase classname="WRK-04" name="kubernetes/batch/Job/shop/report: Containers are not privileged" file="deploy/other.yaml" line="1"/>
            <testcase classname="WRK-09" name="kubernetes/batch/Job/shop/report: Workloads have an owner" file="deploy/other.yaml" line="1"/>
          </testsuite>
          <testsuite name="soc2gate diagnostics" timestamp="2026-11-23T09:00:00Z" tests="2" failures="0" errors="1" skipped="0">
            <testcase classname="SG3007" name="exceptions.yaml:4:5: exception EXC-2026-001 matched nothing" file="exceptions.yaml" line="4"><system-out>warning: remove it if its subjects comply or are gone</system-out></testcase>
            <testcase classname="SG1006" name="deploy/bad file.yaml:3:7: a mapping value is not allowed here" file="deploy/bad file.yaml" line="3"><error type="SG1006" message="a mapping value is not allowed here">correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … | soc2gate check -`</error></testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn counts_are_those_of_the_cases() {
        for run in [
            fixture::run(),
            fixture::passing(),
            fixture::hostile("]]>&<\"'\0"),
        ] {
            let report = parse(&run);
            assert!(!report.test_suites.is_empty());
            for suite in &report.test_suites {
                let count = |kind| {
                    suite
                        .test_cases
                        .iter()
                        .filter(|case| is(case, kind))
                        .count()
                };
                let skipped =
                    |case: &&TestCase| matches!(case.status, TestCaseStatus::Skipped { .. });
                assert_eq!(suite.tests, suite.test_cases.len());
                assert_eq!(suite.failures, count(NonSuccessKind::Failure));
                assert_eq!(suite.errors, count(NonSuccessKind::Error));
                assert_eq!(
                    suite.skipped,
                    suite.test_cases.iter().filter(skipped).count()
                );
            }
        }
    }

    #[test]
    fn subjects_of_one_file_share_a_suite_of_bounded_size() {
        let mut run = fixture::passing();
        let verdicts = run.decisions[0].verdicts.len();
        let subjects = MOST_CASES / verdicts + 1;
        run.decisions = vec![run.decisions[0].clone(); subjects];
        run.subjects = vec![run.subjects[0].clone(); subjects];
        let suites: Vec<usize> = parse(&run)
            .test_suites
            .iter()
            .map(|suite| suite.tests)
            .collect();
        assert_eq!(suites.iter().sum::<usize>(), subjects * verdicts);
        assert_eq!((suites.len(), suites[0]), (2, MOST_CASES));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_can_be_shown(text in prop_oneof![any::<String>(), "[ -~\\n]{0,40}"]) {
            let report = parse(&fixture::hostile(&text));
            let case = &report.test_suites[0].test_cases[0];
            let TestCaseStatus::NonSuccess { message, .. } = &case.status else { panic!("{case:?}") };
            let shown = neutral(&text).replace("##[", "#\\u{23}[");
            // Spaces at the ends are the parser's to keep or drop.
            prop_assert_eq!(message.as_ref().unwrap().as_str().trim(), shown.trim());
        }
    }
}
