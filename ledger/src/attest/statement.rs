//! Statements: what a predicate is about, and the predicate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::predicates::{Decided, PredicateKind};
use super::{AttestError, Envelope};
use crate::Hash;
use crate::note::Signer;
use crate::record::{Event, Record, canonical};

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of a statement's envelope.
pub const STATEMENT_MEDIA_TYPE: &str = "application/vnd.in-toto+json";
/// The name under which a subject's digest holds a commitment. It is no digest of the subject's bytes: these may
/// hold secrets, which a digest would let anyone guess.
pub const COMMITMENT_DIGEST: &str = "soc2gateCommitment";

/// An in-toto statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// What it is about.
    pub subject: Vec<Subject>,
    /// The type of the predicate.
    pub predicate_type: String,
    /// What is said of it.
    pub predicate: Value,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The id of the record's subject, or the record's own name.
    pub name: String,
    /// How it is told from all others.
    pub digest: BTreeMap<String, String>,
}

impl Statement {
    /// The statement of a decision, from its entry in the log of this name. For a pull request the caller may name
    /// the commit that was judged; a subject without commit and commitment is named by its record.
    pub fn of_decision(
        kind: PredicateKind,
        origin: &str,
        entry: &[u8],
        commit: Option<&str>,
    ) -> Result<Self, AttestError> {
        let record = Record::parse_canonical(entry)?;
        let Event::Decision(decision) = &record.event else {
            return Err(AttestError::NotADecision);
        };
        let decided = Decided {
            origin,
            entry,
            record: &record,
            decision,
        };
        Ok(Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![subject(&decided, commit)?],
            predicate_type: kind.uri().to_owned(),
            predicate: kind.predicate(&decided)?,
        })
    }

    /// The bytes that are signed, and whose hash names the statement: canonical JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, AttestError> {
        Ok(canonical(self)?)
    }

    /// The statement in its envelope.
    pub fn sign(&self, signer: &Signer) -> Result<Envelope, AttestError> {
        Ok(Envelope::sign(
            STATEMENT_MEDIA_TYPE,
            &self.to_json()?,
            signer,
        ))
    }
}

fn subject(decided: &Decided<'_>, commit: Option<&str>) -> Result<Subject, AttestError> {
    let record_subject = decided.record.subject.as_ref();
    let commitment = record_subject
        .and_then(|subject| subject.commitment.as_deref())
        .and_then(|commitment| commitment.strip_prefix("hmac-sha256:"));
    let mut digest = BTreeMap::new();
    if let Some(commit) = commit {
        if !is_commit(commit) {
            return Err(AttestError::Commit);
        }
        digest.insert("gitCommit".to_owned(), commit.to_owned());
    }
    if let Some(commitment) = commitment {
        digest.insert(COMMITMENT_DIGEST.to_owned(), commitment.to_owned());
    }
    let name = match record_subject {
        Some(subject) if !digest.is_empty() => subject.id.clone(),
        _ => {
            let hash = Hash::of(decided.entry).to_string();
            digest.insert("sha256".to_owned(), hash);
            decided.name()
        }
    };
    Ok(Subject { name, digest })
}

/// Whether a text is the full name of a commit, or of another object of git.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
