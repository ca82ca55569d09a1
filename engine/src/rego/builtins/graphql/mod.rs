//! GraphQL: queries and schemas as objects, and whether they are valid.
//!
//! OPA's are those of gqlparser v2, whose grammar and rules differ from the specification in ways that decide: it takes
//! empty documents, types that are only extended and schemas without a type of queries, and refuses what the specification
//! allows. So the documents are read and checked here and not by a library of the specification. The bounds are this
//! project's own: what is nested too deep, too long or too costly to check is an error in every built-in, since nobody
//! then knows whether it is valid.

mod ast;
mod checked;
mod document;
mod fragments;
mod introspection;
mod lexer;
mod merging;
mod parser;
mod prelude;
mod query_parser;
mod query_rules;
mod schema;
mod schema_parser;
mod schema_rules;
mod sdl;
mod subscription;
mod values;

use std::collections::BTreeMap;

use regorus::Value;

use self::ast::QueryDocument;
use self::checked::{Checked, Effort, Refusal};
use self::document::{document, read, to_value};
use self::query_parser::parse_query;
use self::schema::Schema;
use self::schema_parser::parse_schema;
use self::sdl::SchemaDocument;
use super::operand::string;
use super::{Builtin, Failure, builtin};

/// Documents and their validation.
pub(super) const BUILTINS: &[Builtin] = &[
    builtin("graphql.is_valid", 2, |operands| {
        is_valid(verified(operands).map(|_| ()))
    }),
    builtin("graphql.parse", 2, |operands| {
        let (query, schema) = verified(operands)?;
        Ok(Value::from(vec![to_value(&query)?, to_value(&schema)?]))
    }),
    builtin("graphql.parse_and_verify", 2, parse_and_verify),
    builtin("graphql.parse_query", 1, |operands| {
        to_value(&read(string(operands, 0)?, parse_query)?)
    }),
    builtin("graphql.parse_schema", 1, |operands| {
        to_value(&read(string(operands, 0)?, parse_schema)?)
    }),
    builtin("graphql.schema_is_valid", 1, |operands| {
        is_valid(document(operands, 0, parse_schema).and_then(|document| {
            Schema::new(&document, &Effort::new())?;
            Ok(())
        }))
    }),
];

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Operand(message) => Self::Type(message),
            Refusal::Invalid(message) => Self::Builtin(message),
            Refusal::TooComplex => Self::new("document is too complex to be checked"),
        }
    }
}

/// A query and a schema that it holds by.
fn verified(operands: &[Value]) -> Checked<(QueryDocument, SchemaDocument)> {
    let query = document(operands, 0, parse_query)?;
    let document = document(operands, 1, parse_schema)?;
    let effort = Effort::new();
    query_rules::check(&Schema::new(&document, &effort)?, &query, &effort)?;
    Ok((query, document))
}

/// False where something is not valid, an error where nobody knows.
fn is_valid(result: Checked) -> Result<Value, Failure> {
    match result {
        Err(Refusal::TooComplex) => Err(Refusal::TooComplex.into()),
        result => Ok(Value::from(result.is_ok())),
    }
}

fn parse_and_verify(operands: &[Value]) -> Result<Value, Failure> {
    let result = verified(operands);
    let (query, schema) = match &result {
        Ok((query, schema)) => (to_value(query)?, to_value(schema)?),
        Err(_) => (Value::from(BTreeMap::new()), Value::from(BTreeMap::new())),
    };
    let valid = is_valid(result.map(|_| ()))?;
    Ok(Value::from(vec![valid, query, schema]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value as Json, json};

    use super::*;

    const SCHEMA: &str =
        "type Query { user(id: ID!): User } type User { name: String friends: [User!]! }";

    fn call(name: &str, operands: &[Json]) -> Result<Json, Failure> {
        let operands: Vec<Value> = operands.iter().cloned().map(Value::from).collect();
        let builtin = BUILTINS.iter().find(|builtin| builtin.name == name);
        let value = (builtin.unwrap().call)(&operands)?;
        Ok(serde_json::to_value(value).unwrap())
    }

    #[test]
    fn a_query_and_a_schema_become_objects() {
        let query = "{ user(id: 4) { name } }";
        let parsed = call("graphql.parse", &[json!(query), json!(SCHEMA)]).unwrap();
        let verified = call("graphql.parse_and_verify", &[json!(query), json!(SCHEMA)]).unwrap();
        let query = call("graphql.parse_query", &[json!(query)]).unwrap();
        let schema = call("graphql.parse_schema", &[json!(SCHEMA)]).unwrap();
        assert_eq!(parsed, json!([query, schema]));
        assert_eq!(verified, json!([true, query, schema]));
    }

    #[rstest]
    #[case("{ user(id: 4) { name friends { name } } }", true)]
    #[case("{ user { name } }", false)]
    #[case("{ user(id: 4) { secret } }", false)]
    #[case("{ user(id: 4) { name }", false)]
    #[case("", true)]
    fn a_query_is_valid_or_not_as_text_and_as_object(#[case] query: &str, #[case] valid: bool) {
        let is_valid = |query: Json, schema: Json| call("graphql.is_valid", &[query, schema]);
        assert_eq!(is_valid(json!(query), json!(SCHEMA)), Ok(json!(valid)));
        let schema = call("graphql.parse_schema", &[json!(SCHEMA)]).unwrap();
        assert_eq!(is_valid(json!(query), schema.clone()), Ok(json!(valid)));
        if let Ok(query) = call("graphql.parse_query", &[json!(query)]) {
            assert_eq!(is_valid(query.clone(), json!(SCHEMA)), Ok(json!(valid)));
            assert_eq!(is_valid(query, schema), Ok(json!(valid)));
        }
    }

    #[test]
    fn objects_come_out_as_they_went_in() {
        let query = "query Q($id: ID! = \"a\") @rep { user(id: $id) { x: name @rep(in: [{a: 1.5}, null]) } }";
        let schema = format!(
            "# first\n{SCHEMA} directive @rep(in: [I]) repeatable on QUERY | FIELD input I {{ a: Float = 1 b: E }}
            \"\"\"why\"\"\" enum E {{ A B }} union U = User scalar S interface N {{ a(b: E = A): S @deprecated }}
            extend scalar S @specifiedBy(url: \"u\") schema {{ query: Query }} # last"
        );
        let query = call("graphql.parse_query", &[json!(query)]).unwrap();
        let schema = call("graphql.parse_schema", &[json!(schema)]).unwrap();
        let verified = call("graphql.parse_and_verify", &[query.clone(), schema.clone()]);
        assert_eq!(verified, Ok(json!([true, query, schema])));
    }

    #[rstest]
    #[case::fragments("{ ...F } fragment F on Query { user(id: 1) { name } }")]
    #[case::inline("{ ... on Query { user(id: 1) { name } } }")]
    fn a_query_with_fragments_is_valid_as_text_only(#[case] query: &str) {
        let is_valid = |query: Json| call("graphql.is_valid", &[query, json!(SCHEMA)]);
        assert_eq!(is_valid(json!(query)), Ok(json!(true)));
        let object = call("graphql.parse_query", &[json!(query)]).unwrap();
        assert_eq!(is_valid(object), Ok(json!(false)));
    }

    #[rstest]
    #[case("graphql.is_valid", json!(false))]
    #[case("graphql.parse_and_verify", json!([false, {}, {}]))]
    fn what_is_no_document_is_not_valid(#[case] name: &str, #[case] expected: Json) {
        let queries = [
            json!(1),
            json!(null),
            json!([]),
            json!("{"),
            json!({"Operations": 1}),
            json!({"Operations": [{"Operation": "delete"}]}),
            json!({"Operations": [{"SelectionSet": [{"Name": "a", "Arguments": [{"Value": {"Kind": 10}}]}]}]}),
        ];
        for query in queries {
            assert_eq!(call(name, &[query, json!(SCHEMA)]), Ok(expected.clone()));
        }
        let schemas = [
            json!(1),
            json!("type"),
            json!({"Definitions": [{"Kind": "KIND"}]}),
            json!({"Definitions": [{"Kind": "OBJECT", "Name": "A"}]}),
        ];
        for schema in schemas {
            assert_eq!(call(name, &[json!(""), schema]), Ok(expected.clone()));
        }
    }

    #[rstest]
    #[case(json!(1), json!(SCHEMA), true)]
    #[case(json!("{a}"), json!([]), true)]
    #[case(json!("{"), json!(SCHEMA), false)]
    #[case(json!("{a}"), json!("{"), false)]
    #[case(json!("{a}"), json!("type A"), false)]
    #[case(json!("{a}"), json!(SCHEMA), false)]
    #[case(json!({"Operations": 1}), json!(SCHEMA), false)]
    fn parse_tells_wrong_types_from_wrong_documents(
        #[case] query: Json,
        #[case] schema: Json,
        #[case] is_type: bool,
    ) {
        let failure = call("graphql.parse", &[query, schema]).unwrap_err();
        assert_eq!(matches!(failure, Failure::Type(_)), is_type, "{failure:?}");
        assert_eq!(matches!(failure, Failure::Builtin(_)), !is_type);
    }

    #[rstest]
    #[case("graphql.parse_query", json!({}), "operand 1 must be string but got object", true)]
    #[case("graphql.parse_schema", json!(1), "operand 1 must be string but got number", true)]
    #[case("graphql.parse_query", json!("{"), "Expected Name, found <EOF> in GraphQL string at location 1:2", false)]
    #[case("graphql.parse_schema", json!("type A {}"), "expected at least one definition, found } in GraphQL string at location 1:9", false)]
    fn a_text_that_does_not_parse_says_where(
        #[case] name: &str,
        #[case] operand: Json,
        #[case] message: &str,
        #[case] is_type: bool,
    ) {
        let wanted = if is_type {
            Failure::Type(message.to_owned())
        } else {
            Failure::Builtin(message.to_owned())
        };
        assert_eq!(call(name, &[operand]), Err(wanted));
    }

    #[rstest]
    #[case(json!("type A { a: Int }"), true)]
    #[case(json!("extend type A { a: Int }"), true)]
    #[case(json!(""), true)]
    #[case(json!("type A { a: B }"), false)]
    #[case(json!("type A {"), false)]
    #[case(json!({"Definitions": [{"Kind": "OBJECT", "Name": "A"}]}), false)]
    #[case(json!({"Definitions": [{"Kind": "OBJECT", "Name": "A", "Fields": [{"Name": "a", "Type": {"NamedType": "Int"}, "Directives": null}]}]}), true)]
    #[case(json!({"Definitions": [{"Kind": "OBJECT", "Name": "A", "Fields": [{"Name": "a"}]}]}), false)]
    #[case(json!(1), false)]
    fn a_schema_is_valid_or_not(#[case] schema: Json, #[case] valid: bool) {
        assert_eq!(call("graphql.schema_is_valid", &[schema]), Ok(json!(valid)));
    }

    /// Queries and schemas of few bytes that would take a checker without bounds for ever, or all of its stack.
    fn hostile() -> Vec<(String, String)> {
        let deep =
            |open: &str, close: &str, times: usize| open.repeat(times) + &close.repeat(times);
        let recursive = "type Query { a(x: [[Int]]): Query b: Int }";
        let chain: String = (0..5000)
            .map(|at| format!("fragment F{at} on Query {{ ...F{} }} ", at + 1))
            .collect();
        let doubled: String = (0..40)
            .map(|at| {
                format!(
                    "fragment F{at} on Query {{ a {{ ...F{0} }} a {{ ...F{0} }} }} ",
                    at + 1
                )
            })
            .collect();
        let ladder = format!("{} b {}", "a { ".repeat(40), "}".repeat(40));
        let end = |at: usize| format!("fragment F{at} on Query {{ b }}");
        let fields = |kind: &str, times: usize| -> String {
            (0..times).map(|at| format!("f{at}{kind} ")).collect()
        };
        let many_fields = format!(
            "interface I {{ a({0}): Int }} type A implements I {{ a({0}): Int }} type Query {{ b: Int }}",
            fields(": Int", 5000)
        );
        let introspection: String = (0..40)
            .map(|at| {
                format!(
                    "fragment F{at} on __Type {{ ofType {{ ...F{0} }} x: ofType {{ ...F{0} }} }} ",
                    at + 1
                )
            })
            .collect();
        vec![
            (deep("{ a ", "}", 100_000), recursive.to_owned()),
            (
                format!("{{ a(x: {}) {{ b }} }}", deep("[", "]", 100_000)),
                recursive.to_owned(),
            ),
            (
                format!(
                    "{{ a(x: {}1{}) {{ b }} }}",
                    "{y: ".repeat(100_000),
                    "}".repeat(100_000)
                ),
                recursive.to_owned(),
            ),
            (
                format!("query($x: {}Int) {{ b }}", "[".repeat(100_000)),
                recursive.to_owned(),
            ),
            (
                "{ b }".to_owned(),
                format!("type Query {{ b: {}Int }}", "[".repeat(100_000)),
            ),
            (
                "{ b }".to_owned(),
                format!("type Query {{ b(x: Int = {}) }}", "[".repeat(100_000)),
            ),
            (
                format!("{{ {} }}", "b ".repeat(200_000)),
                recursive.to_owned(),
            ),
            (
                format!("{{ ...F0 }} {chain} {}", end(5000)),
                recursive.to_owned(),
            ),
            (
                format!("{{ {ladder} ...F0 }} {doubled} {}", end(40)),
                recursive.to_owned(),
            ),
            (format!("{{ {} }}", "b ".repeat(5000)), recursive.to_owned()),
            (
                format!("{{ {} }}", "b @d ".repeat(5000)),
                format!(
                    "{recursive} directive @d on {}",
                    "FIELD | ".repeat(5000) + "QUERY"
                ),
            ),
            ("{ b }".to_owned(), many_fields),
            (
                format!(
                    "{{ __type(name: \"a\") {{ ...F0 }} }} {introspection} fragment F40 on __Type {{ name }}"
                ),
                recursive.to_owned(),
            ),
        ]
    }

    #[test]
    fn what_cannot_be_judged_is_an_error_and_takes_neither_time_nor_stack() {
        // Less than any thread has that evaluates.
        let check = || {
            for (at, (query, schema)) in hostile().iter().enumerate() {
                let result = call("graphql.is_valid", &[json!(query), json!(schema)]);
                let complex = Failure::from(Refusal::TooComplex);
                assert_eq!(result, Err(complex), "{at}");
            }
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(check);
        thread.unwrap().join().unwrap();
    }

    #[test]
    fn what_is_just_within_the_bounds_fits_the_stack() {
        let check = || {
            let schema = format!(
                "type Query {{ a: Query b(x: {}Int{}): Int }}",
                "[".repeat(90),
                "]".repeat(90)
            );
            let list = format!("{}1{}", "[".repeat(90), "]".repeat(90));
            let fields = format!("{{ {} b {} }}", "a { ".repeat(98), "}".repeat(98));
            for query in [fields, format!("{{ b(x: {list}) }}")] {
                let texts = [json!(query), json!(schema)];
                let parsed = call("graphql.parse", &texts).unwrap();
                let objects = [parsed[0].clone(), parsed[1].clone()];
                assert_eq!(call("graphql.is_valid", &texts), Ok(json!(true)));
                assert_eq!(call("graphql.parse", &objects), Ok(parsed));
            }
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(check);
        thread.unwrap().join().unwrap();
    }

    #[rstest]
    #[case("graphql.is_valid", 2)]
    #[case("graphql.parse", 2)]
    #[case("graphql.parse_and_verify", 2)]
    #[case("graphql.parse_query", 1)]
    #[case("graphql.parse_schema", 1)]
    #[case("graphql.schema_is_valid", 1)]
    fn no_built_in_says_false_of_what_it_cannot_judge(#[case] name: &str, #[case] count: usize) {
        let query = "{ a ".repeat(1000);
        let schema = format!("type A {{ a: {}", "[".repeat(1000));
        let is_schema = matches!(name, "graphql.parse_schema" | "graphql.schema_is_valid");
        let operands = [json!(if is_schema { schema } else { query }), json!(SCHEMA)];
        let complex = Failure::from(Refusal::TooComplex);
        assert_eq!(call(name, &operands[..count]), Err(complex));
    }

    #[test]
    fn a_fragment_within_itself_is_invalid() {
        let query = "{ ...A } fragment A on Query { user(id: 1) { ...B } }
            fragment B on User { friends { ...C } } fragment C on User { friends { ...B } }";
        assert_eq!(
            call("graphql.is_valid", &[json!(query), json!(SCHEMA)]),
            Ok(json!(false))
        );
    }
}
