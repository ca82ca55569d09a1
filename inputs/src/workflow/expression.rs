//! Expressions in the texts of a workflow.

/// The expressions of a text, `${{ … }}`, without the texts in them that are no names: a literal is kept where it is an
/// index, as in `github.event['issue']`.
pub(crate) fn expressions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("${{") {
        let length = end_of(behind);
        let (expression, tail) = behind.split_at_checked(length).unwrap_or((behind, ""));
        found.push(format!("${{{{{}}}}}", without_literals(expression)));
        rest = tail;
    }
    found
}

/// Where an expression ends: before the first `}}` that is in no literal, else at the end of the text.
fn end_of(text: &str) -> usize {
    let mut in_literal = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match character {
            '\'' => in_literal = !in_literal,
            '}' if !in_literal && next == Some('}') => return at,
            _ => {}
        }
    }
    text.len()
}

/// An expression with its literals masked. A literal ends at the next quote: two quotes in a row, which stand for one,
/// end it and begin another.
fn without_literals(expression: &str) -> String {
    let mut kept = String::new();
    for (number, part) in expression.split('\'').enumerate() {
        if number % 2 == 0 {
            kept.push_str(part);
        } else if kept.trim_end().ends_with('[') {
            kept.push('\'');
            kept.push_str(part);
            kept.push('\'');
        } else {
            kept.push_str("''");
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("no expression, ${ {x} }", &[])]
    #[case("echo ${{ github.event.issue.title }} ${{x}}", &["${{ github.event.issue.title }}", "${{x}}"])]
    #[case("${{ github.event['issue'].title }}", &["${{ github.event['issue'].title }}"])]
    #[case("${{ github.event[ 'issue' ].title }}", &["${{ github.event[ 'issue' ].title }}"])]
    #[case("${{ secrets.A || 'hunter2' }}", &["${{ secrets.A || '' }}"])]
    #[case("${{ format('hunter2 }} {0}', github.head_ref) }}", &["${{ format('', github.head_ref) }}"])]
    #[case("${{ 'it''s hunter2' }}", &["${{ '''' }}"])]
    #[case("${{ 'hunter2", &["${{ ''}}"])]
    #[case("${{ ü }} ${{", &["${{ ü }}", "${{}}"])]
    fn expressions_are_kept_without_their_literals(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(expressions(text), expected);
    }
}
