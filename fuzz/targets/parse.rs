//! Any text as a policy: it loads or is refused with a diagnostic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soc2gate_engine::{LoadOptions, PolicySource, lint_rego};
use soc2gate_fuzz::{load, watch_panics};

fuzz_target!(init: watch_panics(), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    load(text, &LoadOptions::default());
    let source = PolicySource {
        file: "policy.rego".to_owned(),
        text: text.to_owned(),
        prechecked: false,
    };
    let _ = lint_rego(std::slice::from_ref(&source));
});
