//! Everything that fetches what is judged, and what it is judged by.

mod base;
mod bundles;
mod data;
mod files;
mod git;
pub(crate) mod github;
mod policies;

pub(crate) use base::{Base, Workspace};
pub(crate) use bundles::{BundleReader, is_bundle};
pub(crate) use files::{FileReader, FileSource, find, is_input_name, leave_out, shown};
pub(crate) use git::LocalRepository;
pub(crate) use policies::{
    Loaded, base_documents, load, load_base, nearest_config, read_baseline, read_document,
    rego_files,
};

/// The name of a configuration.
pub(crate) const CONFIG_NAME: &str = "soc2gate.yaml";
