//! `soc2gate attest verify`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use soc2gate_ledger::Hash;
use soc2gate_ledger::attest::{CHANGE_TYPE, ChangeStatement, MAX_ENVELOPE};
use soc2gate_ledger::note::Verifier;
use soc2gate_ledger::proof::{RecordProof, RecordProofError};
use soc2gate_ledger::record::{Event, Record};
use soc2gate_ledger::store::Log;
use soc2gate_source::{Code, Diagnostic};

use super::ledger_failed;
use crate::args::AttestVerifyArgs;
use crate::commands::ledger::verifiers;
use crate::commands::print;
use crate::exit::Exit;
use crate::ledger::Place;

/// Runs the command.
pub(super) fn run(args: &AttestVerifyArgs) -> Result<Exit, Diagnostic> {
    let keys = verifiers(&args.trusted)
        .map_err(|error| Diagnostic::new(Code::AttestationUnread, format!("{error:#}")))?;
    let text = text(&args.file).map_err(|error| {
        let message = format!("{} cannot be read: {}", args.file.display(), error.kind());
        Diagnostic::new(Code::AttestationUnread, message)
    })?;
    let statement =
        ChangeStatement::verify(&text, &keys).map_err(|error| refused(&error.to_string()))?;
    for image in &args.images {
        if !statement.is_of_image(image) {
            return Err(refused(&format!("it is not about the image {image}")));
        }
    }
    if let Some(commit) = &args.commit
        && !statement.is_of_commit(commit)
    {
        return Err(refused("it is about another commit"));
    }
    if let Some(ledger) = &args.ledger {
        let place = Place::new(ledger, None, Path::new(""));
        let unread =
            |error: &dyn std::fmt::Display| ledger_failed(&format!("{}: {error}", place.name()));
        let log = place.read().map_err(|error| unread(&error))?;
        let index = place.index(log.as_ref()).map_err(|error| unread(&error))?;
        let mut at = None;
        for key in &keys {
            let id = statement.record_id(key);
            at = at.or(index.record(&id).map_err(|error| unread(&error))?);
        }
        let at = at.ok_or_else(|| refused("the ledger holds no record of it"))?;
        recorded(log.as_ref(), at, &statement, &keys)?;
    }
    shown(&statement, args.ledger.is_some())
        .map_err(|error| Diagnostic::new(Code::OutputFailed, error.to_string()))?;
    Ok(Exit::Allow)
}

fn refused(why: &str) -> Diagnostic {
    Diagnostic::new(Code::AttestationRefused, format!("the attestation: {why}"))
}

/// The bytes of the file; more than an attestation has are not read.
fn text(path: &Path) -> io::Result<Vec<u8>> {
    let most = u64::try_from(MAX_ENVELOPE).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Shows that the ledger holds the record of the attestation and the decision, both under a signed checkpoint.
fn recorded(
    log: &dyn Log,
    at: u64,
    statement: &ChangeStatement,
    keys: &[Verifier],
) -> Result<(), Diagnostic> {
    let (record, _) = proved(log, at, keys)?;
    let is_it = matches!(&record.event, Event::Attestation(attestation)
        if attestation.predicate_type == CHANGE_TYPE
            && attestation.statement_sha256 == statement.sha256().to_string());
    if !is_it {
        return Err(refused("its record in the ledger is of another statement"));
    }
    let decision = &statement.approval().decision.ledger;
    if decision.origin != log.origin() {
        return Err(refused("the decision that it names is in another ledger"));
    }
    let (record, leaf) = proved(log, decision.index, keys)?;
    if record.id != decision.id || leaf.to_string() != decision.leaf_hash {
        return Err(refused("the ledger holds another decision than it names"));
    }
    Ok(())
}

fn proved(log: &dyn Log, index: u64, keys: &[Verifier]) -> Result<(Record, Hash), Diagnostic> {
    let wrong = |error: RecordProofError| match error {
        RecordProofError::Store(error) => ledger_failed(&error),
        error => refused(&format!("record {index} of the ledger: {error}")),
    };
    let proof = RecordProof::of(log, index).map_err(wrong)?;
    let record = proof.verify(keys).map_err(wrong)?;
    let leaf = Hash::leaf(proof.entry.as_deref().unwrap_or_default());
    Ok((record, leaf))
}

fn shown(statement: &ChangeStatement, is_recorded: bool) -> anyhow::Result<()> {
    let approval = statement.approval();
    let (change, ledger) = (&approval.change, &approval.decision.ledger);
    let mut text = format!(
        "{}#{} on {}, merged as {} (tree {})\n",
        approval.repository.name,
        change.number,
        approval.repository.host,
        change.merge_commit,
        change.tree
    );
    for approver in &approval.approvers {
        text.push_str(&format!(
            "approved by {} ({})\n",
            approver.login, approver.id
        ));
    }
    text.push_str(&format!(
        "allowed by record {} of the ledger {}\n",
        ledger.index, ledger.origin
    ));
    for image in statement.images() {
        text.push_str(&format!("image {image}\n"));
    }
    text.push_str(if is_recorded {
        "verified, and recorded in the ledger\n"
    } else {
        "verified\n"
    });
    print(&text)
}
