//! What the change is for: linked tickets, and the template its description starts from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::{Nullable, present};
use super::scalar::{Text, Timestamp};

/// An issue or ticket that the change is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedIssue {
    /// Its key: `SHOP-12`, or `acme/shop#7` for an issue on GitHub.
    pub key: Text,
    /// Where the link was found. Absent: not told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "LinkSource")]
    pub source: Option<LinkSource>,
    /// Its state in its own system's words. GraphQL `Issue.state` in lower case. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub state: Option<Text>,
    /// Its address. Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub url: Option<Text>,
    /// When the ticket was approved, by the ticket system's export. Null: it was not. Absent: not
    /// known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Timestamp>")]
    pub approved_at: Option<Option<Timestamp>>,
}

/// Where a link to an issue was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkSource {
    /// GitHub links it. GraphQL `closingIssuesReferences`.
    ClosingReference,
    /// The pull request's title.
    Title,
    /// The pull request's body.
    Body,
    /// The head branch's name.
    Branch,
    /// A commit's message.
    Commit,
}

/// The pull request template of the base branch, to tell a filled-in body from an untouched one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its path.
    pub path: Text,
    /// Its text.
    pub text: String,
}
