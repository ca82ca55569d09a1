//! What the built-ins of one evaluation may look at and make. A single call is not interrupted by the time budget, and
//! a value that holds another twice doubles with each step, so sizes are counted: the same on every machine.

use std::cell::Cell;

use regorus::Value;

use super::Failure;

/// How deep an operand may be.
const DEEPEST: usize = 2_000;

/// How many values the operands of all calls hold together; characters count as an eighth of a value.
const MOST_SEEN: u64 = 10_000_000;

/// How much room the results of all calls take together, in units of 16 bytes: 256 MiB.
const MOST_MADE: u64 = 16 * 1024 * 1024;

/// Built-ins that do not look into a collection, or no further than they are told to.
const SHALLOW: &[&str] = &[
    "array.concat",
    "array.slice",
    "count",
    "object.get",
    "print",
    "type_name",
];

/// Built-ins whose result is a part of what they were given.
const PARTS: &[&str] = &["array.slice", "max", "min", "object.get"];

thread_local! {
    static SEEN: Cell<u64> = const { Cell::new(0) };
    static MADE: Cell<u64> = const { Cell::new(0) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// Starts the count of an evaluation.
pub(super) fn reset() {
    SEEN.set(0);
    MADE.set(0);
    EXCEEDED.set(false);
}

/// Whether the evaluation asked for more than there is. It has no result then, whatever the evaluator makes of the
/// error.
pub(in crate::rego) fn is_exceeded() -> bool {
    EXCEEDED.get()
}

/// A failure that ends the evaluation, also where built-ins are undefined when they fail.
pub(super) fn exceeded(message: impl Into<String>) -> Failure {
    EXCEEDED.set(true);
    Failure::Exceeded(message.into())
}

/// Counts the operands of a call.
pub(super) fn take(name: &str, operands: &[Value]) -> Result<(), Failure> {
    if EXCEEDED.get() {
        return Err(exceeded("the evaluation was too large before"));
    }
    if SHALLOW.contains(&name) || name.starts_with("is_") {
        return spend(&SEEN, MOST_SEEN, 1);
    }
    for operand in operands {
        let mut left = MOST_SEEN.saturating_sub(SEEN.get());
        let before = left;
        measure(operand, 0, &mut left)?;
        spend(&SEEN, MOST_SEEN, before.saturating_sub(left) + 1)?;
    }
    Ok(())
}

/// Counts the result of a call.
pub(super) fn give(name: &str, operands: &[Value], result: &Value) -> Result<(), Failure> {
    if PARTS.contains(&name) {
        return Ok(());
    }
    let is_scalar =
        |operand: &Value| !matches!(operand, Value::Array(_) | Value::Set(_) | Value::Object(_));
    // What is made from scalars holds nothing that was there before.
    if operands.iter().all(is_scalar) && !is_scalar(result) {
        let mut left = MOST_MADE;
        let before = left;
        measure(result, 0, &mut left)?;
        return make(before.saturating_sub(left).saturating_mul(3));
    }
    make(match result {
        Value::String(text) => units(text.len(), 16),
        Value::Array(items) => units(items.len(), 1).saturating_mul(2),
        Value::Set(items) => units(items.len(), 1).saturating_mul(3),
        Value::Object(fields) => units(fields.len(), 1).saturating_mul(5),
        _ => 1,
    })
}

/// Counts room that a call is about to take.
pub(super) fn make(units: u64) -> Result<(), Failure> {
    spend(&MADE, MOST_MADE, units)
}

fn spend(
    counter: &'static std::thread::LocalKey<Cell<u64>>,
    most: u64,
    amount: u64,
) -> Result<(), Failure> {
    let sum = counter.get().saturating_add(amount);
    counter.set(sum);
    if sum > most {
        return Err(exceeded("the values of this evaluation are too large"));
    }
    Ok(())
}

fn units(length: usize, each: usize) -> u64 {
    u64::try_from(length / each).unwrap_or(u64::MAX)
}

/// Takes what a value holds from what is left.
fn measure(value: &Value, depth: usize, left: &mut u64) -> Result<(), Failure> {
    if depth > DEEPEST {
        return Err(exceeded("a value is nested too deep"));
    }
    let own = match value {
        Value::String(text) => 1 + units(text.len(), 8),
        _ => 1,
    };
    *left = left
        .checked_sub(own)
        .ok_or_else(|| exceeded("the values of this evaluation are too large"))?;
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| measure(item, depth + 1, left)),
        Value::Set(items) => items
            .iter()
            .try_for_each(|item| measure(item, depth + 1, left)),
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            measure(key, depth + 1, left)?;
            measure(value, depth + 1, left)
        }),
        _ => Ok(()),
    }
}

/// Whether a value holds no more than can be written out.
pub(in crate::rego) fn is_writable(value: &Value) -> bool {
    const MOST_WRITTEN: u64 = 5_000_000;
    let mut left = MOST_WRITTEN;
    let before = EXCEEDED.get();
    let is_writable = measure(value, 0, &mut left).is_ok();
    EXCEEDED.set(before);
    is_writable
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use std::time::Duration;

    use jiff::Timestamp;

    use crate::rego::{EvalFailure, Module, Moment, Parsed};

    /// Why `data.p.p` has no value, where built-ins are undefined when they fail.
    fn failure(text: &str) -> Option<EvalFailure> {
        let (parsed, problems) = Parsed::new(&[Module::new("p.rego", text)]);
        assert_eq!(problems, []);
        let compiled = parsed.lenient().compile(&json!({})).unwrap();
        let moment = Moment::new(Timestamp::UNIX_EPOCH, "test").lenient();
        let evaluated = compiled
            .instance()
            .eval("data.p.p", &moment, Duration::from_secs(60));
        evaluated.err()
    }

    #[rstest]
    #[case::strings("a0 := \"0123456789abcdef\"", "a%N := concat(\"\", [a%M, a%M])", 30)]
    #[case::arrays("a0 := [1, 2, 3, 4]", "a%N := array.concat(a%M, a%M)", 30)]
    #[case::written("a0 := [1, 1]", "a%N := [a%M, a%M]", 30)]
    fn what_doubles_ends_the_evaluation(
        #[case] first: &str,
        #[case] step: &str,
        #[case] times: usize,
    ) {
        let steps: String = (0..times)
            .map(|at| {
                let step = step.replace("%N", &(at + 1).to_string());
                format!("\t{}\n", step.replace("%M", &at.to_string()))
            })
            .collect();
        let text = format!(
            "package p\n\np := json.marshal(x) if {{\n\t{first}\n{steps}\tx := a{times}\n}}\n"
        );
        let failure = failure(&text);
        assert!(
            matches!(failure, Some(EvalFailure::Error { .. })),
            "{failure:?}"
        );
    }

    #[rstest]
    #[case("[y | some i in numbers.range(1, 1000); y := numbers.range(1, 900000)]")]
    #[case("count(net.cidr_expand(\"0.0.0.0/0\"))")]
    #[case("sprintf(\"%1000000000d\", [1])")]
    #[case("bits.lsh(1, 1000000000)")]
    #[case(
        "json.filter({\"a\": 1}, [concat(\"\", [y | some i in numbers.range(1, 100000); y := \"/a\"])])"
    )]
    fn what_is_too_large_is_an_error(#[case] term: &str) {
        let text = format!("package p\n\np := {term}\n");
        let failure = failure(&text);
        assert!(
            matches!(failure, Some(EvalFailure::Error { .. })),
            "{failure:?}"
        );
    }
}
