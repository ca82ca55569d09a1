//! Changes to a text that keep its lines, and where each place of the changed text was before.

/// A part of a text, in bytes, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// Where the places of a text that was changed, perhaps several times, were before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Each change's anchors in the order of the text, the first change first.
    changes: Vec<Vec<Anchor>>,
}

/// From `column` of `line` on, the text was at `original`; all of it at that one place where it is `fixed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    line: u32,
    column: u32,
    original: u32,
    fixed: bool,
}

impl Origin {
    /// The column, in characters, that a place of the changed text had before.
    pub(crate) fn column(&self, line: u32, column: u32) -> u32 {
        self.changes.iter().rev().fold(column, |column, anchors| {
            let anchor = anchors
                .iter()
                .rev()
                .find(|anchor| anchor.line == line && anchor.column <= column);
            match anchor {
                None => column,
                Some(anchor) if anchor.fixed => anchor.original,
                Some(anchor) => anchor.original + (column - anchor.column),
            }
        })
    }

    /// The same after one more change.
    pub(super) fn then(mut self, change: Self) -> Self {
        self.changes.extend(change.changes);
        self
    }
}

/// Applies edits. None where they overlap, lie outside of the text, or change how many lines it has.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> Option<(String, Origin)> {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut changed = String::with_capacity(text.len() + edits.len() * 16);
    let mut anchors = Vec::with_capacity(edits.len() * 2);
    let (mut before, mut after) = (Place::START, Place::START);
    let mut at = 0;
    for edit in &edits {
        let kept = text.get(at..edit.start)?;
        let replaced = text.get(edit.start..edit.end)?;
        if replaced.matches('\n').count() != edit.text.matches('\n').count() {
            return None;
        }
        changed.push_str(kept);
        before.pass(kept);
        after.pass(kept);
        anchors.push(Anchor::new(after, before, true));
        changed.push_str(&edit.text);
        before.pass(replaced);
        after.pass(&edit.text);
        anchors.push(Anchor::new(after, before, false));
        at = edit.end;
    }
    changed.push_str(text.get(at..)?);
    let changes = vec![anchors];
    Some((changed, Origin { changes }))
}

/// A place in a text, counted from 1, columns in characters.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: u32,
    column: u32,
}

impl Place {
    const START: Self = Self { line: 1, column: 1 };

    fn pass(&mut self, text: &str) {
        for character in text.chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
    }
}

impl Anchor {
    fn new(at: Place, original: Place, fixed: bool) -> Self {
        Self {
            line: at.line,
            column: at.column,
            original: original.column,
            fixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            start,
            end,
            text: text.to_owned(),
        }
    }

    #[test]
    fn places_are_found_again() {
        let text = "a := bb\nc := dd + ee";
        let edits = vec![edit(18, 20, "e"), edit(13, 15, "longer")];
        let (changed, origin) = apply(text, edits).unwrap();
        assert_eq!(changed, "a := bb\nc := longer + e");
        assert_eq!(origin.column(1, 6), 6);
        assert_eq!(origin.column(2, 1), 1);
        assert_eq!(origin.column(2, 6), 6, "the start of what was replaced");
        assert_eq!(origin.column(2, 9), 6, "inside of it");
        assert_eq!(origin.column(2, 13), 9, "the plus behind it");
        assert_eq!(origin.column(2, 15), 11);
    }

    #[test]
    fn a_second_change_leads_through_the_first() {
        let (once, first) = apply("f(x) == y", vec![edit(0, 1, "longer")]).unwrap();
        let (twice, second) = apply(&once, vec![edit(0, 6, "shorter.still")]).unwrap();
        assert_eq!(twice, "shorter.still(x) == y");
        let origin = first.then(second);
        assert_eq!(origin.column(1, 3), 1);
        assert_eq!(origin.column(1, 21), 9);
    }

    #[test]
    fn lines_stay() {
        assert_eq!(apply("a\nb", vec![edit(0, 3, "x")]), None);
        assert_eq!(apply("abc", vec![edit(0, 2, "x"), edit(1, 3, "y")]), None);
        assert_eq!(apply("abc", vec![edit(2, 9, "x")]), None);
        let (changed, origin) = apply("(a\nb) c", vec![edit(0, 5, "[x\n]")]).unwrap();
        assert_eq!(changed, "[x\n] c");
        assert_eq!(origin.column(2, 3), 4);
    }
}
