//! What every front end reads of the machine it runs on: configuration, policies and exceptions in files, and the ledger
//! with its keys.

mod args;
mod collect;
mod ledger;

pub use args::{AlgorithmName, BundleArgs, ExistingArgs, PolicyArgs, RegoVersionName};
pub use collect::{
    BundleReader, CONFIG_NAME, FileReader, FileSource, Loaded, base_documents, find, is_bundle,
    is_input_name, leave_out, load, load_from, nearest_config, read_baseline, read_document,
    rego_files, shown,
};
pub use ledger::{Gaps, Missed, Place, PlaceError, RecordingError, Run, write_new_secret};
