//! What results are shown on.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use soc2gate_engine::SubjectKind;

use crate::output::Judged;

/// Largest event that is read, in bytes: GitHub sends at most 25 MB.
const MAX_BYTES: u64 = 25 * 1024 * 1024;

/// A repository and what of it results are shown on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// `owner/name`
    pub(crate) repository: String,
    /// The pull request, where there is one.
    pub(crate) pull_request: Option<u64>,
    /// The commit that was judged: the head of the pull request, not a merge of it.
    pub(crate) commit: Option<String>,
}

impl Target {
    /// What the workflow's event is about. The payload is the runner's; `None` where there is none that can be read.
    pub(crate) fn of_event(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let event = read(Path::new(&variable("GITHUB_EVENT_PATH")?))?;
        let pull_request = event
            .pointer("/pull_request/number")
            .or_else(|| {
                event
                    .get("issue")
                    .filter(|issue| issue.get("pull_request").is_some())?
                    .get("number")
            })
            .and_then(Value::as_u64);
        let head = ["/pull_request/head/sha", "/merge_group/head_sha"]
            .into_iter()
            .find_map(|pointer| event.pointer(pointer)?.as_str())
            .map(str::to_owned);
        // For an event of a pull request this variable names a merge that nobody made yet, or the base.
        let commit = match pull_request {
            Some(_) => head,
            None => head.or_else(|| variable("GITHUB_SHA")),
        };
        Some(Self {
            repository: variable("GITHUB_REPOSITORY")?,
            pull_request,
            commit: commit.filter(|commit| is_commit(commit)),
        })
    }

    /// The head of a judged pull request, if it is the one that results are shown on.
    pub(super) fn judged_commit<'j>(&self, judged: &'j Judged<'_>) -> Option<&'j str> {
        let document = &judged.subject.document;
        let text = |pointer: &str| document.pointer(pointer)?.as_str();
        let (owner, name) = (text("/repository/owner")?, text("/repository/name")?);
        let number = document.get("number")?.as_u64()?;
        let is_target = judged.subject.kind == SubjectKind::PullRequest
            && format!("{owner}/{name}").eq_ignore_ascii_case(&self.repository)
            && Some(number) == self.pull_request;
        text("/head/oid").filter(|commit| is_target && is_commit(commit))
    }
}

fn read(path: &Path) -> Option<Value> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether a text is the name of a commit and nothing else.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    const HEAD: &str = "2222222222222222222222222222222222222222";
    const MERGE: &str = "3333333333333333333333333333333333333333";

    fn target(event: &str) -> Option<(Option<u64>, Option<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        std::fs::write(&path, event).unwrap();
        let variable = |name: &str| match name {
            "GITHUB_EVENT_PATH" => Some(path.display().to_string()),
            "GITHUB_REPOSITORY" => Some("acme/shop".to_owned()),
            "GITHUB_SHA" => Some(MERGE.to_owned()),
            _ => None,
        };
        let found = Target::of_event(variable)?;
        assert_eq!(found.repository, "acme/shop");
        Some((found.pull_request, found.commit))
    }

    #[test]
    fn an_event_names_the_head_of_its_pull_request_or_the_pushed_commit() {
        let pull = format!(r#"{{"pull_request": {{"number": 7, "head": {{"sha": "{HEAD}"}}}}}}"#);
        let group = format!(r#"{{"merge_group": {{"head_sha": "{HEAD}"}}}}"#);
        let comment = r#"{"issue": {"number": 7, "pull_request": {}}}"#;
        for (event, expected) in [
            (pull.as_str(), Some((Some(7), Some(HEAD)))),
            (comment, Some((Some(7), None))),
            (r#"{"issue": {"number": 7}}"#, Some((None, Some(MERGE)))),
            (&group, Some((None, Some(HEAD)))),
            (r#"{"after": "x"}"#, Some((None, Some(MERGE)))),
            (
                r#"{"merge_group": {"head_sha": "main"}}"#,
                Some((None, None)),
            ),
            ("{", None),
        ] {
            let expected = expected.map(|(number, commit)| (number, commit.map(str::to_owned)));
            assert_eq!(target(event), expected, "{event}");
        }
        assert_eq!(Target::of_event(|_| None), None);
    }

    #[test]
    fn the_judged_head_counts_if_it_is_that_of_the_target() {
        let run = fixture::passing();
        let target = Target {
            repository: "acme/shop".to_owned(),
            pull_request: Some(7),
            commit: None,
        };
        let mut subject = run.subjects[0].clone();
        let mut judged = |kind, document| {
            subject.kind = kind;
            subject.document = document;
            let judged = Judged {
                decision: &run.decisions[0],
                subject: &subject,
            };
            target.judged_commit(&judged).map(str::to_owned)
        };
        let document = |repository: &str, number: u64, oid: &str| {
            serde_json::json!({
                "repository": {"owner": "acme", "name": repository}, "number": number, "head": {"oid": oid}
            })
        };
        for (document, expected) in [
            (document("shop", 7, HEAD), Some(HEAD.to_owned())),
            (document("Shop", 7, HEAD), Some(HEAD.to_owned())),
            (document("other", 7, HEAD), None),
            (document("shop", 8, HEAD), None),
            (document("shop", 7, "main"), None),
            (serde_json::json!({}), None),
        ] {
            assert_eq!(judged(SubjectKind::PullRequest, document), expected);
        }
        assert_eq!(
            judged(SubjectKind::Document, document("shop", 7, HEAD)),
            None
        );
    }
}
