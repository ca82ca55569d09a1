//! One segment of a pattern against one segment of a path.

use std::str::Chars;

/// A segment with wildcards: `*` stands for any characters, `?` for one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Glob(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    Character(char),
    AnyCharacter,
    AnyCharacters,
}

impl Token {
    fn character(&self) -> Option<char> {
        match self {
            Self::Character(character) => Some(*character),
            Self::AnyCharacter | Self::AnyCharacters => None,
        }
    }
}

impl Glob {
    /// A glob of tokens; stars in a row are one star (gitignore: "other consecutive asterisks are regular asterisks").
    pub(super) fn new(mut tokens: Vec<Token>) -> Self {
        tokens.dedup_by(|next, token| {
            *next == Token::AnyCharacters && *token == Token::AnyCharacters
        });
        Self(tokens)
    }

    /// Whether it is a star alone.
    pub(super) fn is_star(&self) -> bool {
        self.0 == [Token::AnyCharacters]
    }

    /// The text it stands for if it has no wildcard.
    pub(super) fn literal(&self) -> Option<String> {
        self.0.iter().map(Token::character).collect()
    }

    /// The text before its first wildcard.
    pub(super) fn head(&self) -> String {
        self.0.iter().map_while(Token::character).collect()
    }

    /// The text after its last wildcard.
    pub(super) fn tail(&self) -> String {
        let reversed: Vec<char> = self.0.iter().rev().map_while(Token::character).collect();
        reversed.into_iter().rev().collect()
    }

    /// Compares case and all, as GitHub does. On a mismatch only the last star is tried again with one more character,
    /// so the time is at most the product of the two lengths, whatever the number of stars.
    pub(super) fn matches(&self, segment: &str) -> bool {
        let mut tokens = self.0.as_slice();
        let mut text = segment.chars();
        let mut last_star: Option<(&[Token], Chars<'_>)> = None;
        loop {
            let rest = text.clone();
            match (tokens.split_first(), text.next()) {
                (None, None) | (Some((Token::AnyCharacters, [])), _) => return true,
                (Some((Token::AnyCharacters, after)), _) => {
                    last_star = Some((after, rest.clone()));
                    (tokens, text) = (after, rest);
                }
                (Some((Token::AnyCharacter, after)), Some(_)) => tokens = after,
                (Some((Token::Character(wanted), after)), Some(character))
                    if *wanted == character =>
                {
                    tokens = after;
                }
                (_, None) => return false,
                (_, Some(_)) => {
                    let Some((after, from)) = &mut last_star else {
                        return false;
                    };
                    from.next();
                    (tokens, text) = (after, from.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn glob(text: &str) -> Glob {
        Glob::new(
            text.chars()
                .map(|character| match character {
                    '*' => Token::AnyCharacters,
                    '?' => Token::AnyCharacter,
                    _ => Token::Character(character),
                })
                .collect(),
        )
    }

    #[rstest]
    #[case("*.js", "app.js", true)]
    #[case("*.js", ".js", true)]
    #[case("*.js", "app.jsx", false)]
    #[case("*.js", "app.js.js", true)]
    #[case("a*", "a", true)]
    #[case("a*b*c", "aXbXbc", true)]
    #[case("a*b*c", "aXc", false)]
    #[case("*a?", "aab", true)]
    #[case("*a?", "aba", false)]
    #[case("f?o", "foo", true)]
    #[case("f?o", "fo", false)]
    #[case("f?o", "fäo", true)]
    #[case("a**b", "axxb", true)]
    #[case("*", "", true)]
    #[case("?", "", false)]
    #[case("A*", "ab", false)]
    fn wildcards(#[case] pattern: &str, #[case] segment: &str, #[case] expected: bool) {
        assert_eq!(glob(pattern).matches(segment), expected);
    }

    #[test]
    fn many_stars_end_soon() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!glob(&pattern).matches(&"a".repeat(4_000)));
        assert!(glob(&pattern).matches(&("a".repeat(4_000) + "b")));
    }
}
