//! Where an expression stands in its text, and how it is written on one line elsewhere. What regorus notes of it is not
//! enough: a string is what is between its quotes, parentheses are not part of what is in them, and an object of several
//! fields starts at its last one.

use std::cell::OnceCell;

use regorus::unstable::Expr;

use super::tokens::{Kind, Token, tokens};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk};

/// A part of a text, in bytes.
pub(super) type Extent = (usize, usize);

/// A text and its words.
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    /// Comments are left out. Most texts are never asked for them.
    words: OnceCell<Vec<Token>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let words = OnceCell::new();
        Self { text, words }
    }

    fn all_words(&self) -> &[Token] {
        self.words.get_or_init(|| {
            let mut words = tokens(self.text);
            words.retain(|token| token.kind != Kind::Comment);
            words
        })
    }

    /// Where an expression stands, without the parentheses around it; None where its place does not hold it alone.
    pub(super) fn extent(&self, expr: &Expr) -> Option<Extent> {
        let start = self.start(expr)?;
        let end = match expr {
            Expr::Object { .. } => self.closed(start)?,
            Expr::Set { items, .. } if items.is_empty() => self.closed(start)?,
            Expr::RefDot { field, .. } => self.end(field.0.end)?,
            other => self.end(other.span().end)?,
        };
        self.is_balanced(start, end).then_some((start, end))
    }

    fn start(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => self.start(refr),
            Expr::Call { fcn, .. } => self.start(fcn),
            // The brace before its first field.
            Expr::Object { fields, .. } if !fields.is_empty() => {
                let first = self.start(&fields.first()?.1)?;
                let before = self.all_words().partition_point(|word| word.start < first);
                let brace = self.all_words().get(..before)?.iter().rev();
                let mut signs = brace.skip_while(|word| self.written(word) == "(");
                signs
                    .next()
                    .filter(|word| self.written(word) == "{")
                    .map(|word| word.start)
            }
            other => {
                let at = index(other.span().start)?;
                let word = self.all_words().partition_point(|word| word.end <= at);
                self.all_words().get(word).map(|word| word.start)
            }
        }
    }

    /// The end of what a span ends with: the span of a string ends before its quote.
    pub(super) fn end(&self, end: u32) -> Option<usize> {
        let end = index(end)?;
        let behind = self.all_words().partition_point(|word| word.start < end);
        self.all_words()
            .get(behind.checked_sub(1)?)
            .map(|word| word.end)
    }

    fn written(&self, word: &Token) -> &'a str {
        self.text.get(word.start..word.end).unwrap_or_default()
    }

    /// The last word before a place.
    pub(super) fn word_before(&self, place: usize) -> Option<&'a str> {
        let before = self.all_words().partition_point(|word| word.start < place);
        let last = self.all_words().get(before.checked_sub(1)?)?;
        Some(self.written(last))
    }

    /// Where a word stands in a part of the text.
    pub(super) fn place_of(&self, wanted: &str, extent: Extent) -> Option<Extent> {
        let mut words = self.words(extent).iter();
        let found = words.find(|word| self.written(word) == wanted)?;
        Some((found.start, found.end))
    }

    /// The words of a part of the text.
    fn words(&self, (start, end): Extent) -> &[Token] {
        let from = self.all_words().partition_point(|word| word.start < start);
        let to = self.all_words().partition_point(|word| word.start < end);
        self.all_words().get(from..to).unwrap_or_default()
    }

    /// Whether every bracket in a part of the text is closed in it.
    fn is_balanced(&self, start: usize, end: usize) -> bool {
        let mut depth = 0_usize;
        for word in self.words((start, end)) {
            match (word.kind, self.written(word)) {
                (Kind::Sign, "[" | "(" | "{") => depth += 1,
                (Kind::Sign, "]" | ")" | "}") => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return false,
                },
                _ => {}
            }
        }
        depth == 0
    }

    /// Where the first bracket closes that opens at or behind a place.
    fn closed(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for word in self.words((at, self.text.len())) {
            match (word.kind, self.written(word)) {
                (Kind::Sign, "[" | "(" | "{") => depth += 1,
                (Kind::Sign, "]" | ")" | "}") => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(word.end);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// An expression as it is written on one line.
    pub(super) fn flat(&self, expr: &Expr) -> Option<String> {
        self.flat_part(self.extent(expr)?, &[expr])
    }

    /// A part of the text on one line, without its comments. `within` are the expressions in it: the statements of their
    /// comprehensions may end with their lines.
    pub(super) fn flat_part(&self, extent: Extent, within: &[&Expr]) -> Option<String> {
        let written = self.text.get(extent.0..extent.1)?;
        if !written.contains('\n') {
            return Some(written.to_owned());
        }
        let ends = self.statement_ends(within)?;
        let mut flat = String::with_capacity(written.len());
        let mut at = extent.0;
        for word in self.words(extent) {
            let between = self.text.get(at..word.start)?;
            flat.push_str(if between.contains('\n') { " " } else { between });
            let written = self.written(word);
            match (word.kind, raw(written)) {
                (Kind::Text, Some(raw)) if raw.contains('\n') => {
                    flat.push_str(&serde_json::to_string(raw).ok()?);
                }
                _ => flat.push_str(written),
            }
            if ends.contains(&word.end) {
                flat.push(';');
            }
            at = word.end;
        }
        Some(flat)
    }

    /// Where statements end that no semicolon ends, but for the last one of each body.
    fn statement_ends(&self, within: &[&Expr]) -> Option<Vec<usize>> {
        let mut ends = Vec::new();
        let mut is_known = true;
        let mut visit = |node: &Node<'_>| {
            let Node::Body(query) = node else {
                return;
            };
            for (statement, next) in query.stmts.iter().zip(query.stmts.iter().skip(1)) {
                let found = self.end(statement.span.end).zip(index(next.span.start));
                let Some((end, next)) = found else {
                    is_known = false;
                    continue;
                };
                let between = self.words((end, next));
                if !between.iter().any(|word| self.written(word) == ";") {
                    ends.push(end);
                }
            }
        };
        within.iter().for_each(|expr| walk(expr, &mut visit));
        is_known.then_some(ends)
    }

    /// What stands in the place of an expression once it is written elsewhere; its lines stay.
    pub(super) fn replaced(&self, (start, end): Extent, text: &str) -> Option<Edit> {
        let lines = self.text.get(start..end)?.matches('\n').count();
        Some(Edit {
            start,
            end,
            text: format!("{text}{}", "\n".repeat(lines)),
        })
    }
}

/// A text that is put in at a place.
pub(super) fn insertion(at: usize, text: String) -> Edit {
    Edit {
        start: at,
        end: at,
        text,
    }
}

/// What is between the backticks of a raw string.
fn raw(written: &str) -> Option<&str> {
    written.strip_prefix('`')?.strip_suffix('`')
}

/// A place in bytes.
pub(super) fn index(at: u32) -> Option<usize> {
    usize::try_from(at).ok()
}
