//! Any text as an input: it is read, or refused with an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soc2gate_fuzz::watch_panics;
use soc2gate_inputs::{Format, Reading, SourceFile, read, units};

fuzz_target!(init: watch_panics(), |data: &[u8]| {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let formats = Format::ALL;
    // One more than there are formats: what is found out by the text.
    let format = formats
        .get(usize::from(*choice) % (formats.len() + 1))
        .copied();
    let reading = Reading {
        kind: None,
        format,
        documents: true,
    };
    let file = SourceFile {
        name: "input".into(),
        text: text.into(),
    };
    for unit in units(&file, reading) {
        let _ = read(&unit, reading);
    }
});
