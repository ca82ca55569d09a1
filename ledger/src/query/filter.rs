//! Which records are meant.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{Event, Kind, Record};

/// Which records are meant: those that meet every condition that is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Query {
    /// Of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Made before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At this index or behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// At this index or before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// With a verdict of this control; also uses of exceptions from it, and trials of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// With a verdict of this status: by the control, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// With a verdict under this enforcement: the same verdict as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<String>,
    /// With the use of this exception: for the same verdict as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Decisions with this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// About a subject of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_kind: Option<String>,
    /// About a subject with such an id: `*` stands for any text, `?` for any one letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Caused by the actor with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Decisions by this policy set, and the record that holds it: `sha256:` and its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
}

impl Query {
    /// Whether a record is meant. The index gives the same answers.
    pub fn matches(&self, record: &Record) -> bool {
        let subject = record.subject.as_ref();
        let is = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == value)
        };
        self.kind.is_none_or(|kind| kind == record.event.kind())
            && self.from.is_none_or(|from| record.time >= from)
            && self.until.is_none_or(|until| record.time < until)
            && self.first.is_none_or(|first| record.index >= first)
            && self.last.is_none_or(|last| record.index <= last)
            && is(&self.outcome, outcome(&record.event))
            && is(&self.policies, policies(&record.event))
            && is(&self.actor, Some(record.actor.id.as_str()))
            && is(
                &self.subject_kind,
                subject.map(|subject| subject.kind.as_str()),
            )
            && self.matches_subject(subject.map(|subject| subject.id.as_str()))
            && (!self.asks_for_facets()
                || facets(&record.event).iter().any(|facet| {
                    is(&self.control, Some(facet.control))
                        && is(&self.status, facet.status)
                        && is(&self.enforcement, facet.enforcement)
                        && is(&self.exception, facet.exception)
                }))
    }

    pub(super) fn matches_subject(&self, id: Option<&str>) -> bool {
        self.subject
            .as_deref()
            .is_none_or(|pattern| id.is_some_and(|id| glob(pattern, id)))
    }

    pub(super) fn asks_for_facets(&self) -> bool {
        self.control.is_some()
            || self.status.is_some()
            || self.enforcement.is_some()
            || self.exception.is_some()
    }
}

/// What a record says of one control.
pub(super) struct Facet<'a> {
    pub(super) control: &'a str,
    pub(super) status: Option<&'a str>,
    pub(super) enforcement: Option<&'a str>,
    pub(super) exception: Option<&'a str>,
}

pub(super) fn facets(event: &Event) -> Vec<Facet<'_>> {
    match event {
        Event::Decision(decision) => decision
            .verdicts
            .iter()
            .map(|verdict| Facet {
                control: &verdict.control,
                status: Some(&verdict.status),
                enforcement: Some(&verdict.enforcement),
                exception: verdict.exception.as_deref(),
            })
            .collect(),
        Event::ExceptionUsed(used) => vec![Facet {
            control: &used.control,
            status: None,
            enforcement: None,
            exception: Some(&used.exception),
        }],
        Event::Canary(canary) => vec![Facet {
            control: &canary.control,
            status: None,
            enforcement: None,
            exception: None,
        }],
        _ => Vec::new(),
    }
}

pub(super) fn outcome(event: &Event) -> Option<&str> {
    match event {
        Event::Decision(decision) => Some(&decision.outcome),
        _ => None,
    }
}

pub(super) fn policies(event: &Event) -> Option<&str> {
    match event {
        Event::Decision(decision) => Some(&decision.policies),
        Event::PolicyChange(change) => Some(&change.policies),
        _ => None,
    }
}

/// Whether a text fits a pattern, in time that grows with the product of their lengths and no faster.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Behind the last star, and what it may take one letter more of.
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = pattern.clone();
        match (ahead.next(), text.clone().next()) {
            (Some('*'), _) => {
                pattern = ahead;
                star = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some(wanted), Some(letter)) if wanted == '?' || wanted == letter => {
                pattern = ahead;
                text.next();
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((behind, taken)) = &mut star else {
            return false;
        };
        if taken.next().is_none() {
            return false;
        }
        pattern = behind.clone();
        text = taken.clone();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("*", "", true)]
    #[case("*", "kubernetes/apps/x", true)]
    #[case("kubernetes/*/web-?", "kubernetes/apps/Deployment/shop/web-1", true)]
    #[case("kubernetes/*/web-?", "kubernetes/apps/Deployment/shop/web-12", false)]
    #[case("*web*", "kubernetes/web-12", true)]
    #[case("a*b*c", "aXbXbXc", true)]
    #[case("a*b*c", "aXbXbX", false)]
    #[case("?", "\u{1f600}", true)]
    #[case("[a]", "[a]", true)]
    #[case("[a]", "a", false)]
    #[case("A", "a", false)]
    fn patterns(#[case] pattern: &str, #[case] text: &str, #[case] fits: bool) {
        assert_eq!(glob(pattern, text), fits);
    }

    #[test]
    fn many_stars_take_little_time() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!glob(&pattern, &"a".repeat(5_000)));
    }
}
