//! Reports in the cluster, of whichever kinds it has: one for each object of which there is something to say, and one of the
//! scan.

mod api;
mod content;
mod sync;

pub use api::ReportApi;
pub use content::{Findings, Summary, scan_content};
pub use sync::{ReportMemory, ReportSync, Synced};

/// Who writes reports: the manager of their fields, and the label by which they are found.
pub const MANAGER: &str = "soc2gate-audit";
/// The label that says so.
pub const MANAGER_LABEL: &str = "app.kubernetes.io/managed-by";
