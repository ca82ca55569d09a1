//! References that start with a keyword, as OPA allows and regorus does not: `if.x`, `default as.y := 1`.
//!
//! The keyword stands under another name in the rewritten text. Values and messages that leave the evaluator have it
//! back ([`plain`]).

use super::tokens::{Kind, Token};
use crate::rego::edits::Edit;

/// What the other name of a keyword starts with.
pub(crate) const PREFIX: &str = "soc2gate_keyword_";

/// The keywords that regorus takes for nothing else at the start of a reference.
const KEYWORDS: &[&str] = &[
    "as", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package",
    "some", "true", "with",
];

/// Whether a reference in a text may start with a keyword.
pub(super) fn may_be_in(text: &str) -> bool {
    text.match_indices('.').any(|(dot, _)| {
        let before = text.get(..dot).unwrap_or_default();
        KEYWORDS.iter().any(|keyword| before.ends_with(keyword))
    })
}

/// The changes for every keyword that a reference starts with.
pub(super) fn edits(text: &str, tokens: &[Token]) -> Vec<Edit> {
    let is_dot = |token: &Token| text.get(token.start..token.end) == Some(".");
    tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| {
            let word = text.get(token.start..token.end).unwrap_or_default();
            let next = tokens.get(at + 1).filter(|next| next.start == token.end);
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            token.kind == Kind::Word
                && KEYWORDS.contains(&word)
                && next.is_some_and(is_dot)
                && !before.is_some_and(|before| is_dot(before) && before.end == token.start)
        })
        .map(|(_, token)| Edit {
            start: token.start,
            end: token.start,
            text: PREFIX.to_owned(),
        })
        .collect()
}

/// A name or a message without the other names of keywords.
pub(crate) fn plain(text: &str) -> String {
    text.replace(PREFIX, "")
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;
    use crate::rego::edits::apply;

    #[test]
    fn only_the_start_of_a_reference_changes() {
        let text =
            "if.x := a.if.b if { not in.y; x in [1]; not z; \"as.b\" == as.c } else := null # as.d";
        let (changed, _) = apply(text, edits(text, &tokens(text))).unwrap();
        assert_eq!(
            changed,
            concat!(
                "soc2gate_keyword_if.x := a.if.b if { not soc2gate_keyword_in.y; x in [1]; not z; ",
                "\"as.b\" == soc2gate_keyword_as.c } else := null # as.d"
            )
        );
        assert_eq!(plain(&changed), text);
    }
}
