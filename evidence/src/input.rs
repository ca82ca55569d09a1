//! What is kept of what was judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use soc2gate_engine::{Context, Gate, Siblings, Subject, SubjectKind, SubjectSource};
use soc2gate_inputs::Withholder;
use soc2gate_ledger::record::RecordError;
use soc2gate_ledger::store::Document;
use soc2gate_source::Segment;

use crate::basis::document;

/// A subject with only the values that may be kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredInput {
    /// See [`Subject::kind`].
    pub kind: SubjectKind,
    /// See [`Subject::id`].
    pub id: String,
    /// See [`Subject::resource`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The document.
    pub object: Value,
    /// The document before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_object: Option<Value>,
    /// The admission request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// What is known of it alone.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

impl StoredInput {
    /// What may be kept of a subject.
    pub fn of(subject: &Subject, withholder: &mut Withholder<'_>) -> Self {
        let stored = subject.source.stored;
        Self {
            kind: subject.kind,
            id: subject.id.clone(),
            resource: subject.resource.clone(),
            object: match subject.kind {
                SubjectKind::GithubWorkflow => withholder.workflow(&subject.document, stored),
                _ => withholder.document(&subject.document, stored),
            },
            old_object: subject
                .old_document
                .as_ref()
                .map(|document| withholder.document(document, stored)),
            request: subject
                .request
                .as_ref()
                .map(|request| withholder.document(request, of_request)),
            context: subject
                .context
                .iter()
                .map(|(key, value)| (key.clone(), withholder.document(value, stored)))
                .collect(),
        }
    }

    /// The subject again, without places.
    pub fn subject(self) -> Subject {
        Subject {
            kind: self.kind,
            id: self.id,
            resource: self.resource,
            document: self.object,
            old_document: self.old_object,
            request: self.request,
            context: self.context,
            source: SubjectSource::unplaced("record"),
        }
    }
}

/// The values of an admission request that are kept: what is done to what, and by whom.
fn of_request(path: &[Segment]) -> bool {
    const KEPT: &[&str] = &[
        "operation",
        "kind",
        "resource",
        "subResource",
        "requestKind",
        "requestResource",
        "requestSubResource",
        "name",
        "namespace",
    ];
    match path {
        [Segment::Key(key), ..] if KEPT.contains(&key.as_str()) => true,
        [Segment::Key(user), Segment::Key(key), ..] => {
            user == "userInfo" && matches!(key.as_str(), "username" | "groups")
        }
        _ => false,
    }
}

/// The other documents of a run that controls look at, with only the values that may be kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StoredContext {
    /// By type, then by namespace.
    pub siblings: Siblings,
    /// Values that were withheld.
    #[serde(default)]
    pub withheld: u64,
}

impl StoredContext {
    /// What may be kept of the siblings of a run; nothing where there are none.
    pub fn of(siblings: &Siblings, withholder: &mut Withholder<'_>) -> Self {
        let siblings = siblings
            .iter()
            .map(|(resource, namespaces)| {
                let namespaces = namespaces
                    .iter()
                    .map(|(namespace, documents)| {
                        let documents = documents
                            .iter()
                            .map(|document| withholder.object(document))
                            .collect();
                        (namespace.clone(), documents)
                    })
                    .collect();
                (resource.clone(), namespaces)
            })
            .collect();
        Self {
            siblings,
            withheld: withholder.count(),
        }
    }

    /// The context of a run in which there was nothing beside its subjects: every type was looked for, and none found.
    pub fn nothing(gate: &Gate, kind: SubjectKind) -> Self {
        let types = gate.context_resources(kind);
        Self {
            siblings: types
                .into_iter()
                .map(|resource| (resource.to_owned(), BTreeMap::new()))
                .collect(),
            withheld: 0,
        }
    }

    /// The context as it is kept.
    pub fn document(&self) -> Result<Document, RecordError> {
        document("context", self)
    }

    /// The context again.
    pub fn context(&self) -> Context {
        Context::new(&self.siblings)
    }
}
