//! One instruction of a Dockerfile: its flags and its words.

use serde_json::Value;

/// An instruction in the shape of Conftest.
#[derive(Debug)]
pub(super) struct Instruction {
    /// In small letters.
    pub(super) name: String,
    /// What `ONBUILD` puts off, as it is written.
    pub(super) sub_name: String,
    /// Whether the value is written as JSON.
    pub(super) is_json: bool,
    /// None where nothing follows the name.
    pub(super) flags: Option<Vec<String>>,
    /// None where there is none.
    pub(super) value: Option<Vec<String>>,
}

/// A document that follows an instruction: `RUN <<EOF`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HereDocument {
    /// The line that ends it.
    pub(super) name: String,
    /// Whether the tabs before that line do not count.
    pub(super) without_tabs: bool,
}

type Problem = &'static str;

/// The value of an instruction, and whether it is JSON.
type Words = Result<(Option<Vec<String>>, bool), Problem>;

impl Instruction {
    /// Reads a line to which all its continuations were added.
    pub(super) fn new(line: &str, escape: char) -> Result<Self, Problem> {
        let (name, rest) = split(line.trim());
        let name = name.to_ascii_lowercase();
        let (flags, arguments) = match rest {
            Some(rest) => {
                let (flags, arguments) = flags(rest);
                (Some(flags), arguments.trim())
            }
            None => (None, ""),
        };
        let mut sub_name = "";
        let (value, is_json) = if name == "onbuild" {
            let (sub, rest) = split(arguments);
            sub_name = sub;
            match sub.to_ascii_lowercase().as_str() {
                "" => return Err("ONBUILD needs an instruction"),
                "onbuild" | "from" | "maintainer" => {
                    return Err("ONBUILD takes no such instruction");
                }
                sub => words(sub, self::flags(rest.unwrap_or_default()).1.trim(), escape)?,
            }
        } else {
            words(&name, arguments, escape)?
        };
        check(&name, value.as_deref().unwrap_or_default(), is_json)?;
        Ok(Self {
            sub_name: sub_name.to_owned(),
            name,
            is_json,
            flags,
            value,
        })
    }

    /// A comment, which stands among the commands.
    pub(super) fn comment(text: String) -> Self {
        Self {
            name: "comment".to_owned(),
            sub_name: String::new(),
            is_json: false,
            flags: None,
            value: Some(vec![text]),
        }
    }

    /// The documents that follow.
    pub(super) fn here_documents(&self, line: &str) -> Vec<HereDocument> {
        let name = if self.name == "onbuild" {
            self.sub_name.to_ascii_lowercase()
        } else {
            self.name.clone()
        };
        if self.is_json || !["add", "copy", "run"].contains(&name.as_str()) {
            return Vec::new();
        }
        here_documents(line)
    }
}

/// Blanks within a line.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r')
}

/// The first word, and what follows the blanks behind it.
fn split(line: &str) -> (&str, Option<&str>) {
    match line.split_once(is_blank) {
        Some((word, rest)) => (word, Some(rest.trim_start_matches(is_blank))),
        None => (line, None),
    }
}

/// Flags at the start of the arguments (`--from=build`), and the rest.
fn flags(text: &str) -> (Vec<String>, &str) {
    let mut flags = Vec::new();
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        let mut flag = String::new();
        let mut quote = None;
        let mut end = rest.len();
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match (character, quote) {
                ('\\', _) => flag.extend(characters.next().map(|(_, escaped)| escaped)),
                (_, Some(open)) if character == open => quote = None,
                ('"' | '\'', None) => quote = Some(character),
                (_, None) if character.is_whitespace() => {
                    end = at;
                    break;
                }
                _ => flag.push(character),
            }
        }
        rest = rest.get(end..).unwrap_or_default().trim_start();
        if flag == "--" {
            break;
        }
        flags.push(flag);
    }
    (flags, rest)
}

/// The value of an instruction from its arguments.
fn words(name: &str, arguments: &str, escape: char) -> Words {
    let some = |words: Vec<String>| Some(words).filter(|words| !words.is_empty());
    Ok(match name {
        "add" | "copy" | "volume" => match json(arguments)? {
            Some(words) => (some(words), true),
            None => (some(by_blanks(arguments)), false),
        },
        "cmd" | "entrypoint" | "run" | "shell" => match json(arguments)? {
            Some(words) => (some(words), true),
            None => (one(arguments), false),
        },
        "arg" => (some(quoted_words(arguments, escape)), false),
        "env" | "label" => (pairs(arguments, escape)?, false),
        "expose" | "from" => (some(by_blanks(arguments)), false),
        "maintainer" | "stopsignal" | "user" | "workdir" => (one(arguments), false),
        "healthcheck" => {
            let (kind, rest) = split(arguments);
            let rest = rest.unwrap_or_default();
            let (command, is_json) = match json(rest)? {
                Some(words) => (words, true),
                None => (one(rest).unwrap_or_default(), false),
            };
            let kind = one(kind).unwrap_or_default();
            (some(kind.into_iter().chain(command).collect()), is_json)
        }
        _ => return Err("no instruction of a Dockerfile"),
    })
}

fn one(text: &str) -> Option<Vec<String>> {
    (!text.is_empty()).then(|| vec![text.to_owned()])
}

fn by_blanks(text: &str) -> Vec<String> {
    let words = text.split(is_blank).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// A JSON list of texts; None where it is no JSON list.
fn json(text: &str) -> Result<Option<Vec<String>>, Problem> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(Value::Array(items)) = serde_json::from_str(text) else {
        return Ok(None);
    };
    let texts: Option<Vec<String>> = items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect();
    texts.map(Some).ok_or("a JSON list here holds texts only")
}

/// Words between blanks, quotes and escapes left in them.
fn quoted_words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        // Nothing is escaped between single quotes.
        if character == escape && quote != Some('\'') {
            if let Some(escaped) = characters.next() {
                word.push(character);
                word.push(escaped);
            }
            continue;
        }
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `A=b C=d` as `A`, `b`, `=` and so on; the older `A b` as `A`, `b` and an empty text.
fn pairs(text: &str, escape: char) -> Result<Option<Vec<String>>, Problem> {
    let words = quoted_words(text, escape);
    let Some(first) = words.first() else {
        return Ok(None);
    };
    if !first.contains('=') {
        let (name, value) = split(text);
        let value = value.ok_or("expected a name and a value")?;
        return Ok(Some(vec![name.to_owned(), value.to_owned(), String::new()]));
    }
    let mut pairs = Vec::new();
    for word in &words {
        let (name, value) = word.split_once('=').ok_or("expected name=value")?;
        if name.is_empty() {
            return Err("expected a name before =");
        }
        pairs.extend([name.to_owned(), value.to_owned(), "=".to_owned()]);
    }
    Ok(Some(pairs))
}

/// What an instruction must have.
fn check(name: &str, value: &[String], is_json: bool) -> Result<(), Problem> {
    let fine = match name {
        "from" => match value {
            [_] => true,
            [_, word, _] => word.eq_ignore_ascii_case("as"),
            _ => false,
        },
        "add" | "copy" => value.len() > 1,
        "run" | "cmd" | "entrypoint" | "onbuild" => true,
        "shell" => is_json && !value.is_empty(),
        _ => !value.is_empty(),
    };
    if fine {
        Ok(())
    } else {
        Err("an instruction without the arguments that it needs")
    }
}

/// Where a word is `<<NAME` or `<<-NAME`, perhaps behind a number and perhaps with its name in quotes.
fn here_documents(line: &str) -> Vec<HereDocument> {
    let mut documents = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if let Some((document, behind)) = here_document(rest) {
            documents.push(document);
            rest = behind.trim_start();
            continue;
        }
        let mut quote = None;
        let mut escaped = false;
        let end = rest.find(|next: char| {
            let ends = quote.is_none() && !escaped && next.is_whitespace();
            match quote {
                _ if escaped => escaped = false,
                Some('"') | None if next == '\\' => escaped = true,
                Some(open) if open == next => quote = None,
                None if matches!(next, '"' | '\'') => quote = Some(next),
                _ => {}
            }
            ends
        });
        rest = end
            .and_then(|end| rest.get(end..))
            .unwrap_or_default()
            .trim_start();
    }
    documents
}

fn here_document(text: &str) -> Option<(HereDocument, &str)> {
    let behind = text
        .trim_start_matches(|next: char| next.is_ascii_digit())
        .strip_prefix("<<")?;
    let tabs = behind.strip_prefix('-');
    let behind = tabs.unwrap_or(behind).trim_start_matches(is_blank);
    let mut name = String::new();
    let mut quote = None;
    let mut end = behind.len();
    let mut characters = behind.char_indices();
    while let Some((at, character)) = characters.next() {
        match (character, quote) {
            ('<', None) => return None,
            ('\\', None | Some('"')) => name.extend(characters.next().map(|(_, escaped)| escaped)),
            (_, Some(open)) if character == open => quote = None,
            ('"' | '\'', None) => quote = Some(character),
            (_, None) if character.is_whitespace() => {
                end = at;
                break;
            }
            _ => name.push(character),
        }
    }
    let document = HereDocument {
        name,
        without_tabs: tabs.is_some(),
    };
    (!document.name.is_empty()).then_some((document, behind.get(end..).unwrap_or_default()))
}
