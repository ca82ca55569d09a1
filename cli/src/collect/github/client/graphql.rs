//! The answers of GraphQL: facts, and errors that take some of them away.

use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;

/// An answer in which at least some of the facts are.
#[derive(Debug, Default)]
pub(crate) struct GraphQlAnswer {
    pub(crate) data: Value,
    pub(crate) errors: Vec<GraphQlError>,
}

/// Something that GitHub did not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphQlError {
    pub(crate) kind: ErrorKind,
    /// Where in the data it is missing; numbers of items are left out.
    pub(crate) path: Vec<String>,
}

/// Why GitHub did not give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// `FORBIDDEN`, `INSUFFICIENT_SCOPES`: the token may not read it.
    Forbidden,
    /// `NOT_FOUND`: not there, or not shown to the token.
    NotFound,
    /// `RATE_LIMITED`.
    RateLimited,
    /// The query names something that this server does not have.
    Unknown,
    /// GitHub could not run the query.
    Failed,
    /// Something else.
    Other,
}

#[derive(Deserialize)]
struct RawAnswer {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    errors: Vec<RawError>,
}

#[derive(Deserialize)]
struct RawError {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(default)]
    extensions: Value,
}

impl GraphQlAnswer {
    /// Reads an answer; `None` where it is no answer of GraphQL.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let raw: RawAnswer = serde_json::from_slice(body).ok()?;
        let has_data = raw.data.is_object();
        if !has_data && raw.errors.is_empty() {
            return None;
        }
        let errors = raw.errors.iter().map(|error| GraphQlError {
            kind: error.kind(has_data),
            path: error
                .path
                .iter()
                .filter_map(|part| part.as_str().map(str::to_owned))
                .collect(),
        });
        Some(Self {
            errors: errors.collect(),
            data: raw.data,
        })
    }

    /// Whether an error is of a kind.
    pub(super) fn has(&self, kind: ErrorKind) -> bool {
        self.errors.iter().any(|error| error.kind == kind)
    }

    /// The failure that it is where it holds no data at all.
    pub(super) fn failure(&self, what: &str) -> Option<Failure> {
        if self.data.is_object() {
            return None;
        }
        let what = what.to_owned();
        let kind = self.errors.first().map(|error| error.kind);
        Some(match kind {
            Some(ErrorKind::Forbidden) => Failure::Forbidden {
                what,
                permission: None,
            },
            Some(ErrorKind::NotFound) => Failure::NotFound {
                what,
                permission: None,
            },
            Some(ErrorKind::Unknown) => Failure::Answer {
                what,
                why: "says that the server does not know all of the query".to_owned(),
            },
            _ => Failure::Answer {
                what,
                why: "holds errors only".to_owned(),
            },
        })
    }
}

impl RawError {
    fn kind(&self, has_data: bool) -> ErrorKind {
        match self.kind.as_deref() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => ErrorKind::Forbidden,
            Some("NOT_FOUND") => ErrorKind::NotFound,
            Some("RATE_LIMITED" | "RATE_LIMIT") => ErrorKind::RateLimited,
            Some(_) => ErrorKind::Other,
            None if self.extensions.get("code").is_some() => ErrorKind::Unknown,
            None if has_data => ErrorKind::Other,
            None => ErrorKind::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: &Value) -> Option<GraphQlAnswer> {
        GraphQlAnswer::read(answer.to_string().as_bytes())
    }

    #[test]
    fn errors_stand_beside_data() {
        let answer = read(&json!({
            "data": {"repository": {"name": "shop"}},
            "errors": [{
                "type": "FORBIDDEN",
                "path": ["repository", "reviews", "nodes", 3, "author"],
                "message": "Resource not accessible by integration"
            }]
        }))
        .unwrap();
        let path = ["repository", "reviews", "nodes", "author"];
        assert_eq!(answer.errors[0].path, path);
        assert_eq!(answer.errors[0].kind, ErrorKind::Forbidden);
        assert_eq!(answer.failure("it"), None);
    }

    #[test]
    fn an_answer_without_data_is_a_failure() {
        let of = |error: Value| {
            let answer = read(&json!({"data": null, "errors": [error]})).unwrap();
            (answer.errors[0].kind, answer.failure("it").is_some())
        };
        assert_eq!(
            of(json!({"type": "NOT_FOUND"})),
            (ErrorKind::NotFound, true)
        );
        assert_eq!(
            of(json!({"type": "RATE_LIMITED"})),
            (ErrorKind::RateLimited, true)
        );
        assert_eq!(
            of(json!({"message": "went wrong"})),
            (ErrorKind::Failed, true)
        );
        let unknown = json!({"message": "…", "extensions": {"code": "undefinedField"}});
        assert_eq!(of(unknown), (ErrorKind::Unknown, true));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            "<html>",
            r#"{"data": null}"#,
            r#"{"data": 1}"#,
        ] {
            assert!(GraphQlAnswer::read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
