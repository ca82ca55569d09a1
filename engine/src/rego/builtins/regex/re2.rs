//! Patterns in the syntax of Go's `regexp` (RE2), rewritten for the regex crate.
//!
//! Go's `\d`, `\w`, `\s` and `\b` know ASCII only; `\Q...\E`, octal escapes and `{` as a letter are Go's alone; and
//! nested classes, class operators, `\<`, `(?x)` and a repetition of a repetition are the crate's alone.

use std::iter::Peekable;
use std::str::Chars;

/// How often Go lets a counted repetition repeat.
const MOST_REPEATS: u32 = 1000;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\f\r ";

/// The pattern for the regex crate; the error is Go's reason.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translation = Translation {
        rest: pattern.chars().peekable(),
        output: String::with_capacity(pattern.len() + 16),
        last: Last::Nothing,
    };
    translation.run()?;
    Ok(translation.output)
}

/// What a repetition would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Item,
    Repeat,
}

struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    output: String,
    last: Last,
}

impl Translation<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => self.repeat(character.encode_utf8(&mut [0; 4]))?,
                '{' => self.counted()?,
                '}' | ']' => self.literal(character),
                '|' => {
                    self.output.push('|');
                    self.last = Last::Nothing;
                }
                _ => {
                    self.output.push(character);
                    self.last = Last::Item;
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, character: char) {
        push_literal(&mut self.output, character);
        self.last = Last::Item;
    }

    fn item(&mut self, text: &str) {
        self.output.push_str(text);
        self.last = Last::Item;
    }

    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        match self.last {
            Last::Nothing => {
                return Err(format!(
                    "missing argument to repetition operator: `{operator}`"
                ));
            }
            Last::Repeat => {
                return Err(format!("invalid nested repetition operator: `{operator}`"));
            }
            Last::Item => {}
        }
        self.output.push_str(operator);
        if self.rest.next_if_eq(&'?').is_some() {
            self.output.push('?');
        }
        self.last = Last::Repeat;
        Ok(())
    }

    /// A counted repetition after its `{`, or the letter `{`.
    fn counted(&mut self) -> Result<(), String> {
        let mut ahead = self.rest.clone();
        let Some((least, most)) = counts(&mut ahead) else {
            self.literal('{');
            return Ok(());
        };
        let too_many = |count: u32| count > MOST_REPEATS;
        if too_many(least) || most.is_some_and(|most| too_many(most) || most < least) {
            return Err("invalid repeat count".to_owned());
        }
        self.rest = ahead;
        let operator = match most {
            Some(most) => format!("{{{least},{most}}}"),
            None => format!("{{{least},}}"),
        };
        self.repeat(&operator)
    }

    /// What a group starts with, after its `(`.
    fn group(&mut self) -> Result<(), String> {
        self.output.push('(');
        self.last = Last::Nothing;
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.output.push('?');
        if let Some(named @ ('P' | '<')) = self.rest.peek().copied() {
            self.output.push(named);
            self.rest.next();
            for character in self.rest.by_ref() {
                self.output.push(character);
                if character == '>' {
                    return Ok(());
                }
            }
            return Err("invalid named capture".to_owned());
        }
        for character in self.rest.by_ref() {
            match character {
                'i' | 'm' | 's' | 'U' | '-' => self.output.push(character),
                ':' => {
                    self.output.push(':');
                    return Ok(());
                }
                ')' => {
                    self.output.push(')');
                    return Ok(());
                }
                _ => break,
            }
        }
        Err("invalid or unsupported Perl syntax".to_owned())
    }

    /// An escape outside of a class, after its backslash.
    fn escape(&mut self) -> Result<(), String> {
        let Some(character) = self.rest.peek().copied() else {
            return Err("trailing backslash at end of expression".to_owned());
        };
        if let Some(class) = perl_class(character) {
            self.rest.next();
            self.item(&format!("[{class}]"));
            return Ok(());
        }
        match character {
            'A' | 'z' => {
                self.rest.next();
                self.item(if character == 'A' { r"\A" } else { r"\z" });
            }
            'b' | 'B' => {
                self.rest.next();
                self.item(if character == 'b' {
                    r"(?-u:\b)"
                } else {
                    r"(?-u:\B)"
                });
            }
            'Q' => {
                self.rest.next();
                self.quoted();
            }
            'p' | 'P' => {
                let class = unicode_class(&mut self.rest)?;
                self.item(&class);
            }
            _ => {
                let character = escaped(&mut self.rest)?;
                self.literal(character);
            }
        }
        Ok(())
    }

    /// Letters up to `\E`.
    fn quoted(&mut self) {
        while let Some(character) = self.rest.next() {
            if character == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(character);
        }
    }

    /// A class after its `[`.
    fn class(&mut self) -> Result<(), String> {
        const MISSING: &str = "missing closing ]";
        self.output.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.output.push('^');
        }
        let mut first = true;
        loop {
            let character = self.rest.next().ok_or(MISSING)?;
            if character == ']' && !first {
                break;
            }
            first = false;
            if character == '['
                && self.rest.peek() == Some(&':')
                && let Some(named) = posix_class(&mut self.rest)?
            {
                self.output.push_str(&named);
                continue;
            }
            let low = if character == '\\' {
                let next = self.rest.peek().copied().ok_or(MISSING)?;
                if let Some(class) = perl_class(next) {
                    self.rest.next();
                    if let Some(negated) = class.strip_prefix('^') {
                        self.output.push_str("[^");
                        self.output.push_str(negated);
                        self.output.push(']');
                    } else {
                        self.output.push_str(&class);
                    }
                    continue;
                }
                if matches!(next, 'p' | 'P') {
                    let class = unicode_class(&mut self.rest)?;
                    self.output.push_str(&class);
                    continue;
                }
                escaped(&mut self.rest)?
            } else {
                character
            };
            push_literal(&mut self.output, low);
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.peek().is_some_and(|next| *next != ']') {
                self.rest = ahead;
                let high = match self.rest.next().ok_or(MISSING)? {
                    '\\' => escaped(&mut self.rest)?,
                    other => other,
                };
                if high < low {
                    return Err("invalid character class range".to_owned());
                }
                self.output.push('-');
                push_literal(&mut self.output, high);
            }
        }
        self.output.push(']');
        self.last = Last::Item;
        Ok(())
    }
}

/// A letter, escaped where the regex crate gives it a meaning inside or outside of a class.
fn push_literal(output: &mut String, character: char) {
    if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
        output.push('\\');
    }
    output.push(character);
}

/// The inside of the class that `\d` and its like stand for.
fn perl_class(character: char) -> Option<String> {
    let (negation, class) = match character {
        'd' => ("", DIGIT),
        'w' => ("", WORD),
        's' => ("", SPACE),
        'D' => ("^", DIGIT),
        'W' => ("^", WORD),
        'S' => ("^", SPACE),
        _ => return None,
    };
    Some(format!("{negation}{class}"))
}

/// A class such as `\pN`, `\p{Greek}` or `\p{^Greek}`, from its `p`.
fn unicode_class(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    const INVALID: &str = "invalid character class range";
    let mut negated = rest.next() == Some('P');
    let first = rest.next().ok_or(INVALID)?;
    let mut name = String::new();
    if first == '{' {
        if rest.next_if_eq(&'^').is_some() {
            negated = !negated;
        }
        loop {
            match rest.next().ok_or(INVALID)? {
                '}' => break,
                character if character.is_ascii_alphanumeric() || character == '_' => {
                    name.push(character);
                }
                _ => return Err(INVALID.to_owned()),
            }
        }
    } else {
        name.push(first);
    }
    let sign = if negated { 'P' } else { 'p' };
    Ok(format!("\\{sign}{{{name}}}"))
}

/// A class such as `[:alpha:]`, from its colon; None where the bracket is a letter.
fn posix_class(rest: &mut Peekable<Chars<'_>>) -> Result<Option<String>, String> {
    const NAMES: &[&str] = &[
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let mut ahead = rest.clone();
    ahead.next();
    let mut name = String::new();
    loop {
        match ahead.next() {
            Some(':') if ahead.peek() == Some(&']') => {
                ahead.next();
                break;
            }
            Some(character) => name.push(character),
            None => return Ok(None),
        }
    }
    if !NAMES.contains(&name.strip_prefix('^').unwrap_or(&name)) {
        return Err(format!("invalid character class range: `[:{name}:]`"));
    }
    *rest = ahead;
    Ok(Some(format!("[:{name}:]")))
}

/// A letter written as an escape, after its backslash.
fn escaped(rest: &mut Peekable<Chars<'_>>) -> Result<char, String> {
    let invalid = |character: char| format!("invalid escape sequence: `\\{character}`");
    let Some(character) = rest.next() else {
        return Err("trailing backslash at end of expression".to_owned());
    };
    match character {
        'a' => Ok('\u{7}'),
        'f' => Ok('\u{c}'),
        't' => Ok('\t'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        'v' => Ok('\u{b}'),
        'x' => hexadecimal(rest).ok_or_else(|| invalid('x')),
        '0'..='7' => {
            let is_octal = |digit: &char| ('0'..='7').contains(digit);
            // One digit alone would be a back-reference, which there is none of.
            if character != '0' && !rest.peek().is_some_and(is_octal) {
                return Err(invalid(character));
            }
            let mut code = character.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = rest.next_if(is_octal) else {
                    break;
                };
                code = code * 8 + digit.to_digit(8).unwrap_or_default();
            }
            char::from_u32(code).ok_or_else(|| invalid(character))
        }
        _ if character.is_ascii() && !character.is_ascii_alphanumeric() => Ok(character),
        _ => Err(invalid(character)),
    }
}

/// The letter of `\x7F` or `\x{10FFFF}`, after its `x`.
fn hexadecimal(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    let braced = rest.next_if_eq(&'{').is_some();
    let mut code = 0_u32;
    let mut digits = 0;
    while braced || digits < 2 {
        let character = rest.next()?;
        if braced && character == '}' {
            break;
        }
        code = code.checked_mul(16)?.checked_add(character.to_digit(16)?)?;
        digits += 1;
    }
    (digits > 0).then_some(())?;
    char::from_u32(code)
}

/// The counts of a repetition after its `{`; None where it is none.
fn counts(rest: &mut Peekable<Chars<'_>>) -> Option<(u32, Option<u32>)> {
    let number = |rest: &mut Peekable<Chars<'_>>| {
        let mut count: Option<u32> = None;
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            let digit = digit.to_digit(10).unwrap_or_default();
            count = Some(
                count
                    .unwrap_or_default()
                    .saturating_mul(10)
                    .saturating_add(digit),
            );
        }
        count
    };
    let least = number(rest)?;
    match rest.next()? {
        '}' => Some((least, Some(least))),
        ',' => {
            let most = number(rest);
            (rest.next()? == '}').then_some((least, most))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r"^\d+$", "7", true)]
    #[case(r"^\d+$", "٣", false)]
    #[case(r"^[\w-]+$", "a-b", true)]
    #[case(r"^\w$", "ä", false)]
    #[case(r"\Qa.b\E+", "a.bbb", true)]
    #[case(r"^\Qa.b\E$", "axb", false)]
    #[case(r"^[[a&&b]$", "&", true)]
    #[case(r"^[b~~&&x]+$", "~&", true)]
    #[case(r"^[+--]$", ",", true)]
    #[case(r"^{,2}$", "{,2}", true)]
    #[case(r"^a{2}$", "aa", true)]
    #[case(r"^\101\x42\x{43}$", "ABC", true)]
    #[case(r"^\<\>$", "<>", true)]
    #[case(r"^[[:alpha:][:^digit:]]$", "x", true)]
    #[case(r"^\p{^Greek}\pL$", "aλ", true)]
    #[case(r"\bé", "é", false)]
    #[case(r"a\z", "a", true)]
    #[case(r"^[\D]$", "x", true)]
    #[case(r"^(?P<n>x)(?<m>y)$", "xy", true)]
    fn patterns_mean_what_they_mean_in_go(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] matches: bool,
    ) {
        let translated = translate(pattern).unwrap();
        let regex = regex::Regex::new(&translated).unwrap();
        assert_eq!(regex.is_match(text), matches, "{translated}");
    }

    #[rstest]
    #[case("a**")]
    #[case("a{2}{3}")]
    #[case("*")]
    #[case("a|*")]
    #[case("(?x)a")]
    #[case("(?=a)")]
    #[case(r"\1")]
    #[case(r"\8")]
    #[case(r"\Z")]
    #[case("a{1001}")]
    #[case("a{2,1}")]
    #[case("[a")]
    #[case("[b-a]")]
    #[case("[[:nosuch:]]")]
    #[case("\\")]
    fn what_go_refuses_is_refused(#[case] pattern: &str) {
        assert!(translate(pattern).is_err());
    }
}
