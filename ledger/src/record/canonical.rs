//! Whether bytes are JSON in the canonical form of RFC 8785, without making a value of them: one pass over the
//! bytes, so that a million records are checked in little time.

use std::cmp::Ordering;

use serde_json::Value;

use super::draft::canonical_value;

/// Arrays and objects within each other; the same as where JSON is read.
const MAX_DEPTH: u32 = 127;
/// Digits of an integer that every double holds exactly.
const EXACT_DIGITS: usize = 15;

/// Whether bytes are one JSON value, written as RFC 8785 says and in no other way.
pub fn is_canonical(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut scanner = Scanner {
        rest: text.as_bytes(),
    };
    scanner.value(0).is_some() && scanner.rest.is_empty()
}

/// What was not looked at yet. Every method gives nothing where the form is not canonical.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(|_| ()),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            return self.expect(b']');
        }
        loop {
            self.value(depth + 1)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return self.expect(b'}');
        }
        let mut previous: Option<Text<'a>> = None;
        loop {
            let key = self.string()?;
            if previous.is_some_and(|previous| previous.compare(key) != Some(Ordering::Less)) {
                return None;
            }
            previous = Some(key);
            self.expect(b':')?;
            self.value(depth + 1)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// A string: only what must be escaped is, and in the shortest way.
    fn string(&mut self) -> Option<Text<'a>> {
        let whole = self.rest;
        self.expect(b'"')?;
        let mut is_plain = true;
        loop {
            let length = self
                .rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20 | 0x80..))?;
            self.rest = self.rest.get(length..)?;
            match self.next()? {
                b'"' => break,
                b'\\' => {
                    is_plain = false;
                    self.escape()?;
                }
                0x80.. => is_plain = false,
                _ => return None,
            }
        }
        Some(Text {
            quoted: whole.get(..whole.len() - self.rest.len())?,
            is_plain,
        })
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let (digits, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                let [b'0', b'0', high @ (b'0' | b'1'), low] = digits else {
                    return None;
                };
                let is_lower = matches!(low, b'0'..=b'9' | b'a'..=b'f');
                // These have an escape of their own: \b, \t, \n, \f, \r.
                let is_shorter = *high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
                (is_lower && !is_shorter).then_some(())
            }
            _ => None,
        }
    }

    /// A number as ECMAScript writes it.
    fn number(&mut self) -> Option<()> {
        let length = self
            .rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        let is_integer = digits.iter().all(u8::is_ascii_digit);
        if is_integer && digits.len() <= EXACT_DIGITS {
            return match digits {
                [b'0'] => (number.len() == 1).then_some(()),
                [] | [b'0', ..] => None,
                _ => Some(()),
            };
        }
        let value: f64 = serde_json::from_slice(number).ok()?;
        (canonical_value(&Value::from(value)).ok()? == number).then_some(())
    }
}

/// A string with its quotes.
#[derive(Clone, Copy)]
struct Text<'a> {
    quoted: &'a [u8],
    /// ASCII without escapes.
    is_plain: bool,
}

impl Text<'_> {
    /// The order of the strings' UTF-16 code units: RFC 8785, section 3.2.3.
    fn compare(self, other: Self) -> Option<Ordering> {
        if self.is_plain && other.is_plain {
            // The quote at the end must not take part.
            let text = |text: Self| text.quoted.split_last().map(|(_, text)| text);
            return Some(text(self)?.cmp(text(other)?));
        }
        let (first, second): (String, String) = (
            serde_json::from_slice(self.quoted).ok()?,
            serde_json::from_slice(other.quoted).ok()?,
        );
        Some(first.encode_utf16().cmp(second.encode_utf16()))
    }
}
