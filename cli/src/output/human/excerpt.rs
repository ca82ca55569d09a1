//! A source line with the part that a finding points at.

use std::io;

use soc2gate_source::Excerpt;

use super::page::{Line, Page, Tone, columns};

/// Columns that a tab is shown as.
const TAB: &str = "    ";

/// A character as it is shown.
struct Cell {
    shown: String,
    columns: usize,
    marked: bool,
}

/// Writes `excerpt` after `indent` spaces, below the `-->` line that `gutter` digits were left for.
pub(super) fn write(
    page: &mut Page<'_>,
    indent: usize,
    gutter: usize,
    excerpt: &Excerpt,
) -> io::Result<()> {
    let room = page.width().saturating_sub(indent + gutter + 3);
    let cells = window(cells(excerpt), room);
    let bar = || Line::indented(indent + gutter + 1).put(Tone::Faint, "|");
    let number = format!("{:>width$} |", excerpt.line, width = indent + gutter);
    let text: String = cells.iter().map(|cell| cell.shown.as_str()).collect();
    let carets: String = cells
        .iter()
        .map(|cell| if cell.marked { "^" } else { " " }.repeat(cell.columns))
        .collect();
    page.line(bar())?;
    page.line(
        Line::default()
            .put(Tone::Faint, &number)
            .put(Tone::Plain, " ")
            .put(Tone::Plain, &text),
    )?;
    page.line(bar().put(Tone::Plain, " ").put(Tone::Bad, &carets))
}

fn cells(excerpt: &Excerpt) -> Vec<Cell> {
    let (from, to) = excerpt.highlight;
    // What has no width, such as the start of a document, is shown by its first character.
    let to = to.max(from + 1);
    let end = excerpt.text.chars().count();
    excerpt
        .text
        .chars()
        .chain((from >= end).then_some(' '))
        .enumerate()
        .map(|(at, character)| {
            let shown = if character == '\t' {
                TAB.to_owned()
            } else {
                character.to_string()
            };
            let columns = if character == '\t' {
                TAB.len()
            } else {
                columns(character)
            };
            Cell {
                shown,
                columns,
                marked: at >= from && at < to,
            }
        })
        .collect()
}

/// Cuts a line that is too long to what stands around the part that is marked.
fn window(mut cells: Vec<Cell>, room: usize) -> Vec<Cell> {
    let width = |cells: &[Cell]| cells.iter().map(|cell| cell.columns).sum::<usize>();
    if width(&cells) <= room {
        return cells;
    }
    let marked = cells.iter().position(|cell| cell.marked).unwrap_or(0);
    let mut before: usize = cells.iter().take(marked).map(|cell| cell.columns).sum();
    let mut dropped = 0;
    while before > room / 3 {
        before -= cells.get(dropped).map_or(before, |cell| cell.columns);
        dropped += 1;
    }
    let ellipsis = || Cell {
        shown: "…".to_owned(),
        columns: 1,
        marked: false,
    };
    if dropped > 0 {
        cells.splice(..dropped, [ellipsis()]);
    }
    let mut filled = 0;
    let fits = cells.iter().take_while(|cell| {
        filled += cell.columns;
        filled < room
    });
    let fits = fits.count();
    if fits < cells.len() && width(&cells) > room {
        cells.truncate(fits);
        cells.push(ellipsis());
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Style;

    fn shown(text: &str, highlight: (usize, usize)) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(
            Box::new(&mut out),
            Style {
                colour: false,
                width: 40,
            },
        );
        let excerpt = Excerpt {
            line: 7,
            text: text.to_owned(),
            highlight,
        };
        write(&mut page, 2, 1, &excerpt).unwrap();
        drop(page);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn carets_stand_below_what_they_point_at() {
        insta::assert_snapshot!(shown("  privileged: true", (2, 18)), @"
          |
        7 |   privileged: true
          |   ^^^^^^^^^^^^^^^^
        ");
        insta::assert_snapshot!(shown("\tname: 日本 x", (7, 9)), @"
          |
        7 |     name: 日本 x
          |           ^^^^
        ");
        insta::assert_snapshot!(shown("a\u{1b}b: c", (2, 6)), @r"
          |
        7 | a\u{1b}b: c
          |        ^^^^
        ");
    }

    #[test]
    fn a_place_without_width_is_shown_by_a_caret() {
        insta::assert_snapshot!(shown("kind: Pod", (0, 0)), @"
          |
        7 | kind: Pod
          | ^
        ");
        insta::assert_snapshot!(shown("kind: Pod", (9, 9)), @"
          |
        7 | kind: Pod
          |          ^
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_the_carets() {
        let text = format!("{}image: nginx{}", "a: 1, ".repeat(20), ", b: 2".repeat(20));
        insta::assert_snapshot!(shown(&text, (120, 132)), @"
          |
        7 | …: 1, a: 1, image: nginx, b: 2, b…
          |             ^^^^^^^^^^^^
        ");
    }
}
