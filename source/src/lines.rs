//! Byte offsets to lines and columns.

use std::ops::Range;

use crate::{Position, Span};

/// Byte offsets to lines and columns. Goes on from the last place asked for, so that asking in document order takes
/// one pass over the text, however long its lines are.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    /// Where each line starts.
    starts: Vec<usize>,
    offset: usize,
    position: Position,
}

impl<'a> Lines<'a> {
    /// The lines of a text.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at.saturating_add(1)))
            .collect();
        Self {
            text,
            starts,
            offset: 0,
            position: Position::START,
        }
    }

    /// Where a range of bytes stands.
    pub fn span(&mut self, range: Range<usize>) -> Span {
        Span::new(self.position(range.start), self.position(range.end))
    }

    /// Where a byte stands. Past the end of the text: its end.
    pub fn position(&mut self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|line| self.starts.get(line).copied())
            .unwrap_or(0);
        if offset < self.offset || start > self.offset {
            self.offset = start;
            self.position = Position::new(u32::try_from(line).unwrap_or(u32::MAX), 1);
        }
        let offset = offset.min(self.text.len());
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        let columns = u32::try_from(passed.chars().count()).unwrap_or(u32::MAX);
        self.position.column = self.position.column.saturating_add(columns);
        self.offset = offset;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_has_its_place_in_any_order() {
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
        let mut forwards = Lines::new(text);
        let mut backwards = Lines::new(text);
        for (offset, line, column) in &expected {
            assert_eq!(forwards.position(*offset), Position::new(*line, *column));
        }
        for (offset, line, column) in expected.iter().rev() {
            assert_eq!(backwards.position(*offset), Position::new(*line, *column));
        }
    }
}
