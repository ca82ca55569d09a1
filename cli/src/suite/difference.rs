//! Two values as a difference of lines.

use similar::{ChangeTag, TextDiff};
use soc2gate_engine::Sides;

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// Both sides of a comparison: `-` is only on the left, `+` only on the right.
pub(super) fn difference(sides: &Sides) -> Vec<String> {
    let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "undefined".to_owned());
    let (left, right) = (text(&sides.left), text(&sides.right));
    if left == right {
        // Unequal in no way that could be shown: `1 > 1`.
        return Vec::new();
    }
    let diff = TextDiff::from_lines(&left, &right);
    let mut lines = vec!["- left".to_owned(), "+ right".to_owned()];
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            lines.push("  ...".to_owned());
        }
        for change in group
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
        {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(left: Option<&str>, right: &str) -> String {
        let sides = Sides {
            left: left.map(str::to_owned),
            right: Some(right.to_owned()),
        };
        difference(&sides).join("\n")
    }

    #[test]
    fn what_is_on_one_side_only_is_marked() {
        insta::assert_snapshot!(lines(Some("{\n  \"a\": 1,\n  \"b\": 2,\n}"), "{\n  \"a\": 1,\n  \"b\": 3,\n}"), @r#"
        - left
        + right
          {
            "a": 1,
        -   "b": 2,
        +   "b": 3,
          }
        "#);
        insta::assert_snapshot!(lines(None, "set()"), @r"
        - left
        + right
        - undefined
        + set()
        ");
    }
}
