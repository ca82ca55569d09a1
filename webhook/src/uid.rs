//! The uid of a request that cannot be read as a whole: cut off, nested too deeply, or no JSON further on.

/// Most levels that are followed; what lies deeper is passed over all the same, since no level takes stack.
const REQUEST_LEVEL: usize = 2;

/// The longest uid that is answered with.
const LONGEST: usize = 128;

/// `request.uid`, as far as the text goes. It takes no stack and no memory, however deep the text is nested.
pub fn find(text: &[u8]) -> Option<String> {
    let mut at = 0;
    let mut depth = 0_usize;
    let mut in_request = false;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                in_request &= depth >= REQUEST_LEVEL;
            }
            b'"' => {
                let end = end_of_string(text, at)?;
                let string = text.get(at + 1..end)?;
                at = end;
                if let Some(value) = value_of_key(text, end + 1) {
                    match (depth, string) {
                        (1, b"request") => in_request = text.get(value) == Some(&b'{'),
                        (REQUEST_LEVEL, b"uid") if in_request => return uid(text, value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the string that starts at a quote ends.
pub(crate) fn end_of_string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value starts, where what ended before `at` was a key.
fn value_of_key(text: &[u8], at: usize) -> Option<usize> {
    let colon = skip_space(text, at);
    (text.get(colon) == Some(&b':')).then(|| skip_space(text, colon + 1))
}

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn uid(text: &[u8], start: usize) -> Option<String> {
    if text.get(start) != Some(&b'"') {
        return None;
    }
    let uid: String =
        serde_json::from_slice(text.get(start..=end_of_string(text, start)?)?).ok()?;
    (uid.len() <= LONGEST).then_some(uid)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::whole(r#"{"request": {"uid": "a-1"}}"#, Some("a-1"))]
    #[case::cut_off(r#"{"request":{"uid":"a-1","object":{"x":"#, Some("a-1"))]
    #[case::behind_an_object(r#"{"request":{"object":{"uid":"no"},"uid":"a-1""#, Some("a-1"))]
    #[case::elsewhere(r#"{"other":{"uid":"no"},"uid":"no"}"#, None)]
    #[case::after_the_request(r#"{"request":{},"other":{"uid":"no"}}"#, None)]
    #[case::as_a_value(r#"{"request":{"name":"uid","x":["uid","no"]}}"#, None)]
    #[case::in_a_string(
        r#"{"x":"\"request\":{\"uid\":\"no\"","request":{"uid":"a-1"}}"#,
        Some("a-1")
    )]
    #[case::cut_off_within(r#"{"request":{"uid":"a-"#, None)]
    #[case::no_text(r#"{"request":{"uid":7}}"#, None)]
    #[case::nothing("", None)]
    fn the_uid_is_found_where_it_stands(#[case] text: &str, #[case] uid: Option<&str>) {
        assert_eq!(find(text.as_bytes()).as_deref(), uid);
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = "[".repeat(1_000_000);
        let text = format!(
            r#"{{"request":{{"object":{deep}{},"uid":"a-1"}}}}"#,
            "]".repeat(1_000_000)
        );
        assert_eq!(find(text.as_bytes()).as_deref(), Some("a-1"));
    }
}
