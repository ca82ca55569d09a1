//! What statements say of an approved change.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_oid;
use crate::attest::AttestError;
use crate::record::EngineName;

/// The predicate `https://soc2gate.dev/attestation/change/v1`: a change that was approved, merged and allowed by the
/// gate. Fields that a later version adds are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeApproval {
    /// Where the change was made.
    pub repository: ChangeRepository,
    /// The change.
    pub change: Change,
    /// Who opened the pull request; null where the account is gone.
    pub author: Option<Account>,
    /// Who approved it: accounts of people other than the author whose last review before the merge approves and still
    /// counts. Empty only where the policy asks for no approval, or an exception permits that there is none.
    pub approvers: Vec<Account>,
    /// What the gate decided.
    pub decision: ChangeDecision,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRepository {
    /// The host of the server, such as `github.com`.
    pub host: String,
    /// Its database id, which renaming does not change.
    pub id: u64,
    /// `owner/name`.
    pub name: String,
}

/// A pull request that was merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The branch that it was merged into.
    pub base_ref: String,
    /// The last commit of its branch: what was reviewed and decided on.
    pub head_commit: String,
    /// Its database id.
    pub id: u64,
    /// The commit that it became on the branch.
    pub merge_commit: String,
    /// When it was merged, RFC 3339, by the server's clock.
    pub merged_at: Timestamp,
    /// Its number.
    pub number: u64,
    /// The tree of that commit.
    pub tree: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its database id, which renaming does not change.
    pub id: u64,
    /// Its login when the statement was made.
    pub login: String,
}

/// The decision of the gate, by its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeDecision {
    /// What judged.
    pub engine: EngineName,
    /// Its record.
    pub ledger: DecisionEntry,
    /// `allow`.
    pub outcome: String,
    /// `sha256:` and the digest of the policy set.
    pub policies: String,
    /// `sha256:` and the digest of parameters, enforcement and exceptions.
    pub settings: String,
    /// When it was decided, RFC 3339, by the decision's clock.
    pub time: Timestamp,
    /// The verdict of each control that judged.
    pub verdicts: Vec<ControlVerdict>,
}

/// A record of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionEntry {
    /// The record's id.
    pub id: String,
    /// Its place.
    pub index: u64,
    /// Its leaf hash (RFC 6962), in hexadecimal.
    pub leaf_hash: String,
    /// The name of the ledger.
    pub origin: String,
}

/// The verdict of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlVerdict {
    /// The control's id.
    pub control: String,
    /// `deny`, `warn` or `record`.
    pub enforcement: String,
    /// The exception that permits the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// `pass`, `fail`, `unknown` or `not_applicable`.
    pub status: String,
}

impl ChangeApproval {
    /// Refuses what no approval is without.
    pub(super) fn check(&self) -> Result<(), AttestError> {
        let (change, decision) = (&self.change, &self.decision);
        for oid in [&change.head_commit, &change.merge_commit, &change.tree] {
            is_oid(oid)?;
        }
        let plain = |text: &str, also: &[u8]| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
            !text.is_empty() && text.bytes().all(is_plain)
        };
        let name = self.repository.name.split_once('/');
        let has_name =
            name.is_some_and(|(owner, name)| plain(owner, b"_.-") && plain(name, b"_.-"));
        let mut accounts = self.author.iter().chain(&self.approvers);
        if !accounts.all(|account| plain(&account.login, b"_.-[]")) {
            return Err(AttestError::Shape);
        }
        if !has_name || !plain(&self.repository.host, b".-:[]") || decision.outcome != "allow" {
            return Err(AttestError::Shape);
        }
        Ok(())
    }
}
