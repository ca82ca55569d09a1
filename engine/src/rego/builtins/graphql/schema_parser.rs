//! Documents of the schema language (section 3 of the specification).

use super::ast::CommentGroup;
use super::lexer::TokenKind;
use super::parser::{Parsed, Parser, unexpected};
use super::sdl::{
    ArgumentDefinition, Definition, DefinitionKind, DirectiveDefinition, EnumValueDefinition,
    FieldDefinition, LOCATIONS, Lead, OperationType, SchemaDefinition, SchemaDocument,
};

/// Reads a schema. An empty text is an empty document.
pub(super) fn parse_schema(text: &str) -> Parsed<SchemaDocument> {
    let mut parser = Parser::new(text);
    let mut document = SchemaDocument::default();
    while !parser.is_next(TokenKind::End) {
        let description = description(&mut parser)?;
        let text = description.as_ref().map(|token| token.text.clone());
        let lead = Lead {
            description: text.unwrap_or_default(),
            before: description
                .as_ref()
                .and_then(|token| token.comments.clone()),
        };
        if !parser.is_next(TokenKind::Name) {
            return parser.unexpected();
        }
        match parser.peek().text.as_str() {
            "schema" => document.schema.push(schema(&mut parser, lead)?),
            "directive" => document.directives.push(directive(&mut parser, lead)?),
            "extend" => {
                if let Some(description) = description.filter(|token| !token.text.is_empty()) {
                    return unexpected(&description);
                }
                extension(&mut parser, &mut document)?;
            }
            keyword => match kind(keyword) {
                Some(kind) => {
                    let after = parser.take()?.comments;
                    let definition = definition(&mut parser, kind, lead, after, false)?;
                    document.definitions.push(definition);
                }
                None => return parser.unexpected(),
            },
        }
    }
    document.comment = parser.comments();
    Ok(document)
}

fn kind(keyword: &str) -> Option<DefinitionKind> {
    Some(match keyword {
        "scalar" => DefinitionKind::Scalar,
        "type" => DefinitionKind::Object,
        "interface" => DefinitionKind::Interface,
        "union" => DefinitionKind::Union,
        "enum" => DefinitionKind::Enum,
        "input" => DefinitionKind::InputObject,
        _ => return None,
    })
}

fn description(parser: &mut Parser) -> Parsed<Option<super::lexer::Token>> {
    match parser.peek().kind {
        TokenKind::String | TokenKind::BlockString => parser.take().map(Some),
        _ => Ok(None),
    }
}

/// What stands before a part of a definition. Comments before an empty description are lost, as in OPA.
fn part_lead(parser: &mut Parser) -> Parsed<(Lead, Option<CommentGroup>)> {
    let lead = match description(parser)? {
        Some(token) if !token.text.is_empty() => Lead {
            before: token.comments,
            description: token.text,
        },
        _ => Lead::default(),
    };
    Ok((lead, parser.comments()))
}

fn schema(parser: &mut Parser, lead: Lead) -> Parsed<SchemaDefinition> {
    let after = parser.expect_keyword("schema")?.comments;
    let directives = parser.directives(true)?;
    let (operation_types, end) =
        parser.some(TokenKind::BraceLeft, TokenKind::BraceRight, |parser| {
            let comment = parser.comments();
            let operation = parser.operation_kind()?;
            parser.expect(TokenKind::Colon)?;
            Ok(OperationType {
                operation,
                of: parser.name()?,
                comment,
            })
        })?;
    Ok(SchemaDefinition {
        description: lead.description,
        directives,
        operation_types,
        before_description_comment: lead.before,
        after_description_comment: after,
        end_of_definition_comment: end,
    })
}

fn extension(parser: &mut Parser, document: &mut SchemaDocument) -> Parsed<()> {
    let after = parser.expect_keyword("extend")?.comments;
    if parser.is_keyword("schema") {
        let mut extension = schema(parser, Lead::default())?;
        extension.after_description_comment = after;
        if extension.directives.is_empty() && extension.operation_types.is_empty() {
            return parser.unexpected();
        }
        document.schema_extension.push(extension);
        return Ok(());
    }
    let token = parser.peek();
    let kind = kind(&token.text).filter(|_| token.kind == TokenKind::Name);
    let Some(kind) = kind else {
        return parser.unexpected();
    };
    parser.take()?;
    let extension = definition(parser, kind, Lead::default(), after, true)?;
    let is_empty = extension.directives.is_empty()
        && extension.interfaces.is_empty()
        && extension.fields.is_empty()
        && extension.types.is_empty()
        && extension.enum_values.is_empty();
    if is_empty {
        return parser.unexpected();
    }
    document.extensions.push(extension);
    Ok(())
}

/// A definition after its keyword.
fn definition(
    parser: &mut Parser,
    kind: DefinitionKind,
    lead: Lead,
    after: Option<CommentGroup>,
    is_extension: bool,
) -> Parsed<Definition> {
    let mut read = Definition {
        kind,
        description: lead.description,
        name: parser.name()?,
        before_description_comment: lead.before,
        after_description_comment: after,
        ..Definition::default()
    };
    let implements = match kind {
        DefinitionKind::Object => true,
        // gqlparser does not take interfaces in the extension of an interface.
        DefinitionKind::Interface => !is_extension,
        _ => false,
    };
    if implements && parser.is_keyword("implements") {
        parser.take()?;
        read.interfaces = parser.names(TokenKind::Ampersand)?;
    }
    // Nor does it refuse variables in the directives of the extension of an input object.
    let constant = !(is_extension && kind == DefinitionKind::InputObject);
    read.directives = parser.directives(constant)?;
    let (open, close) = (TokenKind::BraceLeft, TokenKind::BraceRight);
    match kind {
        DefinitionKind::Object | DefinitionKind::Interface => {
            (read.fields, read.end_of_definition_comment) = parser.some(open, close, field)?;
        }
        DefinitionKind::InputObject => {
            (read.fields, read.end_of_definition_comment) =
                parser.some(open, close, input_field)?;
        }
        DefinitionKind::Enum => {
            (read.enum_values, read.end_of_definition_comment) =
                parser.some(open, close, enum_value)?;
        }
        DefinitionKind::Union => {
            if parser.skip(TokenKind::Equals)? {
                read.types = parser.names(TokenKind::Pipe)?;
            }
        }
        DefinitionKind::Scalar | DefinitionKind::Unnamed => {}
    }
    Ok(read)
}

fn field(parser: &mut Parser) -> Parsed<FieldDefinition> {
    let (lead, after) = part_lead(parser)?;
    let name = parser.name()?;
    let arguments = arguments(parser)?;
    parser.expect(TokenKind::Colon)?;
    Ok(FieldDefinition {
        description: lead.description,
        name,
        arguments,
        default_value: None,
        of: parser.type_reference()?,
        directives: parser.directives(true)?,
        before_description_comment: lead.before,
        after_description_comment: after,
    })
}

fn input_field(parser: &mut Parser) -> Parsed<FieldDefinition> {
    let read = argument(parser)?;
    Ok(FieldDefinition {
        description: read.description,
        name: read.name,
        arguments: Vec::new(),
        default_value: read.default_value,
        of: read.of,
        directives: read.directives,
        before_description_comment: read.before_description_comment,
        after_description_comment: read.after_description_comment,
    })
}

fn arguments(parser: &mut Parser) -> Parsed<Vec<ArgumentDefinition>> {
    let (arguments, _) = parser.some(TokenKind::ParenLeft, TokenKind::ParenRight, argument)?;
    Ok(arguments)
}

fn argument(parser: &mut Parser) -> Parsed<ArgumentDefinition> {
    let (lead, after) = part_lead(parser)?;
    let name = parser.name()?;
    parser.expect(TokenKind::Colon)?;
    Ok(ArgumentDefinition {
        description: lead.description,
        name,
        of: parser.type_reference()?,
        default_value: parser.default_value()?,
        directives: parser.directives(true)?,
        before_description_comment: lead.before,
        after_description_comment: after,
    })
}

fn enum_value(parser: &mut Parser) -> Parsed<EnumValueDefinition> {
    let (lead, after) = part_lead(parser)?;
    Ok(EnumValueDefinition {
        description: lead.description,
        name: parser.name()?,
        directives: parser.directives(true)?,
        before_description_comment: lead.before,
        after_description_comment: after,
    })
}

fn directive(parser: &mut Parser, lead: Lead) -> Parsed<DirectiveDefinition> {
    let after = parser.expect_keyword("directive")?.comments;
    parser.expect(TokenKind::At)?;
    let name = parser.name()?;
    let arguments = arguments(parser)?;
    let is_repeatable = parser.is_keyword("repeatable");
    if is_repeatable {
        parser.take()?;
    }
    parser.expect_keyword("on")?;
    parser.skip(TokenKind::Pipe)?;
    let mut locations = vec![location(parser)?];
    while parser.skip(TokenKind::Pipe)? {
        locations.push(location(parser)?);
    }
    Ok(DirectiveDefinition {
        description: lead.description,
        name,
        arguments,
        locations,
        is_repeatable,
        before_description_comment: lead.before,
        after_description_comment: after,
    })
}

fn location(parser: &mut Parser) -> Parsed<String> {
    let token = parser.expect(TokenKind::Name)?;
    if LOCATIONS.contains(&token.text.as_str()) {
        return Ok(token.text);
    }
    unexpected(&token)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::document::to_value;
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::to_value(to_value(&parse_schema(text).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_definition_is_kept() {
        let named = |name: &str| json!({"NamedType": name, "NonNull": false});
        let one = json!({"Kind": 1, "Raw": "1", "ExpectedTypeHasDefault": false});
        let directive = json!([{"Name": "d", "Location": ""}]);
        let found = parsed(
            "\"S\" schema @d { query: A } extend schema { mutation: B }
            type A implements & I & J @d { \"f\" f(\"x\" x: Int = 1 @d): I @d }
            interface I implements J { f: I } union U @d = | A | B enum E { \"V\" V @d W } scalar S @d
            input N { x: Int = 1 @d } directive @d(x: Int) repeatable on | FIELD | QUERY
            extend type A implements K extend input N @d(x: $y)",
        );
        let definition = |kind: &str, name: &str, more: Value| {
            let mut definition =
                json!({"Kind": kind, "Name": name, "Description": "", "BuiltIn": false});
            let fields = more.as_object().unwrap().clone();
            definition.as_object_mut().unwrap().extend(fields);
            definition
        };
        let argument = json!({"Name": "x", "Description": "x", "Type": named("Int"), "DefaultValue": one, "Directives": directive});
        let expected = json!({
            "Schema": [{"Description": "S", "Directives": directive, "OperationTypes": [{"Operation": "query", "Type": "A"}]}],
            "SchemaExtension": [{"Description": "", "OperationTypes": [{"Operation": "mutation", "Type": "B"}]}],
            "Directives": [{
                "Name": "d",
                "Description": "",
                "IsRepeatable": true,
                "Locations": ["FIELD", "QUERY"],
                "Arguments": [{"Name": "x", "Description": "", "Type": named("Int")}],
            }],
            "Definitions": [
                definition("OBJECT", "A", json!({"Interfaces": ["I", "J"], "Directives": directive, "Fields": [
                    {"Name": "f", "Description": "f", "Type": named("I"), "Arguments": [argument], "Directives": directive}
                ]})),
                definition("INTERFACE", "I", json!({"Interfaces": ["J"], "Fields": [{"Name": "f", "Description": "", "Type": named("I")}]})),
                definition("UNION", "U", json!({"Directives": directive, "Types": ["A", "B"]})),
                definition("ENUM", "E", json!({"EnumValues": [
                    {"Name": "V", "Description": "V", "Directives": directive},
                    {"Name": "W", "Description": ""},
                ]})),
                definition("SCALAR", "S", json!({"Directives": directive})),
                definition("INPUT_OBJECT", "N", json!({"Fields": [
                    {"Name": "x", "Description": "", "Type": named("Int"), "DefaultValue": one, "Directives": directive}
                ]})),
            ],
            "Extensions": [
                definition("OBJECT", "A", json!({"Interfaces": ["K"]})),
                definition("INPUT_OBJECT", "N", json!({"Directives": [{"Name": "d", "Location": "", "Arguments": [
                    {"Name": "x", "Value": {"Kind": 0, "Raw": "y", "ExpectedTypeHasDefault": false}}
                ]}]})),
            ],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn comments_stay_where_gqlparser_keeps_them() {
        let found = parsed("# a\n\"d\" # b\ntype A { # c\n f: Int # d\n } # e");
        let comment = |text: &str| json!({"List": [{"Value": text}]});
        let definition = &found["Definitions"][0];
        assert_eq!(definition["BeforeDescriptionComment"], comment("# a"));
        assert_eq!(definition["AfterDescriptionComment"], comment("# b"));
        assert_eq!(
            definition["Fields"][0]["AfterDescriptionComment"],
            comment("# c")
        );
        assert_eq!(definition["EndOfDefinitionComment"], comment("# d"));
        assert_eq!(found["Comment"], comment("# e"));
    }

    #[rstest]
    #[case("query { a }", "Unexpected Name \"query\"", "1:1")]
    #[case("{", "Unexpected {", "1:1")]
    #[case("type A {", "Expected Name, found <EOF>", "1:9")]
    #[case("type A {}", "expected at least one definition, found }", "1:9")]
    #[case(
        "type A { f(): Int }",
        "expected at least one definition, found )",
        "1:12"
    )]
    #[case("type A { f: Int = 1 }", "Expected Name, found =", "1:17")]
    #[case("type A implements B C { f: Int }", "Unexpected Name \"C\"", "1:21")]
    #[case("union U = || A", "Expected Name, found |", "1:12")]
    #[case("directive @d", "Expected \"on\", found <EOF>", "1:13")]
    #[case("directive @d on FIELD | FOO", "Unexpected Name \"FOO\"", "1:25")]
    #[case("\"d\" extend type A { f: Int }", "Unexpected String \"d\"", "1:2")]
    #[case("extend type A", "Unexpected <EOF>", "1:14")]
    #[case("extend schema", "Unexpected <EOF>", "1:14")]
    #[case(
        "extend interface A implements B",
        "Unexpected Name \"implements\"",
        "1:20"
    )]
    #[case("extend directive @d on FIELD", "Unexpected Name \"directive\"", "1:8")]
    #[case("extend scalar S @d(x: $y)", "Unexpected $", "1:23")]
    #[case("schema { foo: A }", "Unexpected Name \"foo\"", "1:10")]
    fn a_schema_that_is_none_is_refused(
        #[case] text: &str,
        #[case] message: &str,
        #[case] place: &str,
    ) {
        let found = parse_schema(text).unwrap_err().to_string();
        assert_eq!(
            found,
            format!("{message} in GraphQL string at location {place}")
        );
    }

    #[rstest]
    #[case("")]
    #[case("type A")]
    #[case("schema")]
    #[case("union U")]
    #[case("\"\" extend type A { f: Int }")]
    fn gqlparser_takes_more_than_the_specification(#[case] text: &str) {
        assert!(parse_schema(text).is_ok());
    }
}
