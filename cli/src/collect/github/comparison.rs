//! The commits between two, as REST `compare` gives them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::client::{Failure, GitHub};

/// Pages of 100 commits that are read.
const MAX_PAGES: usize = 40;

/// How one commit stands to another.
pub(super) struct Comparison {
    /// The commits that the newer has and the older lacks.
    pub(super) commits: BTreeMap<String, RawCommit>,
    /// Whether these are all.
    pub(super) is_whole: bool,
    /// Whether the older has commits that the newer lacks.
    pub(super) is_rewritten: bool,
}

#[derive(Deserialize)]
struct RawComparison {
    status: String,
    total_commits: usize,
    commits: Vec<RawCommit>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawSha {
    pub(super) sha: String,
}

/// A commit of REST.
#[derive(Debug, Deserialize)]
pub(super) struct RawCommit {
    pub(super) sha: String,
    pub(super) parents: Vec<RawSha>,
    pub(super) commit: RawContent,
    pub(super) author: Option<RawAccount>,
    pub(super) committer: Option<RawAccount>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawContent {
    pub(super) tree: RawSha,
    pub(super) author: Option<RawPerson>,
    pub(super) committer: Option<RawPerson>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawPerson {
    pub(super) name: Option<String>,
}

/// The account of a commit; an empty object where there is none.
#[derive(Debug, Deserialize)]
pub(super) struct RawAccount {
    pub(super) login: Option<String>,
}

impl Comparison {
    /// Compares two commits or branches of a repository `owner/name`; both are written as in an address.
    pub(super) fn read(
        github: &GitHub,
        repository: &str,
        older: &str,
        newer: &str,
    ) -> Result<Self, Failure> {
        let what = format!("the commits of {repository}");
        let mut next = Some(format!(
            "/repos/{repository}/compare/{older}...{newer}?per_page=100"
        ));
        let mut commits = BTreeMap::new();
        let mut first = None;
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { break };
            let (page, following): (RawComparison, _) = github.get(&what, &path)?;
            next = following;
            commits.extend(
                page.commits
                    .into_iter()
                    .map(|commit| (commit.sha.clone(), commit)),
            );
            first.get_or_insert((page.status, page.total_commits));
        }
        let (status, total) = first.ok_or_else(|| Failure::Answer {
            what,
            why: "holds nothing".to_owned(),
        })?;
        Ok(Self {
            is_whole: commits.len() == total,
            is_rewritten: !["ahead", "identical"].contains(&status.as_str()),
            commits,
        })
    }

    /// The first-parent commits that lead to `newer`, the oldest first, and the commit that the oldest stands on. `None`:
    /// it has no parent.
    pub(super) fn line<'a>(&'a self, newer: &'a str) -> (Vec<&'a RawCommit>, Option<&'a str>) {
        let mut line = Vec::new();
        let mut at = Some(newer);
        while let Some(commit) = at.and_then(|oid| self.commits.get(oid)) {
            at = commit.parents.first().map(|parent| parent.sha.as_str());
            line.push(commit);
            if line.len() > self.commits.len() {
                break;
            }
        }
        line.reverse();
        (line, at)
    }
}
