//! Approved changes as signed statements: which commit and which images come from a pull request that the gate allowed.
//!
//! [`ChangeStatement::verify`] is all that whoever asks for an attestation needs: it reads no file, asks no clock and no
//! network. `docs/attestations.md` says what a statement holds, and what it does not show.

mod image;
mod predicate;

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

pub use image::ImageReference;
pub use predicate::{
    Account, Change, ChangeApproval, ChangeDecision, ChangeRepository, ControlVerdict,
    DecisionEntry,
};

use super::statement::{STATEMENT_MEDIA_TYPE, STATEMENT_TYPE, Statement, Subject, is_commit};
use super::{AttestError, Envelope};
use crate::Hash;
use crate::note::{Signer, Verifier};
use crate::record::is_canonical;

/// The type of the predicate.
pub const CHANGE_TYPE: &str = "https://soc2gate.dev/attestation/change/v1";
/// The most images of one statement.
pub const MAX_IMAGES: usize = 100;
/// The most bytes of an envelope that is read.
pub const MAX_ENVELOPE: usize = 1024 * 1024;

/// That a change was approved: the commit and the tree it became, images built from it, and what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeStatement {
    statement: Statement,
    approval: ChangeApproval,
    payload: Vec<u8>,
}

impl ChangeStatement {
    /// The statement of an approval, with the images that were built from its commit. Their order and repetitions do
    /// not count: the same approval and images make the same bytes.
    pub fn new(
        approval: &ChangeApproval,
        images: impl IntoIterator<Item = ImageReference>,
    ) -> Result<Self, AttestError> {
        let mut images: Vec<ImageReference> = images.into_iter().collect();
        images.sort();
        images.dedup();
        if images.len() > MAX_IMAGES {
            return Err(AttestError::TooManyImages);
        }
        let mut subject = own_subjects(approval);
        subject.extend(
            images
                .iter()
                .map(|image| named(image.name(), "sha256", image.sha256())),
        );
        let statement = Statement {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: CHANGE_TYPE.to_owned(),
            predicate: serde_json::to_value(approval).map_err(|_| AttestError::Shape)?,
        };
        Self::of(statement)
    }

    /// Reads an envelope and gives what it says, once it is signed by one of the keys and is the statement of an
    /// approved change in every part. A key that is not for logs counts for nothing.
    pub fn verify(envelope: &[u8], keys: &[Verifier]) -> Result<Self, AttestError> {
        if envelope.len() > MAX_ENVELOPE {
            return Err(AttestError::Form);
        }
        let payload = Envelope::parse(envelope)?.verify(STATEMENT_MEDIA_TYPE, keys)?;
        // A text that two readers could read as two things is none of ours.
        if !is_canonical(&payload) {
            return Err(AttestError::Shape);
        }
        let statement: Statement =
            serde_json::from_slice(&payload).map_err(|_| AttestError::Shape)?;
        if statement.statement_type != STATEMENT_TYPE || statement.predicate_type != CHANGE_TYPE {
            return Err(AttestError::StatementType);
        }
        let read = Self::of(statement)?;
        // Fields of later versions are part of what was signed.
        Ok(Self { payload, ..read })
    }

    fn of(statement: Statement) -> Result<Self, AttestError> {
        let approval: ChangeApproval =
            serde_json::from_value(statement.predicate.clone()).map_err(|_| AttestError::Shape)?;
        approval.check()?;
        let (own, images) = statement
            .subject
            .split_at_checked(2)
            .ok_or(AttestError::Shape)?;
        if own != own_subjects(&approval) || images.len() > MAX_IMAGES {
            return Err(AttestError::Shape);
        }
        for image in images {
            image_of(image).ok_or(AttestError::Shape)?;
        }
        let payload = statement.to_json()?;
        Ok(Self {
            statement,
            approval,
            payload,
        })
    }

    /// What was approved, and by whom.
    pub fn approval(&self) -> &ChangeApproval {
        &self.approval
    }

    /// The images that it binds to the commit.
    pub fn images(&self) -> impl Iterator<Item = ImageReference> {
        self.statement.subject.iter().filter_map(image_of)
    }

    /// Whether it is about the image with this digest: 64 hexadecimal digits, without `sha256:`. The digest alone tells
    /// an image: one may be pulled under several names.
    pub fn is_of_image_digest(&self, sha256: &str) -> bool {
        self.images().any(|image| image.sha256() == sha256)
    }

    /// Whether it is about this image, by name and digest.
    pub fn is_of_image(&self, image: &ImageReference) -> bool {
        self.images().any(|known| known == *image)
    }

    /// Whether it is about this commit, by its full name.
    pub fn is_of_commit(&self, oid: &str) -> bool {
        self.approval.change.merge_commit == oid
    }

    /// SHA-256 of the statement, which names it in the ledger.
    pub fn sha256(&self) -> Hash {
        Hash::of(&self.payload)
    }

    /// The id of its record when this key signs it: what is the same is recorded once.
    pub fn record_id(&self, key: &Verifier) -> String {
        let mut digest = Sha256::new();
        digest.update(b"soc2gate attestation\n");
        digest.update(key.to_string().as_bytes());
        digest.update(b"\n");
        digest.update(&self.payload);
        let digits = HEXLOWER.encode(&digest.finalize());
        digits.chars().take(32).collect()
    }

    /// Every digest that it speaks of, each with the name of its algorithm: `gitCommit:…`, `gitTree:…`, `sha256:…`.
    pub fn digests(&self) -> Vec<String> {
        let subjects = self.statement.subject.iter();
        subjects
            .flat_map(|subject| &subject.digest)
            .map(|(algorithm, digits)| format!("{algorithm}:{digits}"))
            .collect()
    }

    /// The statement in its envelope. The same key makes the same bytes.
    pub fn sign(&self, signer: &Signer) -> Envelope {
        Envelope::sign(STATEMENT_MEDIA_TYPE, &self.payload, signer)
    }
}

/// The subjects of every statement on a change: its commit and its tree.
fn own_subjects(approval: &ChangeApproval) -> Vec<Subject> {
    let (repository, change) = (&approval.repository, &approval.change);
    let name = format!("git+https://{}/{}", repository.host, repository.name);
    vec![
        named(&name, "gitCommit", &change.merge_commit),
        named(&format!("{name}#tree"), "gitTree", &change.tree),
    ]
}

fn named(name: &str, algorithm: &str, digits: &str) -> Subject {
    Subject {
        name: name.to_owned(),
        digest: BTreeMap::from([(algorithm.to_owned(), digits.to_owned())]),
    }
}

fn image_of(subject: &Subject) -> Option<ImageReference> {
    let mut digests = subject.digest.iter();
    let (Some((algorithm, digits)), None) = (digests.next(), digests.next()) else {
        return None;
    };
    let image = ImageReference::parse(&format!("{}@{algorithm}:{digits}", subject.name)).ok()?;
    (image.name() == subject.name).then_some(image)
}

/// Whether a text is the name of a git object.
fn is_oid(text: &str) -> Result<(), AttestError> {
    if is_commit(text) {
        Ok(())
    } else {
        Err(AttestError::Shape)
    }
}

#[cfg(test)]
mod tests;
