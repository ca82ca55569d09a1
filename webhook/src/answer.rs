//! The answer to a request: always a whole AdmissionReview, whatever came.

use serde_json::{Map, Value, json};

use crate::review::{KIND, VERSION};

/// The most bytes of one warning that the API server passes on.
const WARNING: usize = 256;
/// The most bytes of all warnings.
const WARNINGS: usize = 4_096;
/// The most bytes of a message.
const MESSAGE: usize = 2_048;
/// The most causes that are listed.
const CAUSES: usize = 50;

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The control.
    pub reason: String,
    /// The part of the object.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Why something is not let in, in the words of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A control denies it, or could not decide.
    Forbidden,
    /// The request is not one.
    BadRequest,
    /// Its body is too large.
    TooLarge,
    /// It is not JSON by its own account.
    MediaType,
    /// Too many are judged already.
    Overloaded,
    /// It took too long.
    Timeout,
    /// It could not be recorded.
    Unrecorded,
    /// The gate failed.
    Internal,
}

impl Reason {
    /// The code of HTTP.
    pub fn code(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::BadRequest => 400,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Overloaded | Self::Unrecorded => 503,
            Self::Timeout => 504,
            Self::Internal => 500,
        }
    }

    /// The reason as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "Forbidden",
            Self::BadRequest => "BadRequest",
            Self::TooLarge => "RequestEntityTooLarge",
            Self::MediaType => "UnsupportedMediaType",
            Self::Overloaded | Self::Unrecorded => "ServiceUnavailable",
            Self::Timeout => "Timeout",
            Self::Internal => "InternalError",
        }
    }

    /// The reason for metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Forbidden => "denied",
            Self::BadRequest => "bad_request",
            Self::TooLarge => "too_large",
            Self::MediaType => "media_type",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Unrecorded => "unrecorded",
            Self::Internal => "internal_error",
        }
    }
}

/// What a request is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Why it is not let in; none where it is.
    pub denied: Option<(Reason, String)>,
    /// What stands in the way.
    pub causes: Vec<Cause>,
    /// What the one who asks is told.
    pub warnings: Vec<String>,
    /// What the audit log of the API server keeps.
    pub annotations: Vec<(&'static str, String)>,
}

impl Answer {
    /// An answer that lets nothing in.
    pub fn deny(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            denied: Some((reason, message.into())),
            ..Self::default()
        }
    }

    /// An answer to what was not judged or not recorded: it denies, unless that was asked for otherwise.
    pub fn failure(reason: Reason, message: &str, denies: bool) -> Self {
        let mut answer = Self {
            annotations: vec![("failure", reason.label().to_owned())],
            ..Self::default()
        };
        if denies {
            answer.denied = Some((reason, format!("not let in: {message}")));
        } else {
            answer.warnings = vec![format!(
                "soc2gate let this in without a decision: {message}"
            )];
        }
        answer
    }

    /// The answer as it is sent.
    pub fn to_json(&self, uid: &str) -> Vec<u8> {
        let mut response = Map::from_iter([
            ("uid".to_owned(), Value::from(uid)),
            ("allowed".to_owned(), Value::from(self.denied.is_none())),
        ]);
        if let Some((reason, message)) = &self.denied {
            let mut status = json!({
                "status": "Failure",
                "code": reason.code(),
                "reason": reason.as_str(),
                "message": shortened(&clean(message), MESSAGE),
            });
            if !self.causes.is_empty()
                && let Some(status) = status.as_object_mut()
            {
                let causes = self
                    .causes
                    .iter()
                    .take(CAUSES)
                    .map(Cause::to_json)
                    .collect();
                status.insert(
                    "details".to_owned(),
                    json!({"causes": Value::Array(causes)}),
                );
            }
            response.insert("status".to_owned(), status);
        }
        let warnings = warnings(&self.warnings);
        if !warnings.is_empty() {
            response.insert("warnings".to_owned(), warnings.into());
        }
        if !self.annotations.is_empty() {
            let annotations = self.annotations.iter();
            let annotations: Map<String, Value> = annotations
                .map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str())))
                .collect();
            response.insert("auditAnnotations".to_owned(), annotations.into());
        }
        let review = json!({"apiVersion": VERSION, "kind": KIND, "response": response});
        review.to_string().into_bytes()
    }
}

impl Cause {
    fn to_json(&self) -> Value {
        json!({
            "reason": self.reason,
            "field": shortened(&clean(&self.field), WARNING),
            "message": shortened(&clean(&self.message), MESSAGE),
        })
    }
}

/// Warnings as the API server passes them on: each short, all of them bounded, and the last one says how many there are no
/// room for.
fn warnings(all: &[String]) -> Vec<String> {
    const ROOM: usize = 64;
    let mut kept = Vec::new();
    let mut bytes = 0;
    for (at, warning) in all.iter().enumerate() {
        let warning = shortened(&clean(warning), WARNING);
        let is_last = at + 1 == all.len();
        let room = if is_last { 0 } else { ROOM };
        if bytes + warning.len() + room > WARNINGS {
            kept.push(format!("soc2gate: {} more warnings", all.len() - at));
            break;
        }
        bytes += warning.len();
        kept.push(warning);
    }
    kept
}

/// A text that may stand in a header.
fn clean(text: &str) -> String {
    let space = |c: char| {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            ' '
        } else {
            c
        }
    };
    text.chars().map(space).collect()
}

/// A text of at most so many bytes.
fn shortened(text: &str, most: usize) -> String {
    const MORE: &str = "...";
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most - MORE.len())
        .rev()
        .find(|end| text.is_char_boundary(*end));
    format!("{}{MORE}", text.get(..end.unwrap_or(0)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(answer: &Answer) -> Value {
        serde_json::from_slice(&answer.to_json("u")).unwrap()
    }

    #[test]
    fn a_denial_says_what_stands_in_the_way() {
        let mut answer = Answer::deny(Reason::Forbidden, "two\nlines");
        answer.causes.push(Cause {
            reason: "WRK-01".to_owned(),
            field: "spec.hostNetwork".to_owned(),
            message: "no".to_owned(),
        });
        let expected = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {
                "uid": "u",
                "allowed": false,
                "status": {
                    "status": "Failure", "code": 403, "reason": "Forbidden", "message": "two lines",
                    "details": {"causes": [{"reason": "WRK-01", "field": "spec.hostNetwork", "message": "no"}]},
                },
            },
        });
        assert_eq!(parsed(&answer), expected);
    }

    #[test]
    fn warnings_are_bounded_and_fit_a_header() {
        let answer = Answer {
            warnings: (0..100)
                .map(|at| format!("{at}\r\n\u{7f}{}", "ü".repeat(300)))
                .collect(),
            ..Answer::default()
        };
        let value = parsed(&answer);
        let warnings = value["response"]["warnings"].as_array().unwrap();
        let texts: Vec<&str> = warnings.iter().map(|text| text.as_str().unwrap()).collect();
        assert!(texts.len() > 10);
        assert!(texts.iter().all(|text| text.len() <= WARNING));
        assert!(!texts.iter().any(|text| text.chars().any(char::is_control)));
        assert!(texts.iter().map(|text| text.len()).sum::<usize>() <= WARNINGS);
        assert!(texts.last().unwrap().ends_with("more warnings"));
    }

    #[test]
    fn a_failure_denies_unless_it_was_asked_for_otherwise() {
        let denied = parsed(&Answer::failure(Reason::Overloaded, "busy", true));
        assert_eq!(denied["response"]["allowed"], false);
        assert_eq!(denied["response"]["status"]["code"], 503);
        let allowed = parsed(&Answer::failure(Reason::Overloaded, "busy", false));
        assert_eq!(allowed["response"]["allowed"], true);
        assert_eq!(
            allowed["response"]["auditAnnotations"]["failure"],
            "overloaded"
        );
        assert!(
            allowed["response"]["warnings"][0]
                .as_str()
                .unwrap()
                .contains("busy")
        );
    }
}
