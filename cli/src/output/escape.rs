//! Text from inputs made safe to show: on a terminal, in CI logs, in XML, in Markdown and in JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Whether a character acts on a terminal or on the order of the text around it (CVE-2021-42574), cannot be
/// seen, or ends a line. Such a character never reaches an output as itself.
pub(super) fn is_hazard(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with every hazard written as its escape: `\n`, `\u{1b}`.
pub(crate) fn neutral(text: &str) -> Cow<'_, str> {
    // Nearly all text is of printable ASCII, which bytes tell.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hazard(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The text without `##[`, which the GitHub Actions runner takes for a workflow command anywhere in a line.
pub(super) fn no_inline_command(text: &str) -> Cow<'_, str> {
    if text.contains("##[") {
        Cow::Owned(text.replace("##[", "#\\u{23}["))
    } else {
        Cow::Borrowed(text)
    }
}

/// A line that the GitHub Actions runner does not take for a workflow command: beside `##[` it looks for
/// `::` at the start of a line, after spaces.
pub(crate) fn no_command(line: &str) -> Cow<'_, str> {
    let line = no_inline_command(line);
    if line.trim_start().starts_with("::") {
        return Cow::Owned(line.replacen("::", "\\u{3a}:", 1));
    }
    line
}

/// Text of an XML element or attribute. A hazard stays an escape: XML 1.0 has no way to write most of them.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in no_inline_command(&neutral(text)).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text of a Markdown paragraph, list item or table cell, or of an HTML element in Markdown: nothing in it
/// is markup. A zero-width space keeps GitHub from making mentions, references and links of it, which it
/// looks for in the rendered text.
pub(super) fn markdown(text: &str) -> String {
    const BREAK: &str = "&#8203;";
    let neutral = neutral(text);
    let text = neutral.trim();
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        let (start, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let is_plain = match character {
            ' ' | ',' | ';' | '/' | '%' | '?' | '!' | '"' | '\'' | '(' => true,
            '-' | '+' | ':' => at > 0,
            // `1.` and `1)` at the start are a list; its number has at most nine digits (CommonMark 5.2).
            '.' | ')' => at > 9 || start.contains(|c: char| !c.is_ascii_digit()),
            other => !other.is_ascii_punctuation(),
        };
        if character == '.' && ends_with_www(start) {
            escaped.push_str(BREAK);
        }
        if is_plain {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "&#{};", u32::from(character));
        }
        if matches!(character, '@' | '#') || (character == ':' && rest.starts_with(":/")) {
            escaped.push_str(BREAK);
        }
    }
    escaped
}

fn ends_with_www(text: &str) -> bool {
    text.len()
        .checked_sub(3)
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Compact JSON in which hazards, and the `##[` of a workflow command, are written as `\u` escapes. The
/// value is the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainJson;

impl serde_json::ser::Formatter for PlainJson {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut hashes = 0;
        let mut units = [0; 2];
        let mut bytes = [0; 4];
        if !fragment.contains(is_hazard) && !fragment.contains("##[") {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if is_hazard(character) || (character == '[' && hashes >= 2) {
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(character.encode_utf8(&mut bytes).as_bytes())?;
            }
            hashes = if character == '#' { hashes + 1 } else { 0 };
        }
        Ok(())
    }
}

/// Writes a value as [`PlainJson`].
pub(crate) fn write_json<T: ?Sized + serde::Serialize>(
    out: impl Write,
    value: &T,
) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, PlainJson);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    #[test]
    fn hazards_are_written_as_escapes() {
        assert_eq!(neutral("a\u{1b}[31m\n\u{202e}b"), r"a\u{1b}[31m\n\u{202e}b");
        assert_eq!(neutral("größe 日本 👩‍💻"), "größe 日本 👩‍💻");
    }

    #[test]
    fn workflow_commands_are_broken() {
        assert_eq!(no_command("  ::error::x"), r"  \u{3a}:error::x");
        assert_eq!(no_command("a ##[error]x"), r"a #\u{23}[error]x");
        assert_eq!(no_command("cidr ::/0"), "cidr ::/0");
    }

    #[test]
    fn markup_mentions_and_links_are_broken() {
        assert_eq!(
            markdown("a|`b`\n<c>"),
            r"a&#124;&#96;b&#96;&#92;n&#60;c&#62;"
        );
        assert_eq!(markdown("@team #1"), "&#64;&#8203;team &#35;&#8203;1");
        assert_eq!(markdown("http://x www.x"), "http:&#8203;//x www&#8203;.x");
        assert_eq!(markdown("1. - web-1.2"), "1&#46; - web-1.2");
        assert_eq!(markdown("a/b.yaml:1:2 (\"c\")"), "a/b.yaml:1:2 (\"c\")");
    }

    /// All but typographic quotes and dashes, which GitHub does not make.
    const EXTENSIONS: Options = Options::all().difference(Options::ENABLE_SMART_PUNCTUATION);

    /// The text that a Markdown text shows, or nothing where it shows more than text.
    fn shown(text: &str) -> Option<String> {
        let mut shown = String::new();
        for event in Parser::new_ext(text, EXTENSIONS) {
            match event {
                Event::Text(text) => shown.push_str(&text),
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                _ => return None,
            }
        }
        Some(shown.replace('\u{200b}', ""))
    }

    /// Texts that are rich in what matters to the formats.
    fn text() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("::"),
            Just("##["),
            Just("http://"),
            Just("www."),
            Just("@a"),
            Just("#1"),
            Just("\n"),
            Just("1. "),
            Just("- "),
            Just("* "),
            Just("<b>"),
            Just("]]>"),
            Just("&amp;"),
            Just("`"),
            Just("|"),
            Just("    "),
            Just("~~"),
            Just("$x$"),
            Just("[a](b)"),
            Just("\\"),
            Just("\u{1b}"),
            Just("\u{202e}"),
            Just("="),
        ];
        prop_oneof![
            any::<String>(),
            "[ -~\\n]{0,40}",
            prop::collection::vec(token, 0..8).prop_map(|tokens| tokens.concat()),
        ]
    }

    proptest! {
        #[test]
        fn neutral_text_is_one_line_without_hazards(text in text()) {
            prop_assert!(!neutral(&text).contains(is_hazard));
            prop_assert_eq!(neutral(&text).lines().count(), usize::from(!text.is_empty()));
            let line = neutral(&text);
            let line = no_command(&line);
            prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{}", line);
        }

        #[test]
        fn markdown_shows_the_text_and_nothing_else(text in text()) {
            let neutral = neutral(&text);
            prop_assert_eq!(shown(&markdown(&text)), Some(neutral.trim().to_owned()));
            let item = format!("- {}", markdown(&text));
            let kinds = Parser::new_ext(&item, EXTENSIONS)
                .filter(|event| !matches!(event, Event::Text(_)))
                .count();
            prop_assert_eq!(kinds, 4, "a list with one item: {}", item);
        }

        #[test]
        fn json_keeps_its_value(text in text()) {
            let mut written = Vec::new();
            write_json(&mut written, &text).unwrap();
            let written = String::from_utf8(written).unwrap();
            prop_assert!(!written.contains(is_hazard) && !written.contains("##["));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
