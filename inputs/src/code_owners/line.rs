//! One line: a pattern, then owners, then perhaps a comment, with blanks or tabs between them.

use super::error::LineErrorKind;
use super::owner;
use super::pattern::Pattern;

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// It is empty or a comment.
    Nothing,
    /// GitHub skips it.
    Skipped(LineErrorKind),
    /// It assigns owners.
    Rule {
        /// The pattern as it is written.
        text: &'a str,
        /// The pattern.
        pattern: Pattern,
        /// The owners as they are written.
        owners: Vec<String>,
    },
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Reads a line without its end.
///
/// A `#` begins a comment where it begins a word (GitHub's example has a comment after owners). Blanks before the
/// pattern are passed over. What a `#` inside a word means is documented nowhere: in a pattern or an owner it is an
/// error.
pub(super) fn parse(line: &str) -> Line<'_> {
    let line = line.trim_start_matches(BLANKS);
    if line.is_empty() || line.starts_with('#') {
        return Line::Nothing;
    }
    let (text, rest) = split_pattern(line);
    let Some(pattern) = Pattern::parse(text) else {
        return Line::Skipped(LineErrorKind::InvalidPattern);
    };
    let mut owners = Vec::new();
    for word in rest.split(BLANKS).filter(|word| !word.is_empty()) {
        if word.starts_with('#') {
            break;
        }
        if !owner::is_valid(word) {
            return Line::Skipped(LineErrorKind::InvalidOwner);
        }
        owners.push(word.to_owned());
    }
    Line::Rule {
        text,
        pattern,
        owners,
    }
}

/// The pattern ends at the first blank that no backslash escapes.
fn split_pattern(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    line.split_once(|character: char| {
        let ends = !is_escaped && BLANKS.contains(&character);
        is_escaped = !is_escaped && character == '\\';
        ends
    })
    .unwrap_or((line, ""))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::empty("")]
    #[case::blanks(" \t ")]
    #[case::comment("# *.rs @rust")]
    #[case::indented_comment("\t # *.rs @rust")]
    fn says_nothing(#[case] line: &str) {
        assert_eq!(parse(line), Line::Nothing);
    }

    #[rstest]
    #[case::owners("*.rs @a @b/c d@example.com", "*.rs", &["@a", "@b/c", "d@example.com"])]
    #[case::tabs("\t*.rs\t\t@a\t@b\t", "*.rs", &["@a", "@b"])]
    #[case::none("/apps/github", "/apps/github", &[])]
    #[case::comment("*.rs @a #b @c", "*.rs", &["@a"])]
    #[case::comment_instead_of_owners("*.rs # @a", "*.rs", &[])]
    #[case::escaped_blank(r"a\ b.txt @a", r"a\ b.txt", &["@a"])]
    #[case::escaped_backslash_before_a_blank(r"a\\ @a", r"a\\", &["@a"])]
    #[case::escaped_blank_at_the_end(r"a\ ", r"a\ ", &[])]
    #[case::repeated("a @a @a", "a", &["@a", "@a"])]
    #[case::owner_alone_is_a_pattern("@a", "@a", &[])]
    fn assigns(#[case] line: &str, #[case] written: &str, #[case] expected: &[&str]) {
        let Line::Rule { text, owners, .. } = parse(line) else {
            panic!("{line} is a rule");
        };
        assert_eq!(
            (text, owners),
            (
                written,
                expected.iter().map(|&owner| owner.to_owned()).collect()
            )
        );
    }

    #[rstest]
    #[case::not_an_owner("* user", LineErrorKind::InvalidOwner)]
    #[case::half_an_address("*.txt docs@", LineErrorKind::InvalidOwner)]
    #[case::one_of_several("* @a user @b", LineErrorKind::InvalidOwner)]
    #[case::comment_without_a_blank("* @a#b", LineErrorKind::InvalidOwner)]
    #[case::carriage_return("* @a\rb @c", LineErrorKind::InvalidOwner)]
    #[case::no_break_space("*\u{a0}@a", LineErrorKind::InvalidPattern)]
    #[case::number_sign_in_a_pattern("a#b @a", LineErrorKind::InvalidPattern)]
    #[case::backslash_at_the_end("a\\", LineErrorKind::InvalidPattern)]
    #[case::escaped_tab("a\\\tb @a", LineErrorKind::InvalidPattern)]
    #[case::section("[Section] @a", LineErrorKind::InvalidPattern)]
    #[case::section_with_a_blank("[A section]", LineErrorKind::InvalidPattern)]
    #[case::optional_section("^[Section][2] @a", LineErrorKind::InvalidPattern)]
    #[case::pattern_comes_first("!a user", LineErrorKind::InvalidPattern)]
    fn is_skipped(#[case] line: &str, #[case] expected: LineErrorKind) {
        assert_eq!(parse(line), Line::Skipped(expected));
    }
}
