//! Everything that fetches what is judged, and what it is judged by.

mod base;
mod git;
pub(crate) mod github;

pub(crate) use base::{Base, Workspace};
pub(crate) use git::LocalRepository;
pub(crate) use soc2gate_host::{
    BundleReader, CONFIG_NAME, FileReader, FileSource, Loaded, base_documents, find, is_bundle,
    is_input_name, leave_out, load, nearest_config, read_baseline, read_document, rego_files,
    shown,
};
