//! The tokens of GraphQL (section 2.1 of the specification), with the comments before each.

use std::fmt;
use std::str::Chars;

use super::ast::{Comment, CommentGroup};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// What is no token.
    Invalid,
    End,
    Bang,
    Dollar,
    Ampersand,
    ParenLeft,
    ParenRight,
    Spread,
    Colon,
    Equals,
    At,
    BracketLeft,
    BracketRight,
    BraceLeft,
    BraceRight,
    Pipe,
    Name,
    Int,
    Float,
    String,
    BlockString,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Invalid => "<Invalid>",
            Self::End => "<EOF>",
            Self::Bang => "!",
            Self::Dollar => "$",
            Self::Ampersand => "&",
            Self::ParenLeft => "(",
            Self::ParenRight => ")",
            Self::Spread => "...",
            Self::Colon => ":",
            Self::Equals => "=",
            Self::At => "@",
            Self::BracketLeft => "[",
            Self::BracketRight => "]",
            Self::BraceLeft => "{",
            Self::BraceRight => "}",
            Self::Pipe => "|",
            Self::Name => "Name",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::BlockString => "BlockString",
        })
    }
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// What a name, a number or a string says; empty for the others.
    pub(super) text: String,
    /// Counted from 1, as is the column in characters. A string starts after its quotes, as OPA counts it.
    pub(super) line: usize,
    pub(super) column: usize,
    /// What stands between the token before and this one.
    pub(super) comments: Option<CommentGroup>,
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        if self.text.is_empty() {
            return Ok(());
        }
        write!(formatter, " {:?}", self.text)
    }
}

/// Reads tokens from the start of a text to its end.
#[derive(Debug)]
pub(super) struct Lexer<'text> {
    rest: Chars<'text>,
    line: usize,
    column: usize,
}

impl<'text> Lexer<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self {
            rest: text.chars(),
            line: 1,
            column: 1,
        }
    }

    /// The next token; at the end always [`TokenKind::End`].
    pub(super) fn read(&mut self) -> Token {
        let comments = self.skip_ignored();
        let (line, column) = (self.line, self.column);
        let mut token = Token {
            kind: TokenKind::End,
            text: String::new(),
            line,
            column,
            comments,
        };
        let Some(start) = self.peek() else {
            return token;
        };
        let read = match start {
            'a'..='z' | 'A'..='Z' | '_' => {
                Some((TokenKind::Name, self.take_while(is_name_continued)))
            }
            '-' | '0'..='9' => self.number(),
            '"' if self.eat("\"\"\"") => {
                token.column = self.column;
                self.block_string()
                    .map(|text| (TokenKind::BlockString, text))
            }
            '"' => {
                self.advance();
                token.column = self.column;
                self.string().map(|text| (TokenKind::String, text))
            }
            _ => self.punctuator().map(|kind| (kind, String::new())),
        };
        if let Some((kind, text)) = read {
            token.kind = kind;
            token.text = text;
        } else {
            token.kind = TokenKind::Invalid;
            (token.line, token.column) = (self.line, self.column);
        }
        token
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.rest.next();
        match next {
            Some('\r') if self.peek() == Some('\n') => {}
            Some('\n' | '\r') => {
                self.line += 1;
                self.column = 1;
            }
            _ => self.column += 1,
        }
        next
    }

    /// Goes past a text that has no line break, if it comes next.
    fn eat(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.as_str().strip_prefix(text) else {
            return false;
        };
        self.rest = rest.chars();
        self.column += text.chars().count();
        true
    }

    fn take_while(&mut self, wanted: fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.peek().filter(|next| wanted(*next)) {
            taken.push(next);
            self.advance();
        }
        taken
    }

    /// Goes past white space, commas, byte order marks and comments; gives the comments.
    fn skip_ignored(&mut self) -> Option<CommentGroup> {
        let mut list = Vec::new();
        loop {
            match self.peek() {
                Some('\t' | ' ' | ',' | '\n' | '\r' | '\u{feff}') => {
                    self.advance();
                }
                Some('#') => {
                    let value = self.take_while(|next| next >= ' ' || next == '\t');
                    list.push(Comment { value });
                }
                _ => break,
            }
        }
        (!list.is_empty()).then_some(CommentGroup { list })
    }

    fn punctuator(&mut self) -> Option<TokenKind> {
        if self.eat("...") {
            return Some(TokenKind::Spread);
        }
        let kind = match self.peek()? {
            '!' => TokenKind::Bang,
            '$' => TokenKind::Dollar,
            '&' => TokenKind::Ampersand,
            '(' => TokenKind::ParenLeft,
            ')' => TokenKind::ParenRight,
            ':' => TokenKind::Colon,
            '=' => TokenKind::Equals,
            '@' => TokenKind::At,
            '[' => TokenKind::BracketLeft,
            ']' => TokenKind::BracketRight,
            '{' => TokenKind::BraceLeft,
            '}' => TokenKind::BraceRight,
            '|' => TokenKind::Pipe,
            _ => return None,
        };
        self.advance();
        Some(kind)
    }

    fn number(&mut self) -> Option<(TokenKind, String)> {
        let mut text = String::new();
        let mut kind = TokenKind::Int;
        text.extend(self.eat("-").then_some('-'));
        let whole = if self.eat("0") {
            "0".to_owned()
        } else {
            self.digits()?
        };
        if whole == "0" && self.peek().is_some_and(|next| next.is_ascii_digit()) {
            return None;
        }
        text.push_str(&whole);
        if self.eat(".") {
            kind = TokenKind::Float;
            text.push('.');
            text.push_str(&self.digits()?);
        }
        if let Some(exponent @ ('e' | 'E')) = self.peek() {
            self.advance();
            kind = TokenKind::Float;
            text.push(exponent);
            if let Some(sign @ ('+' | '-')) = self.peek() {
                self.advance();
                text.push(sign);
            }
            text.push_str(&self.digits()?);
        }
        Some((kind, text))
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<String> {
        let digits = self.take_while(|next| next.is_ascii_digit());
        (!digits.is_empty()).then_some(digits)
    }

    /// What stands up to the closing quote, with escapes replaced.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.peek()? {
                '"' => {
                    self.advance();
                    return Some(text);
                }
                '\\' => {
                    self.advance();
                    text.push(self.escape()?);
                }
                next if next < ' ' && next != '\t' => return None,
                next => {
                    self.advance();
                    text.push(next);
                }
            }
        }
    }

    /// What an escape stands for, past its backslash. Halves of a surrogate pair are no characters, and OPA does not
    /// join them.
    fn escape(&mut self) -> Option<char> {
        let plain = match self.peek()? {
            plain @ ('"' | '/' | '\\') => plain,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = 0;
                let mut digits = self.rest.clone().skip(1);
                for _ in 0..4 {
                    code = code * 16 + digits.next()?.to_digit(16)?;
                }
                for _ in 0..4 {
                    self.advance();
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        };
        self.advance();
        Some(plain)
    }

    /// What stands up to three quotes, without the indentation that its lines share.
    fn block_string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            if self.eat("\"\"\"") {
                return Some(unindent(&text));
            }
            if self.eat("\\\"\"\"") {
                text.push_str("\"\"\"");
                continue;
            }
            match self.peek()? {
                '\r' => {
                    self.advance();
                    if self.peek() != Some('\n') {
                        text.push('\n');
                    }
                }
                next if next < ' ' && !matches!(next, '\t' | '\n') => return None,
                next => {
                    self.advance();
                    text.push(next);
                }
            }
        }
    }
}

fn is_name_continued(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

/// The value of a block string (section 2.9.4 of the specification). As in OPA the indentation of the first line counts
/// too, though it stays.
fn unindent(text: &str) -> String {
    let blank = |line: &&str| line.trim_matches([' ', '\t']).is_empty();
    let lines: Vec<&str> = text.split('\n').collect();
    let indent = lines
        .iter()
        .filter(|line| !blank(line))
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let cut = if at == 0 { 0 } else { indent };
            line.get(cut..).unwrap_or_default()
        })
        .collect();
    let first = lines.iter().position(|line| !blank(line));
    let last = lines.iter().rposition(|line| !blank(line));
    first
        .zip(last)
        .and_then(|(first, last)| lines.get(first..=last))
        .unwrap_or_default()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut lexer = Lexer::new(text);
        let mut found = Vec::new();
        loop {
            let token = lexer.read();
            if token.kind == TokenKind::End {
                return found;
            }
            found.push(token.to_string());
            if token.kind == TokenKind::Invalid {
                return found;
            }
        }
    }

    #[rstest]
    #[case("a _b1", &["Name \"a\"", "Name \"_b1\""])]
    #[case("\u{feff}!$&()...:=@[]{}|,", &["!", "$", "&", "(", ")", "...", ":", "=", "@", "[", "]", "{", "}", "|"])]
    #[case("0 -1 1a", &["Int \"0\"", "Int \"-1\"", "Int \"1\"", "Name \"a\""])]
    #[case("0.0 1.5e+3 -1E9", &["Float \"0.0\"", "Float \"1.5e+3\"", "Float \"-1E9\""])]
    #[case("01", &["<Invalid>"])]
    #[case("-", &["<Invalid>"])]
    #[case("1.", &["<Invalid>"])]
    #[case("1e", &["<Invalid>"])]
    #[case("..", &["<Invalid>"])]
    #[case("é", &["<Invalid>"])]
    #[case("\u{1}", &["<Invalid>"])]
    #[case(r#""a\"\\\/\b\f\n\r\tA" "#, &[r#"String "a\"\\/\u{8}\u{c}\n\r\tA""#])]
    #[case(r#""\uD83D\uDE00""#, &["String \"\u{fffd}\u{fffd}\""])]
    #[case(r#""\u00""#, &["<Invalid>"])]
    #[case(r#""\u{41}""#, &["<Invalid>"])]
    #[case(r#""\x""#, &["<Invalid>"])]
    #[case("\"a\nb\"", &["<Invalid>"])]
    #[case("\"a", &["<Invalid>"])]
    #[case("\"\"", &["String"])]
    #[case("\"\"\"a", &["<Invalid>"])]
    #[case("\"\"\"\u{1}\"\"\"", &["<Invalid>"])]
    #[case("# a\u{1}", &["<Invalid>"])]
    fn texts_become_tokens(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(tokens(text), expected);
    }

    #[rstest]
    #[case("first\n  second\n   third", "first\n  second\n   third")]
    #[case("\r\n\n   a\n  b\n\n", " a\nb")]
    #[case("\ra\r", "a")]
    #[case("  a  ", "  a  ")]
    #[case("  a\n\n    \n   b", "  a\n\n  \n b")]
    #[case("\t a\n\tb", "\t a\nb")]
    #[case("a\\\"\"\"b\\n", "a\"\"\"b\\n")]
    #[case(" \n\t\n", "")]
    fn a_block_string_loses_its_indentation(#[case] text: &str, #[case] expected: &str) {
        let token = Lexer::new(&format!("\"\"\"{text}\"\"\"")).read();
        assert_eq!(
            (token.kind, token.text.as_str()),
            (TokenKind::BlockString, expected)
        );
    }

    #[test]
    fn tokens_know_their_place_and_the_comments_before_them() {
        let mut lexer = Lexer::new("a # one\r\n#two\n  \"b\"");
        lexer.read();
        let token = lexer.read();
        assert_eq!((token.line, token.column), (3, 4));
        let comments: Vec<String> = token
            .comments
            .unwrap_or_default()
            .list
            .into_iter()
            .map(|comment| comment.value)
            .collect();
        assert_eq!(comments, ["# one", "#two"]);
    }
}
