//! Dockerfiles as BuildKit's parser splits them, a list of commands in the shape of Conftest. A parser of our own: the
//! crates there are give instructions with a meaning each, from which words, flags and comments cannot be had back.

mod instruction;

use serde_json::Value;
use soc2gate_source::{Lines, ParseError, Span, Tree, TreeObject};

use super::parse::{Parsed, error};
use instruction::Instruction;

pub(super) fn parse(text: &str) -> Parsed {
    let mut reader = Reader {
        text,
        at: text.len() - text.trim_start_matches('\u{feff}').len(),
        lines: Lines::new(text),
        escape: '\\',
        directives: Some(Vec::new()),
        comments: Vec::new(),
        stages: 0,
        commands: Vec::new(),
    };
    while let Some(line) = reader.line() {
        reader.line_of_its_own(line)?;
    }
    let whole = reader.lines.span(0..text.len());
    if reader.commands.is_empty() {
        return Err(error("expected an instruction", Span::at(whole.end)));
    }
    Ok(Tree::list(reader.commands, whole))
}

/// A line without its end, and where it starts.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_comment(self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    lines: Lines<'a>,
    /// What continues a line and escapes a character.
    escape: char,
    /// The directives so far; None behind the first line that is none.
    directives: Option<Vec<String>>,
    /// Comments for the next instruction.
    comments: Vec<(String, Span)>,
    stages: usize,
    commands: Vec<Tree>,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let line = self.text.get(start..)?.split_inclusive('\n').next()?;
        self.at += line.len();
        Some(Line {
            start,
            text: line.trim_end_matches(['\r', '\n']),
        })
    }

    fn line_of_its_own(&mut self, line: Line<'a>) -> Result<(), ParseError> {
        if line.is_comment() {
            return self.comment(line);
        }
        self.directives = None;
        if line.is_blank() {
            return Ok(());
        }
        let start = line.start + line.text.len() - line.text.trim_start().len();
        let (first, mut goes_on) = self.continuation(line.text.trim_start());
        let mut logical = first.to_owned();
        while goes_on {
            let Some(next) = self.line() else { break };
            if next.is_comment() || next.is_blank() {
                continue;
            }
            let (text, more) = self.continuation(next.text);
            logical.push_str(text);
            goes_on = more;
        }
        let keyword = logical
            .split(instruction::is_blank)
            .next()
            .unwrap_or_default()
            .len();
        let behind = first.get(keyword..).unwrap_or_default();
        let arguments = start + first.len() - behind.trim_start().len();
        let arguments = self.lines.position(arguments);
        let keyword = self.lines.span(start..start + keyword);
        if logical.trim().is_empty() {
            return Ok(());
        }
        let instruction =
            Instruction::new(&logical, self.escape).map_err(|what| error(what, keyword))?;
        for document in instruction.here_documents(&logical) {
            loop {
                let Some(line) = self.line() else {
                    return Err(error("a here-document without its end", keyword));
                };
                let text = if document.without_tabs {
                    line.text.trim_start_matches('\t')
                } else {
                    line.text
                };
                if text == document.name {
                    break;
                }
            }
        }
        let end = self
            .text
            .get(..self.at)
            .map_or(self.at, |read| read.trim_end().len());
        let span = self.lines.span(start..end.max(start));
        self.command(
            instruction,
            keyword,
            Span::new(arguments, span.end.max(arguments)),
            span,
        );
        Ok(())
    }

    /// A line without the sign that the next one continues it, and whether there was one.
    fn continuation(&self, line: &'a str) -> (&'a str, bool) {
        let trimmed = line.trim_end_matches([' ', '\t']);
        match trimmed.strip_suffix(self.escape) {
            Some(rest) if !rest.ends_with(self.escape) => (rest, true),
            _ => (line, false),
        }
    }

    fn comment(&mut self, line: Line<'a>) -> Result<(), ParseError> {
        let span = self.lines.span(line.start..line.start + line.text.len());
        if self.directive(line, span)? {
            return Ok(());
        }
        self.directives = None;
        // The first character goes, whatever it is: the `#` of an indented comment stays, as in BuildKit.
        let mut characters = line.text.chars();
        characters.next();
        let comment = characters.as_str().trim();
        if comment.is_empty() {
            self.comments.clear();
        } else {
            self.comments.push((comment.to_owned(), span));
        }
        Ok(())
    }

    /// Reads `# escape=…` and the like. Whether it was one.
    fn directive(&mut self, line: Line<'a>, span: Span) -> Result<bool, ParseError> {
        let Some(known) = &mut self.directives else {
            return Ok(false);
        };
        let text = line.text.trim().trim_start_matches('#');
        let Some((name, value)) = text.split_once('=') else {
            return Ok(false);
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !["syntax", "escape", "check"].contains(&name.as_str()) || value.is_empty() {
            return Ok(false);
        }
        if known.contains(&name) {
            return Err(error("a parser directive that stands twice", span));
        }
        if name == "escape" {
            self.escape = match value {
                "\\" => '\\',
                "`" => '`',
                _ => return Err(error("the escape character is \\ or `", span)),
            };
        }
        known.push(name);
        Ok(true)
    }

    fn command(&mut self, instruction: Instruction, keyword: Span, arguments: Span, span: Span) {
        if instruction.name == "from" {
            self.stages += 1;
        }
        let stage = self.stages.saturating_sub(1);
        for (comment, at) in std::mem::take(&mut self.comments) {
            let comment = Instruction::comment(comment);
            self.commands
                .push(tree(comment, stage, Span::at(at.start), at));
        }
        let tree = tree(instruction, stage, keyword, arguments);
        self.commands.push(Tree {
            span,
            ..tree.named(keyword)
        });
    }
}

/// A command as policies for Conftest see it.
fn tree(instruction: Instruction, stage: usize, keyword: Span, arguments: Span) -> Tree {
    let texts = |texts: Option<Vec<String>>| match texts {
        Some(texts) => {
            let items = texts.into_iter().map(|text| Tree::scalar(text, arguments));
            Tree::list(items.collect(), arguments)
        }
        None => Tree::scalar(Value::Null, Span::at(arguments.start)),
    };
    let at = Span::at(keyword.start);
    let mut object = TreeObject::default();
    object.insert("Cmd", Tree::scalar(instruction.name, at));
    object.insert("SubCmd", Tree::scalar(instruction.sub_name, at));
    object.insert("JSON", Tree::scalar(instruction.is_json, at));
    object.insert("Flags", texts(instruction.flags));
    object.insert("Value", texts(instruction.value));
    object.insert("Stage", Tree::scalar(stage, at));
    Tree::object(object, arguments)
}

#[cfg(test)]
mod tests;
