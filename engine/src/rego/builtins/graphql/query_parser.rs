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

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::document::to_value;
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::to_value(to_value(&parse_query(text).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn every_part_of_a_query_is_kept() {
        let found = parsed(
            "query Q($a: [Int!]! = [1] @d) @e(x: $a) { x: f(b: {c: $a}) @g ...F @h ... on T { y } ... @i { z } }
            fragment F($v: Int) on T @j { w }",
        );
        let literal = |kind: u8, raw: &str| json!({"Kind": kind, "Raw": raw, "ExpectedTypeHasDefault": false});
        let list = json!({"Kind": 8, "Raw": "", "ExpectedTypeHasDefault": false, "Children": [{"Name": "", "Value": literal(1, "1")}]});
        let object = json!({"Kind": 9, "Raw": "", "ExpectedTypeHasDefault": false, "Children": [{"Name": "c", "Value": literal(0, "a")}]});
        let directive = |name: &str| json!([{"Name": name, "Location": ""}]);
        let field = |name: &str| json!([{"Alias": name, "Name": name}]);
        let expected = json!({
            "Operations": [{
                "Name": "Q",
                "Operation": "query",
                "VariableDefinitions": [{
                    "Variable": "a",
                    "Type": {"NamedType": "", "NonNull": true, "Elem": {"NamedType": "Int", "NonNull": true}},
                    "DefaultValue": list,
                    "Directives": directive("d"),
                    "Used": false,
                }],
                "Directives": [{"Name": "e", "Location": "", "Arguments": [{"Name": "x", "Value": literal(0, "a")}]}],
                "SelectionSet": [
                    {"Alias": "x", "Name": "f", "Arguments": [{"Name": "b", "Value": object}], "Directives": directive("g")},
                    {"Name": "F", "Directives": directive("h")},
                    {"TypeCondition": "T", "SelectionSet": field("y")},
                    {"TypeCondition": "", "Directives": directive("i"), "SelectionSet": field("z")},
                ],
            }],
            "Fragments": [{
                "Name": "F",
                "TypeCondition": "T",
                "VariableDefinition": [{"Variable": "v", "Type": {"NamedType": "Int", "NonNull": false}, "Used": false}],
                "Directives": directive("j"),
                "SelectionSet": field("w"),
            }],
        });
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case("1", 1, "1")]
    #[case("1.5", 2, "1.5")]
    #[case("\"a\"", 3, "a")]
    #[case("\"\"\"a\"\"\"", 4, "a")]
    #[case("true", 5, "true")]
    #[case("null", 6, "null")]
    #[case("A", 7, "A")]
    #[case("[]", 8, "")]
    #[case("{}", 9, "")]
    fn values_know_what_they_are(#[case] text: &str, #[case] kind: u8, #[case] raw: &str) {
        let found = parsed(&format!("{{ f(a: {text}) }}"));
        let value = &found["Operations"][0]["SelectionSet"][0]["Arguments"][0]["Value"];
        assert_eq!((&value["Kind"], &value["Raw"]), (&json!(kind), &json!(raw)));
    }

    #[test]
    fn comments_stay_where_gqlparser_keeps_them() {
        let found = parsed(
            "# o\nquery { # f\n a( # b\n b: # l\n [1]) # s\n ...F # lost\n } # g\n fragment F on T { a }",
        );
        let comment = |text: &str| json!({"List": [{"Value": text}]});
        let operation = &found["Operations"][0];
        let field = &operation["SelectionSet"][0];
        let argument = &field["Arguments"][0];
        let spread = &operation["SelectionSet"][1];
        assert_eq!(operation["Comment"], comment("# o"));
        assert_eq!(field["Comment"], comment("# f"));
        assert_eq!(argument["Comment"], comment("# b"));
        assert_eq!(argument["Value"]["Comment"], comment("# l"));
        assert_eq!(spread["Comment"], comment("# s"));
        assert_eq!(found["Fragments"][0]["Comment"], comment("# g"));
        assert!(!found.to_string().contains("lost"));
    }

    #[rstest]
    #[case("...", "Unexpected ...", "1:1")]
    #[case("type A { a: Int }", "Unexpected Name \"type\"", "1:1")]
    #[case("\"d\" query { a }", "Unexpected String \"d\"", "1:2")]
    #[case("{ a } }", "Unexpected }", "1:7")]
    #[case("query", "Expected {, found <EOF>", "1:6")]
    #[case("{ ...on }", "Expected Name, found }", "1:9")]
    #[case("fragment on on T { a }", "Unexpected Name \"on\"", "1:10")]
    #[case("fragment F T { a }", "Expected \"on\", found Name \"T\"", "1:12")]
    #[case("{ f() }", "expected at least one definition, found )", "1:5")]
    #[case("query () { f }", "expected at least one definition, found )", "1:8")]
    #[case("query ($a: Int = $b) { f }", "Unexpected $", "1:18")]
    #[case("query ($a: [Int) { f }", "Expected ], found )", "1:16")]
    #[case("{\n  é }", "Expected Name, found <Invalid>", "2:3")]
    fn a_query_that_is_none_is_refused(
        #[case] text: &str,
        #[case] message: &str,
        #[case] place: &str,
    ) {
        let found = parse_query(text).unwrap_err().to_string();
        assert_eq!(
            found,
            format!("{message} in GraphQL string at location {place}")
        );
    }
}
