//! Byte offsets to lines and columns.

use std::ops::Range;

use crate::{Position, Span};

/// Farthest that a place is from one that is known, in bytes.
const STEP: usize = 512;

/// Byte offsets to lines and columns. A place is found in the same short time wherever it stands, also in one long
/// line and in any order.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    /// Places that are known: the start of each line, and characters of long lines.
    known: Vec<(usize, Position)>,
}

impl<'a> Lines<'a> {
    /// The lines of a text.
    pub fn new(text: &'a str) -> Self {
        let mut known = vec![(0, Position::START)];
        let mut position = Position::START;
        let mut last = 0;
        for (at, character) in text.char_indices() {
            if at >= last + STEP {
                known.push((at, position));
                last = at;
            }
            if character == '\n' {
                position = Position::new(position.line.saturating_add(1), 1);
                last = at + 1;
                known.push((last, position));
            } else {
                position.column = position.column.saturating_add(1);
            }
        }
        Self { text, known }
    }

    /// Where a range of bytes stands.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.position(range.start), self.position(range.end))
    }

    /// Where a byte stands. Past the end of the text: its end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let behind = self.known.partition_point(|(at, _)| *at <= offset);
        let known = behind.checked_sub(1).and_then(|at| self.known.get(at));
        let (from, start) = known.copied().unwrap_or((0, Position::START));
        let passed = self.text.get(from..offset).unwrap_or_default();
        let columns = u32::try_from(passed.chars().count()).unwrap_or(u32::MAX);
        Position::new(start.line, start.column.saturating_add(columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_has_its_place() {
        let text = "aé\n\nb😀c\n";
        let expected: Vec<(usize, u32, u32)> = vec![
            (0, 1, 1),
            (1, 1, 2),
            (3, 1, 3),
            (4, 2, 1),
            (5, 3, 1),
            (6, 3, 2),
            (10, 3, 3),
            (12, 4, 1),
            (99, 4, 1),
        ];
        let lines = Lines::new(text);
        for (offset, line, column) in &expected {
            assert_eq!(lines.position(*offset), Position::new(*line, *column));
        }
    }

    #[test]
    fn places_in_a_long_line_are_found() {
        let text = "é".repeat(2_000);
        let lines = Lines::new(&text);
        for column in [1, 256, 257, 258, 1_999, 2_001] {
            let offset = usize::try_from(column - 1).unwrap() * 2;
            assert_eq!(lines.position(offset), Position::new(1, column));
        }
    }
}
