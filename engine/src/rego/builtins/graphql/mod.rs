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
