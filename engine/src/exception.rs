//! Exceptions: approved, expiring permissions to fail one control on named subjects.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as TimeSpan, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soc2gate_source::{
    Code, Diagnostic, Document, Location, Position, Schema, Segment, Span, parse_yaml, split_yaml,
};

use crate::schema::compiled;
use crate::{ControlId, ExceptionUse, Selector};

/// How long before its end an exception is reported.
const EXPIRES_SOON_DAYS: i64 = 14;
/// How long an exception may be valid without being reported.
const LONGEST_DAYS: i64 = 366;

/// A file of exceptions.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionFile {
    /// The version of the format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The exceptions.
    pub exceptions: Vec<RawException>,
}

/// An exception as it is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    /// An id of its own, such as `EXC-2026-004`.
    #[schemars(length(min = 1))]
    pub id: String,
    /// The one control that may be failed.
    pub control: ControlId,
    /// The subjects that may fail it: globs on subject ids, such as `kubernetes/apps/Deployment/shop/web`.
    #[schemars(length(min = 1))]
    pub subjects: Vec<String>,
    /// Why it is needed.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// What limits the risk meanwhile.
    #[schemars(length(min = 1))]
    pub compensating_control: String,
    /// The ticket that tracks it.
    #[schemars(length(min = 1))]
    pub ticket: String,
    /// Who asked for it.
    #[schemars(length(min = 1))]
    pub requested_by: String,
    /// Who approved it; not who asked for it.
    #[schemars(length(min = 1))]
    pub approved_by: String,
    /// When it was approved: a date (its start, UTC) or an RFC 3339 time.
    pub approved_at: Moment,
    /// When it ends: a date (its end, UTC) or an RFC 3339 time.
    pub expires_at: Moment,
}

/// A date (2026-11-23) or an RFC 3339 time (2026-11-23T09:00:00Z).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Moment(
    #[schemars(regex(
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2}))?$"
    ))]
    #[schemars(extend("x-expects" = "a date like 2026-11-23 or a time like 2026-11-23T09:00:00Z"))]
    pub String,
);

impl Moment {
    /// The first instant it names.
    fn start(&self) -> Option<Timestamp> {
        if self.0.len() > 10 {
            return self.0.parse().ok();
        }
        let date: Date = self.0.parse().ok()?;
        date.to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    }

    /// The instant it ends: for a date, the end of that day.
    fn end(&self) -> Option<Timestamp> {
        if self.0.len() > 10 {
            return self.0.parse().ok();
        }
        let date: Date = self.0.parse().ok()?;
        date.tomorrow()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    }
}

/// An approved, expiring permission to fail one control on named subjects.
#[derive(Debug, Clone)]
pub struct Exception {
    /// As it was written.
    pub raw: RawException,
    /// The subjects that may fail.
    pub selectors: Vec<Selector>,
    /// When it starts.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Where it is written.
    pub location: Location,
}

impl Exception {
    /// Whether it holds for a control's verdict on a subject at a time.
    pub fn permits(&self, control: &ControlId, subject_id: &str, now: Timestamp) -> bool {
        self.raw.control == *control
            && self.starts <= now
            && now < self.ends
            && self
                .selectors
                .iter()
                .any(|selector| selector.matches(subject_id))
    }

    /// Its use in a verdict.
    pub(crate) fn as_use(&self) -> ExceptionUse {
        ExceptionUse {
            id: self.raw.id.clone(),
            ticket: self.raw.ticket.clone(),
            approved_by: self.raw.approved_by.clone(),
            expires_at: self.ends,
        }
    }

    fn diagnostic(&self, code: Code, message: String) -> Diagnostic {
        Diagnostic::new(code, message).at(self.location.file.clone(), self.location.span())
    }
}

/// The exceptions of a run.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    list: Vec<Exception>,
}

static SCHEMA: LazyLock<Option<Schema>> = LazyLock::new(compiled::<ExceptionFile>);

impl Exceptions {
    /// Adds the exceptions of a file. Each one that is wrong is reported and left out; the others hold.
    pub fn add_file(&mut self, file: &str, text: &str) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for source in split_yaml(text) {
            match parse_yaml(source) {
                Ok(Some(document)) => self.add_document(file, &document, &mut diagnostics),
                Ok(None) => {}
                Err(error) => diagnostics.push(
                    Diagnostic::new(Code::ExceptionSyntax, error.kind.to_string())
                        .at(file, error.span),
                ),
            }
        }
        diagnostics
    }

    fn add_document(&mut self, file: &str, document: &Document, diagnostics: &mut Vec<Diagnostic>) {
        let Some(schema) = SCHEMA.as_ref() else {
            diagnostics.push(Diagnostic::new(
                Code::InternalError,
                "the exception schema does not compile",
            ));
            return;
        };
        diagnostics.extend(schema.validate(document, file, Code::ExceptionSyntax));
        let entries = document
            .value
            .get("exceptions")
            .and_then(serde_json::Value::as_array);
        for (at, entry) in entries.into_iter().flatten().enumerate() {
            let path: Vec<Segment> = vec!["exceptions".into(), at.into()];
            let span = document
                .map
                .locate_key(&path)
                .unwrap_or(Span::at(Position::START));
            let place = Span::at(span.start);
            let Ok(raw) = serde_json::from_value::<RawException>(entry.clone()) else {
                continue; // the schema has said why
            };
            if !schema_accepts_alone(schema, entry) {
                continue;
            }
            match exception(raw, Location::new(file, place)) {
                Ok(exception) => self.insert(exception, diagnostics),
                Err(diagnostic) => diagnostics.push(diagnostic.at(file, place)),
            }
        }
    }

    fn insert(&mut self, exception: Exception, diagnostics: &mut Vec<Diagnostic>) {
        let id = &exception.raw.id;
        if self.list.iter().any(|other| other.raw.id == *id) {
            let message = format!("exception {id} exists already");
            diagnostics.push(exception.diagnostic(Code::ExceptionDuplicate, message));
            return;
        }
        self.list.push(exception);
    }

    /// The exceptions, in the order they were added.
    pub fn list(&self) -> &[Exception] {
        &self.list
    }

    /// The exception that permits a control's failure on a subject: of several, the one that ends last.
    pub(crate) fn permitting(
        &self,
        control: &ControlId,
        subject_id: &str,
        now: Timestamp,
    ) -> Option<&Exception> {
        self.list
            .iter()
            .filter(|exception| exception.permits(control, subject_id, now))
            .max_by_key(|exception| exception.ends)
    }

    /// What is to be said of the exceptions at a time, whatever is judged: expired, soon to expire, over-wide,
    /// too long, approved in the future.
    pub fn review(&self, now: Timestamp) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let days = |days: i64| TimeSpan::new().hours(days * 24);
        for exception in &self.list {
            let id = &exception.raw.id;
            let mut say = |code, message| diagnostics.push(exception.diagnostic(code, message));
            if exception.starts > now {
                let message = format!(
                    "exception {id} was approved in the future ({})",
                    exception.raw.approved_at.0
                );
                say(Code::ExceptionDates, message);
            }
            if exception.ends <= now {
                say(
                    Code::ExceptionExpired,
                    format!("exception {id} expired at {}", exception.ends),
                );
            } else if now
                .checked_add(days(EXPIRES_SOON_DAYS))
                .is_ok_and(|soon| exception.ends <= soon)
            {
                say(
                    Code::ExceptionExpiresSoon,
                    format!("exception {id} expires at {}", exception.ends),
                );
            }
            if exception
                .starts
                .checked_add(days(LONGEST_DAYS))
                .is_ok_and(|limit| exception.ends > limit)
            {
                say(
                    Code::ExceptionTooLong,
                    format!("exception {id} is valid for more than a year"),
                );
            }
            for selector in exception
                .selectors
                .iter()
                .filter(|selector| selector.is_over_wide())
            {
                let message = format!(
                    "exception {id} selects {:?}, which names no subject",
                    selector.pattern()
                );
                say(Code::ExceptionOverWide, message);
            }
        }
        diagnostics
    }

    /// What is to be said of exceptions that hold at a time and were not used. `uses` counts uses by id.
    pub fn unused(&self, uses: &BTreeMap<String, usize>, now: Timestamp) -> Vec<Diagnostic> {
        self.list
            .iter()
            .filter(|exception| exception.ends > now && !uses.contains_key(&exception.raw.id))
            .map(|exception| {
                let message = format!("exception {} matched nothing", exception.raw.id);
                exception.diagnostic(Code::ExceptionUnused, message)
            })
            .collect()
    }
}

/// Whether one entry follows the schema, whatever is wrong with the rest of its file.
fn schema_accepts_alone(schema: &Schema, entry: &serde_json::Value) -> bool {
    let alone = serde_json::json!({"version": 1, "exceptions": [entry]});
    let document = Document {
        value: alone,
        ..Document::default()
    };
    schema
        .validate(&document, "", Code::ExceptionSyntax)
        .is_empty()
}

fn exception(raw: RawException, location: Location) -> Result<Exception, Diagnostic> {
    let id = &raw.id;
    if same_person(&raw.requested_by, &raw.approved_by) {
        let message = format!(
            "exception {id} was requested and approved by {}",
            raw.approved_by
        );
        return Err(Diagnostic::new(Code::ExceptionSelfApproved, message));
    }
    let mut selectors = Vec::with_capacity(raw.subjects.len());
    for pattern in &raw.subjects {
        let message = || format!("exception {id}: {pattern:?} is not a glob");
        selectors.push(
            Selector::parse(pattern)
                .ok_or_else(|| Diagnostic::new(Code::InvalidSelector, message()))?,
        );
    }
    let (Some(starts), Some(ends)) = (raw.approved_at.start(), raw.expires_at.end()) else {
        let message = format!("exception {id}: approved_at or expires_at is not a date");
        return Err(Diagnostic::new(Code::ExceptionDates, message));
    };
    if ends <= starts {
        let message = format!("exception {id} expires before it was approved");
        return Err(Diagnostic::new(Code::ExceptionDates, message));
    }
    Ok(Exception {
        selectors,
        starts,
        ends,
        location,
        raw,
    })
}

/// Whether two names are one person: logins and addresses are compared without case, `@` and spaces.
fn same_person(a: &str, b: &str) -> bool {
    let normal = |name: &str| name.trim().trim_start_matches('@').to_lowercase();
    normal(a) == normal(b)
}
