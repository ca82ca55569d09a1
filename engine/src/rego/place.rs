//! Where parts of a parsed policy stand, and their text.

use regorus::unstable::{LiteralStmt, Span as Part};
use soc2gate_source::{Location, Position, Span};

/// The text of a statement without its `with`.
pub(super) struct StatementText<'a> {
    pub(super) text: &'a str,
    /// Where it ends, in bytes.
    pub(super) end: u32,
}

/// A stretch of a policy by its first and last byte.
pub(super) fn slice(part: &Part, start: u32, end: u32) -> &str {
    let range = usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(0);
    part.source.contents().get(range).unwrap_or_default()
}

/// The first and the last byte of a part. regorus leaves the quotes out of the span of a string, and so out of the span
/// of everything that starts or ends with one.
pub(super) fn ends(part: &Part) -> (u32, u32) {
    let is_quote = |at: u32| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        matches!(part.source.contents().as_bytes().get(at), Some(b'"' | b'`'))
    };
    let before = part.start.checked_sub(1).filter(|at| is_quote(*at));
    let after = part.end.checked_add(1).filter(|_| is_quote(part.end));
    (before.unwrap_or(part.start), after.unwrap_or(part.end))
}

/// The text of a part.
pub(super) fn text(part: &Part) -> &str {
    let (start, end) = ends(part);
    slice(part, start, end)
}

/// The text of a statement without its `with`, and without its `not`.
pub(super) fn statement_text(statement: &LiteralStmt) -> StatementText<'_> {
    let span = &statement.span;
    let (start, end) = ends(span);
    let end = statement
        .with_mods
        .first()
        .map_or(end, |modifier| modifier.span.start);
    let text = slice(span, start, end).trim();
    StatementText {
        text: text.strip_prefix("not ").unwrap_or(text),
        end,
    }
}

/// Where a part stands, from its first to its last character.
pub(super) fn locate(part: &Part) -> Location {
    let contents = part.source.contents();
    let (start, end) = ends(part);
    Location::new(
        part.source.get_path().clone(),
        Span::new(position(contents, start), position(contents, end)),
    )
}

/// The line and the column of a byte.
fn position(contents: &str, at: u32) -> Position {
    let before = contents
        .get(..usize::try_from(at).unwrap_or(usize::MAX))
        .unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .saturating_add(1);
    Position::new(
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// The byte at the line and the column that a part has, which need not be its first: regorus gives a comparison the
/// place of its operator.
pub(super) fn offset(part: &Part) -> Option<u32> {
    let contents = part.source.contents();
    let index = usize::try_from(part.line.checked_sub(1)?).ok()?;
    let start: usize = contents
        .split_inclusive('\n')
        .take(index)
        .map(str::len)
        .sum();
    let line = contents.get(start..)?.lines().next()?;
    let column = super::column(contents, part.line, part.col);
    let characters = usize::try_from(column.checked_sub(1)?).ok()?;
    let within: usize = line.chars().take(characters).map(char::len_utf8).sum();
    u32::try_from(start.checked_add(within)?).ok()
}
