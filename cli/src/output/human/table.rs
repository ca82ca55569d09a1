//! The summary table: verdicts by control.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::page::{Line, Page, Tone, cut};
use crate::output::tally::{Row, columns};
use crate::summary::Standing;

/// Columns between two cells.
const GAP: usize = 2;
/// A title is cut to no less than this.
const SHORTEST_TITLE: usize = 12;

/// Writes the rows below their heads.
pub(super) fn write(page: &mut Page<'_>, rows: &[Row]) -> io::Result<()> {
    let columns = columns(rows);
    let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
    let ids = rows.iter().map(|row| row.id.width());
    let id_width = widest(&mut ids.chain(["control".len()]));
    let number_widths = columns.iter().map(|(name, standing)| {
        let digits = rows
            .iter()
            .map(|row| row.count(*standing).to_string().len());
        widest(&mut digits.chain([name.len()]))
    });
    let number_widths: Vec<usize> = number_widths.collect();
    let taken = id_width + GAP + number_widths.iter().map(|width| width + GAP).sum::<usize>();
    let room = page.width().saturating_sub(taken).max(SHORTEST_TITLE);
    let titles: Vec<String> = rows.iter().map(|row| cut(&row.title, room)).collect();
    let title_width = widest(
        &mut titles
            .iter()
            .map(|title| title.width())
            .chain(["title".len()]),
    );

    let mut head = start(Tone::Strong, "control", id_width, "title", title_width);
    for ((name, _), width) in columns.iter().zip(&number_widths) {
        head = head.put(
            Tone::Strong,
            &format!("{name:>width$}", width = width + GAP),
        );
    }
    page.line(head)?;
    for (row, title) in rows.iter().zip(&titles) {
        let mut line = start(Tone::Plain, &row.id, id_width, title, title_width);
        for ((_, standing), width) in columns.iter().zip(&number_widths) {
            let number = row.count(*standing);
            let tone = if number > 0 {
                tone(*standing)
            } else {
                Tone::Plain
            };
            line = line.put(tone, &format!("{number:>width$}", width = width + GAP));
        }
        page.line(line)?;
    }
    Ok(())
}

fn start(tone: Tone, id: &str, id_width: usize, title: &str, title_width: usize) -> Line {
    let line = Line::default()
        .put(tone, &format!("{id:<width$}", width = id_width + GAP))
        .put(tone, title);
    let missing = (id_width + GAP + title_width).saturating_sub(line.width());
    line.put(Tone::Plain, &" ".repeat(missing))
}

fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Fail => Tone::Bad,
        Standing::Unknown => Tone::Unsure,
        Standing::Pass | Standing::NotApplicable | Standing::Known | Standing::Excepted => {
            Tone::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Style;
    use crate::output::fixture;
    use crate::output::tally::Tally;

    #[test]
    fn columns_are_aligned_and_titles_are_cut() {
        let mut tally = Tally::default();
        for decision in &fixture::run().decisions {
            tally.add(decision);
        }
        let mut out = Vec::new();
        let style = Style {
            colour: false,
            width: 72,
        };
        write(&mut Page::new(Box::new(&mut out), style), &tally.table()).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
        control  title                       pass  fail  unknown  n.a.  excepted
        SUP-02   Images are named by digest     0     0        0     1         1
        WRK-04   Containers are not privil…     1     1        1     0         0
                 1 other control                2     0        0     0         0
        ");
    }
}
