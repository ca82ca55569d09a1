//! A request from its first byte to its answer: read, judged, recorded, and answered before the API server gives up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use jiff::Timestamp;
use prometheus_client::metrics::gauge::Gauge;
use soc2gate_engine::Outcome;
use soc2gate_ledger::store::Submission;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout_at;

use crate::answer::{Answer, Reason};
use crate::args::FailureMode;
use crate::body::{self, OVERLOADED, Unread};
use crate::judging::{About, Job, Judged, JudgingPool, Ruling};
use crate::metrics::{Metrics, RequestLabels};
use crate::policies::{Policies, PolicySnapshot};
use crate::recording::{Unrecorded, Writer};
use crate::uid;

/// What the API server waits where it does not say so.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that the API server waits: it takes no more for `timeoutSeconds`.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);
/// Bytes of all requests that are in work.
const ROOM: usize = 128 * 1024 * 1024;

/// How requests are treated.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests that may be in work at once.
    pub in_flight: usize,
    /// What follows where a request is not judged.
    pub on_failure: FailureMode,
    /// What follows where a decision is not recorded.
    pub on_ledger_failure: FailureMode,
}

/// Answers requests.
pub struct Admission {
    policies: Arc<Policies>,
    pool: JudgingPool,
    writer: Option<Writer>,
    metrics: Arc<Metrics>,
    limits: Limits,
    slots: Semaphore,
    room: Arc<Semaphore>,
    clock: fn() -> Timestamp,
}

/// A request as HTTP brings it.
pub struct Incoming {
    /// Of what type its body says to be.
    pub content_type: Option<String>,
    /// How long the API server waits for the answer.
    pub timeout: Option<Duration>,
    /// The AdmissionReview.
    pub body: Body,
}

/// An answer and what is said of it in logs and metrics.
struct Answered {
    uid: Option<String>,
    about: Option<About>,
    answer: Answer,
    outcome: &'static str,
}

impl Admission {
    /// Answers by policies on threads, recorded by a writer where there is one.
    pub fn new(
        policies: Arc<Policies>,
        pool: JudgingPool,
        writer: Option<Writer>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        Self {
            policies,
            pool,
            writer,
            metrics,
            slots: Semaphore::new(limits.in_flight),
            limits,
            room: Arc::new(Semaphore::new(ROOM)),
            clock: Timestamp::now,
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    /// The bytes of the answer: an AdmissionReview with the uid of the request, whatever came.
    pub async fn answer(&self, incoming: Incoming) -> Vec<u8> {
        let started = Instant::now();
        let _counted = InFlight::enter(&self.metrics.in_flight);
        let answered = self.work(incoming, started).await;
        let allowed = if answered.answer.denied.is_none() {
            "true"
        } else {
            "false"
        };
        let operation = answered
            .about
            .as_ref()
            .map_or("unknown", |about| about.operation.as_str());
        let labels = RequestLabels {
            operation,
            outcome: answered.outcome,
            allowed,
        };
        self.metrics.answered(&labels, started.elapsed());
        answered.log(started);
        answered
            .answer
            .to_json(answered.uid.as_deref().unwrap_or_default())
    }

    async fn work(&self, incoming: Incoming, started: Instant) -> Answered {
        let deadline = started + budget(incoming.timeout);
        let arrival = deadline.min(started + ARRIVAL);
        let held = match body::read(incoming.body, arrival, &self.room).await {
            Ok(held) => held,
            Err(Unread {
                reason,
                message,
                head,
            }) => {
                return self.failed(uid::find(&head), None, reason, message);
            }
        };
        if !is_json(incoming.content_type.as_deref()) {
            let message = "the body must be JSON; send it as application/json";
            return self.failed(uid::find(&held.bytes), None, Reason::MediaType, message);
        }
        // Whoever sends slowly takes no slot from others.
        let body = held.bytes.clone();
        let Ok(_slot) = self.slots.try_acquire() else {
            return self.failed(uid::find(&body), None, OVERLOADED.0, OVERLOADED.1);
        };
        let policies = self.policies.current();
        let (reply, receiver) = oneshot::channel();
        let job = Job {
            body: held,
            policies: Arc::clone(&policies),
            now: (self.clock)(),
            deadline,
            reply,
        };
        if !self.pool.submit(job) {
            return self.failed(uid::find(&body), None, OVERLOADED.0, OVERLOADED.1);
        }
        let Ok(Ok(judged)) = timeout_at(deadline.into(), receiver).await else {
            let message = "judging took longer than the API server waits; raise timeoutSeconds, or the limits on CPU";
            return self.failed(uid::find(&body), None, Reason::Timeout, message);
        };
        let Judged { uid, about, ruling } = judged;
        match ruling {
            Ruling::Failed(reason, message) => self.failed(uid, about, reason, message),
            Ruling::Decided {
                outcome,
                answer,
                records,
            } => {
                let answer = self.record(policies, answer, records, deadline).await;
                Answered {
                    uid,
                    about,
                    outcome: match &answer.denied {
                        Some((Reason::Forbidden, _)) if outcome == Outcome::Error => "undecided",
                        Some((reason, _)) => reason.label(),
                        None => "allowed",
                    },
                    answer,
                }
            }
        }
    }

    /// The answer once its records are durable; where they are not, what was asked for then.
    async fn record(
        &self,
        policies: Arc<PolicySnapshot>,
        mut answer: Answer,
        records: Option<Vec<Submission>>,
        deadline: Instant,
    ) -> Answer {
        let Some(writer) = &self.writer else {
            return answer;
        };
        let recorded = match records {
            Some(records) if records.is_empty() => return answer,
            Some(records) => {
                let receiver = writer.submit(policies, records);
                let late = "the ledger took longer than the API server waits";
                match timeout_at(deadline.into(), receiver).await {
                    Ok(Ok(recorded)) => recorded,
                    Ok(Err(_)) | Err(_) => Err(Unrecorded(late.to_owned())),
                }
            }
            None => Err(Unrecorded(
                "no record could be made of a decision".to_owned(),
            )),
        };
        match recorded {
            Ok(receipts) => {
                if let Some(index) = receipts.first().and_then(|receipt| receipt.index) {
                    answer.annotations.push(("record-index", index.to_string()));
                }
                answer
            }
            Err(Unrecorded(why)) => {
                self.metrics.ledger_failures.inc();
                tracing::debug!(reason = why, "a decision could not be recorded");
                answer.annotations.retain(|(key, _)| *key != "decision-id");
                answer
                    .annotations
                    .push(("failure", Reason::Unrecorded.label().to_owned()));
                if answer.denied.is_none() {
                    let message =
                        "the decision could not be recorded; look at the logs of soc2gate-webhook";
                    if self.limits.on_ledger_failure.denies() {
                        answer.denied =
                            Some((Reason::Unrecorded, format!("not let in: {message}")));
                    } else {
                        answer.warnings.push(format!("soc2gate: {message}"));
                    }
                }
                let is_allowed = answer.denied.is_none();
                writer.ledger().gaps().add(&why, is_allowed, (self.clock)());
                answer
            }
        }
    }

    /// The answer to what was not judged.
    fn failed(
        &self,
        uid: Option<String>,
        about: Option<About>,
        reason: Reason,
        message: &'static str,
    ) -> Answered {
        match reason {
            Reason::Overloaded => {
                self.metrics.shed.inc();
            }
            Reason::Internal => {
                self.metrics.panics.inc();
            }
            _ => {}
        }
        let answer = Answer::failure(reason, message, self.limits.on_failure.denies());
        let is_dry_run = about.as_ref().is_some_and(|about| about.is_dry_run);
        if answer.denied.is_none()
            && !is_dry_run
            && let Some(writer) = &self.writer
        {
            let why = format!("not judged: {message}");
            writer.ledger().gaps().add(&why, true, (self.clock)());
        }
        Answered {
            uid,
            about,
            answer,
            outcome: reason.label(),
        }
    }
}

impl Answered {
    /// Says what was answered, and nothing of the object but its name.
    fn log(&self, started: Instant) {
        let about = self.about.as_ref();
        let failing: Vec<&str> = self
            .answer
            .causes
            .iter()
            .map(|cause| cause.reason.as_str())
            .collect();
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
        macro_rules! said {
            ($level:ident, $text:literal) => {
                tracing::$level!(
                    uid = self.uid.as_deref().unwrap_or_default(),
                    operation = about.map_or("unknown", |about| about.operation.as_str()),
                    resource = about.map_or("", |about| about.resource.as_str()),
                    namespace = about
                        .and_then(|about| about.namespace.as_deref())
                        .unwrap_or_default(),
                    name = about
                        .and_then(|about| about.name.as_deref())
                        .unwrap_or_default(),
                    dry_run = about.is_some_and(|about| about.is_dry_run),
                    outcome = self.outcome,
                    controls = failing.join(","),
                    milliseconds,
                    $text
                )
            };
        }
        match &self.answer.denied {
            None if self.outcome == "allowed" => said!(debug, "let in"),
            None => said!(warn, "let in without a decision"),
            Some((Reason::Forbidden, _)) => said!(info, "not let in"),
            Some(_) => said!(warn, "not let in without a decision"),
        }
    }
}

/// A request in work, for as long as it is.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn enter(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// How long an answer may take: what the API server waits, less what it takes there.
fn budget(timeout: Option<Duration>) -> Duration {
    let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT).min(LONGEST_TIMEOUT);
    let margin = (timeout / 10).clamp(Duration::from_millis(100), Duration::from_millis(500));
    timeout.saturating_sub(margin.min(timeout / 2))
}

/// Whether a body says that it is JSON.
fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.and_then(|text| text.split(';').next());
    media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, 9_500)]
    #[case(Some(30_000), 29_500)]
    #[case(Some(3_000), 2_700)]
    #[case(Some(500), 400)]
    #[case(Some(100), 50)]
    #[case(Some(0), 0)]
    #[case(Some(u64::MAX), 29_500)]
    fn the_answer_comes_before_the_api_server_gives_up(
        #[case] timeout: Option<u64>,
        #[case] milliseconds: u64,
    ) {
        assert_eq!(
            budget(timeout.map(Duration::from_millis)),
            Duration::from_millis(milliseconds)
        );
    }

    #[rstest]
    #[case(Some("application/json"), true)]
    #[case(Some("Application/JSON; charset=utf-8"), true)]
    #[case(Some("application/yaml"), false)]
    #[case(Some("text/plain; application/json"), false)]
    #[case(None, false)]
    fn only_json_is_json(#[case] content_type: Option<&str>, #[case] expected: bool) {
        assert_eq!(is_json(content_type), expected);
    }
}
