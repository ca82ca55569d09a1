//! The built-in functions that this crate adds to regorus, or puts in the place of its own.
//!
//! Each is written from the documentation of OPA's built-in of the same name, in the module of its family.
//! regorus looks an extension up before its own built-ins, so one of the same name replaces it.

mod aggregate;
mod array;
mod aws;
mod bits;
pub(super) mod budget;
mod cache;
#[cfg(test)]
mod cases;
mod cast;
mod checked;
mod clock;
mod collection;
mod digest;
mod format;
mod glob;
mod graph;
mod graphql;
mod interpolation;
mod json_schema;
mod jwt;
mod moment;
mod net;
mod number;
mod object;
mod operand;
mod outside;
mod path;
mod regex;
mod set;
mod string;
mod template;
mod type_check;
mod url;
mod x509;

use std::collections::BTreeMap;

use regorus::unstable::BUILTINS;
use regorus::{Engine, Value};

use super::check::FORBIDDEN;
pub(crate) use moment::Moment;

use crate::crypto::Malformed;

/// A built-in function.
#[derive(Clone, Copy)]
pub(super) struct Builtin {
    /// Its full name, such as `crypto.sha256`.
    pub(super) name: &'static str,
    /// How many operands it takes.
    pub(super) arity: u8,
    /// The function. Its operands are never undefined, and there are as many as `arity` says.
    call: fn(&[Value]) -> Result<Value, Failure>,
}

/// Why a built-in gave no value. The texts follow OPA's and may quote operands: they are for authors and do not
/// leave an evaluation that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// An operand is not of the type that the built-in takes (`eval_type_error` in OPA).
    Type(String),
    /// The operands are of the right types and the built-in fails on them (`eval_builtin_error` in OPA).
    Builtin(String),
    /// The operands or the result are larger than an evaluation may ask for. It ends, also where it is lenient.
    Exceeded(String),
    /// There is no value and that is no error.
    Undefined,
}

impl Failure {
    /// A failure on operands of the right types.
    fn new(message: impl Into<String>) -> Self {
        Self::Builtin(message.into())
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.0)
    }
}

/// Short for a table's row.
const fn builtin(
    name: &'static str,
    arity: u8,
    call: fn(&[Value]) -> Result<Value, Failure>,
) -> Builtin {
    Builtin { name, arity, call }
}

/// The built-ins of every family.
const FAMILIES: &[&[Builtin]] = &[
    aggregate::BUILTINS,
    array::BUILTINS,
    aws::BUILTINS,
    bits::BUILTINS,
    cast::BUILTINS,
    checked::BUILTINS,
    glob::BUILTINS,
    clock::BUILTINS,
    collection::BUILTINS,
    digest::BUILTINS,
    format::BUILTINS,
    graph::BUILTINS,
    graphql::BUILTINS,
    interpolation::BUILTINS,
    json_schema::BUILTINS,
    jwt::BUILTINS,
    moment::BUILTINS,
    net::BUILTINS,
    number::BUILTINS,
    object::BUILTINS,
    outside::BUILTINS,
    path::BUILTINS,
    regex::BUILTINS,
    set::BUILTINS,
    string::BUILTINS,
    template::BUILTINS,
    type_check::BUILTINS,
    x509::BUILTINS,
];

/// Every built-in of this crate.
pub(super) fn all() -> impl Iterator<Item = &'static Builtin> {
    FAMILIES.iter().copied().flatten()
}

/// The built-in functions that a policy may call, and how many operands each takes; None for `print`, which takes any
/// number.
pub fn callable() -> BTreeMap<&'static str, Option<usize>> {
    let names = all().map(|builtin| builtin.name);
    let more = ["print", "rego.metadata.chain", "rego.metadata.rule"];
    names
        .chain(BUILTINS.keys().copied())
        .chain(more)
        .filter(|name| !name.starts_with("internal.") && !name.starts_with("__"))
        .filter(|name| !FORBIDDEN.contains(name))
        .filter_map(|name| Some((name, arity(name)?)))
        .map(|(name, arity)| (name, (arity != usize::MAX).then_some(arity)))
        .collect()
}

/// How many operands a built-in takes, also one of regorus; None where there is none of this name. `print` takes any
/// number. The built-ins that read annotations are values by the time a policy is checked; they are names here for what
/// replaces them.
pub(super) fn arity(name: &str) -> Option<usize> {
    match name {
        "print" => return Some(usize::MAX),
        "rego.metadata.rule" | "rego.metadata.chain" => return Some(0),
        _ => {}
    }
    all()
        .find(|builtin| builtin.name == name)
        .map(|builtin| builtin.arity)
        .or_else(|| BUILTINS.get(name).map(|(_, arity)| *arity))
        .map(usize::from)
}

/// Starts the text of an error with its code, for [`super::query`] to read.
pub(super) const TYPE_ERROR: &str = "eval_type_error";
pub(super) const BUILTIN_ERROR: &str = "eval_builtin_error";

/// Calls a built-in within the budget of the evaluation.
fn bounded(
    name: &str,
    call: fn(&[Value]) -> Result<Value, Failure>,
    operands: &[Value],
) -> Result<Value, Failure> {
    budget::take(name, operands)?;
    let value = call(operands)?;
    budget::give(name, operands, &value)?;
    Ok(value)
}

/// Adds every built-in to an engine.
pub(super) fn install(engine: &mut Engine) {
    for builtin in all() {
        let Builtin { name, arity, call } = *builtin;
        let run = move |operands: Vec<Value>| match bounded(name, call, &operands) {
            Ok(value) => Ok(value),
            Err(Failure::Undefined) => Ok(Value::Undefined),
            Err(Failure::Exceeded(message)) => {
                Err(anyhow::anyhow!("{BUILTIN_ERROR}: {name}: {message}"))
            }
            Err(_) if !Moment::is_strict() => Ok(Value::Undefined),
            Err(Failure::Type(message)) => Err(anyhow::anyhow!("{TYPE_ERROR}: {name}: {message}")),
            Err(Failure::Builtin(message)) => {
                Err(anyhow::anyhow!("{BUILTIN_ERROR}: {name}: {message}"))
            }
        };
        // The one error of this call is an extension that is there already.
        let _ = engine.add_extension(name.to_owned(), arity, Box::new(run));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_builtins_have_one_name() {
        let mut names: Vec<&str> = all().map(|builtin| builtin.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
