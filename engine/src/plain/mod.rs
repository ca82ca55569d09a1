//! Plain policies: Rego packages without METADATA whose rules `deny`, `violation` and `warn` judge the raw document,
//! as Conftest runs them (Conftest documentation, "Usage", "Options" and "Exceptions").
//!
//! Each package is a control of its own in decisions, its warnings a second one. They are evaluated apart from
//! soc2gate's controls: what is put below `data` for them, or is undefined because OPA has it so, is nothing that a
//! control could meet.

mod data;
mod evaluate;
mod load;
mod options;
mod result;
mod rule;
mod split;

pub use data::{BaseDocuments, DataConflict};
pub(crate) use evaluate::PlainGate;
pub(crate) use load::{PlainSet, load, reference, shadowed};
pub use options::LoadOptions;
pub(crate) use result::findings;
pub(crate) use rule::Effect;
pub(crate) use split::{Split, split};

use crate::SubjectKind;

/// Whether plain policies judge subjects of a kind: every document that people had before soc2gate. A workflow is
/// a document to them too.
pub(crate) fn judges(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::Kubernetes | SubjectKind::Document)
}
