//! PEM (RFC 7468), with what Go's reader tolerates: text around blocks, headers, lines of any length.

use super::base64::decode_standard;

/// A block: what stands between the lines `BEGIN` and `END`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) bytes: Vec<u8>,
}

/// The first block of a text, and what follows it; None where there is none.
pub(crate) fn first(text: &str) -> Option<(Block, &str)> {
    let mut rest = text;
    loop {
        rest = after_begin(rest)?;
        let (line, following) = split_line(rest);
        rest = following;
        if let Some(found) = line
            .strip_suffix("-----")
            .and_then(|label| block(label, following))
        {
            return Some(found);
        }
    }
}

/// Every block of a text.
pub(crate) fn all(text: &str) -> impl Iterator<Item = Block> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (block, following) = first(rest?)?;
        rest = Some(following);
        Some(block)
    })
}

/// What follows the next `-----BEGIN ` that starts a line.
fn after_begin(text: &str) -> Option<&str> {
    text.strip_prefix("-----BEGIN ")
        .or_else(|| text.split_once("\n-----BEGIN ").map(|(_, rest)| rest))
}

/// The block with this label whose headers or body stand at the start of a text.
fn block<'a>(label: &str, text: &'a str) -> Option<(Block, &'a str)> {
    let mut rest = text;
    loop {
        let (line, following) = split_line(rest);
        if !line.contains(':') {
            break;
        }
        rest = following;
    }
    // A body has no dashes, so the next line that starts with them must be its end.
    let (body, end) = match rest.strip_prefix("-----") {
        Some(end) => ("", end),
        None => rest.split_once("\n-----")?,
    };
    let (line, following) = split_line(end);
    let closed = line
        .strip_prefix("END ")
        .and_then(|line| line.strip_suffix("-----"))
        .is_some_and(|closed| closed == label);
    if !closed {
        return None;
    }
    let body = body.replace([' ', '\t'], "");
    let block = Block {
        label: label.to_owned(),
        bytes: decode_standard(&body).ok()?,
    };
    Some((block, following))
}

/// The first line without the white space at its end, and the lines after it.
fn split_line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.trim_end_matches([' ', '\t', '\r']), rest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("-----BEGIN A-----\nZm9v\n-----END A-----", Some(("A", "foo", "")))]
    #[case("text\n-----BEGIN A-----\r\nZm\r\n9v\r\n-----END A-----\r\nrest", Some(("A", "foo", "rest")))]
    #[case("-----BEGIN A-----\nKey: value\n\nZm9v\n-----END A-----\n", Some(("A", "foo", "")))]
    #[case("-----BEGIN A-----\n-----END A-----\n\n", Some(("A", "", "\n")))]
    #[case("-----BEGIN A-----\n-----BEGIN B-----\nZm9v\n-----END B-----\n", Some(("B", "foo", "")))]
    #[case("-----BEGIN A-----\nZm9v\n-----END B-----\n", None)]
    #[case("-----BEGIN A-----\n%%%%\n-----END A-----\n", None)]
    #[case("-----BEGIN A-----\nZm9v\n", None)]
    #[case(" -----BEGIN A-----\nZm9v\n-----END A-----\n", None)]
    #[case("", None)]
    fn blocks_are_found(#[case] text: &str, #[case] wanted: Option<(&str, &str, &str)>) {
        let found = first(text);
        let found = found.as_ref().map(|(block, rest)| {
            let body = std::str::from_utf8(&block.bytes).unwrap();
            (block.label.as_str(), body, *rest)
        });
        assert_eq!(found, wanted);
    }

    #[test]
    fn many_open_blocks_are_read_in_one_pass() {
        let text = "-----BEGIN A-----\n".repeat(50_000) + "-----END B-----";
        assert_eq!(all(&text).count(), 0);
    }
}
