//! What the gate has to say about its inputs: errors, then warnings, then notes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use soc2gate_source::{Code, Diagnostic, Severity};

use super::page::{Line, Page, Tone};

/// Most places that are named behind a note.
const MOST_PLACES: usize = 5;

/// Writes diagnostics, the worst first.
pub(super) fn write(page: &mut Page<'_>, diagnostics: &[Diagnostic]) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning] {
        for diagnostic in of(diagnostics, severity) {
            write_one(page, diagnostic)?;
        }
    }
    let mut notes: BTreeMap<Code, Vec<&Diagnostic>> = BTreeMap::new();
    for note in of(diagnostics, Severity::Note) {
        notes.entry(note.code).or_default().push(note);
    }
    for (code, notes) in notes {
        if let [note] = notes.as_slice() {
            write_one(page, note)?;
            continue;
        }
        let places: Vec<String> = notes
            .iter()
            .filter_map(|note| note.location.as_ref().map(ToString::to_string))
            .take(MOST_PLACES)
            .collect();
        let more = notes.len().saturating_sub(places.len());
        let mut text = format!("{}: {}", code.title(), places.join(", "));
        if more > 0 {
            let _ = write!(text, " and {more} more; the json format names each");
        }
        page.paragraph(head(Severity::Note, code), Tone::Plain, &text)?;
        page.blank()?;
    }
    Ok(())
}

fn of(diagnostics: &[Diagnostic], severity: Severity) -> impl Iterator<Item = &Diagnostic> {
    diagnostics
        .iter()
        .filter(move |diagnostic| diagnostic.severity == severity)
}

fn head(severity: Severity, code: Code) -> Line {
    let (word, tone) = match severity {
        Severity::Error => ("error", Tone::Bad),
        Severity::Warning => ("warning", Tone::Unsure),
        Severity::Note => ("note", Tone::Faint),
    };
    Line::default()
        .put(tone, &format!("{word}[{code}]"))
        .put(Tone::Plain, ": ")
}

fn write_one(page: &mut Page<'_>, diagnostic: &Diagnostic) -> io::Result<()> {
    let start = head(diagnostic.severity, diagnostic.code);
    page.paragraph(start, Tone::Strong, &diagnostic.message)?;
    if let Some(location) = &diagnostic.location {
        let arrow = Line::indented(2).put(Tone::Faint, "--> ");
        page.line(arrow.put(Tone::Plain, &location.to_string()))?;
    }
    if !diagnostic.help.is_empty() {
        let start = Line::indented(2)
            .put(Tone::Faint, "= ")
            .put(Tone::Strong, "help");
        page.paragraph(start.put(Tone::Plain, ": "), Tone::Plain, &diagnostic.help)?;
    }
    page.blank()
}

#[cfg(test)]
mod tests {
    use soc2gate_source::{Position, Span};

    use super::*;
    use crate::output::Style;

    fn shown(diagnostics: &[Diagnostic]) -> String {
        let mut out = Vec::new();
        let style = Style {
            colour: false,
            width: 80,
        };
        write(&mut Page::new(Box::new(&mut out), style), diagnostics).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn diagnostic(code: Code, file: &str) -> Diagnostic {
        Diagnostic::new(code, "message").at(file, Span::at(Position::new(3, 7)))
    }

    #[test]
    fn the_worst_come_first() {
        let list = [Code::NotASubject, Code::ExceptionUnused, Code::Syntax]
            .map(|c| diagnostic(c, "a b.yaml"));
        insta::assert_snapshot!(shown(&list), @"
        error[SG1006]: message
          --> a b.yaml:3:7
          = help: correct the syntax; a Helm or Kustomize source must be rendered first:
                  `helm template … | soc2gate check -`

        warning[SG3007]: message
          --> a b.yaml:3:7
          = help: remove it if its subjects comply or are gone

        note[SG1011]: message
          --> a b.yaml:3:7
          = help: nothing to do; name the kind with --input-kind if it should have been
                  judged
        ");
    }

    #[test]
    fn many_notes_become_one() {
        let many = vec![diagnostic(Code::NotASubject, "README.md"); MOST_PLACES + 1];
        insta::assert_snapshot!(shown(&many), @"
        note[SG1011]: a file holds nothing that the gate judges: README.md:3:7,
                      README.md:3:7, README.md:3:7, README.md:3:7, README.md:3:7 and 1
                      more; the json format names each
        ");
        assert!(!shown(&many[1..]).contains("more"));
    }
}
