//! What GitHub Actions may do, in a repository and in an organisation alike.

use serde::Deserialize;
use soc2gate_inputs::github::{
    Actions, AllowedActions, SelectedActions, TokenPermissions, WorkflowToken,
};
use soc2gate_inputs::pull_request::Text;

use super::facts::gap;
use super::part::{Part, Whole};

#[derive(Deserialize)]
struct RawActions {
    /// Of a repository.
    enabled: Option<bool>,
    /// Of an organisation.
    enabled_repositories: Option<String>,
    allowed_actions: Option<AllowedActions>,
    sha_pinning_required: Option<bool>,
}

#[derive(Deserialize)]
struct RawSelected {
    #[serde(rename = "github_owned_allowed")]
    github_owned: bool,
    #[serde(rename = "verified_allowed")]
    verified: bool,
    #[serde(rename = "patterns_allowed", default)]
    patterns: Vec<String>,
}

#[derive(Deserialize)]
struct RawToken {
    default_workflow_permissions: TokenPermissions,
    can_approve_pull_request_reviews: bool,
}

/// Which actions may run.
pub(super) fn actions(whole: &Whole<'_>, permission: &str) -> Part<Actions> {
    let what = "the permissions of actions";
    let raw: RawActions = match whole.part(what, "/actions/permissions", permission)? {
        Ok(raw) => raw,
        Err(gap) => return Ok(Err(gap)),
    };
    let of_organization = raw.enabled_repositories.map(|which| which != "none");
    let Some(enabled) = raw.enabled.or(of_organization) else {
        return Ok(Err(gap(
            "GitHub's answer does not have the shape that it should",
            None,
        )));
    };
    let selected = if raw.allowed_actions == Some(AllowedActions::Selected) {
        let below = "/actions/permissions/selected-actions";
        let selected: RawSelected = match whole.part("the selected actions", below, permission)? {
            Ok(selected) => selected,
            Err(gap) => return Ok(Err(gap)),
        };
        Some(SelectedActions {
            github_owned: selected.github_owned,
            verified: selected.verified,
            patterns: selected.patterns.into_iter().map(Text).collect(),
        })
    } else {
        None
    };
    Ok(Ok(Actions {
        enabled,
        allowed: raw.allowed_actions,
        sha_pinning_required: raw.sha_pinning_required,
        selected,
    }))
}

/// The token that workflows get where they do not say.
pub(super) fn workflow_token(whole: &Whole<'_>, permission: &str) -> Part<WorkflowToken> {
    let what = "the permissions of workflows";
    let raw: RawToken = match whole.part(what, "/actions/permissions/workflow", permission)? {
        Ok(raw) => raw,
        Err(gap) => return Ok(Err(gap)),
    };
    Ok(Ok(WorkflowToken {
        default_permissions: raw.default_workflow_permissions,
        can_approve_pull_requests: raw.can_approve_pull_request_reviews,
    }))
}
