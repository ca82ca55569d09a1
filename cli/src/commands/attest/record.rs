//! The record of an attestation: written once, before the attestation is shown.

use jiff::Timestamp;
use soc2gate_ledger::attest::{CHANGE_TYPE, ChangeStatement};
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::query::Index;
use soc2gate_ledger::record::{Actor, Attestation, Draft, Event, Record, RecordSubject};
use soc2gate_ledger::store::{Document, Store, Submission};

/// What the sealed envelope is called in its record.
const ENVELOPE: &str = "envelope";
const MEDIA_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

/// Signs a statement and makes it durable, unless it is there already. Gives the envelope, and whether it is new.
///
/// The id of the record follows from the statement and the key, so the same one cannot be recorded twice.
pub(super) fn record(
    store: &dyn Store,
    index: &Index,
    ring: &KeyRing,
    statement: &ChangeStatement,
    subject: RecordSubject,
    actor: Actor,
) -> anyhow::Result<(Vec<u8>, bool)> {
    let signer = ring.signer();
    let envelope = statement.sign(signer).to_json()?;
    let event = Event::Attestation(Attestation {
        digests: statement.digests(),
        predicate_type: CHANGE_TYPE.to_owned(),
        statement_sha256: statement.sha256().to_string(),
        key: signer.verifier().to_string(),
    });
    let id = statement.record_id(signer.verifier());
    if let Some(at) = index.record(&id)? {
        let entry = store.entries(at..at + 1)?.next().transpose()?;
        let record = entry.map(|(_, entry)| Record::parse_canonical(&entry));
        if record.transpose()?.map(|record| record.event) != Some(event) {
            anyhow::bail!("record {at} has the id of the attestation and is another one");
        }
        // A run that was stopped may have left it under no checkpoint.
        store.seal()?;
        return Ok((envelope, false));
    }
    let mut draft = Draft::new(Timestamp::now(), actor, event)?;
    draft.id = id;
    draft.subject = Some(subject);
    let documents = vec![Document {
        name: ENVELOPE.to_owned(),
        media_type: MEDIA_TYPE.to_owned(),
        bytes: envelope.clone(),
    }];
    store.append(vec![Submission { draft, documents }])?;
    store.seal()?;
    Ok((envelope, true))
}
