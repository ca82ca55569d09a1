//! Files: inputs, and what they are judged by.

mod bundles;
mod data;
mod files;
mod policies;

pub use bundles::{BundleReader, is_bundle};
pub use files::{FileReader, FileSource, find, is_input_name, leave_out, shown};
pub use policies::{
    Loaded, base_documents, load, load_from, nearest_config, read_baseline, read_document,
    rego_files,
};

/// The name of a configuration.
pub const CONFIG_NAME: &str = "soc2gate.yaml";
