//! A control: one testable requirement.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Enforcement, Operation, Severity, SubjectKind};

/// The stable id of a control: `CHG-01`. That of a plain policy is its package (`main`, `main:warn`), that of a
/// Gatekeeper constraint its kind and name (`K8sRequiredLabels/owner`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ControlId(
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_.-]*([:/][A-Za-z0-9_.:-]+)?$"))]
    #[schemars(extend("x-expects" = "an id like CHG-01, main:warn or K8sRequiredLabels/owner"))]
    pub String,
);

impl fmt::Display for ControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ControlId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A control as its METADATA describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Its stable id.
    pub id: ControlId,
    /// The requirement, in one line.
    pub title: String,
    /// What is tested and why, in Markdown.
    pub description: String,
    /// How much a failure matters.
    pub severity: Severity,
    /// The subjects it speaks of.
    pub inputs: Vec<ControlInput>,
    /// The criteria it gives evidence for.
    pub frameworks: Frameworks,
    /// What the author of a failing change does.
    pub remediation: String,
    /// Whether findings point at secrets.
    pub sensitive: bool,
    /// Its parameters: a JSON Schema each.
    pub parameters: BTreeMap<String, Value>,
    /// Where to read more.
    pub related_resources: Vec<RelatedResource>,
    /// Its Rego package, such as `soc2.change.independent_approval`.
    pub package: String,
    /// The file it stands in.
    pub file: Arc<str>,
    /// What it was written for.
    pub origin: Origin,
    /// What a failure leads to unless the configuration says otherwise; None: by the severity.
    pub enforcement: Option<Enforcement>,
}

/// What a control was written for, and so how it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// soc2gate: METADATA, and rules that see an envelope.
    Control,
    /// Conftest: rules that see the raw document.
    Plain,
    /// Gatekeeper: a constraint and its template.
    Constraint,
}

impl Control {
    /// What a failure leads to unless the configuration says otherwise.
    pub fn default_enforcement(&self) -> Enforcement {
        self.enforcement
            .unwrap_or_else(|| self.severity.default_enforcement())
    }

    /// Whether the control speaks of a kind and type of subject, and sees it in an envelope. No type: one that no
    /// control names. No operation: there is no request, or nobody knows what it does.
    pub(crate) fn speaks_of(
        &self,
        kind: SubjectKind,
        resource: Option<&str>,
        operation: Option<Operation>,
    ) -> bool {
        self.origin == Origin::Control
            && self.inputs.iter().any(|input| {
                input.kind == kind
                    && operation.is_none_or(|operation| input.operations().contains(&operation))
                    && input.resources.as_ref().is_none_or(|resources| {
                        resource
                            .is_some_and(|resource| resources.iter().any(|name| name == resource))
                    })
            })
    }
}

/// One kind of subject that a control speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlInput {
    /// The kind.
    pub kind: SubjectKind,
    /// The types within the kind, such as `apps/Deployment`; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub resources: Option<Vec<String>>,
    /// What admission requests may do for the control to judge them; absent: CREATE and UPDATE. What is removed or
    /// connected to complies no less for it. An object without a request is judged in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Operation>>,
    /// The types of sibling that the control reads from `input.context.siblings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
}

impl ControlInput {
    fn operations(&self) -> &[Operation] {
        self.operations.as_deref().unwrap_or(Operation::WRITES)
    }
}

/// The criteria and clauses that a control gives evidence for, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frameworks {
    /// AICPA Trust Services Criteria, such as `CC8.1`.
    #[schemars(length(min = 1))]
    pub soc2: Vec<String>,
    /// ISO/IEC 27001:2022 Annex A, without the "A.".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub iso27001: Vec<String>,
}

/// Where to read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelatedResource {
    /// The address.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
