//! The grammar of templates.

use std::collections::BTreeMap;

use super::Item;
use super::function::Function;

/// How deep blocks and parentheses may stand in one another.
const DEEPEST: usize = 100;

/// The templates of a text by name; the text itself is the one without a name.
pub(super) type Templates = BTreeMap<String, Vec<Node>>;

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    /// A pipeline whose value is printed, unless it declares or sets a variable.
    Action(Pipeline),
    If(Pipeline, Vec<Node>, Vec<Node>),
    With(Pipeline, Vec<Node>, Vec<Node>),
    Range(Pipeline, Vec<Node>, Vec<Node>),
    Template(String, Option<Pipeline>),
    Break,
    Continue,
}

/// Commands, each of which gets the value of the one before as its last operand.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) variables: Vec<String>,
    pub(super) declares: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug)]
pub(super) enum Command {
    Call(Function, Vec<Operand>),
    Value(Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    Literal(Item),
    Function(Function),
    /// The dot, a variable or a pipeline, and the fields from there.
    Path(Start, Vec<String>),
}

#[derive(Debug)]
pub(super) enum Start {
    Dot,
    Variable(String),
    Pipeline(Box<Pipeline>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(Item),
    /// A name, also a keyword.
    Name(String),
    Variable(String),
    /// A field, and whether it directly follows what is before it.
    Field(String, bool),
    Dot,
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Set,
}

/// A text outside of actions, or the tokens of an action.
enum Piece {
    Text(String),
    Action(Vec<Token>),
}

pub(super) fn parse(text: &str) -> Result<Templates, String> {
    let mut parser = Parser {
        pieces: pieces(text)?.into_iter(),
        templates: Templates::new(),
        variables: vec!["$".to_owned()],
        loops: 0,
        depth: 0,
    };
    let (nodes, end) = parser.nodes()?;
    if end != End::Text {
        return Err("unexpected end of a block".to_owned());
    }
    parser.templates.insert(String::new(), nodes);
    Ok(parser.templates)
}

/// Cuts a text into its actions and what is between them.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trim_next = false;
    loop {
        let (mut before, action) = match rest.split_once("{{") {
            Some((before, action)) => (before, Some(action)),
            None => (rest, None),
        };
        if trim_next {
            before = before.trim_start_matches(BLANKS);
        }
        let Some(mut action) = action else {
            pieces.push(Piece::Text(before.to_owned()));
            return Ok(pieces);
        };
        if let Some(trimmed) = action.strip_prefix('-')
            && trimmed.starts_with(BLANKS)
        {
            before = before.trim_end_matches(BLANKS);
            action = trimmed.trim_start_matches(BLANKS);
        }
        pieces.push(Piece::Text(before.to_owned()));
        if let Some(comment) = action.strip_prefix("/*") {
            let (_, after) = comment.split_once("*/").ok_or("unclosed comment")?;
            (trim_next, rest) = match after.trim_start_matches(BLANKS).strip_prefix("-}}") {
                Some(after) => (true, after),
                None => (
                    false,
                    after
                        .strip_prefix("}}")
                        .ok_or("comment ends before closing delimiter")?,
                ),
            };
            continue;
        }
        let (tokens, trims, after) = tokens(action)?;
        pieces.push(Piece::Action(tokens));
        (trim_next, rest) = (trims, after);
    }
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The tokens of an action up to its end, whether blanks after it are cut off, and what follows.
fn tokens(text: &str) -> Result<(Vec<Token>, bool, &str), String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut after_blank = true;
    loop {
        let trimmed = rest.trim_start_matches(BLANKS);
        after_blank |= trimmed.len() < rest.len();
        if after_blank && let Some(after) = trimmed.strip_prefix("-}}") {
            return Ok((tokens, true, after));
        }
        rest = trimmed;
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((tokens, false, after));
        }
        let (token, after) = token(rest, after_blank)?;
        tokens.push(token);
        rest = after;
        after_blank = false;
    }
}

fn token(rest: &str, after_blank: bool) -> Result<(Token, &str), String> {
    const MARKS: &[(&str, Token)] = &[
        (":=", Token::Declare),
        ("=", Token::Set),
        ("|", Token::Pipe),
        (",", Token::Comma),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    for (mark, token) in MARKS {
        if let Some(after) = rest.strip_prefix(mark) {
            return Ok((token.clone(), after));
        }
    }
    let first = rest.chars().next().ok_or("unclosed action")?;
    match first {
        '`' => {
            let (raw, after) = rest
                .strip_prefix('`')
                .and_then(|raw| raw.split_once('`'))
                .ok_or("unterminated raw quoted string")?;
            Ok((Token::Literal(Item::text(raw)), after))
        }
        '"' => quoted(rest),
        '\'' => {
            let mut letters = rest.chars().skip(1);
            match (letters.next(), letters.next()) {
                (Some(letter), Some('\'')) if letter != '\\' => Ok((
                    Token::Literal(Item::Integer(i64::from(u32::from(letter)))),
                    rest.get(2 + letter.len_utf8()..).unwrap_or_default(),
                )),
                _ => Err("malformed character constant".to_owned()),
            }
        }
        '.' if !rest
            .chars()
            .nth(1)
            .is_some_and(|next| next.is_ascii_digit()) =>
        {
            let (name, after) = word(rest.strip_prefix('.').unwrap_or_default());
            if name.is_empty() {
                return Ok((Token::Dot, after));
            }
            Ok((Token::Field(name.to_owned(), !after_blank), after))
        }
        '$' => {
            let (name, after) = word(rest.strip_prefix('$').unwrap_or_default());
            Ok((Token::Variable(format!("${name}")), after))
        }
        _ if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') => number(rest),
        _ if first.is_alphabetic() || first == '_' => {
            let (name, after) = word(rest);
            let token = match name {
                "true" | "false" => Token::Literal(Item::boolean(name == "true")),
                "nil" => Token::Literal(Item::Nothing),
                _ => Token::Name(name.to_owned()),
            };
            Ok((token, after))
        }
        _ => Err(format!("unexpected {first:?} in command")),
    }
}

fn word(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let end = text
        .char_indices()
        .find(|(place, letter)| {
            !(letter.is_ascii_alphanumeric()
                || *letter == '.'
                || (*place == 0 && matches!(letter, '+' | '-')))
        })
        .map_or(text.len(), |(place, _)| place);
    let (digits, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let hexadecimal = digits
        .strip_prefix("0x")
        .and_then(|digits| i64::from_str_radix(digits, 16).ok());
    let item = if let Some(integer) = hexadecimal.or_else(|| digits.parse().ok()) {
        Item::Integer(integer)
    } else {
        Item::Float(
            digits
                .parse()
                .map_err(|_| format!("bad number syntax: {digits:?}"))?,
        )
    };
    Ok((Token::Literal(item), after))
}

/// A string in double quotes, with the escapes of JSON.
fn quoted(text: &str) -> Result<(Token, &str), String> {
    let mut escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => break,
            '"' => {
                let (literal, after) = text.split_at_checked(place + 1).unwrap_or((text, ""));
                let content: String = serde_json::from_str(literal)
                    .map_err(|_| "invalid escape in a quoted string".to_owned())?;
                return Ok((Token::Literal(Item::text(&content)), after));
            }
            _ => {}
        }
    }
    Err("unterminated quoted string".to_owned())
}

/// What ended a list of nodes.
#[derive(Debug, PartialEq)]
enum End {
    /// The end of the text.
    Text,
    /// `end`.
    Block,
    /// `else` with what follows it.
    Else(Vec<Token>),
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    templates: Templates,
    variables: Vec<String>,
    loops: usize,
    depth: usize,
}

impl Parser {
    fn nodes(&mut self) -> Result<(Vec<Node>, End), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the template is too deep".to_owned());
        }
        let mut nodes = Vec::new();
        let end = loop {
            let tokens = match self.pieces.next() {
                None => break End::Text,
                Some(Piece::Text(text)) => {
                    if !text.is_empty() {
                        nodes.push(Node::Text(text));
                    }
                    continue;
                }
                Some(Piece::Action(tokens)) => tokens,
            };
            let keyword = match tokens.first() {
                Some(Token::Name(name)) => name.clone(),
                _ => String::new(),
            };
            let rest = tokens.get(1..).unwrap_or_default().to_vec();
            match keyword.as_str() {
                "end" => break End::Block,
                "else" => break End::Else(rest),
                _ => nodes.extend(self.node(&keyword, tokens, rest)?),
            }
        };
        self.depth -= 1;
        Ok((nodes, end))
    }

    fn node(
        &mut self,
        keyword: &str,
        tokens: Vec<Token>,
        rest: Vec<Token>,
    ) -> Result<Option<Node>, String> {
        Ok(Some(match keyword {
            "if" | "with" | "range" => self.block(keyword, rest)?,
            "break" | "continue" if self.loops == 0 => {
                return Err(format!("{{{{{keyword}}}}} outside {{{{range}}}}"));
            }
            "break" => Node::Break,
            "continue" => Node::Continue,
            "template" => {
                let (name, rest) = template_name(rest)?;
                let operand = if rest.is_empty() {
                    None
                } else {
                    Some(self.pipeline(rest)?)
                };
                Node::Template(name, operand)
            }
            "define" => {
                let (name, _) = template_name(rest)?;
                self.define(name)?;
                return Ok(None);
            }
            "block" => {
                let (name, rest) = template_name(rest)?;
                let operand = self.pipeline(rest)?;
                self.define(name.clone())?;
                Node::Template(name, Some(operand))
            }
            _ => Node::Action(self.pipeline(tokens)?),
        }))
    }

    /// The nodes of a template of its own.
    fn define(&mut self, name: String) -> Result<(), String> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let loops = std::mem::take(&mut self.loops);
        let (nodes, end) = self.nodes()?;
        if end != End::Block {
            return Err("unexpected end of a template".to_owned());
        }
        (self.variables, self.loops) = (variables, loops);
        self.templates.insert(name, nodes);
        Ok(())
    }

    fn block(&mut self, keyword: &str, tokens: Vec<Token>) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the template is too deep".to_owned());
        }
        let scope = self.variables.len();
        let pipeline = self.pipeline(tokens)?;
        self.loops += usize::from(keyword == "range");
        let (nodes, end) = self.nodes()?;
        self.loops -= usize::from(keyword == "range");
        let otherwise = match end {
            End::Text => return Err("unexpected end of the template".to_owned()),
            End::Block => Vec::new(),
            End::Else(tokens) => self.otherwise(keyword, &tokens)?,
        };
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(match keyword {
            "if" => Node::If(pipeline, nodes, otherwise),
            "with" => Node::With(pipeline, nodes, otherwise),
            _ => Node::Range(pipeline, nodes, otherwise),
        })
    }

    /// What follows an `else`: nodes, or `if` or `with` again, which the same `end` ends.
    fn otherwise(&mut self, keyword: &str, tokens: &[Token]) -> Result<Vec<Node>, String> {
        match tokens.split_first() {
            None => match self.nodes()? {
                (nodes, End::Block) => Ok(nodes),
                _ => Err("expected end".to_owned()),
            },
            Some((Token::Name(name), rest)) if name == keyword && name != "range" => {
                Ok(vec![self.block(keyword, rest.to_vec())?])
            }
            Some(_) => Err("unexpected token after else".to_owned()),
        }
    }

    fn pipeline(&mut self, tokens: Vec<Token>) -> Result<Pipeline, String> {
        let mut tokens = tokens.into_iter().peekable();
        let (mut variables, mut declares) = (Vec::new(), false);
        let mut ahead = tokens.clone();
        let mut names = Vec::new();
        while let Some(Token::Variable(name)) = ahead.next() {
            names.push(name);
            match ahead.next() {
                Some(Token::Comma) if names.len() < 2 => {}
                Some(mark @ (Token::Declare | Token::Set)) => {
                    declares = mark == Token::Declare;
                    variables = std::mem::take(&mut names);
                    tokens = ahead;
                    break;
                }
                _ => break,
            }
        }
        let commands = self.commands(&mut tokens)?;
        if tokens.next().is_some() {
            return Err("unexpected token in a pipeline".to_owned());
        }
        if declares {
            self.variables.extend(variables.iter().cloned());
        } else {
            variables.iter().try_for_each(|name| self.known(name))?;
        }
        Ok(Pipeline {
            variables,
            declares,
            commands,
        })
    }

    fn known(&self, name: &String) -> Result<(), String> {
        if self.variables.contains(name) {
            Ok(())
        } else {
            Err(format!("undefined variable {name:?}"))
        }
    }

    fn commands(&mut self, tokens: &mut Tokens) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        loop {
            let mut operands = Vec::new();
            while !matches!(tokens.peek(), None | Some(Token::Pipe | Token::Close)) {
                operands.push(self.operand(tokens)?);
            }
            if operands.is_empty() {
                return Err("missing value for command".to_owned());
            }
            let first = operands.remove(0);
            commands.push(match first {
                Operand::Function(function) => Command::Call(function, operands),
                Operand::Literal(Item::Nothing) => return Err("nil is not a command".to_owned()),
                value if operands.is_empty() && commands.is_empty() => Command::Value(value),
                _ => return Err("can't give argument to non-function".to_owned()),
            });
            if tokens.next_if(|token| *token == Token::Pipe).is_none() {
                return Ok(commands);
            }
        }
    }

    fn operand(&mut self, tokens: &mut Tokens) -> Result<Operand, String> {
        let (start, mut fields) = match tokens.next() {
            Some(Token::Literal(item)) => return Ok(Operand::Literal(item)),
            Some(Token::Name(name)) => {
                return Function::named(&name)
                    .map(Operand::Function)
                    .ok_or_else(|| format!("function {name:?} not defined"));
            }
            Some(Token::Dot) => (Start::Dot, Vec::new()),
            Some(Token::Field(name, _)) => (Start::Dot, vec![name]),
            Some(Token::Variable(name)) => {
                self.known(&name)?;
                (Start::Variable(name), Vec::new())
            }
            Some(Token::Open) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err("the template is too deep".to_owned());
                }
                let commands = self.commands(tokens)?;
                self.depth -= 1;
                if tokens.next() != Some(Token::Close) {
                    return Err("unclosed left paren".to_owned());
                }
                let pipeline = Pipeline {
                    variables: Vec::new(),
                    declares: false,
                    commands,
                };
                (Start::Pipeline(Box::new(pipeline)), Vec::new())
            }
            _ => return Err("unexpected token in operand".to_owned()),
        };
        while let Some(Token::Field(name, _)) =
            tokens.next_if(|token| matches!(token, Token::Field(_, true)))
        {
            fields.push(name);
        }
        Ok(Operand::Path(start, fields))
    }
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

/// The name of a template, a string, and what follows it.
fn template_name(tokens: Vec<Token>) -> Result<(String, Vec<Token>), String> {
    let mut tokens = tokens.into_iter();
    match tokens.next() {
        Some(Token::Literal(Item::Data(regorus::Value::String(name)))) if !name.is_empty() => {
            Ok((name.to_string(), tokens.collect()))
        }
        _ => Err("a template is named by a string".to_owned()),
    }
}
