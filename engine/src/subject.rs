//! What is judged.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use soc2gate_source::{Excerpt, Location, Segment, SourceMap, Span, Visibility};

/// The kinds of subject.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A Kubernetes object: from a manifest, or from an admission request.
    Kubernetes,
    /// A pull request: the document `soc2gate.dev/pull-request/v1`.
    PullRequest,
    /// A configuration document of any format.
    Document,
    /// The settings of a repository on GitHub: the document `soc2gate.dev/github-repository/v1`.
    GithubRepository,
    /// The settings of an organisation on GitHub: the document `soc2gate.dev/github-organization/v1`.
    GithubOrganization,
    /// A push to a branch on GitHub: the document `soc2gate.dev/github-push/v1`.
    GithubPush,
    /// A workflow of GitHub Actions, or the definition of an action.
    GithubWorkflow,
}

impl SubjectKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Kubernetes,
        Self::PullRequest,
        Self::Document,
        Self::GithubRepository,
        Self::GithubOrganization,
        Self::GithubPush,
        Self::GithubWorkflow,
    ];

    /// The kind as it stands in METADATA, in `input.kind` and at the start of a subject's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::PullRequest => "pull_request",
            Self::Document => "document",
            Self::GithubRepository => "github_repository",
            Self::GithubOrganization => "github_organization",
            Self::GithubPush => "github_push",
            Self::GithubWorkflow => "github_workflow",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an admission request does to an object.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
    /// Somebody connects to it.
    Connect,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = &[Self::Create, Self::Update, Self::Delete, Self::Connect];

    /// Those after which an object is as the request says.
    pub const WRITES: &'static [Self] = &[Self::Create, Self::Update];

    /// The operation as Kubernetes writes it; None: another one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.as_str() == text)
    }

    /// The operation as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// The one thing that is judged: a pull request, a Kubernetes object, a workflow, a configuration document.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its kind.
    pub kind: SubjectKind,
    /// Its stable id, starting with its kind: `kubernetes/apps/Deployment/shop/web`,
    /// `pull_request/acme/shop/42`, `github_workflow/.github/workflows/ci.yml`, `document/deploy/values.yaml#2`.
    /// Exceptions select by it.
    pub id: String,
    /// Its type within its kind, for routing: `apps/Deployment`, `Pod`. None where the kind has no types.
    pub resource: Option<String>,
    /// The document that controls see as `input.object`.
    pub document: Value,
    /// The document before the change (admission of an update or delete).
    pub old_document: Option<Value>,
    /// The admission request around the document, without the documents themselves.
    pub request: Option<Value>,
    /// What is known of this subject alone beside its document, which controls see in `input.context` next to what is known
    /// of all: resources that belong together, attestations of its images.
    pub context: Map<String, Value>,
    /// Where the document was written.
    pub source: SubjectSource,
}

impl Subject {
    /// What the request around it does; None where there is none, or one of which that is not known.
    pub fn operation(&self) -> Option<Operation> {
        let request = self.request.as_ref()?;
        request
            .get("operation")
            .and_then(Value::as_str)
            .and_then(Operation::parse)
    }

    /// Whether it is, or may be, about to be as its document says.
    pub(crate) fn is_written(&self) -> bool {
        self.operation()
            .is_none_or(|operation| Operation::WRITES.contains(&operation))
    }
}

/// Where a subject's document was written.
#[derive(Debug, Clone)]
pub struct SubjectSource {
    /// The file as it was named; `-` is standard input.
    pub file: Arc<str>,
    /// The whole text that the document is part of.
    pub text: Arc<str>,
    /// Where in `text` (in bytes) the line `first_line` starts.
    pub offset: usize,
    /// A line at or before the document's first, counted from 1.
    pub first_line: u32,
    /// Where each part of the document stands.
    pub map: SourceMap,
    /// Which values may be shown in excerpts.
    pub visible: Visibility,
    /// Which values may be kept as evidence.
    pub stored: Visibility,
}

impl SubjectSource {
    /// A source without text: everything is located at the start of `file`, nothing can be shown.
    pub fn unplaced(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            text: Arc::from(""),
            offset: 0,
            first_line: 1,
            map: SourceMap::default(),
            visible: |_| false,
            stored: |_| false,
        }
    }

    /// Where a part of the document stands: at its key, or at the key of its nearest ancestor that exists.
    pub fn locate(&self, path: &[Segment]) -> Option<Location> {
        let exact = self.map.locate_key(path)?;
        // A scalar is shown with its value: `privileged: true` says more than `privileged`.
        let whole = self.map.locate(path).unwrap_or(exact);
        let end = if whole.end.line == exact.start.line {
            whole.end
        } else {
            exact.end
        };
        Some(Location::new(&*self.file, Span::new(exact.start, end)))
    }

    /// The line that a location starts on, with values masked that may be secret.
    pub fn excerpt(&self, location: &Location) -> Option<Excerpt> {
        let line = location.line.checked_sub(self.first_line)?;
        let text = self
            .text
            .get(self.offset..)?
            .lines()
            .nth(usize::try_from(line).ok()?)?;
        Some(Excerpt::new(text, location.span(), &self.map, self.visible))
    }
}
