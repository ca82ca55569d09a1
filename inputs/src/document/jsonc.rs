//! JSON with comments and trailing commas: what is more than JSON becomes blanks, so that every position stays.

use soc2gate_source::{Document, ParseError, parse_json};

pub(super) fn parse(text: &str) -> Result<Document, ParseError> {
    parse_json(&plain(text))
}

/// The same text with blanks for comments and trailing commas. Blanks are one character for one character.
fn plain(text: &str) -> String {
    let mut plain: Vec<char> = Vec::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    // Where the last comma stands, as long as nothing but blanks came behind it.
    let mut comma: Option<usize> = None;
    // Whether a comma here would stand behind a value.
    let mut behind_value = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                comma = None;
                behind_value = true;
                plain.push(character);
                while let Some(inner) = characters.next() {
                    plain.push(inner);
                    match inner {
                        '"' => break,
                        '\\' => plain.extend(characters.next()),
                        _ => {}
                    }
                }
            }
            '/' if characters.peek() == Some(&'/') => {
                plain.push(' ');
                while let Some(inner) = characters.next_if(|next| *next != '\n') {
                    plain.push(blank(inner));
                }
            }
            '/' if characters.peek() == Some(&'*') => {
                plain.push(' ');
                plain.extend(characters.next().map(blank));
                let mut closed = false;
                while let Some(inner) = characters.next() {
                    plain.push(blank(inner));
                    if inner == '*' && characters.next_if_eq(&'/').is_some() {
                        plain.push(' ');
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    // Left open: what is no JSON is an error at the end of the text.
                    plain.push('*');
                }
            }
            ',' => {
                comma = behind_value.then_some(plain.len());
                behind_value = false;
                plain.push(character);
            }
            ']' | '}' => {
                if let Some(before) = comma.take().and_then(|at| plain.get_mut(at)) {
                    *before = ' ';
                }
                behind_value = true;
                plain.push(character);
            }
            _ => {
                if !character.is_whitespace() {
                    comma = None;
                    behind_value = !matches!(character, '[' | '{' | ':');
                }
                plain.push(character);
            }
        }
    }
    plain.into_iter().collect()
}

fn blank(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;
    use soc2gate_source::Position;

    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_no_part_of_the_value() {
        let text =
            "// é\n{\n  /* a\n  b */ \"url\": \"http://x\", // c\n  \"l\": [1, 2, /* , */ ],\n}\n";
        let document = parse(text).unwrap();
        assert_eq!(document.value, json!({"url": "http://x", "l": [1, 2]}));
        let at = document.map.locate_value(&["l".into(), 1.into()]).unwrap();
        assert_eq!(at.start, Position::new(5, 12));
    }

    #[rstest]
    #[case("{\"a\": 1,,}")]
    #[case("[,]")]
    #[case("{} /* open")]
    #[case("{} /*")]
    #[case("{\"a\": \"b}")]
    #[case("{\"a\": 1} x")]
    fn what_is_still_no_json_is_refused(#[case] text: &str) {
        assert!(parse(text).is_err());
    }
}
