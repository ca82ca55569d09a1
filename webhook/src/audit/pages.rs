//! The objects of a kind, a page at a time.

use axum::http::StatusCode;
use kube::Client;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::{self, Failure};

/// How often a kind is listed from its beginning because the past that a page belongs to is forgotten.
const RESTARTS: u32 = 3;

/// A way through all objects of a kind.
#[derive(Debug)]
pub struct Pages {
    path: String,
    query: String,
    limit: u32,
    next: Next,
    restarts: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Page(Option<String>),
    End,
}

/// What came of asking for a page.
#[derive(Debug)]
pub enum Step {
    /// Objects, as they were sent.
    Page(Vec<Box<RawValue>>),
    /// What was listed so far does not count: the list begins anew.
    Restart,
    /// There are no more.
    End,
}

#[derive(Deserialize)]
struct List {
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    // Null where there are none.
    items: Option<Vec<Box<RawValue>>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, rename = "continue")]
    next: String,
}

impl Pages {
    /// The objects below a path; `query` chooses among them, such as `labelSelector=a%3Db`.
    pub fn new(path: String, query: impl Into<String>, limit: u32) -> Self {
        Self {
            path,
            query: query.into(),
            limit,
            next: Next::Page(None),
            restarts: 0,
        }
    }

    /// Asks for the next page. After an error there is none.
    pub async fn next(&mut self, client: &Client) -> Result<Step, Failure> {
        loop {
            let Next::Page(token) = &self.next else {
                return Ok(Step::End);
            };
            match page(client, &self.uri(token.as_deref())).await {
                Ok(list) => {
                    let next = Some(list.metadata.next).filter(|next| !next.is_empty());
                    self.next = next.map_or(Next::End, |next| Next::Page(Some(next)));
                    return Ok(Step::Page(list.items.unwrap_or_default()));
                }
                // Large objects: fewer of them at once.
                Err(Failure::TooLarge) if self.limit > 1 => self.limit = (self.limit / 4).max(1),
                Err(Failure::Status(StatusCode::GONE))
                    if token.is_some() && self.restarts < RESTARTS =>
                {
                    self.restarts += 1;
                    self.next = Next::Page(None);
                    return Ok(Step::Restart);
                }
                Err(failure) => {
                    self.next = Next::End;
                    return Err(failure);
                }
            }
        }
    }

    fn uri(&self, token: Option<&str>) -> String {
        let mut uri = format!("{}?limit={}", self.path, self.limit);
        if !self.query.is_empty() {
            uri.push('&');
            uri.push_str(&self.query);
        }
        if let Some(token) = token {
            uri.push_str("&continue=");
            uri.push_str(&api::encoded(token));
        }
        uri
    }
}

async fn page(client: &Client, uri: &str) -> Result<List, Failure> {
    let bytes = api::get(client, uri).await?;
    let list: List = serde_json::from_slice(&bytes).map_err(|_| Failure::Unreadable)?;
    // Whatever stands between may answer with something else, which must not look like a list without objects.
    if list.kind.ends_with("List") {
        Ok(list)
    } else {
        Err(Failure::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::extract::Request;

    use super::*;

    /// A client whose server answers by the query of a request, and how many there were.
    fn client(answer: fn(&str) -> (u16, String)) -> (Client, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            count.fetch_add(1, Ordering::Relaxed);
            let (status, body) = answer(request.uri().query().unwrap_or_default());
            async move { (StatusCode::from_u16(status).unwrap(), body) }
        });
        (Client::new(router, "default"), asked)
    }

    fn pages() -> Pages {
        Pages::new("/api/v1/pods".to_owned(), "", 500)
    }

    #[tokio::test]
    async fn a_page_that_is_too_large_is_asked_for_in_parts() {
        let (client, asked) = client(|query| {
            let filler = if query.contains("limit=500") {
                api::ANSWER
            } else {
                1
            };
            (
                200,
                format!(r#"{{"kind":"PodList","items":["{}"]}}"#, "x".repeat(filler)),
            )
        });
        let mut pages = pages();
        assert!(matches!(pages.next(&client).await, Ok(Step::Page(page)) if page.len() == 1));
        assert!(matches!(pages.next(&client).await, Ok(Step::End)));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_is_no_list_is_not_an_empty_one() {
        for body in ["{}", "", r#"{"kind":"Status"}"#, "<html>"] {
            let (client, _) = client(match body {
                "{}" => |_| (200, "{}".to_owned()),
                "" => |_| (200, String::new()),
                "<html>" => |_| (200, "<html>".to_owned()),
                _ => |_| (200, r#"{"kind":"Status"}"#.to_owned()),
            });
            let mut pages = pages();
            assert_eq!(pages.next(&client).await.unwrap_err(), Failure::Unreadable);
            assert!(matches!(pages.next(&client).await, Ok(Step::End)));
        }
    }

    #[tokio::test]
    async fn a_list_begins_anew_a_few_times_only() {
        let (client, _) = client(|query| {
            if query.contains("continue") {
                (410, String::new())
            } else {
                (
                    200,
                    r#"{"kind":"PodList","metadata":{"continue":"a"},"items":[]}"#.to_owned(),
                )
            }
        });
        let mut pages = pages();
        for _ in 0..RESTARTS {
            assert!(matches!(pages.next(&client).await, Ok(Step::Page(_))));
            assert!(matches!(pages.next(&client).await, Ok(Step::Restart)));
        }
        assert!(matches!(pages.next(&client).await, Ok(Step::Page(_))));
        let gone = Failure::Status(StatusCode::GONE);
        assert_eq!(pages.next(&client).await.unwrap_err(), gone);
    }

    #[test]
    fn a_page_follows_the_one_before() {
        let pages = Pages::new("/api/v1/pods".to_owned(), "labelSelector=a%3Db", 500);
        assert_eq!(
            pages.uri(None),
            "/api/v1/pods?limit=500&labelSelector=a%3Db"
        );
        assert_eq!(
            pages.uri(Some("a=")),
            "/api/v1/pods?limit=500&labelSelector=a%3Db&continue=a%3D"
        );
    }

    #[test]
    fn objects_stay_as_they_were_sent() {
        let list: List = serde_json::from_str(
            r#"{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a": 1.0}]}"#,
        )
        .unwrap();
        assert_eq!(list.items.unwrap()[0].get(), r#"{"a": 1.0}"#);
        assert_eq!(list.metadata.next, "x");
    }
}
