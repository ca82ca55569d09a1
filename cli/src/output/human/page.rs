//! Lines of text for people: coloured, wrapped, safe for a terminal and for a CI log.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::Style;
use crate::output::escape::{neutral, no_command};

/// Narrower than this, wrapping makes text worse.
const NARROWEST: usize = 40;

/// What a stretch of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Unsure,
    Bad,
}

impl Tone {
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Ansi::new(),
            Self::Strong => Ansi::new().bold(),
            Self::Faint => colour(AnsiColor::Cyan),
            Self::Good => colour(AnsiColor::Green).bold(),
            Self::Unsure => colour(AnsiColor::Yellow).bold(),
            Self::Bad => colour(AnsiColor::Red).bold(),
        }
    }
}

/// A line in the making. Everything that is put on it is neutralised.
#[derive(Debug, Default)]
pub(crate) struct Line {
    parts: Vec<(Tone, String)>,
}

impl Line {
    /// A line that starts with spaces.
    pub(crate) fn indented(spaces: usize) -> Self {
        Self::default().put(Tone::Plain, &" ".repeat(spaces))
    }

    /// The line with more text on it.
    pub(crate) fn put(mut self, tone: Tone, text: &str) -> Self {
        self.parts.push((tone, neutral(text).into_owned()));
        self
    }

    /// How many columns the line takes.
    pub(super) fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| text.width()).sum()
    }
}

/// The columns that a character takes. A hazard takes those of its escape.
pub(super) fn columns(character: char) -> usize {
    character
        .width()
        .unwrap_or_else(|| character.escape_default().count())
}

/// Where lines go.
pub(super) struct Page<'a> {
    out: Box<dyn Write + 'a>,
    colour: bool,
    width: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>, style: Style) -> Self {
        Self {
            out,
            colour: style.colour,
            width: style.width.max(NARROWEST),
        }
    }

    /// How many columns a line should have at most.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Writes a line, without spaces at its end.
    pub(super) fn line(&mut self, line: Line) -> io::Result<()> {
        let mut parts = line.parts;
        while let Some((_, text)) = parts.last_mut() {
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            parts.pop();
        }
        let plain: String = parts.iter().map(|(_, text)| text.as_str()).collect();
        let safe = no_command(&plain);
        if !self.colour || *safe != *plain {
            return writeln!(self.out, "{safe}");
        }
        for (tone, text) in &parts {
            let ansi = tone.ansi();
            write!(self.out, "{}{text}{}", ansi.render(), ansi.render_reset())?;
        }
        writeln!(self.out)
    }

    /// Writes an empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Writes text after the start of a line, wrapped; further lines start below the text.
    pub(super) fn paragraph(&mut self, start: Line, tone: Tone, text: &str) -> io::Result<()> {
        let indent = start.width();
        let mut line = start;
        for (at, piece) in wrap(&neutral(text), self.width.saturating_sub(indent))
            .iter()
            .enumerate()
        {
            if at > 0 {
                self.line(line)?;
                line = Line::indented(indent);
            }
            line = line.put(tone, piece);
        }
        self.line(line)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Lines as one text, none wrapped.
pub(crate) fn unwrapped(lines: Vec<Line>, colour: bool) -> io::Result<String> {
    let mut text = Vec::new();
    let width = usize::MAX;
    let mut page = Page::new(Box::new(&mut text), Style { colour, width });
    for line in lines {
        page.line(line)?;
    }
    drop(page);
    String::from_utf8(text).map_err(io::Error::other)
}

/// Breaks text at spaces into pieces of at most `width` columns; a longer word stays whole, so that a path
/// can still be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut filled = 0;
    for word in text.split_whitespace() {
        let columns = word.width();
        match pieces.last_mut() {
            // A line must not start with `::` (see `no_command`).
            Some(piece) if filled + 1 + columns <= width || word.starts_with("::") => {
                piece.push(' ');
                piece.push_str(word);
                filled += 1 + columns;
            }
            _ => {
                pieces.push(word.to_owned());
                filled = columns;
            }
        }
    }
    pieces
}

/// The text, cut to `width` columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    let text = neutral(text);
    if text.width() <= width {
        return text.into_owned();
    }
    let mut shown = String::new();
    let mut filled = 1;
    for character in text.chars() {
        filled += columns(character);
        if filled > width {
            break;
        }
        shown.push(character);
    }
    shown.truncate(shown.trim_end().len());
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(colour: bool, write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(
            Box::new(&mut out),
            Style { colour, width: 40 },
        ))
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_wrapped_below_its_start() {
        let text = "one two three four five six seven eight nine ten eleven ::twelve";
        let lines = written(false, |page| {
            page.paragraph(
                Line::default().put(Tone::Strong, "help: "),
                Tone::Plain,
                text,
            )
        });
        insta::assert_snapshot!(lines, @"
        help: one two three four five six seven
              eight nine ten eleven ::twelve
        ");
    }

    #[test]
    fn colour_is_written_only_where_it_is_asked_for() {
        let line = || {
            Line::indented(1)
                .put(Tone::Bad, "fail")
                .put(Tone::Plain, "  ")
        };
        assert_eq!(written(false, |page| page.line(line())), " fail\n");
        assert_eq!(
            written(true, |page| page.line(line())),
            " \u{1b}[1m\u{1b}[31mfail\u{1b}[0m\n"
        );
    }

    #[test]
    fn what_is_put_on_a_line_cannot_act() {
        let line = || Line::default().put(Tone::Plain, "::error::\u{1b}[2J\n");
        assert_eq!(
            written(false, |page| page.line(line())),
            "\\u{3a}:error::\\u{1b}[2J\\n\n"
        );
    }

    #[test]
    fn wide_characters_are_cut_by_columns() {
        assert_eq!(cut("日本語のタイトル", 9), "日本語の…");
        assert_eq!(cut("short", 9), "short");
    }
}
