//! Documents of operations and fragments (section 2.4 and after).

use super::ast::{
    Field, Fragment, FragmentSpread, InlineFragment, Operation, QueryDocument, Selection,
    VariableDefinition,
};
use super::lexer::TokenKind;
use super::parser::{Parsed, Parser};

/// Reads a query. An empty text is an empty document.
pub(super) fn parse_query(text: &str) -> Parsed<QueryDocument> {
    let mut parser = Parser::new(text);
    let mut document = QueryDocument::default();
    while !parser.is_next(TokenKind::End) {
        match (parser.peek().kind, parser.peek().text.as_str()) {
            (TokenKind::BraceLeft, _)
            | (TokenKind::Name, "query" | "mutation" | "subscription") => {
                document.operations.push(operation(&mut parser)?);
            }
            (TokenKind::Name, "fragment") => document.fragments.push(fragment(&mut parser)?),
            _ => return parser.unexpected(),
        }
    }
    Ok(document)
}

fn operation(parser: &mut Parser) -> Parsed<Operation> {
    if parser.is_next(TokenKind::BraceLeft) {
        return Ok(Operation {
            selection_set: selection_set(parser)?,
            ..Operation::default()
        });
    }
    let comment = parser.comments();
    let kind = parser.operation_kind()?;
    let name = if parser.is_next(TokenKind::Name) {
        parser.name()?
    } else {
        String::new()
    };
    Ok(Operation {
        kind,
        name,
        variable_definitions: variable_definitions(parser)?,
        directives: parser.directives(false)?,
        selection_set: selection_set(parser)?,
        comment,
    })
}

/// A fragment. It may define variables, as an older draft of the specification had it.
fn fragment(parser: &mut Parser) -> Parsed<Fragment> {
    let comment = parser.expect_keyword("fragment")?.comments;
    if parser.is_keyword("on") {
        return parser.unexpected();
    }
    let name = parser.name()?;
    let variable_definition = variable_definitions(parser)?;
    parser.expect_keyword("on")?;
    Ok(Fragment {
        name,
        variable_definition,
        type_condition: parser.name()?,
        directives: parser.directives(false)?,
        selection_set: selection_set(parser)?,
        comment,
    })
}

fn variable_definitions(parser: &mut Parser) -> Parsed<Vec<VariableDefinition>> {
    let (definitions, _) = parser.some(TokenKind::ParenLeft, TokenKind::ParenRight, |parser| {
        let comment = parser.comments();
        let variable = parser.variable()?;
        parser.expect(TokenKind::Colon)?;
        Ok(VariableDefinition {
            variable,
            of: parser.type_reference()?,
            default_value: parser.default_value()?,
            directives: parser.directives(false)?,
            comment,
            used: false,
        })
    })?;
    Ok(definitions)
}

fn selection_set(parser: &mut Parser) -> Parsed<Vec<Selection>> {
    if !parser.is_next(TokenKind::BraceLeft) {
        let found = parser.peek().kind;
        return Err(parser.error(format!("Expected {{, found {found}")));
    }
    parser.nested(|parser| {
        let (selections, _) =
            parser.some(TokenKind::BraceLeft, TokenKind::BraceRight, selection)?;
        Ok(selections)
    })
}

fn selection(parser: &mut Parser) -> Parsed<Selection> {
    if !parser.is_next(TokenKind::Spread) {
        return field(parser).map(Selection::Field);
    }
    let comment = parser.take()?.comments;
    if parser.is_next(TokenKind::Name) && !parser.is_keyword("on") {
        return Ok(Selection::Spread(FragmentSpread {
            name: parser.name()?,
            directives: parser.directives(false)?,
            comment,
        }));
    }
    let type_condition = if parser.is_keyword("on") {
        parser.take()?;
        parser.name()?
    } else {
        String::new()
    };
    Ok(Selection::Inline(InlineFragment {
        type_condition,
        directives: parser.directives(false)?,
        selection_set: selection_set(parser)?,
        comment,
    }))
}

fn field(parser: &mut Parser) -> Parsed<Field> {
    let comment = parser.comments();
    let alias = parser.name()?;
    let name = if parser.skip(TokenKind::Colon)? {
        parser.name()?
    } else {
        alias.clone()
    };
    Ok(Field {
        alias,
        name,
        arguments: parser.arguments(false)?,
        directives: parser.directives(false)?,
        selection_set: if parser.is_next(TokenKind::BraceLeft) {
            selection_set(parser)?
        } else {
            Vec::new()
        },
        comment,
    })
}
