//! The threads that judge. A thread keeps its evaluator for as long as the policies stay the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;
use std::{io, num::NonZero};

use jiff::Timestamp;
use soc2gate_engine::{Judge, Outcome};
use soc2gate_ledger::store::Submission;
use tokio::sync::oneshot;

use crate::answer::{Answer, Reason};
use crate::body::Held;
use crate::policies::PolicySnapshot;
use crate::review::{Operation, Refusal, Review};
use crate::{ruling, subject, uid};

/// Stack of a thread that judges: what the engine's bounds allow fits.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What a thread does with a request.
pub struct Job {
    /// The request as it came, with the room that it takes.
    pub body: Held,
    /// By what it is judged.
    pub policies: Arc<PolicySnapshot>,
    /// The decision's clock.
    pub now: Timestamp,
    /// When nobody waits any more.
    pub deadline: Instant,
    /// Who waits.
    pub reply: oneshot::Sender<Judged>,
}

/// What came of a request.
#[derive(Debug)]
pub struct Judged {
    /// Its uid, where it could be found.
    pub uid: Option<String>,
    /// What it is about, where it could be read.
    pub about: Option<About>,
    /// What it came to.
    pub ruling: Ruling,
}

/// What a request came to.
#[derive(Debug)]
pub enum Ruling {
    /// It was judged.
    Decided {
        /// What follows.
        outcome: Outcome,
        /// The answer, once it is recorded.
        answer: Answer,
        /// What is recorded, nothing of a dry run; none where no record could be made.
        records: Option<Vec<Submission>>,
    },
    /// It was not.
    Failed(Reason, &'static str),
}

/// What a request is about, for logs and metrics.
#[derive(Debug, Clone)]
pub struct About {
    /// What is done.
    pub operation: Operation,
    /// To what.
    pub resource: String,
    /// Where.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether nothing persists.
    pub is_dry_run: bool,
}

/// A way from the bytes of a request to what it comes to.
pub type Judging = fn(&[u8], &PolicySnapshot, &mut Judge, Timestamp) -> Judged;

/// Threads that judge.
#[derive(Debug, Clone)]
pub struct JudgingPool {
    jobs: SyncSender<Job>,
}

impl JudgingPool {
    /// Starts threads. `waiting` jobs may wait for them.
    pub fn start(threads: Option<u16>, waiting: usize) -> io::Result<Self> {
        Self::start_with(threads, waiting, judge_bytes)
    }

    /// The same with another way to judge.
    pub fn start_with(threads: Option<u16>, waiting: usize, judging: Judging) -> io::Result<Self> {
        let count = threads.map_or_else(
            || thread::available_parallelism().map_or(2, NonZero::get),
            usize::from,
        );
        let (jobs, receiver) = mpsc::sync_channel(waiting);
        let receiver = Arc::new(Mutex::new(receiver));
        for at in 0..count {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("judge-{at}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&receiver, judging))?;
        }
        Ok(Self { jobs })
    }

    /// Hands a job over, where not too many wait.
    #[must_use]
    pub fn submit(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }
}

/// Works until nobody can hand anything over any more.
fn work(jobs: &Mutex<Receiver<Job>>, judging: Judging) {
    let mut evaluator: Option<(Arc<PolicySnapshot>, Judge)> = None;
    loop {
        let received = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = received else { return };
        if job.reply.is_closed() || Instant::now() >= job.deadline {
            continue;
        }
        let body = &job.body.bytes;
        let kept = evaluator
            .take()
            .filter(|(snapshot, _)| Arc::ptr_eq(snapshot, &job.policies));
        // After a panic the evaluator may be in any state, so it is not kept.
        let done = catch_unwind(AssertUnwindSafe(|| {
            let (snapshot, mut judge) = kept.unwrap_or_else(|| {
                let judge = job.policies.gate.judge(&job.policies.context);
                (Arc::clone(&job.policies), judge)
            });
            let judged = judging(body, &snapshot, &mut judge, job.now);
            (judged, (snapshot, judge))
        }));
        let judged = match done {
            Ok((judged, used)) => {
                evaluator = Some(used);
                judged
            }
            Err(_) => Judged {
                uid: uid::find(body),
                about: None,
                ruling: Ruling::Failed(
                    Reason::Internal,
                    "the gate failed on this request; please report it",
                ),
            },
        };
        // Who waited may have given up.
        let _ = job.reply.send(judged);
    }
}

/// From the bytes of a request to what is answered and recorded.
pub fn judge_bytes(
    body: &[u8],
    policies: &PolicySnapshot,
    judge: &mut Judge,
    now: Timestamp,
) -> Judged {
    let review = match Review::parse(body) {
        Ok(review) => review,
        Err(Refusal { uid, message }) => {
            return Judged {
                uid,
                about: None,
                ruling: Ruling::Failed(Reason::BadRequest, message),
            };
        }
    };
    let about = About {
        operation: review.operation,
        resource: review.resource.clone(),
        namespace: review.namespace.clone(),
        name: review.name.clone(),
        is_dry_run: review.is_dry_run,
    };
    let uid = Some(review.uid.clone());
    let ruling = rule(review, policies, judge, now)
        .unwrap_or_else(|(reason, message)| Ruling::Failed(reason, message));
    Judged {
        uid,
        about: Some(about),
        ruling,
    }
}

fn rule(
    review: Review,
    policies: &PolicySnapshot,
    judge: &mut Judge,
    now: Timestamp,
) -> Result<Ruling, (Reason, &'static str)> {
    let is_dry_run = review.is_dry_run;
    let subject = subject::of(review).map_err(|message| (Reason::BadRequest, message))?;
    let decision = judge.judge(&subject, now);
    let mut answer = ruling::answer(&subject, &decision);
    let mut records = Some(Vec::new());
    if let Some(recording) = policies.recording.as_ref().filter(|_| !is_dry_run) {
        records = recording
            .recorder
            .decision(&subject, &decision, policies.gate.exceptions(), now)
            .ok();
        if let Some(first) = records.iter().flatten().next() {
            answer
                .annotations
                .push(("decision-id", first.draft.id.clone()));
        }
    }
    Ok(Ruling::Decided {
        outcome: decision.outcome,
        answer,
        records,
    })
}
