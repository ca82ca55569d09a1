//! Markdown for step summaries and comments, of bounded length.

mod part;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use soc2gate_engine::{ControlId, Verdict};
use soc2gate_source::Diagnostic;

use super::problem::{Rank, count};
use super::ranked::Ranked;
use super::tally::{Tally, counts};
use super::{Judged, Report, RunInfo};
use crate::summary::{Standing, Summary};
use part::{MOST_OF_PART, bounded, code, diagnostics_list, table, text, verdict_item, words};

/// Most characters of the document. GitHub takes comments of up to 65,536.
const MOST: usize = 60_000;
/// Characters kept free for the lines that say what was cut.
const RESERVE: usize = 1_000;

/// The markdown format.
pub(super) struct Markdown<'a> {
    out: Box<dyn Write + 'a>,
    remediation: BTreeMap<ControlId, String>,
    tally: Tally,
    subjects: Ranked<Option<Rank>, String>,
}

impl<'a> Markdown<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            remediation: BTreeMap::new(),
            tally: Tally::default(),
            subjects: Ranked::new(MOST),
        }
    }

    fn subject(&self, judged: &Judged<'_>, notable: &[&Verdict]) -> String {
        let subject = &judged.decision.subject;
        let place = match &subject.location {
            Some(location) => location.to_string(),
            None => judged.subject.source.file.to_string(),
        };
        let head = format!(
            "<details><summary>{} — {} ({})</summary>\n\n",
            code(&subject.id),
            words(notable),
            text(&place)
        );
        let parts = notable.iter().map(|verdict| {
            let remediation = self
                .remediation
                .get(&verdict.control)
                .map_or("", String::as_str);
            verdict_item(verdict, remediation)
        });
        let (mut body, cut) = bounded(parts, MOST_OF_PART);
        if cut > 0 {
            let _ = writeln!(body, "- _{} cut here_", count(cut, "more verdict"));
        }
        format!("{head}{body}\n</details>\n\n")
    }
}

impl Report for Markdown<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        self.remediation = run
            .controls
            .iter()
            .map(|control| (control.id.clone(), control.remediation.clone()))
            .collect();
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.tally.add(judged.decision);
        let verdicts = judged.decision.verdicts.iter();
        let mut notable: Vec<&Verdict> = verdicts
            .filter(|verdict| Standing::of(verdict).is_notable())
            .collect();
        if notable.is_empty() {
            return Ok(());
        }
        notable.sort_by_key(|verdict| std::cmp::Reverse(Rank::of(verdict, verdict.status)));
        let block = self.subject(judged, &notable);
        let rank = notable
            .first()
            .map(|verdict| Rank::of(verdict, verdict.status));
        self.subjects.add(rank, block.chars().count(), block);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        let outcome = summary.outcome.as_str();
        let conclusion = self.tally.conclusion(summary, diagnostics);
        let mut document = format!(
            "## soc2gate: {outcome}\n\n{conclusion}\n\n{}\n\n",
            counts(summary)
        );
        document.push_str(&diagnostics_list(diagnostics));
        document.push_str(&table(&self.tally));
        let mut room = MOST.saturating_sub(document.chars().count() + RESERVE);
        let mut shown = 0;
        for block in self.subjects.by_rank() {
            let Some(left) = room.checked_sub(block.chars().count()) else {
                break;
            };
            room = left;
            shown += 1;
            document.push_str(block);
        }
        let cut = self.subjects.by_rank().count() - shown + self.subjects.dropped();
        if cut > 0 {
            let subjects = count(cut, "more subject");
            let _ = writeln!(
                document,
                "_{subjects} with findings cut here, those that matter least; the json format holds everything._\n"
            );
        }
        self.out.write_all(document.trim_end().as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    use soc2gate_engine::Enforcement;

    use super::*;
    use crate::output::{Format, fixture};

    #[test]
    fn a_run_is_a_headline_a_table_and_findings() {
        insta::assert_snapshot!(fixture::run().render(Format::Markdown), @r#"
        ## soc2gate: error

        1 of 3 subjects fails a control that denies; 1 of 3 subjects could not be decided; 1 error stands in the way of a decision (exit code 2)

        3 subjects, 7 verdicts: 3 pass, 1 fail, 1 unknown, 1 not applicable, 1 excepted

        - **error** SG1006: a mapping value is not allowed here <code>deploy/bad file.yaml:3:7</code>
          - Help: correct the syntax; a Helm or Kustomize source must be rendered first: &#96;helm template … &#124; soc2gate check -&#96;
        - **warning** SG3007: exception EXC-2026-001 matched nothing <code>exceptions.yaml:4:5</code>
          - Help: remove it if its subjects comply or are gone
        - 1 note

        | control | title | pass | fail | unknown | n.a. | excepted |
        | --- | --- | ---: | ---: | ---: | ---: | ---: |
        | <code>SUP-02</code> | Images are named by digest | 0 | 0 | 0 | 1 | 1 |
        | <code>WRK-04</code> | Containers are not privileged | 1 | 1 | 1 | 0 | 0 |
        |  | 1 other control | 2 | 0 | 0 | 0 | 0 |

        <details><summary><code>kubernetes/apps/Deployment/shop/web</code> — 1 fail, 1 excepted (deploy/web.yaml:1:1)</summary>

        - **fail** <code>WRK-04</code> Containers are not privileged (high, deny)
          - container "web" is privileged <code>deploy/web.yaml:10:39</code>
          - container "log" has a secret in its environment <code>deploy/web.yaml:13:29</code>
          - could not decide: the seccomp profile is not known <code>deploy/web.yaml:1:1</code>
          - _3 more findings not listed_
          - Help: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
          - Criteria: CC6.1, CC6.8
        - **excepted** <code>SUP-02</code> Images are named by digest (high, deny)
          - image is named by tag <code>deploy/web.yaml:12:9</code>
          - Exception: EXC-2026-004 (OPS-12), approved by ciso&#64;&#8203;example.com until 2026-12-31 00:00 UTC
          - Criteria: CC8.1

        </details>

        <details><summary><code>kubernetes/batch/Job/shop/migrate</code> — 1 unknown (deploy/web.yaml:1:1)</summary>

        - **unknown** <code>WRK-04</code> Containers are not privileged (high, deny)
          - could not decide: the pod template is missing <code>deploy/web.yaml:1:1</code>
          - Help: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
          - Criteria: CC6.1, CC6.8

        </details>
        "#);
    }

    #[test]
    fn a_run_without_problems_is_short() {
        insta::assert_snapshot!(fixture::passing().render(Format::Markdown), @"
        ## soc2gate: allow

        nothing stands against any subject (exit code 0)

        2 subjects, 2 verdicts: 2 pass
        ");
    }

    #[test]
    fn a_long_document_is_cut_and_says_so() {
        let mut run = fixture::run();
        let many = fixture::many_findings(&run, 300, Enforcement::Record);
        let deny = fixture::many_findings(&run, 1, Enforcement::Deny);
        run.decisions = many.into_iter().chain(deny).collect();
        run.subjects = vec![run.subjects[0].clone(); run.decisions.len()];
        let document = run.render(Format::Markdown);
        let length = document.chars().count();
        assert!((MOST / 2..=MOST).contains(&length), "{length}");
        assert_eq!(
            document.matches(", deny)").count(),
            1,
            "what matters most is kept"
        );
        assert!(
            document.contains("more subjects with findings cut here"),
            "{document}"
        );
        assert!(
            document.contains("80 more findings not listed"),
            "{document}"
        );
    }

    #[test]
    fn diagnostics_and_huge_messages_are_cut() {
        let mut run = fixture::hostile(&"@".repeat(100_000));
        run.diagnostics = vec![run.diagnostics[2].clone(); 1_000];
        let document = run.render(Format::Markdown);
        assert!(document.chars().count() <= MOST);
        assert!(document.contains("more diagnostics cut here"));
    }

    /// What a document is made of, without its text.
    fn structure(document: &str) -> Vec<String> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let shape = |event: Event<'_>| match event {
            Event::Text(_) | Event::SoftBreak => None,
            Event::Html(html) | Event::InlineHtml(html) => {
                let tags = html
                    .split('<')
                    .skip(1)
                    .map(|tag| tag.split('>').next().unwrap_or(""));
                Some(tags.collect::<Vec<_>>().join(" "))
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in {document}"),
            other => Some(format!("{other:?}")),
        };
        Parser::new_ext(document, options)
            .filter_map(shape)
            .collect()
    }

    #[test]
    fn names_and_messages_are_not_markup() {
        let expected = structure(&fixture::hostile("plain").render(Format::Markdown));
        let hostile = [
            "a | b",
            "`code` ```fence",
            "<img src=x onerror=alert(1)></details></code>",
            "@team #1 https://x.test [x](y)",
            "\n\n# heading\n- item\n---\n",
            "*a* _b_ ~~c~~ \\",
        ];
        for text in hostile {
            let document = fixture::hostile(text).render(Format::Markdown);
            assert_eq!(structure(&document), expected, "{document}");
            assert!(
                !document.contains("@team") && !document.contains("https://x"),
                "{document}"
            );
        }
    }
}
