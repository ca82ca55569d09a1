//! A Rego file, as its author wrote it and as regorus reads it.

use std::sync::Arc;

use super::RegoVersion;
use super::edits::{Edit, Origin, apply};

/// One Rego file.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    pub(crate) file: Arc<str>,
    /// Its text; as regorus reads it once there is an origin.
    pub(crate) text: Arc<str>,
    /// Where the places of the text are in the author's.
    pub(super) origin: Option<Origin>,
    /// The version it is written in, once that is known.
    pub(super) version: Option<RegoVersion>,
    /// Whether the text is as regorus must read it.
    pub(super) is_finished: bool,
    /// Whether it is made here: what is asked of authors is not asked of it.
    pub(super) is_made: bool,
}

impl Module {
    /// A file as its author wrote it.
    pub(crate) fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.into(),
            text: text.into(),
            origin: None,
            version: None,
            is_finished: false,
            is_made: false,
        }
    }

    /// A module that is made here, in words that regorus and OPA read alike.
    pub(crate) fn made(file: &str, text: &str) -> Self {
        Self {
            origin: Some(Origin::default()),
            version: Some(RegoVersion::V1),
            is_finished: true,
            is_made: true,
            ..Self::new(file, text)
        }
    }

    /// The same, in a version of Rego where it is known.
    pub(crate) fn in_version(self, version: Option<RegoVersion>) -> Self {
        Self { version, ..self }
    }

    /// Whether it is made here and has no author.
    pub(crate) fn is_made(&self) -> bool {
        self.is_made
    }

    pub(super) fn finished(self) -> Self {
        Self {
            is_finished: true,
            ..self
        }
    }

    /// The module after some edits; None where there are none, or they do not fit.
    pub(super) fn changed(&self, edits: Vec<Edit>) -> Option<Self> {
        if edits.is_empty() {
            return None;
        }
        let (text, change) = apply(&self.text, edits)?;
        Some(Self {
            file: self.file.clone(),
            text: text.into(),
            origin: Some(self.origin.clone().unwrap_or_default().then(change)),
            version: self.version,
            is_finished: self.is_finished,
            is_made: self.is_made,
        })
    }
}
