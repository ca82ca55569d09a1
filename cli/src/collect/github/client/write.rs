//! Requests that change something.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::reply::{Meaning, Reply};
use super::{Failure, GitHub, request};

impl GitHub {
    /// Sends a change to the REST interface and reads the answer. It is sent again only where GitHub has refused it, or
    /// was not reached: one whose answer is lost may have been made.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        what: &str,
        method: &Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let reply = self.change(what, method, path, Some(body))?;
        serde_json::from_slice(&reply.body).map_err(|_| Failure::Answer {
            what: what.to_owned(),
            why: "does not have the shape that it should".to_owned(),
        })
    }

    /// Removes something.
    pub(crate) fn delete(&self, what: &str, path: &str) -> Result<(), Failure> {
        self.change(what, &Method::DELETE, path, None::<&()>)?;
        Ok(())
    }

    fn change(
        &self,
        what: &str,
        method: &Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Failure> {
        let build = || {
            let builder = request(method.clone(), path);
            self.rest.build_request(builder, body)
        };
        self.exchange(what, &self.rest, 1, &build, &|reply| match reply
            .meaning(what, self.pace.now())
        {
            Meaning::Elsewhere => Meaning::Failed(super::elsewhere(what)),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::stand_in::{Server, answer};
    use super::*;

    fn post(server: &Server) -> Result<Value, Failure> {
        let (github, _) = server.client(60);
        github.send(
            "the comment",
            &Method::POST,
            "/comments",
            &json!({"body": "x"}),
        )
    }

    #[test]
    fn a_change_is_sent_with_its_body_and_answered() {
        let server = Server::start(|_, _| answer(201, &[], r#"{"id": 3}"#));
        assert_eq!(post(&server), Ok(json!({"id": 3})));
        let requests = server.requests();
        assert_eq!(
            (requests[0].method.as_str(), requests[0].body.as_str()),
            ("POST", r#"{"body":"x"}"#)
        );
    }

    #[test]
    fn what_may_have_been_done_is_not_done_again() {
        for reply in [
            answer(502, &[], "").as_str(),
            answer(201, &[], "no JSON").as_str(),
            "HTTP/1.1 201 Status\r\ncontent-length: 100\r\n\r\n{…cut",
            answer(307, &[("location", "/elsewhere")], "").as_str(),
        ] {
            let reply = reply.to_owned();
            let server = Server::start(move |_, _| reply.clone());
            assert!(post(&server).is_err());
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[test]
    fn what_was_refused_for_a_time_is_sent_again() {
        let server = Server::start(|_, before| match before {
            0 => answer(403, &[("retry-after", "7")], ""),
            _ => answer(201, &[], "{}"),
        });
        assert_eq!(post(&server), Ok(json!({})));
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn something_is_removed_without_an_answer() {
        let server = Server::start(|_, _| answer(204, &[], ""));
        let (github, _) = server.client(60);
        assert_eq!(github.delete("the comment", "/comments/3"), Ok(()));
        assert_eq!(server.requests()[0].method, "DELETE");
    }
}
