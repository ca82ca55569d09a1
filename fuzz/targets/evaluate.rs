//! A policy and an input, evaluated twice with the same answer. Half of the inputs are texts, a policy and JSON with
//! [`BETWEEN`] between them; half are choices of the generator.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soc2gate_fuzz::{evaluate, policy_and_input, watch_panics};

/// What stands between a policy and an input.
const BETWEEN: char = '\u{1}';

fuzz_target!(init: watch_panics(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let is_strict = choice & 2 == 0;
    if choice & 1 == 0 {
        let Ok(text) = std::str::from_utf8(rest) else {
            return;
        };
        let (policy, input) = text.split_once(BETWEEN).unwrap_or((text, "{}"));
        let input = serde_json::from_str(input).unwrap_or_default();
        evaluate(policy, &input, is_strict);
    } else {
        let (policy, input) = policy_and_input(rest);
        if std::env::var_os("SOC2GATE_FUZZ_SHOW").is_some() {
            eprintln!("{policy}\n{input}");
        }
        evaluate(&policy, &input, is_strict);
    }
});
