//! The grammar that queries and schemas share (section 2 of the specification), read as gqlparser reads it.

use std::fmt;

use super::ast::{
    Argument, ChildLiteral, CommentGroup, Directive, Literal, LiteralKind, OperationKind, Type,
};
use super::lexer::{Lexer, Token, TokenKind};

/// How deep selections, values and types may be nested. OPA knows no limit; queries of people stay far below.
const MAX_DEPTH: usize = 100;
/// How many tokens a document may have: each becomes a part of an object that is many times as large.
const MAX_TOKENS: usize = 200_000;

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    message: String,
    line: usize,
    column: usize,
    /// Whether the text may be a document that is only too large or too deep.
    beyond_bounds: bool,
}

impl SyntaxError {
    pub(super) fn is_beyond_bounds(&self) -> bool {
        self.beyond_bounds
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            message,
            line,
            column,
            ..
        } = self;
        write!(
            formatter,
            "{message} in GraphQL string at location {line}:{column}"
        )
    }
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// A text being read, one token ahead.
#[derive(Debug)]
pub(super) struct Parser<'text> {
    lexer: Lexer<'text>,
    current: Token,
    tokens: usize,
    depth: usize,
}

impl<'text> Parser<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        let mut lexer = Lexer::new(text);
        let current = lexer.read();
        Self {
            lexer,
            current,
            tokens: 0,
            depth: 0,
        }
    }

    /// The token that comes next.
    pub(super) fn peek(&self) -> &Token {
        &self.current
    }

    pub(super) fn is_next(&self, kind: TokenKind) -> bool {
        self.current.kind == kind
    }

    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        self.is_next(TokenKind::Name) && self.current.text == keyword
    }

    /// The comments before the token that comes next.
    pub(super) fn comments(&self) -> Option<CommentGroup> {
        self.current.comments.clone()
    }

    /// Takes the token that comes next, whatever it is.
    pub(super) fn take(&mut self) -> Parsed<Token> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(self.beyond_bounds());
        }
        let next = self.lexer.read();
        Ok(std::mem::replace(&mut self.current, next))
    }

    pub(super) fn error(&self, message: String) -> SyntaxError {
        error_at(&self.current, message)
    }

    fn beyond_bounds(&self) -> SyntaxError {
        SyntaxError {
            beyond_bounds: true,
            ..self.error("Document is too large or too deep".to_owned())
        }
    }

    /// The error of a token that cannot stand here.
    pub(super) fn unexpected<T>(&self) -> Parsed<T> {
        unexpected(&self.current)
    }

    pub(super) fn expect(&mut self, kind: TokenKind) -> Parsed<Token> {
        if self.is_next(kind) {
            return self.take();
        }
        Err(self.error(format!("Expected {kind}, found {}", self.current.kind)))
    }

    pub(super) fn expect_keyword(&mut self, keyword: &str) -> Parsed<Token> {
        if self.is_keyword(keyword) {
            return self.take();
        }
        Err(self.error(format!("Expected {keyword:?}, found {}", self.current)))
    }

    /// Takes a token of a kind if it comes next.
    pub(super) fn skip(&mut self, kind: TokenKind) -> Parsed<bool> {
        let found = self.is_next(kind);
        if found {
            self.take()?;
        }
        Ok(found)
    }

    /// Items up to a token, which is taken too; gives also the comments before it.
    fn items<T>(
        &mut self,
        close: TokenKind,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, Option<CommentGroup>)> {
        let mut items = Vec::new();
        while !self.is_next(close) {
            items.push(item(self)?);
        }
        let close = self.take()?;
        Ok((items, close.comments))
    }

    /// Items between two tokens: none where the first does not come next, else at least one.
    pub(super) fn some<T>(
        &mut self,
        open: TokenKind,
        close: TokenKind,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, Option<CommentGroup>)> {
        if !self.skip(open)? {
            return Ok((Vec::new(), None));
        }
        if self.is_next(close) {
            return Err(self.error(format!("expected at least one definition, found {close}")));
        }
        self.items(close, item)
    }

    /// Names that a token separates, which may also stand before the first.
    pub(super) fn names(&mut self, separator: TokenKind) -> Parsed<Vec<String>> {
        self.skip(separator)?;
        let mut names = vec![self.name()?];
        while self.skip(separator)? {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// Reads something that can hold others of its kind.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(self.beyond_bounds());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn name(&mut self) -> Parsed<String> {
        Ok(self.expect(TokenKind::Name)?.text)
    }

    pub(super) fn variable(&mut self) -> Parsed<String> {
        self.expect(TokenKind::Dollar)?;
        self.name()
    }

    pub(super) fn operation_kind(&mut self) -> Parsed<OperationKind> {
        let token = self.take()?;
        match OperationKind::from_keyword(&token.text) {
            Some(kind) if token.kind == TokenKind::Name => Ok(kind),
            _ => unexpected(&token),
        }
    }

    /// Directives; `constant` where no variable may stand.
    pub(super) fn directives(&mut self, constant: bool) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.skip(TokenKind::At)? {
            directives.push(Directive {
                name: self.name()?,
                arguments: self.arguments(constant)?,
                ..Directive::default()
            });
        }
        Ok(directives)
    }

    pub(super) fn arguments(&mut self, constant: bool) -> Parsed<Vec<Argument>> {
        let (arguments, _) = self.some(TokenKind::ParenLeft, TokenKind::ParenRight, |parser| {
            let comment = parser.comments();
            let name = parser.name()?;
            parser.expect(TokenKind::Colon)?;
            Ok(Argument {
                name,
                value: parser.literal(constant)?,
                comment,
            })
        })?;
        Ok(arguments)
    }

    /// A default value, after its equals sign.
    pub(super) fn default_value(&mut self) -> Parsed<Option<Literal>> {
        if self.skip(TokenKind::Equals)? {
            return self.literal(true).map(Some);
        }
        Ok(None)
    }

    pub(super) fn literal(&mut self, constant: bool) -> Parsed<Literal> {
        let kind = match self.current.kind {
            TokenKind::BracketLeft => return self.nested(|parser| parser.list(constant)),
            TokenKind::BraceLeft => return self.nested(|parser| parser.object(constant)),
            TokenKind::Dollar if !constant => {
                return Ok(Literal {
                    raw: self.variable()?,
                    ..Literal::default()
                });
            }
            TokenKind::Int => LiteralKind::Int,
            TokenKind::Float => LiteralKind::Float,
            TokenKind::String => LiteralKind::String,
            TokenKind::BlockString => LiteralKind::Block,
            TokenKind::Name => match self.current.text.as_str() {
                "true" | "false" => LiteralKind::Boolean,
                "null" => LiteralKind::Null,
                _ => LiteralKind::Enum,
            },
            _ => return self.unexpected(),
        };
        Ok(Literal {
            raw: self.take()?.text,
            kind,
            ..Literal::default()
        })
    }

    fn list(&mut self, constant: bool) -> Parsed<Literal> {
        let open = self.take()?;
        let (children, _) = self.items(TokenKind::BracketRight, |parser| {
            Ok(ChildLiteral {
                value: parser.literal(constant)?,
                ..ChildLiteral::default()
            })
        })?;
        Ok(Literal {
            children,
            kind: LiteralKind::List,
            comment: open.comments,
            ..Literal::default()
        })
    }

    fn object(&mut self, constant: bool) -> Parsed<Literal> {
        let open = self.take()?;
        let (children, _) = self.items(TokenKind::BraceRight, |parser| {
            let comment = parser.comments();
            let name = parser.name()?;
            parser.expect(TokenKind::Colon)?;
            Ok(ChildLiteral {
                name,
                value: parser.literal(constant)?,
                comment,
            })
        })?;
        Ok(Literal {
            children,
            kind: LiteralKind::Object,
            comment: open.comments,
            ..Literal::default()
        })
    }

    /// A reference to a type.
    pub(super) fn type_reference(&mut self) -> Parsed<Type> {
        let mut read = Type::default();
        if self.skip(TokenKind::BracketLeft)? {
            read.elem = Some(Box::new(self.nested(Self::type_reference)?));
            self.expect(TokenKind::BracketRight)?;
        } else {
            read.named = self.name()?;
        }
        read.non_null = self.skip(TokenKind::Bang)?;
        Ok(read)
    }
}

fn error_at(token: &Token, message: String) -> SyntaxError {
    SyntaxError {
        message,
        line: token.line,
        column: token.column,
        beyond_bounds: false,
    }
}

/// The error of a token that cannot stand where it does.
pub(super) fn unexpected<T>(token: &Token) -> Parsed<T> {
    Err(error_at(token, format!("Unexpected {token}")))
}
