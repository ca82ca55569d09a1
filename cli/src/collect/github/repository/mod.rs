//! The collector of a repository's settings.
//!
//! About fifteen requests: REST for what it says, one of GraphQL for what it says alone. A section that cannot be read is
//! absent, with the reason and the permission that helps.

mod access;
mod bypasses;
mod environments;
mod known;
mod protection;
mod rulesets;
mod security;

use serde::Deserialize;
use soc2gate_inputs::github::{
    Branch, MergeSettings, Repository, RepositorySchema, UnavailableOfBranch,
    UnavailableOfRepository,
};
use soc2gate_inputs::pull_request::{List, Name, Text, Timestamp, Visibility};

use super::actions::{actions, workflow_token};
use super::client::{Failure, GitHub};
use super::facts::Section;
use super::part::{Part, Whole, is_repository, nameless, not_shown, put, source, told};
use known::Known;
pub(crate) use rulesets::SharedRulesets;

const ADMINISTRATION: &str = "administration:read";

/// REST `repos/{owner}/{repo}`.
#[derive(Deserialize)]
struct RawRepository {
    owner: RawOwner,
    name: String,
    visibility: Visibility,
    archived: bool,
    fork: bool,
    is_template: Option<bool>,
    default_branch: Option<String>,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
    allow_rebase_merge: Option<bool>,
    allow_auto_merge: Option<bool>,
    allow_update_branch: Option<bool>,
    delete_branch_on_merge: Option<bool>,
    security_and_analysis: Option<security::RawAnalysis>,
}

#[derive(Deserialize)]
struct RawOwner {
    login: String,
}

/// Reads the settings of a repository, `owner/name`.
pub(crate) fn collect_repository(
    github: &GitHub,
    repository: &str,
    shared: &SharedRulesets,
) -> Result<Repository, Failure> {
    let now = github.now();
    let path = format!("/repos/{repository}");
    let (mut raw, _): (RawRepository, _) = github.get(repository, &path)?;
    // It may have been renamed.
    let name = format!("{}/{}", raw.owner.login, raw.name);
    if !is_repository(&name) {
        return Err(nameless(repository));
    }
    let whole = Whole {
        github,
        path: format!("/repos/{name}"),
        name,
    };
    let known = Known::ask(github, &raw.owner.login, &raw.name)?;
    let default_branch = raw.default_branch.take().filter(|_| !known.is_empty());
    let analysis = raw.security_and_analysis.take();
    let mut gaps = UnavailableOfRepository::default();
    let branches = branches(&whole, default_branch.as_deref(), &known, shared)?;
    let actions = actions(&whole, ADMINISTRATION)?;
    let immutable = immutable_releases(&whole, actions.is_ok())?;
    let security = security::security(&whole, analysis, default_branch.as_deref())?;
    Ok(Repository {
        schema: RepositorySchema::V1,
        collected_at: Timestamp(now.to_string()),
        source: Some(source(github)),
        visibility: raw.visibility,
        archived: raw.archived,
        fork: raw.fork,
        template: raw.is_template,
        merge_settings: put(merge_settings(&raw), &mut gaps.merge_settings),
        owner: Name(raw.owner.login),
        name: Name(raw.name),
        default_branch: default_branch.map(Text),
        branches: Some(branches),
        tag_rulesets: put(
            rulesets::of_tags(&whole, &known, shared)?,
            &mut gaps.tag_rulesets,
        ),
        immutable_releases: put(immutable, &mut gaps.immutable_releases),
        rule_bypasses: put(bypasses::bypasses(&whole, now)?, &mut gaps.rule_bypasses),
        environments: put(environments::environments(&whole)?, &mut gaps.environments),
        actions: put(actions, &mut gaps.actions),
        workflow_token: put(
            workflow_token(&whole, ADMINISTRATION)?,
            &mut gaps.workflow_token,
        ),
        security: Some(security),
        outside_collaborators: put(
            access::outside_collaborators(&whole)?,
            &mut gaps.outside_collaborators,
        ),
        deploy_keys: put(access::deploy_keys(&whole)?, &mut gaps.deploy_keys),
        unavailable: told(gaps),
    })
}

/// The default branch of a repository, `owner/name`.
pub(crate) fn default_branch(github: &GitHub, repository: &str) -> Result<Option<String>, Failure> {
    let path = format!("/repos/{repository}");
    let (raw, _): (RawRepository, _) = github.get(repository, &path)?;
    Ok(raw.default_branch)
}

/// The default branch with its rules; none where there is no commit.
fn branches(
    whole: &Whole<'_>,
    branch: Option<&str>,
    known: &Known,
    shared: &SharedRulesets,
) -> Result<List<Branch>, Failure> {
    let Some(name) = branch else {
        return Ok(List::complete(Vec::new()));
    };
    let mut gaps = UnavailableOfBranch::default();
    let protection = protection::protection(whole, name, known)?;
    let rulesets = rulesets::of_branch(whole, name, known, shared)?;
    Ok(List::complete(vec![Branch {
        name: Text::from(name),
        protection: put(protection, &mut gaps.protection),
        rulesets: put(rulesets, &mut gaps.rulesets),
        unavailable: told(gaps),
    }]))
}

/// GitHub answers 404 where they are off, and may do so too where the token may not read it; that it may is shown by
/// another answer that needs the same permission.
fn immutable_releases(whole: &Whole<'_>, may_read: bool) -> Part<bool> {
    #[derive(Deserialize)]
    struct Raw {
        enabled: bool,
    }
    let says_no = |status, _: &str| status == 404 && may_read;
    let what = "the state of immutable releases";
    let read: Section<Option<Raw>> =
        whole.part_unless(what, "/immutable-releases", ADMINISTRATION, &says_no)?;
    Ok(read.map(|raw| raw.is_some_and(|raw| raw.enabled)))
}

fn merge_settings(raw: &RawRepository) -> Section<MergeSettings> {
    let (Some(allow_merge_commit), Some(allow_squash_merge), Some(allow_rebase_merge)) = (
        raw.allow_merge_commit,
        raw.allow_squash_merge,
        raw.allow_rebase_merge,
    ) else {
        return Err(not_shown("contents:write"));
    };
    Ok(MergeSettings {
        allow_merge_commit,
        allow_squash_merge,
        allow_rebase_merge,
        allow_auto_merge: raw.allow_auto_merge,
        allow_update_branch: raw.allow_update_branch,
        delete_branch_on_merge: raw.delete_branch_on_merge,
    })
}

#[cfg(test)]
mod tests;
