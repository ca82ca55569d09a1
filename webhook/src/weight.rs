//! How much memory a request takes once it is read: a short text can become a large tree.

use crate::uid::end_of_string;

/// The most values of a request. Each takes up to a kilobyte, and the largest objects that etcd takes have about half as many.
pub const VALUES: usize = 200_000;

/// Whether a text of JSON holds more values than are read. It takes no memory itself.
pub fn is_too_heavy(text: &[u8]) -> bool {
    let mut values = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b',' | b'{' | b'[' => values += 1,
            b'"' => match end_of_string(text, at) {
                Some(end) => at = end,
                // What is cut off is no JSON, and nothing is made of it.
                None => return false,
            },
            _ => {}
        }
        at += 1;
    }
    values > VALUES
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::arrays("[", "[],", "[]]", true)]
    #[case::objects("[", "{\"a\":1},", "{}]", true)]
    #[case::numbers("[", "1,", "1]", true)]
    #[case::a_long_text("[\"", ",[{", "\"]", false)]
    #[case::quotes_in_a_text("[\"", "\\\",", "\"]", false)]
    fn many_values_are_heavy(
        #[case] start: &str,
        #[case] part: &str,
        #[case] end: &str,
        #[case] expected: bool,
    ) {
        let text = |count| format!("{start}{}{end}", part.repeat(count));
        assert_eq!(is_too_heavy(text(VALUES).as_bytes()), expected);
        assert!(!is_too_heavy(text(VALUES / 4).as_bytes()));
    }

    #[test]
    fn what_is_cut_off_is_left_to_the_parser() {
        assert!(!is_too_heavy(b"[\"abc"));
    }
}
