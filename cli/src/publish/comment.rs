//! The one comment on a pull request, which is updated in place.
//!
//! A comment is ours if this token's account wrote it and its first line is our marker: a marker that somebody copied
//! changes nothing. The newest of ours is updated; older ones stand as they are.

use std::fmt;

use jiff::Timestamp;

use super::code_host::{Account, CodeHost, Comment, HostError};

/// The hidden first line of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// Tells comments of several steps apart.
    pub(super) name: Option<String>,
    /// When the run started that the comment is about.
    pub(super) started: Timestamp,
}

const OPENING: &str = "<!-- soc2gate report";
const CLOSING: &str = " -->";

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or_default();
        write!(
            formatter,
            "{OPENING} name={name} started={}{CLOSING}",
            self.started
        )
    }
}

impl Marker {
    /// The marker of a comment.
    fn of(body: &str) -> Option<Self> {
        let line = body.lines().next()?.trim_end();
        let fields = line.strip_prefix(OPENING)?.strip_suffix(CLOSING)?;
        let fields = fields.strip_prefix(" name=")?;
        let (name, started) = fields.split_once(" started=")?;
        Some(Self {
            name: (!name.is_empty()).then(|| name.to_owned()),
            started: started.parse().ok()?,
        })
    }
}

/// What is to be done with the comments that are there.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    /// There is none of ours.
    Create,
    /// The newest of ours.
    Update(u64),
    /// A run that started later has written it.
    Leave(Comment),
}

/// Chooses among the comments of an account.
fn choose<'a>(comments: impl Iterator<Item = &'a Comment>, marker: &Marker) -> Choice {
    let ours = comments
        .filter_map(|comment| Some((comment, Marker::of(&comment.body)?)))
        .filter(|(_, found)| found.name == marker.name);
    match ours.max_by_key(|(comment, _)| comment.id) {
        None => Choice::Create,
        Some((comment, found)) if found.started > marker.started => Choice::Leave(comment.clone()),
        Some((comment, _)) => Choice::Update(comment.id),
    }
}

/// Writes the comment, and gives its address.
pub(super) fn put(
    host: &dyn CodeHost,
    repository: &str,
    pull_request: u64,
    marker: &Marker,
    document: &str,
) -> Result<String, HostError> {
    let body = format!("{marker}\n{document}");
    let comments = host.comments(repository, pull_request)?;
    let ours = ours(host, &comments, None)?;
    match choose(ours, marker) {
        Choice::Leave(comment) => Ok(comment.url),
        Choice::Update(id) => Ok(host.update_comment(repository, id, &body)?.url),
        Choice::Create => {
            let added = host.add_comment(repository, pull_request, &body)?;
            settle(host, repository, pull_request, marker, added)
        }
    }
}

/// Two runs at the same time may both have found no comment. The first that was added stays; who added another takes it
/// back and updates the first.
fn settle(
    host: &dyn CodeHost,
    repository: &str,
    pull_request: u64,
    marker: &Marker,
    added: Comment,
) -> Result<String, HostError> {
    let comments = host.comments(repository, pull_request)?;
    let earlier: Vec<Comment> = ours(host, &comments, added.author.as_ref())?
        .filter(|comment| comment.id < added.id)
        .cloned()
        .collect();
    match choose(earlier.iter(), marker) {
        Choice::Create => Ok(added.url),
        Choice::Leave(comment) => {
            host.remove_comment(repository, added.id)?;
            Ok(comment.url)
        }
        Choice::Update(id) => {
            host.remove_comment(repository, added.id)?;
            Ok(host.update_comment(repository, id, &added.body)?.url)
        }
    }
}

/// The comments that this account wrote. Whose they are is only asked where one has a marker.
fn ours<'a>(
    host: &dyn CodeHost,
    comments: &'a [Comment],
    known: Option<&Account>,
) -> Result<impl Iterator<Item = &'a Comment>, HostError> {
    let is_marked = comments
        .iter()
        .any(|comment| Marker::of(&comment.body).is_some());
    let account = match known {
        Some(account) => Some(account.clone()),
        None if is_marked => Some(host.account()?),
        None => None,
    };
    Ok(comments.iter().filter(move |comment| {
        let author = comment.author.as_ref();
        let same = |account: &Account, author: &Account| {
            author.id == account.id || author.login.eq_ignore_ascii_case(&account.login)
        };
        account
            .as_ref()
            .zip(author)
            .is_some_and(|(account, author)| same(account, author))
    }))
}
