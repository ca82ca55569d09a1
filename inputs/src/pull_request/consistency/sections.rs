//! The lists whose items can contradict themselves or each other.

use super::super::check::{Check, CheckStatus};
use super::super::commit::Commit;
use super::super::document::PullRequest;
use super::super::file::{ChangedFile, FileStatus};
use super::super::presence::List;
use super::super::review::{Review, ReviewState};
use super::contradiction::{Findings, place};

pub(super) fn check(pull: &PullRequest, found: &mut Findings) {
    if let Some(reviews) = &pull.reviews {
        check_reviews(&reviews.items, found);
    }
    if let Some(commits) = &pull.commits {
        check_commits(commits, pull, found);
    }
    if let Some(files) = &pull.files {
        check_files(&files.items, found);
    }
    if let Some(checks) = &pull.checks {
        check_checks(&checks.items, found);
    }
}

fn check_reviews(reviews: &[Review], found: &mut Findings) {
    found.duplicates(("reviews", "id"), reviews, |review| review.id.as_ref());
    for (index, review) in reviews.iter().enumerate() {
        let at = |field: &str| place!["reviews", "items", index, field];
        if review.submitted_at.is_none() && review.state != ReviewState::Pending {
            found.add(at("submitted_at"), "is null, but the review is not pending");
        }
        let Some(dismissed) = &review.dismissed else {
            continue;
        };
        if review.state != ReviewState::Dismissed {
            found.add(
                at("dismissed"),
                "is there, but the review's state is not DISMISSED",
            );
        }
        if matches!(
            dismissed.previous_state,
            ReviewState::Dismissed | ReviewState::Pending
        ) {
            found.add(
                at("dismissed"),
                "has a previous_state that cannot be dismissed",
            );
        }
    }
}

fn check_commits(commits: &List<Commit>, pull: &PullRequest, found: &mut Findings) {
    found.duplicates(("commits", "oid"), &commits.items, |commit| {
        Some(&commit.oid)
    });
    if commits.complete
        && commits
            .items
            .iter()
            .all(|commit| commit.oid != pull.head.oid)
    {
        let message = if commits.items.is_empty() {
            "is complete and empty: a pull request has at least one commit"
        } else {
            "is complete, but lacks the commit head.oid"
        };
        found.add(place!["commits"], message);
    }
    for (index, commit) in commits.items.iter().enumerate() {
        let at = |field: &str| place!["commits", "items", index, field];
        if commit.parents.contains(&commit.oid) {
            found.add(at("parents"), "holds the commit itself");
        }
        if commit.parents.len() > 1 {
            continue;
        }
        if commit.merges_base {
            found.add(
                at("merges_base"),
                "is true, but the commit does not have two parents",
            );
        }
        if commit.clean_merge == Some(true) {
            found.add(
                at("clean_merge"),
                "is true, but the commit does not have two parents",
            );
        }
    }
}

fn check_files(files: &[ChangedFile], found: &mut Findings) {
    found.duplicates(("files", "path"), files, |file| Some(&file.path));
    for (index, file) in files.iter().enumerate() {
        let at = |field: &str| place!["files", "items", index, field];
        let moves = matches!(file.status, FileStatus::Renamed | FileStatus::Copied);
        match (&file.previous_path, moves) {
            (None, true) => {
                found.add(
                    at("previous_path"),
                    "is absent, but the file was renamed or copied",
                );
            }
            (Some(_), false) => {
                found.add(
                    at("previous_path"),
                    "is there, but the file was not renamed or copied",
                );
            }
            _ => {}
        }
    }
}

fn check_checks(checks: &[Check], found: &mut Findings) {
    found.duplicates(("checks", "id"), checks, |check| check.id);
    for (index, check) in checks.iter().enumerate() {
        let at = |field: &str| place!["checks", "items", index, field];
        match (
            check.status == CheckStatus::Completed,
            check.conclusion.is_some(),
        ) {
            (true, false) => found.add(at("conclusion"), "is null, but the check is completed"),
            (false, true) => {
                found.add(at("conclusion"), "is there, but the check is not completed");
            }
            _ => {}
        }
    }
}
