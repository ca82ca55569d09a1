//! From a decision to an answer.

use soc2gate_engine::{Decision, Enforcement, Outcome, Status, Subject, Verdict};
use soc2gate_inputs::Withholder;
use soc2gate_source::display_path;

use crate::answer::{Answer, Cause, Reason};

/// The most reasons of a denial that its message repeats.
const NAMED: usize = 3;

/// What a decision answers: what fails or is unknown under `deny` is not let in, what does so under `warn` is warned of.
pub fn answer(subject: &Subject, decision: &Decision) -> Answer {
    let mut answer = Answer {
        annotations: vec![
            ("outcome", decision.outcome.as_str().to_owned()),
            ("policy-digest", decision.policy_digest.clone()),
        ],
        ..Answer::default()
    };
    for (key, status) in [("failed", Status::Fail), ("unknown", Status::Unknown)] {
        let of_status = decision
            .verdicts
            .iter()
            .filter(|verdict| verdict.status == status);
        let ids: Vec<&str> = of_status
            .map(|verdict| verdict.control.0.as_str())
            .collect();
        if !ids.is_empty() {
            answer.annotations.push((key, ids.join(",")));
        }
    }
    let exceptions = decision
        .verdicts
        .iter()
        .filter_map(|verdict| verdict.exception.as_ref());
    let exceptions: Vec<&str> = exceptions.map(|used| used.id.as_str()).collect();
    if !exceptions.is_empty() {
        answer
            .annotations
            .push(("exceptions", exceptions.join(",")));
    }
    let open: Vec<&Verdict> = decision
        .verdicts
        .iter()
        .filter(|verdict| verdict.is_open())
        .collect();
    if open.is_empty() && decision.outcome == Outcome::Allow {
        return answer;
    }
    // A message may quote what it found; what may not be kept is not sent either.
    let withheld = |_: &[u8]| String::new();
    let mut withholder = Withholder::new(&withheld);
    withholder.document(&subject.document, subject.source.stored);
    if let Some(old) = &subject.old_document {
        withholder.document(old, subject.source.stored);
    }
    for verdict in open {
        let causes = causes(verdict, &withholder);
        match verdict.enforcement {
            Enforcement::Deny => answer.causes.extend(causes),
            Enforcement::Warn => answer.warnings.extend(causes.iter().map(Cause::sentence)),
            Enforcement::Record => {}
        }
    }
    if !answer.causes.is_empty() {
        let named: Vec<String> = answer
            .causes
            .iter()
            .take(NAMED)
            .map(Cause::sentence)
            .collect();
        let mut message = named.join("; ");
        if answer.causes.len() > NAMED {
            message.push_str(&format!("; and {} more", answer.causes.len() - NAMED));
        }
        answer.denied = Some((Reason::Forbidden, message));
    } else if decision.outcome != Outcome::Allow {
        let message = format!("the decision is to {}", decision.outcome.as_str());
        answer.denied = Some((Reason::Forbidden, message));
    }
    answer
}

impl Cause {
    /// The cause in one sentence.
    fn sentence(&self) -> String {
        if self.field.is_empty() {
            return format!("{}: {}", self.reason, self.message);
        }
        format!("{}: {} ({})", self.reason, self.message, self.field)
    }
}

/// What a verdict holds against a subject; of one that gives no reason, its title.
pub(crate) fn causes(verdict: &Verdict, withholder: &Withholder<'_>) -> Vec<Cause> {
    let unknown = |message: &str| format!("not known: {message}");
    let findings = verdict
        .findings
        .iter()
        .map(|found| (found.message.clone(), &found.path));
    let unknowns = verdict
        .unknowns
        .iter()
        .map(|found| (unknown(&found.message), &found.path));
    let mut causes: Vec<Cause> = findings
        .chain(unknowns)
        .map(|(message, path)| Cause {
            reason: verdict.control.0.clone(),
            field: if path.is_empty() {
                String::new()
            } else {
                display_path(path)
            },
            message: withholder.message(&message),
        })
        .collect();
    if causes.is_empty() {
        let message = match verdict.status {
            Status::Unknown => unknown(&verdict.title),
            _ => verdict.title.clone(),
        };
        causes.push(Cause {
            reason: verdict.control.0.clone(),
            field: String::new(),
            message,
        });
    }
    causes
}
