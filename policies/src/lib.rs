//! The control library of soc2gate: the Rego files of this folder, embedded into the binaries.
//!
//! A control is a folder `controls/<family>/<name>/` with `control.rego`, its tests `control_test.rego` and
//! its `cases/`; `lib/` holds what controls share. The tests of this crate run all of them.

mod cases;

use soc2gate_engine::PolicySource;

pub use cases::{Case, ControlFolder, OpenCase, cases_of, control_folders};

/// Each file of the library: its path in the repository, and its text.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// The library, ready to be loaded.
pub fn sources() -> Vec<PolicySource> {
    FILES
        .iter()
        .map(|(file, text)| PolicySource {
            file: (*file).to_owned(),
            text: (*text).to_owned(),
            prechecked: true,
        })
        .collect()
}
