//! Everything that fetches what is judged, and what it is judged by.

mod bundles;
mod data;
mod files;
pub(crate) mod github;
mod policies;

pub(crate) use bundles::{BundleReader, is_bundle};
pub(crate) use files::{FileReader, FileSource, find, leave_out};
pub(crate) use policies::{
    Loaded, base_documents, load, nearest_config, read_baseline, read_document, rego_files,
};
