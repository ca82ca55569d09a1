//! The threads that judge the objects of one scan.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, num::NonZero, thread};

use jiff::Timestamp;
use serde_json::value::RawValue;
use soc2gate_engine::{Context, ControlId, Judge, Outcome, Status};
use soc2gate_ledger::store::Submission;
use tokio::sync::oneshot;

use super::discovery::ServedKind;
use super::drift::Denied;
use super::object::{Fingerprint, Names, fingerprint, fingerprint_of_decision, parse};
use super::reports::{Findings, Summary};
use crate::policies::PolicySnapshot;

/// Stack of a thread that judges: what the engine's bounds allow fits.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// Objects that a thread takes at once.
pub const BATCH: usize = 50;

/// What is the same for all objects of a scan.
pub struct Basis {
    /// By what is judged.
    pub policies: Arc<PolicySnapshot>,
    /// What controls read beside an object.
    pub context: Context,
    /// The decisions of the scan before, by uid.
    pub known: Arc<HashMap<Fingerprint, Fingerprint>>,
    /// Namespaces that are left out.
    pub excluded_namespaces: Vec<String>,
    /// Whether reports are made.
    pub reports: bool,
    /// The clock of the scan.
    pub now: Timestamp,
}

/// Objects to be judged together.
struct Batch {
    kind: Arc<ServedKind>,
    objects: Vec<Box<RawValue>>,
    reply: oneshot::Sender<BatchJudged>,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct BatchJudged {
    /// Objects that were judged.
    pub judged: u64,
    /// Objects in namespaces that are left out.
    pub excluded: u64,
    /// Objects by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Verdicts by control and status.
    pub verdicts: BTreeMap<(ControlId, Status), u64>,
    /// Verdicts as reports count them.
    pub counts: Summary,
    /// What could not be judged, and why.
    pub problems: Vec<&'static str>,
    /// Each object that was judged: what stands for its uid and for its decision.
    pub decisions: Vec<(Fingerprint, Fingerprint)>,
    /// What is recorded of those that are new or differ, by the fingerprint of the uid.
    pub records: Vec<(Fingerprint, Vec<Submission>)>,
    /// Objects of which there is something to say.
    pub remarkable: Vec<Remarkable>,
}

/// An object of which there is something to say.
#[derive(Debug)]
pub struct Remarkable {
    /// Its names.
    pub names: Names,
    /// What its report says.
    pub findings: Findings,
    /// What it is, where it is denied.
    pub denied: Option<Denied>,
    /// Whether the decision is another one than that of the scan before.
    pub is_new: bool,
}

/// Threads that judge. They end with this.
pub struct Judges {
    batches: SyncSender<Batch>,
}

impl Judges {
    /// Starts threads.
    pub fn start(basis: Basis, threads: Option<u16>) -> io::Result<Self> {
        let count = threads.map_or_else(
            || thread::available_parallelism().map_or(2, NonZero::get),
            usize::from,
        );
        let (batches, receiver) = mpsc::sync_channel(1_024);
        let receiver = Arc::new(Mutex::new(receiver));
        let basis = Arc::new(basis);
        for at in 0..count {
            let (receiver, basis) = (Arc::clone(&receiver), Arc::clone(&basis));
            thread::Builder::new()
                .name(format!("audit-{at}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&receiver, &basis))?;
        }
        Ok(Self { batches })
    }

    /// Hands a page of objects over. What comes back arrives in the order of the batches.
    pub fn submit(
        &self,
        kind: &Arc<ServedKind>,
        page: Vec<Box<RawValue>>,
    ) -> Vec<oneshot::Receiver<BatchJudged>> {
        let mut replies = Vec::new();
        let mut objects = page.into_iter().peekable();
        while objects.peek().is_some() {
            let (reply, receiver) = oneshot::channel();
            let batch = Batch {
                kind: Arc::clone(kind),
                objects: objects.by_ref().take(BATCH).collect(),
                reply,
            };
            // Where nobody takes it, its reply never comes, which is seen.
            let _ = self.batches.try_send(batch);
            replies.push(receiver);
        }
        replies
    }
}

fn work(batches: &Mutex<Receiver<Batch>>, basis: &Basis) {
    let mut evaluator: Option<Judge> = None;
    loop {
        let received = batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(batch) = received else { return };
        let mut judged = BatchJudged::default();
        for raw in batch.objects {
            let kept = evaluator.take();
            // After a panic the evaluator may be in any state, so it is not kept, and nothing of the object is counted.
            let done = catch_unwind(AssertUnwindSafe(|| {
                let mut judge = kept.unwrap_or_else(|| basis.policies.gate.judge(&basis.context));
                let one = judge_object(&raw, &batch.kind, basis, &mut judge);
                (judge, one)
            }));
            match done {
                Ok((judge, one)) => {
                    evaluator = Some(judge);
                    match one {
                        Ok(one) => judged.add(one),
                        Err(problem) => judged.problems.push(problem),
                    }
                }
                Err(_) => judged
                    .problems
                    .push("the gate failed on an object; please report it"),
            }
        }
        // Who waited may have given up.
        let _ = batch.reply.send(judged);
    }
}

fn judge_object(
    raw: &RawValue,
    kind: &ServedKind,
    basis: &Basis,
    judge: &mut Judge,
) -> Result<BatchJudged, &'static str> {
    let mut document = parse(raw, kind)?;
    let names = Names::of(&document)?;
    let mut one = BatchJudged::default();
    let namespace = if kind.resource == "Namespace" {
        Some(&names.name)
    } else {
        names.namespace.as_ref()
    };
    if namespace.is_some_and(|namespace| basis.excluded_namespaces.contains(namespace)) {
        one.excluded = 1;
        return Ok(one);
    }
    // Digests are taken of the document before it belongs to the subject.
    let whole = document.take();
    let mut subject = soc2gate_inputs::kubernetes_subject(whole, Arc::from("cluster"))?;
    let decision = judge.judge(&subject, basis.now);
    let uid = fingerprint(&[names.uid.as_bytes()]);
    let now = fingerprint_of_decision(&mut subject.document, &decision);
    one.judged = 1;
    one.counts = Summary::of(&decision);
    one.outcomes.insert(decision.outcome, 1);
    for verdict in &decision.verdicts {
        let count = one
            .verdicts
            .entry((verdict.control.clone(), verdict.status));
        *count.or_default() += 1;
    }
    let before = basis.known.get(&uid).copied();
    let is_new = before != Some(now);
    one.decisions.push((uid, now));
    if let Some(recording) = basis.policies.recording.as_ref().filter(|_| is_new) {
        let exceptions = basis.policies.gate.exceptions();
        let mut records = recording
            .recorder
            .decision(&subject, &decision, exceptions, basis.now)
            .map_err(|_| "no record could be made of a decision")?;
        name_records(&mut records, &names, before, now);
        one.records.push((uid, records));
    }
    let denied = (decision.outcome == Outcome::Deny).then(|| Denied::of(&subject, &names));
    if (basis.reports || denied.is_some())
        && let Some(findings) = Findings::of(&subject, &decision)
    {
        one.remarkable.push(Remarkable {
            names,
            findings,
            denied,
            is_new,
        });
    }
    Ok(one)
}

/// Names records by what they are of: a scan that begins anew, in this process or in the next, records nothing twice that the
/// ledger still remembers.
fn name_records(
    records: &mut [Submission],
    names: &Names,
    before: Option<Fingerprint>,
    now: Fingerprint,
) {
    let before = before.map_or_else(Vec::new, |before| before.to_le_bytes().to_vec());
    let mut first = None;
    for (at, record) in records.iter_mut().enumerate() {
        let id = fingerprint(&[
            b"soc2gate audit",
            names.uid.as_bytes(),
            names.resource_version.as_bytes(),
            &before,
            &now.to_le_bytes(),
            &at.to_le_bytes(),
        ]);
        record.draft.id = format!("{id:032x}");
        let first = first.get_or_insert_with(|| record.draft.id.clone());
        if let soc2gate_ledger::record::Event::ExceptionUsed(used) = &mut record.draft.event {
            used.decision.clone_from(first);
        }
    }
}

impl BatchJudged {
    /// Adds what came of others.
    pub fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.excluded += other.excluded;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        self.counts.add(other.counts);
        self.problems.extend(other.problems);
        self.decisions.extend(other.decisions);
        self.records.extend(other.records);
        self.remarkable.extend(other.remarkable);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use soc2gate_engine::{Config, Exceptions, Gate, Library, Siblings};

    use super::*;

    fn judged(objects: &[&str]) -> BatchJudged {
        let (library, _) = Library::load(&soc2gate_policies::sources());
        let (gate, _) = Gate::new(&library, &Config::default(), Exceptions::default());
        let context = Context::new(&Siblings::new());
        let policies = PolicySnapshot::new(gate, context.clone(), String::new());
        let basis = Basis {
            policies: Arc::new(policies),
            context,
            known: Arc::default(),
            excluded_namespaces: vec!["kube-system".to_owned()],
            reports: true,
            now: Timestamp::UNIX_EPOCH,
        };
        let kind = ServedKind {
            resource: "Pod".to_owned(),
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            plural: "pods".to_owned(),
            is_namespaced: true,
        };
        let judges = Judges::start(basis, Some(1)).unwrap();
        let objects = objects
            .iter()
            .map(|text| RawValue::from_string((*text).to_owned()).unwrap());
        let mut all = BatchJudged::default();
        for receiver in judges.submit(&Arc::new(kind), objects.collect()) {
            all.add(receiver.blocking_recv().unwrap());
        }
        all
    }

    #[rstest]
    #[case::no_object("[]")]
    #[case::without_a_uid(r#"{"metadata": {"name": "a"}}"#)]
    #[case::without_a_name(r#"{"metadata": {"uid": "1"}}"#)]
    #[case::of_no_kind(r#"{"kind": 7, "metadata": {"name": "a", "uid": "1"}}"#)]
    fn what_cannot_be_judged_is_a_problem(#[case] object: &str) {
        let judged = judged(&[object, r#"{"metadata": {"name": "b", "uid": "2"}}"#]);
        assert_eq!((judged.problems.len(), judged.judged), (1, 1));
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let judged =
            judged(&[r#"{"metadata": {"name": "a", "uid": "1", "namespace": "kube-system"}}"#]);
        assert_eq!((judged.excluded, judged.judged), (1, 0));
        assert!(judged.problems.is_empty() && judged.remarkable.is_empty());
    }

    #[test]
    fn what_is_denied_is_remarkable() {
        let privileged = r#"{"metadata": {"name": "a", "uid": "1"},
            "spec": {"containers": [{"name": "a", "securityContext": {"privileged": true}}]}}"#;
        let judged = judged(&[privileged]);
        assert_eq!(judged.outcomes, BTreeMap::from([(Outcome::Deny, 1)]));
        assert!(judged.remarkable[0].denied.is_some() && judged.remarkable[0].is_new);
    }
}
