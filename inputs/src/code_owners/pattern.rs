//! A pattern, taken apart into segments.

use super::glob::{Glob, Token};

/// What a pattern matches, from the root of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The segments, one for each directory of a path but for [`Segment::AnyDirectories`].
    pub(super) segments: Vec<Segment>,
    /// How much of a path the segments stand for.
    pub(super) end: End,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// A name without wildcards.
    Literal(String),
    /// A name with wildcards.
    Glob(Glob),
    /// `**`: no directory or any number of them.
    AnyDirectories,
}

/// Where a path may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `a/b`: with the last segment, or anywhere below it if that is a directory.
    AtOrBelow,
    /// `a/b/` and `a/b/**`: below the last segment only.
    Below,
    /// `a/*`: with the last segment only. Here GitHub differs from gitignore: its documentation says that `docs/*` does
    /// not match files in a directory below `docs`.
    At,
}

impl Pattern {
    /// Reads a pattern that is not empty. `None`: GitHub calls it invalid, or nobody says what it means.
    ///
    /// - A backslash makes the next character mean itself (gitignore); one at the end is invalid (gitignore).
    /// - `[` and `]` must be escaped (GitHub's message; ranges do not work); a leading `!` does not negate.
    /// - A `#`, escaped or not, is invalid: escaping it does not work.
    /// - `***` and `/` alone are invalid (examples of REST `codeowners/errors`).
    /// - Control characters, and what stands for bytes that are not UTF-8, are invalid.
    /// - With a slash at its beginning or middle it begins at the root, else at any depth (gitignore).
    /// - `**` between slashes is any number of directories (gitignore); a slash at the end is `/**`, so that `a/**/` is
    ///   `a/**` too. Only `**/` by itself is any directory, as other readers have it: no file at the root.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "/" || text.starts_with('!') {
            return None;
        }
        let mut globs = split(text)?;
        let begins_at_root = globs.first().is_some_and(Vec::is_empty);
        if begins_at_root {
            globs.remove(0);
        }
        let is_directory = globs.len() > 1 && globs.last().is_some_and(Vec::is_empty);
        if is_directory {
            globs.pop();
        }
        let mut segments = Vec::with_capacity(globs.len() + 1);
        if !begins_at_root && globs.len() == 1 {
            segments.push(Segment::AnyDirectories);
        }
        for tokens in globs {
            let segment = Segment::new(tokens);
            if segment != Segment::AnyDirectories || segments.last() != Some(&segment) {
                segments.push(segment);
            }
        }
        let end = match segments.last() {
            Some(Segment::AnyDirectories) => {
                segments.pop();
                if is_directory && segments.is_empty() {
                    segments.push(Segment::Glob(Glob::new(vec![Token::AnyCharacters])));
                }
                End::Below
            }
            _ if is_directory => End::Below,
            Some(Segment::Glob(glob)) if glob.is_star() => End::At,
            _ => End::AtOrBelow,
        };
        Some(Self { segments, end })
    }
}

impl Segment {
    fn new(tokens: Vec<Token>) -> Self {
        if tokens == [Token::AnyCharacters, Token::AnyCharacters] {
            return Self::AnyDirectories;
        }
        let glob = Glob::new(tokens);
        glob.literal().map_or(Self::Glob(glob), Self::Literal)
    }
}

/// The tokens between slashes, or `None` for what is invalid in any place.
fn split(text: &str) -> Option<Vec<Vec<Token>>> {
    let mut segments = vec![Vec::new()];
    let mut stars = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        stars = if character == '*' { stars + 1 } else { 0 };
        let token = match character {
            '/' => {
                segments.push(Vec::new());
                continue;
            }
            '*' if stars > 2 => return None,
            '*' => Token::AnyCharacters,
            '?' => Token::AnyCharacter,
            '[' | ']' => return None,
            '\\' => Token::Character(readable(characters.next()?)?),
            _ => Token::Character(readable(character)?),
        };
        segments.last_mut()?.push(token);
    }
    Some(segments)
}

/// A character if it can stand for itself. No name holds a slash; whether other white space than blanks and tabs ends
/// a pattern is documented nowhere.
fn readable(character: char) -> Option<char> {
    let is_odd_space = character.is_whitespace() && character != ' ';
    let is_unclear = ['#', '/', char::REPLACEMENT_CHARACTER].contains(&character);
    (!is_odd_space && !is_unclear && !character.is_control()).then_some(character)
}
