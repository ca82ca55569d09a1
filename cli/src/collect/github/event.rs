//! The event that started a workflow.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use soc2gate_source::{Code, Diagnostic};

use super::Coordinates;

/// Largest event that is read, in bytes: GitHub sends at most 25 MB.
const MAX_BYTES: u64 = 25 * 1024 * 1024;

/// What the environment of a workflow says about why it runs.
#[derive(Debug)]
pub(crate) struct Event {
    name: String,
    payload: Payload,
}

/// What an event is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    PullRequest(Coordinates),
    MergeGroup(MergeGroup),
    Push(PushEvent),
    /// A time, or somebody who started the workflow.
    Asked,
    /// Something that brings nothing to judge, and why.
    Nothing(&'static str),
}

/// The commit that a merge queue made of some pull requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MergeGroup {
    /// `owner/name`.
    pub(crate) repository: String,
    /// The branch that it goes to, without `refs/heads/`.
    pub(crate) base: String,
    pub(crate) base_oid: String,
    pub(crate) head_oid: String,
    /// The number of its last pull request, by the name of its branch.
    pub(crate) last: u64,
}

/// A push to a branch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PushEvent {
    /// `owner/name`.
    pub(crate) repository: String,
    /// The branch, without `refs/heads/`.
    pub(crate) branch: String,
    /// `None`: it was created.
    pub(crate) before: Option<String>,
    /// `None`: it was deleted.
    pub(crate) after: Option<String>,
    pub(crate) forced: bool,
    pub(crate) default_branch: String,
    /// Login and type of who pushed.
    pub(crate) pusher: Option<(String, String)>,
}

/// The parts of an event that say what it is about.
#[derive(Debug, Deserialize)]
struct Payload {
    repository: Option<RawRepository>,
    pull_request: Option<RawPull>,
    issue: Option<RawIssue>,
    action: Option<String>,
    merge_group: Option<RawGroup>,
    r#ref: Option<String>,
    before: Option<String>,
    after: Option<String>,
    forced: Option<bool>,
    sender: Option<RawSender>,
}

#[derive(Debug, Deserialize)]
struct RawRepository {
    full_name: String,
    default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawSender {
    login: String,
    r#type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawGroup {
    head_sha: String,
    head_ref: String,
    base_sha: String,
    base_ref: String,
}

#[derive(Debug, Deserialize)]
struct RawPull {
    number: u64,
}

#[derive(Debug, Deserialize)]
struct RawIssue {
    number: u64,
    pull_request: Option<serde::de::IgnoredAny>,
}

impl Event {
    /// Reads the event that the environment names; `None` where it names none.
    pub(crate) fn find(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Diagnostic> {
        let of = |name: &str| variable(name).filter(|text| !text.is_empty());
        let (name, path) = match (of("GITHUB_EVENT_NAME"), of("GITHUB_EVENT_PATH")) {
            (Some(name), Some(path)) => (name, path),
            (None, None) => return Ok(None),
            _ => {
                let message = "only one of GITHUB_EVENT_NAME and GITHUB_EVENT_PATH is set";
                return Err(Diagnostic::new(Code::EventInvalid, message));
            }
        };
        let text = read(Path::new(&path))?;
        let payload = serde_json::from_str(&text).map_err(|_| {
            let message = "the file that GITHUB_EVENT_PATH names is no event of GitHub";
            Diagnostic::new(Code::EventInvalid, message)
        })?;
        Ok(Some(Self { name, payload }))
    }

    /// The pull request that it is about.
    pub(crate) fn pull_request(&self) -> Result<Coordinates, Diagnostic> {
        let number = match self.name.as_str() {
            "pull_request"
            | "pull_request_target"
            | "pull_request_review"
            | "pull_request_review_comment" => {
                let pull = self.payload.pull_request.as_ref();
                pull.map(|pull| pull.number)
                    .ok_or_else(|| incomplete("names no pull request"))?
            }
            "issue_comment" => {
                let issue = self.payload.issue.as_ref();
                let issue = issue.ok_or_else(|| incomplete("names no issue"))?;
                if issue.pull_request.is_none() {
                    let message = "the event is a comment on an issue, not on a pull request";
                    return Err(Diagnostic::new(Code::EventUnsupported, message));
                }
                issue.number
            }
            _ => {
                return Err(Diagnostic::new(
                    Code::EventUnsupported,
                    Code::EventUnsupported.title(),
                ));
            }
        };
        let repository = self.payload.repository.as_ref();
        repository
            .and_then(|repository| Coordinates::new(&repository.full_name, number))
            .ok_or_else(|| incomplete("names no repository, or no number of a pull request"))
    }
}

impl Event {
    /// What it is about.
    pub(crate) fn occasion(&self) -> Result<Occasion, Diagnostic> {
        match self.name.as_str() {
            "merge_group" if self.payload.action.as_deref() == Some("destroyed") => {
                Ok(Occasion::Nothing("the merge group was given up"))
            }
            "merge_group" => self.merge_group().map(Occasion::MergeGroup),
            "push" => self.push(),
            "schedule" | "workflow_dispatch" => Ok(Occasion::Asked),
            _ => self.pull_request().map(Occasion::PullRequest),
        }
    }

    fn merge_group(&self) -> Result<MergeGroup, Diagnostic> {
        let group = self.payload.merge_group.as_ref();
        let group = group.ok_or_else(|| incomplete("names no merge group"))?;
        let (Some(base_oid), Some(head_oid)) = (commit(&group.base_sha)?, commit(&group.head_sha)?)
        else {
            return Err(incomplete("names no commits of the merge group"));
        };
        let last = last_of_group(&group.head_ref);
        Ok(MergeGroup {
            repository: self.repository()?.full_name.clone(),
            base: branch(&group.base_ref).to_owned(),
            base_oid,
            head_oid,
            last: last.ok_or_else(|| {
                incomplete("names no pull request in the branch of the merge group")
            })?,
        })
    }

    fn push(&self) -> Result<Occasion, Diagnostic> {
        let reference = self.payload.r#ref.as_deref();
        let reference = reference.ok_or_else(|| incomplete("names no branch"))?;
        let Some(branch) = reference.strip_prefix("refs/heads/") else {
            return Ok(Occasion::Nothing("the push is to no branch"));
        };
        let oid = |text: &Option<String>| {
            let text = text.as_deref();
            text.ok_or_else(|| incomplete("names no commits"))
                .and_then(commit)
        };
        let (before, after) = (oid(&self.payload.before)?, oid(&self.payload.after)?);
        if before.is_none() && after.is_none() {
            return Err(incomplete("names no commits"));
        }
        let repository = self.repository()?;
        let default_branch = repository.default_branch.clone();
        let sender = self.payload.sender.as_ref();
        Ok(Occasion::Push(PushEvent {
            repository: repository.full_name.clone(),
            branch: branch.to_owned(),
            forced: before.is_some()
                && self
                    .payload
                    .forced
                    .ok_or_else(|| incomplete("does not say whether the push was forced"))?,
            before,
            after,
            default_branch: default_branch.ok_or_else(|| incomplete("names no default branch"))?,
            pusher: sender.and_then(|sender| Some((sender.login.clone(), sender.r#type.clone()?))),
        }))
    }

    /// The repository that it is of, `owner/name`, where it says.
    pub(crate) fn repository_name(&self) -> Result<String, Diagnostic> {
        Ok(self.repository()?.full_name.clone())
    }

    fn repository(&self) -> Result<&RawRepository, Diagnostic> {
        let repository = self.payload.repository.as_ref();
        repository
            .filter(|repository| Coordinates::new(&repository.full_name, 1).is_some())
            .ok_or_else(|| incomplete("names no repository"))
    }
}

fn branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}

/// An object id; `None` where it is all zeros, which stands for no commit.
fn commit(text: &str) -> Result<Option<String>, Diagnostic> {
    let is_oid = [40, 64].contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_oid {
        return Err(incomplete("names a commit that cannot be"));
    }
    Ok(text
        .bytes()
        .any(|byte| byte != b'0')
        .then(|| text.to_owned()))
}

/// The number in `refs/heads/gh-readonly-queue/main/pr-42-<commit>`.
fn last_of_group(reference: &str) -> Option<u64> {
    let queue = branch(reference).strip_prefix("gh-readonly-queue/")?;
    let (_, name) = queue.rsplit_once('/')?;
    let (number, _) = name.strip_prefix("pr-")?.split_once('-')?;
    number.parse().ok().filter(|number| *number > 0)
}

fn incomplete(what: &str) -> Diagnostic {
    Diagnostic::new(Code::EventInvalid, format!("the event {what}"))
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    let wrong = |why: String| {
        let message = format!("the file that GITHUB_EVENT_PATH names {why}");
        Diagnostic::new(Code::EventInvalid, message)
    };
    let file =
        File::open(path).map_err(|error| wrong(format!("cannot be read: {}", error.kind())))?;
    let mut text = String::new();
    let size = file
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| wrong(format!("cannot be read: {}", error.kind())))?;
    if u64::try_from(size).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(wrong(format!("is larger than {MAX_BYTES} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn pull_request(name: &str, text: &str) -> Result<String, Code> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        std::fs::write(&path, text).unwrap();
        let variable = |variable: &str| match variable {
            "GITHUB_EVENT_NAME" => Some(name.to_owned()),
            _ => Some(path.display().to_string()),
        };
        let event = Event::find(variable).map_err(|problem| problem.code)?;
        let found = event.unwrap().pull_request();
        found
            .map(|pull| pull.to_string())
            .map_err(|problem| problem.code)
    }

    #[rstest]
    #[case(
        "pull_request",
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "acme/shop"}}"#
    )]
    #[case(
        "pull_request_target",
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "acme/shop"}}"#
    )]
    #[case(
        "pull_request_review",
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "acme/shop"}}"#
    )]
    #[case("issue_comment", r#"{"issue": {"number": 42, "pull_request": {"url": "x"}}, "repository": {"full_name": "acme/shop"}}"#)]
    fn events_of_a_pull_request_name_it(#[case] name: &str, #[case] text: &str) {
        assert_eq!(pull_request(name, text), Ok("acme/shop#42".to_owned()));
    }

    #[rstest]
    #[case("pull_request", "")]
    #[case("pull_request", "[]")]
    #[case("pull_request", "{")]
    #[case("pull_request", "{}")]
    #[case("pull_request", r#"{"pull_request": {"number": "42"}}"#)]
    #[case("pull_request", r#"{"pull_request": {"number": 42}}"#)]
    #[case(
        "pull_request",
        r#"{"pull_request": {"number": 0}, "repository": {"full_name": "acme/shop"}}"#
    )]
    #[case(
        "pull_request",
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "../shop"}}"#
    )]
    #[case("issue_comment", r#"{"repository": {"full_name": "acme/shop"}}"#)]
    fn a_malformed_event_names_nothing(#[case] name: &str, #[case] text: &str) {
        assert_eq!(pull_request(name, text), Err(Code::EventInvalid));
    }

    #[rstest]
    #[case("push", "{}")]
    #[case(
        "issue_comment",
        r#"{"issue": {"number": 42}, "repository": {"full_name": "acme/shop"}}"#
    )]
    fn other_events_are_about_no_pull_request(#[case] name: &str, #[case] text: &str) {
        assert_eq!(pull_request(name, text), Err(Code::EventUnsupported));
    }

    #[test]
    fn an_event_that_is_half_named_is_a_mistake() {
        let only_name = |name: &str| (name == "GITHUB_EVENT_NAME").then(|| "push".to_owned());
        assert!(Event::find(only_name).is_err());
        assert!(Event::find(|_| None).unwrap().is_none());
        let missing = |name: &str| match name {
            "GITHUB_EVENT_NAME" => Some("push".to_owned()),
            _ => Some("/nowhere/event.json".to_owned()),
        };
        assert!(Event::find(missing).is_err());
    }
}
