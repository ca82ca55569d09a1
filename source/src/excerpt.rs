//! One line of a source, fit to be shown: values that may be secret are masked.

use crate::{Segment, SourceMap, Span};

/// Says whether the scalar at a path may be shown. Everything that is not allowed is masked.
pub type Visibility = fn(&[Segment]) -> bool;

/// Longest excerpt, in characters.
const WIDTH: usize = 120;

/// What stands in place of a masked value.
const MASK: &str = "•••";

/// One line of a source with the part that a finding points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line's number, counted from 1.
    pub line: u32,
    /// The line as it may be shown: keys, punctuation and visible values; comments are left out.
    pub text: String,
    /// The characters of `text` that the finding points at: from (counted from 0) and to (exclusive).
    pub highlight: (usize, usize),
}

/// How a character of the line is treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Between values: punctuation is kept, a comment ends the line.
    Outside,
    /// Part of a key or of a value that may be shown.
    Shown,
    /// Part of a value that may not be shown.
    Hidden,
}

impl Excerpt {
    /// The first line of `span`, from the text of that line and the positions of its document.
    pub fn new(line_text: &str, span: Span, map: &SourceMap, visible: Visibility) -> Self {
        let line = span.start.line;
        let characters: Vec<char> = line_text.chars().collect();
        let mut cells = vec![Cell::Outside; characters.len()];
        map.walk(|part| {
            if let Some(key) = part.key {
                paint(&mut cells, key, line, Cell::Shown);
            }
            if part.is_leaf {
                let cell = if visible(part.path) && !part.is_opaque {
                    Cell::Shown
                } else {
                    Cell::Hidden
                };
                paint(&mut cells, part.value, line, cell);
            }
        });
        let from = column_index(span.start.column);
        let to = if span.end.line > line {
            usize::MAX
        } else {
            column_index(span.end.column)
        };
        Self::masked(line, &characters, &cells, from, to)
    }

    fn masked(line: u32, characters: &[char], cells: &[Cell], from: usize, to: usize) -> Self {
        let mut text: Vec<char> = Vec::new();
        let mut highlight = (None, 0);
        let mut previous = Cell::Outside;
        for (at, (character, cell)) in characters.iter().zip(cells).enumerate() {
            if at >= from && highlight.0.is_none() {
                highlight.0 = Some(text.len());
            }
            match cell {
                Cell::Shown => text.push(*character),
                Cell::Hidden if previous != Cell::Hidden => text.extend(MASK.chars()),
                Cell::Outside if *character == '#' => break,
                Cell::Outside if is_punctuation(*character) => text.push(*character),
                Cell::Hidden | Cell::Outside => {}
            }
            previous = *cell;
            if at < to {
                highlight.1 = text.len();
            }
        }
        while text.last().is_some_and(|c| c.is_whitespace()) {
            text.pop();
        }
        let start = highlight.0.unwrap_or(0).min(text.len());
        let end = highlight.1.min(text.len()).max(start);
        window(line, &text, start, end)
    }
}

/// Cuts a long line to what stands around the highlight.
fn window(line: u32, text: &[char], start: usize, end: usize) -> Excerpt {
    if text.len() <= WIDTH {
        return Excerpt {
            line,
            text: text.iter().collect(),
            highlight: (start, end),
        };
    }
    let first = start.saturating_sub(WIDTH / 3);
    let last = first.saturating_add(WIDTH).min(text.len());
    let shown: String = text.get(first..last).unwrap_or_default().iter().collect();
    let before = if first > 0 { "…" } else { "" };
    let after = if last < text.len() { "…" } else { "" };
    let offset = before.chars().count();
    Excerpt {
        line,
        text: format!("{before}{shown}{after}"),
        highlight: (start - first + offset, end.min(last) - first + offset),
    }
}

fn paint(cells: &mut [Cell], span: Span, line: u32, cell: Cell) {
    if span.start.line > line || span.end.line < line {
        return;
    }
    let from = if span.start.line < line {
        0
    } else {
        column_index(span.start.column)
    };
    let to = if span.end.line > line {
        cells.len()
    } else {
        column_index(span.end.column)
    };
    for at in cells.iter_mut().take(to).skip(from) {
        *at = cell;
    }
}

fn column_index(column: u32) -> usize {
    usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn is_punctuation(character: char) -> bool {
    character.is_whitespace() || "-:,?[]{}|<>=\"'".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_json, parse_yaml, split_yaml};

    fn visible(path: &[Segment]) -> bool {
        matches!(path.last(), Some(Segment::Key(key)) if key == "name" || key == "privileged")
    }

    fn excerpt(text: &str, path: &[Segment]) -> (String, String) {
        let map = parse_yaml(split_yaml(text)[0]).unwrap().unwrap().map;
        shown(text, &map, path)
    }

    fn shown(text: &str, map: &SourceMap, path: &[Segment]) -> (String, String) {
        let span = map.locate(path).unwrap();
        let line = text.lines().nth(span.start.line as usize - 1).unwrap();
        let excerpt = Excerpt::new(line, span, map, visible);
        let (from, to) = excerpt.highlight;
        let highlighted = excerpt.text.chars().skip(from).take(to - from).collect();
        (excerpt.text, highlighted)
    }

    #[test]
    fn only_keys_and_visible_values_are_shown() {
        let text = "env:\n- {name: DB, value: hunter2} # hunter2\n";
        assert_eq!(
            excerpt(text, &["env".into(), 0.into(), "value".into()]),
            (
                "- {name: DB, value: •••}".to_owned(),
                "value: •••".to_owned()
            )
        );
    }

    #[test]
    fn comments_anchors_and_block_scalars_do_not_leak() {
        let text = "privileged: true   # because hunter2\nkey: &hunter2 hunter2\nb: |\n  hunter2\n";
        assert_eq!(excerpt(text, &["privileged".into()]).0, "privileged: true");
        assert_eq!(excerpt(text, &["key".into()]).0, "key: •••");
        assert_eq!(excerpt(text, &["b".into()]).0, "b: •••");
        let anchored = "name: &hunter2 x\nprivileged: !hunter2 true\nagain: {name: *hunter2}\n";
        for key in ["name", "privileged", "again"] {
            let (line, _) = excerpt(anchored, &[key.into()]);
            assert!(!line.contains("hunter2"), "{line}");
        }
        let plain = "a: hunter2\n  hunter2 more\nname: x\n";
        assert_eq!(excerpt(plain, &["a".into()]).0, "a: •••");
    }

    #[test]
    fn a_long_line_is_cut_around_the_highlight() {
        let rows = vec![r#"{"name":"web","secret":"hunter2"}"#; 50].join(",");
        let text = format!("[{rows}]");
        let map = parse_json(&text).unwrap().map;
        let (line, highlighted) = shown(&text, &map, &[30.into(), "name".into()]);
        assert_eq!(highlighted, r#""name":"web""#);
        assert!(line.chars().count() <= WIDTH + 2, "{line}");
        assert!(!line.contains("hunter2"));
    }
}
