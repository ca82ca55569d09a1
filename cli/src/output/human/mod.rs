//! Text for people: what stands against each subject, with its source, then a summary.

mod diagnostics;
mod excerpt;
mod page;
mod table;
mod verdict;

use std::collections::BTreeMap;
use std::io::{self, Write};

use soc2gate_engine::{ControlId, Outcome};
use soc2gate_source::Diagnostic;

use super::problem::count;
use super::tally::{Tally, counts};
use super::{Judged, Report, RunInfo, Style};
use crate::summary::{Standing, Summary};
use page::Page;
pub(crate) use page::{Line, Tone, unwrapped};

/// The human format.
pub(super) struct Human<'a> {
    page: Page<'a>,
    show_passing: bool,
    remediation: BTreeMap<ControlId, String>,
    tally: Tally,
    /// The file whose subjects are being listed.
    file: Option<String>,
}

impl<'a> Human<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>, style: Style) -> Self {
        Self {
            page: Page::new(out, style),
            show_passing: false,
            remediation: BTreeMap::new(),
            tally: Tally::default(),
            file: None,
        }
    }

    /// The line of a file, when the first of its subjects is listed.
    fn file(&mut self, file: &str) -> io::Result<()> {
        if self.file.as_deref() == Some(file) {
            return Ok(());
        }
        if self.file.is_some() {
            self.page.blank()?;
        }
        self.file = Some(file.to_owned());
        let shown = if file == "-" { "standard input" } else { file };
        self.page.line(Line::default().put(Tone::Strong, shown))
    }

    fn passing(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.file(&judged.subject.source.file)?;
        let verdicts = &judged.decision.verdicts;
        let controls = match verdicts.len() {
            0 => "no control speaks of it".to_owned(),
            controls => count(controls, "control"),
        };
        let passes = verdicts
            .iter()
            .any(|verdict| Standing::of(verdict) == Standing::Pass);
        let word = if passes {
            Standing::Pass
        } else {
            Standing::NotApplicable
        };
        let tone = if passes { Tone::Good } else { Tone::Faint };
        let line = Line::indented(2)
            .put(tone, word.as_str())
            .put(Tone::Plain, " ");
        let id = &judged.decision.subject.id;
        self.page.line(
            line.put(Tone::Plain, id)
                .put(Tone::Plain, &format!(" ({controls})")),
        )
    }
}

impl Report for Human<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        self.show_passing = run.show_passing;
        self.remediation = run
            .controls
            .iter()
            .map(|control| (control.id.clone(), control.remediation.clone()))
            .collect();
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.tally.add(judged.decision);
        let is_notable = |verdict| Standing::of(verdict).is_notable();
        if !judged.decision.verdicts.iter().any(is_notable) {
            return if self.show_passing {
                self.passing(judged)
            } else {
                Ok(())
            };
        }
        let file = &judged.subject.source.file;
        self.file(file)?;
        let subject = &judged.decision.subject;
        let place = match &subject.location {
            Some(location) => location.to_string(),
            None => file.to_string(),
        };
        let line = Line::indented(2)
            .put(Tone::Strong, &subject.id)
            .put(Tone::Plain, "  ");
        self.page.line(line.put(Tone::Faint, &place))?;
        for verdict in judged
            .decision
            .verdicts
            .iter()
            .filter(|verdict| is_notable(verdict))
        {
            let remediation = self
                .remediation
                .get(&verdict.control)
                .map_or("", String::as_str);
            verdict::write(&mut self.page, verdict, remediation, &judged.subject.source)?;
        }
        self.page.blank()
    }

    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        diagnostics::write(&mut self.page, diagnostics)?;
        let rows = self.tally.table();
        if !rows.is_empty() {
            table::write(&mut self.page, &rows)?;
            self.page.blank()?;
        } else if self.file.is_some() {
            self.page.blank()?;
        }
        self.page
            .paragraph(Line::default(), Tone::Plain, &counts(summary))?;
        let tone = match summary.outcome {
            Outcome::Allow => Tone::Good,
            Outcome::Error => Tone::Unsure,
            Outcome::Deny => Tone::Bad,
        };
        let start = Line::default()
            .put(tone, summary.outcome.as_str())
            .put(Tone::Plain, ": ");
        let conclusion = self.tally.conclusion(summary, diagnostics);
        self.page.paragraph(start, Tone::Plain, &conclusion)?;
        self.page.flush()
    }
}

#[cfg(test)]
mod tests {
    use crate::output::{Format, Style, fixture};

    #[test]
    fn what_stands_against_a_subject_is_shown_with_its_source() {
        insta::assert_snapshot!(fixture::run().render(Format::Human), @r#"
        deploy/web.yaml
          kubernetes/apps/Deployment/shop/web  deploy/web.yaml:1:1
            fail WRK-04 Containers are not privileged (high, deny)
              container "web" is privileged
                --> deploy/web.yaml:10:39
                 |
              10 |       - {name: web, securityContext: {privileged: true}, env: [{name: DB, value: •••}]}
                 |                                       ^^^^^^^^^^^^^^^^
              container "log" has a secret in its environment
                --> deploy/web.yaml:13:29
                 |
              13 |         env: [{name: TOKEN, value: •••}]
                 |                             ^^^^^^^^^^
              could not decide: the seccomp profile is not known
               --> deploy/web.yaml:1:1
              … and 3 more
              = help: Change the pod template: leave the setting out, or ask for an exception that names
                      this workload and expires.
              = criteria: CC6.1, CC6.8
            excepted SUP-02 Images are named by digest (high, deny)
              image is named by tag
                --> deploy/web.yaml:12:9
                 |
              12 |         image: registry.example/log:1
                 |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = exception: EXC-2026-004 (OPS-12), approved by ciso@example.com until 2026-12-31 00:00 UTC
              = criteria: CC8.1

          kubernetes/batch/Job/shop/migrate  deploy/web.yaml:1:1
            unknown WRK-04 Containers are not privileged (high, deny)
              the pod template is missing
               --> deploy/web.yaml:1:1
              = help: Change the pod template: leave the setting out, or ask for an exception that names
                      this workload and expires.
              = criteria: CC6.1, CC6.8

        error[SG1006]: a mapping value is not allowed here
          --> deploy/bad file.yaml:3:7
          = help: correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … |
                  soc2gate check -`

        warning[SG3007]: exception EXC-2026-001 matched nothing
          --> exceptions.yaml:4:5
          = help: remove it if its subjects comply or are gone

        note[SG1011]: holds no Kubernetes object
          --> README.md:1:1
          = help: nothing to do; name the kind with --input-kind if it should have been judged

        control  title                          pass  fail  unknown  n.a.  excepted
        SUP-02   Images are named by digest        0     0        0     1         1
        WRK-04   Containers are not privileged     1     1        1     0         0
                 1 other control                   2     0        0     0         0

        3 subjects, 7 verdicts: 3 pass, 1 fail, 1 unknown, 1 not applicable, 1 excepted
        error: 1 of 3 subjects fails a control that denies; 1 of 3 subjects could not be decided; 1 error
               stands in the way of a decision (exit code 2)
        "#);
    }

    #[test]
    fn a_run_without_problems_is_short() {
        insta::assert_snapshot!(fixture::passing().render(Format::Human), @"
        2 subjects, 2 verdicts: 2 pass
        allow: nothing stands against any subject (exit code 0)
        ");
    }

    #[test]
    fn passing_subjects_are_listed_where_asked_for() {
        let run = fixture::Run {
            show_passing: true,
            ..fixture::passing()
        };
        insta::assert_snapshot!(run.render(Format::Human), @"
        deploy/other.yaml
          pass kubernetes/batch/Job/shop/report (2 controls)

        deploy/web.yaml
          not applicable kubernetes/batch/Job/shop/migrate (no control speaks of it)

        2 subjects, 2 verdicts: 2 pass
        allow: nothing stands against any subject (exit code 0)
        ");
    }

    #[test]
    fn no_line_ends_in_spaces_or_has_colours_unasked() {
        let run = fixture::run();
        let plain = run.render(Format::Human);
        assert!(plain.lines().all(|line| line.trim_end() == line), "{plain}");
        assert!(!plain.contains('\u{1b}'));
        let style = Style {
            colour: true,
            ..fixture::STYLE
        };
        let coloured = run.render_with(Format::Human, style);
        assert!(
            coloured.contains("\u{1b}[1m\u{1b}[31mfail\u{1b}[0m"),
            "{coloured}"
        );
    }

    #[test]
    fn text_keeps_to_the_width() {
        let style = Style {
            colour: false,
            width: 60,
        };
        let text = fixture::run().render_with(Format::Human, style);
        let words = |line: &str| line.split_whitespace().count();
        let long = text
            .lines()
            .find(|line| line.chars().count() > 60 && words(line) > 4);
        assert_eq!(long, None, "{text}");
    }
}
