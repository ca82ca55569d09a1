//! Functions of sets; the operators are the evaluator's.

use regorus::Value;
use regorus::value::Set;

use super::operand::{set, wrong_element};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("union", 1, union),
    builtin("intersection", 1, intersection),
    builtin("set_diff", 2, difference),
];

/// The sets in a set of sets.
fn sets(operands: &[Value]) -> Result<Vec<&Set>, Failure> {
    set(operands, 0)?
        .iter()
        .map(|item| match item {
            Value::Set(items) => Ok(&**items),
            other => Err(wrong_element(operands, 0, other, "set")),
        })
        .collect()
}

fn union(operands: &[Value]) -> Result<Value, Failure> {
    let mut all = Set::new();
    for items in sets(operands)? {
        all.extend(items.iter().cloned());
    }
    Ok(Value::from(all))
}

fn intersection(operands: &[Value]) -> Result<Value, Failure> {
    let common = sets(operands)?
        .into_iter()
        .cloned()
        .reduce(|common, items| common.intersection(&items));
    Ok(Value::from(common.unwrap_or_default()))
}

fn difference(operands: &[Value]) -> Result<Value, Failure> {
    let (left, right) = (set(operands, 0)?, set(operands, 1)?);
    Ok(Value::from(left.difference(right)))
}
