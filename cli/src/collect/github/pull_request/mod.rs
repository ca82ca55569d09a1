//! The collector of one pull request.
//!
//! Three requests for an ordinary one: its files (REST), everything else (GraphQL), and the pushes to its branch (REST).
//! All of them must tell of one head; where they do not, everything is read anew. More are asked for what is rare: further pages,
//! commits of apps, merges of the base branch, protection that GraphQL hides, teams that own code and were not asked for a
//! review, files that may declare dependencies.

mod account;
mod base_files;
mod checks;
mod clean_merge;
mod code_owners;
mod commits;
mod coordinates;
mod dependencies;
mod document;

mod files;
mod history;
mod links;
mod manifests;
mod merge;
mod owners;
mod pushes;
mod query;
mod required_checks;
mod reviews;
mod teams;
mod wanted;

use std::collections::BTreeSet;

use soc2gate_inputs::pull_request::{List, PullRequest, Timestamp};

pub(crate) use coordinates::Coordinates;
pub(crate) use wanted::Wanted;

use super::client::{Failure, GitHub, segment};
use super::facts::{self, gap};
use super::snapshot::KnownFiles;
use document::{Core, Sections};
use pushes::Branch;

/// How often a pull request is read that changes meanwhile.
const MAX_READS: u32 = 3;

/// A pull request as it was read.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) document: PullRequest,
    /// The tip of the branch that it goes to; `None` where GitHub did not show it.
    pub(crate) base: Option<BaseTip>,
}

/// The tip of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseTip {
    pub(crate) oid: String,
    /// What is known of its files.
    pub(crate) known: KnownFiles,
}

/// Reads a pull request.
pub(crate) fn collect(
    github: &GitHub,
    pull: &Coordinates,
    wanted: Wanted,
) -> Result<Collected, Failure> {
    for _ in 0..MAX_READS {
        if let Some(collected) = read(github, pull, wanted)? {
            return Ok(collected);
        }
    }
    Err(Failure::Moved { times: MAX_READS })
}

/// Reads a pull request once; `None` where it changed meanwhile.
fn read(github: &GitHub, pull: &Coordinates, wanted: Wanted) -> Result<Option<Collected>, Failure> {
    let what = pull.to_string();
    let path = pull.path();
    let files = files::files(github, &path, wanted.patches)?;
    let collected_at = github.now();
    let pages = query::ask(github, pull, wanted.code_owners)?;
    let facts = pages.facts;
    let core = Core::read(&facts, &what)?;
    let head = core.head_ref_oid.clone();
    let is_other = |files: &files::Files| {
        files.moved || files.head.as_ref().is_some_and(|known| *known != head)
    };
    if pages.moved || files.as_ref().is_ok_and(is_other) {
        return Ok(None);
    }
    let bots = commits::bots(&facts, github, &path)?;
    let mut commits = commits::commits(&facts, &bots);
    if let Ok(commits) = &mut commits {
        clean_merge::mark(github, &pull.repository_path(), &mut commits.items)?;
    }
    let own = commits.as_ref().map_or_else(
        |_| BTreeSet::new(),
        |commits| {
            commits
                .items
                .iter()
                .map(|commit| commit.oid.as_str())
                .collect()
        },
    );
    let branch = Branch {
        repository: core.head_repository(),
        name: &core.head_ref_name,
        closed_at: core.closed_at(),
        commits: own,
    };
    let pushes = pushes::pushes(github, &branch)?;
    // A push behind the one of the head came while this was read.
    let came_later = pushes.as_ref().is_ok_and(|pushes| {
        let last = pushes.items.last();
        let mut all = pushes.items.iter();
        last.is_some_and(|last| last.after.as_str() != head)
            && all.any(|push| push.after.as_str() == head)
    });
    if came_later && core.closed_at().is_none() {
        return Ok(None);
    }
    let checks = checks::checks(&facts, &head);
    let base = format!(
        "{}/branches/{}",
        pull.repository_path(),
        segment(&core.base_ref_name)
    );
    let required_checks =
        required_checks::required_checks(&facts, checks.as_ref().ok(), github, &base)?;
    let not_wanted = || {
        gap(
            "no control that judges reads it, so it was not asked for",
            None,
        )
    };
    let reviews = reviews::reviews(&facts);
    let files = files.map(|files| files.list(core.changed_files()));
    let code_owners = if wanted.code_owners {
        let (files, reviews) = (files.as_ref().ok(), reviews.as_ref().ok());
        code_owners::code_owners(&facts, files, reviews, github, pull)?
    } else {
        Err(not_wanted())
    };
    let dependency_changes = if !wanted.dependency_changes {
        Err(not_wanted())
    } else if files.as_ref().is_ok_and(manifests::declare_nothing) {
        Ok(List::complete(Vec::new()))
    } else {
        let repository = pull.repository_path();
        dependencies::dependency_changes(github, &repository, &core.base_ref_oid, &head)?
    };
    let sections = Sections {
        files,
        reviews,
        commits,
        pushes,
        checks,
        required_checks,
        code_owners,
        dependency_changes,
    };
    let collected_at = Timestamp(collected_at.to_string());
    let base = base_files::tip(&facts);
    let document = document::document(&facts, core, sections, collected_at, &github.host(), &what)?;
    Ok(Some(Collected { document, base }))
}

#[cfg(test)]
mod tests;
