//! `glob.match`. What regorus computes is right; its patterns are cloned for every call.

use std::cell::RefCell;

use globset::{GlobBuilder, GlobMatcher};
use regorus::Value;

use super::cache::Cache;
use super::checked::regorus_own;
use super::operand::{operand, string, wrong_element, wrong_type};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[builtin("glob.match", 3, glob_match)];

thread_local! {
    static CACHE: RefCell<Cache<GlobMatcher>> = RefCell::default();
}

fn glob_match(operands: &[Value]) -> Result<Value, Failure> {
    let pattern = string(operands, 0)?;
    let mut are_paths = false;
    match operand(operands, 1) {
        Value::Null => {}
        Value::Array(delimiters) => {
            for delimiter in delimiters.iter() {
                if !matches!(delimiter, Value::String(_)) {
                    return Err(wrong_element(operands, 1, delimiter, "string"));
                }
            }
            are_paths = matches!(delimiters.as_slice(), [Value::String(one)] if &**one == "/");
        }
        _ => return Err(wrong_type(operands, 1, "one of {array, null}")),
    }
    let value = string(operands, 2)?;
    // What regorus puts in the place of other delimiters.
    let has_place_holder = |text: &str| text.contains('\0');
    if !are_paths || has_place_holder(pattern) || has_place_holder(value) {
        return regorus_own("glob.match", operands);
    }
    CACHE.with(|cache| {
        let mut cache = cache.borrow_mut();
        let matcher = cache.get(pattern, compile).map_err(Failure::new)?;
        Ok(Value::from(matcher.is_match(value)))
    })
}

fn compile(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|_| "invalid glob".to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn call(operands: &serde_json::Value) -> Result<Value, Failure> {
        let operands: Vec<Value> = operands
            .as_array()
            .unwrap()
            .iter()
            .map(|operand| Value::from(operand.clone()))
            .collect();
        glob_match(&operands)
    }

    #[rstest]
    #[case(json!(["*.com", null, "a.com"]), true)]
    #[case(json!(["*.com", [], "a.b.com"]), false)]
    #[case(json!(["**.com", [], "a.b.com"]), true)]
    #[case(json!(["src/*.rs", ["/"], "src/main.rs"]), true)]
    #[case(json!(["src/*.rs", ["/"], "src/a/main.rs"]), false)]
    #[case(json!(["src/**", ["/"], "src/a/main.rs"]), true)]
    #[case(json!(["{iam,rbac}/**", ["/"], "rbac/roles.yaml"]), true)]
    #[case(json!(["a?c", ["/"], "a/c"]), false)]
    fn values_are_those_of_opa(#[case] operands: serde_json::Value, #[case] wanted: bool) {
        assert_eq!(call(&operands), Ok(Value::from(wanted)));
        // From the cache, too.
        assert_eq!(call(&operands), Ok(Value::from(wanted)));
    }

    #[rstest]
    #[case(json!(["*", "x", "y"]), true)]
    #[case(json!(["*", [1], "y"]), true)]
    #[case(json!([1, ["/"], "y"]), true)]
    #[case(json!(["[", ["/"], "y"]), false)]
    #[case(json!(["a\u{0}", ["/"], "a"]), false)]
    fn failures_are_told_apart(#[case] operands: serde_json::Value, #[case] is_type: bool) {
        let failure = call(&operands).unwrap_err();
        assert_eq!(matches!(failure, Failure::Type(_)), is_type, "{failure:?}");
    }
}
