//! Commits of the change, pushes to its branch, and changes of its base.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Identity};
use super::presence::{Nullable, nullable, present};
use super::scalar::{Oid, Text, Timestamp};

/// One commit of the pull request (GraphQL `PullRequest.commits`; REST `pulls/{number}/commits`, at
/// most 250). Commit dates are left out on purpose: whoever makes a commit writes its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// The commit.
    pub oid: Oid,
    /// Its tree. GraphQL `tree.oid`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Oid")]
    pub tree_oid: Option<Oid>,
    /// Its parents, in order. GraphQL `parents`.
    pub parents: Vec<Oid>,
    /// Who wrote it: the author, every `Co-authored-by` and the author of every applied suggestion.
    /// GraphQL
    /// `authors`.
    #[schemars(length(min = 1))]
    pub authors: Vec<Identity>,
    /// Who made the commit. GraphQL `committer`. Null: GitHub names nobody.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Identity>")]
    pub committer: Option<Identity>,
    /// Whether the commit was made on GitHub's site. GraphQL `committedViaWeb`. Says nothing about
    /// who wrote it.
    pub committed_via_web: bool,
    /// The signature, or null for an unsigned commit. GraphQL `signature`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Signature>")]
    pub signature: Option<Option<Signature>>,
    /// Whether it is a merge commit that brings the base branch in (the button "Update branch"):
    /// one of its parents is reachable from the base branch. Computed by the collector.
    pub merges_base: bool,
    /// Whether its tree is what a merge of its parents gives without a conflict and without any
    /// edit: nobody wrote anything in it. Computed by the collector. Null: not computed. False for
    /// a commit with one parent.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<bool>")]
    pub clean_merge: Option<bool>,
    /// The first line of the message. GraphQL `messageHeadline`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "String")]
    pub message_headline: Option<String>,
}

/// A commit's signature (GraphQL `GitSignature`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whether GitHub holds it for valid. GraphQL `isValid`, REST `verification.verified`.
    pub verified: bool,
    /// Why. GraphQL `state`.
    pub reason: SignatureState,
    /// The account the key belongs to. GraphQL `signer`. Null: none is known.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub signer: Option<Actor>,
    /// Whether GitHub's own key made it, as for commits made on the site. GraphQL
    /// `wasSignedByGitHub`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub by_github: Option<bool>,
}

/// GraphQL `GitSignatureState`, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// The signing certificate or its chain could not be verified.
    BadCert,
    /// The e-mail address does not match.
    BadEmail,
    /// The key has expired.
    ExpiredKey,
    /// GitHub's verification failed.
    GpgverifyError,
    /// GitHub's verification is not available.
    GpgverifyUnavailable,
    /// The signature is invalid.
    Invalid,
    /// The signature is malformed.
    MalformedSig,
    /// The key may not sign.
    NotSigningKey,
    /// No account has the e-mail address.
    NoUser,
    /// The certificate's revocation check failed.
    OcspError,
    /// The certificate's revocation check is pending.
    OcspPending,
    /// The certificate was revoked.
    OcspRevoked,
    /// No account has the key.
    UnknownKey,
    /// The kind of signature is not known.
    UnknownSigType,
    /// There is no signature.
    Unsigned,
    /// The e-mail address was not verified.
    UnverifiedEmail,
    /// The signature is valid.
    Valid,
}

/// A push to the head branch, a commit made there on the site, or the branch's creation: whatever
/// gave the branch a commit of this change (REST `repos/{owner}/{repo}/activity?ref=`, activity
/// types `push`,
/// `force_push`, `branch_creation`; GraphQL `HeadRefForcePushedEvent`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Who pushed. Null: the account was deleted or GitHub names nobody.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub actor: Option<Actor>,
    /// The branch's commit before. Null: the push made the branch.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub before: Option<Oid>,
    /// The branch's commit after.
    pub after: Oid,
    /// When GitHub took it.
    pub at: Timestamp,
    /// Whether it replaced commits instead of adding some.
    pub forced: bool,
}

/// A change of the branch that the pull request asks to merge into (GraphQL `BaseRefChangedEvent`,
/// `AutomaticBaseChangeSucceededEvent`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseChange {
    /// When. GraphQL `createdAt`.
    pub at: Timestamp,
    /// By whom. GraphQL `actor`. Null: the account was deleted, or GitHub did it because the old
    /// base was deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub actor: Option<Actor>,
    /// The branch before. GraphQL `previousRefName`.
    pub from: Text,
    /// The branch after. GraphQL `currentRefName`.
    pub to: Text,
}
