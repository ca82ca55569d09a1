//! The words of a Rego text, as far as a pass before the parser needs to tell them apart.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// `"…"` or a raw string between backticks.
    Text,
    /// `$"…"` or `$` and a raw string, with the expressions in it.
    Template,
    /// From `#` to the end of the line.
    Comment,
    /// Anything else but white space: one character.
    Sign,
}

/// A piece of text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// How deep templates may stand in templates.
const MAX_DEPTH: usize = 32;

/// The pieces of a text. A string that does not end goes on to the end of the text: the parser refuses it.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut scanner = Scanner { text, at: 0 };
    while let Some(token) = scanner.token(0) {
        tokens.push(token);
    }
    tokens
}

/// The end of the expression that starts at a place in a template: where its closing brace stands.
pub(super) fn expression_end(text: &str, start: usize) -> Option<usize> {
    Scanner { text, at: start }.expression(0)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on while characters are as asked for.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character));
        self.at += length.unwrap_or(rest.len());
    }

    fn token(&mut self, depth: usize) -> Option<Token> {
        self.skip(char::is_whitespace);
        let start = self.at;
        let first = self.peek()?;
        let template = self.rest().starts_with("$\"") || self.rest().starts_with("$`");
        let kind = if first == '#' {
            self.skip(|character| character != '\n');
            Kind::Comment
        } else if template {
            self.at += 1;
            self.string(depth, true);
            Kind::Template
        } else if matches!(first, '"' | '`') {
            self.string(depth, false);
            Kind::Text
        } else if is_word(first) {
            self.skip(is_word);
            Kind::Word
        } else {
            self.at += first.len_utf8();
            Kind::Sign
        };
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }

    /// Goes behind a string that starts here.
    fn string(&mut self, depth: usize, is_template: bool) {
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        while let Some(character) = self.peek() {
            self.at += character.len_utf8();
            match character {
                // In a raw string a backslash is one, but for that before the brace of a template.
                '\\' if quote == '"' || (is_template && self.peek() == Some('{')) => {
                    self.at += self.peek().map_or(0, char::len_utf8);
                }
                '{' if is_template => match self.expression(depth + 1) {
                    Some(end) => self.at = end + 1,
                    None => self.at = self.text.len(),
                },
                other if other == quote => return,
                _ => {}
            }
        }
    }

    /// The place of the brace that closes the expression which starts here.
    fn expression(&mut self, depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut open = 0_usize;
        while let Some(token) = self.token(depth) {
            let sign = self.text.get(token.start..token.end)?;
            match (token.kind, sign) {
                (Kind::Sign, "{" | "[" | "(") => open += 1,
                (Kind::Sign, "}") if open == 0 => return Some(token.start),
                (Kind::Sign, "}" | "]" | ")") => open = open.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }
}

/// Whether a character is part of a name, a keyword or a number.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        tokens(text)
            .into_iter()
            .map(|token| (token.kind, text.get(token.start..token.end).unwrap()))
            .collect()
    }

    #[test]
    fn strings_hide_what_is_in_them() {
        assert_eq!(
            kinds("a.b # \"x\n\"q\\\"#\" `\\`c"),
            [
                (Kind::Word, "a"),
                (Kind::Sign, "."),
                (Kind::Word, "b"),
                (Kind::Comment, "# \"x"),
                (Kind::Text, "\"q\\\"#\""),
                (Kind::Text, "`\\`"),
                (Kind::Word, "c"),
            ]
        );
    }

    #[test]
    fn a_template_ends_behind_its_expressions() {
        for template in [
            r#"$"""#,
            r#"$"a {b} c""#,
            r#"$"{f({"k": "}"})}""#,
            r#"$"{$"{"x"}"}""#,
            r#"$"\{ \" {x}""#,
            "$`{x}\n\\{ {`y`}`",
        ] {
            let text = format!("{template} end");
            assert_eq!(
                kinds(&text),
                [(Kind::Template, template), (Kind::Word, "end")]
            );
        }
    }

    #[test]
    fn what_does_not_end_goes_to_the_end() {
        for text in ["\"a", "`a", "$\"{a", "$\"{(}\"", "$\"\\"] {
            assert_eq!(kinds(text).len(), 1, "{text}");
        }
        let deep = format!("{}1{}", "$\"{".repeat(50), "}\"".repeat(50));
        assert!(!kinds(&deep).is_empty());
    }
}
