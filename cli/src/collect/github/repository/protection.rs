//! Classic protection of a branch.

use serde::Deserialize;
use soc2gate_inputs::github::{Actors, Protection, PullRequestRule, StatusCheckRule};
use soc2gate_inputs::pull_request::{Login, Name, RequiredCheck, Text};

use super::known::Known;
use crate::collect::github::client::segment;
use crate::collect::github::facts::gap;
use crate::collect::github::part::{Part, Whole};

const PERMISSION: &str = "administration:read";

#[derive(Deserialize)]
struct RawProtection {
    enforce_admins: Switch,
    allow_force_pushes: Switch,
    allow_deletions: Switch,
    required_signatures: Option<Switch>,
    required_conversation_resolution: Option<Switch>,
    required_linear_history: Option<Switch>,
    lock_branch: Option<Switch>,
    required_pull_request_reviews: Option<RawReviews>,
    required_status_checks: Option<RawChecks>,
    restrictions: Option<RawActors>,
}

#[derive(Clone, Copy, Deserialize)]
struct Switch {
    enabled: bool,
}

#[derive(Deserialize)]
struct RawReviews {
    dismiss_stale_reviews: bool,
    require_code_owner_reviews: bool,
    #[serde(default)]
    require_last_push_approval: bool,
    required_approving_review_count: Option<u64>,
    bypass_pull_request_allowances: Option<RawActors>,
}

#[derive(Deserialize)]
struct RawChecks {
    #[serde(default)]
    strict: bool,
    checks: Vec<RawCheck>,
}

#[derive(Deserialize)]
struct RawCheck {
    context: String,
    app_id: Option<i64>,
}

#[derive(Deserialize)]
struct RawActors {
    #[serde(default)]
    users: Vec<RawUser>,
    #[serde(default)]
    teams: Vec<RawNamed>,
    #[serde(default)]
    apps: Vec<RawNamed>,
}

#[derive(Deserialize)]
struct RawUser {
    login: String,
}

#[derive(Deserialize)]
struct RawNamed {
    slug: String,
}

/// Reads the protection of a branch; `None` where it has none.
pub(super) fn protection(
    whole: &Whole<'_>,
    branch: &str,
    known: &Known,
) -> Part<Option<Protection>> {
    let below = format!("/branches/{}/protection", segment(branch));
    // Said only to those who may read it; others get a plain "Not Found", which is no fact.
    let says_no = |status, message: &str| status == 404 && message == "Branch not protected";
    let read: Option<RawProtection> =
        match whole.part_unless("the protection of a branch", &below, PERMISSION, &says_no)? {
            Ok(read) => read,
            Err(gap) => return Ok(Err(gap)),
        };
    let force_pushers = known.force_pushers(branch);
    if read.is_none() && force_pushers.is_some() {
        let reason = "REST and GraphQL do not agree on whether the branch is protected";
        return Ok(Err(gap(reason, None)));
    }
    Ok(Ok(read.map(|raw| {
        let mut protection = raw.taken();
        protection.bypass_force_push = force_pushers;
        protection
    })))
}

impl RawProtection {
    fn taken(self) -> Protection {
        let on = |switch: Option<Switch>| switch.map(|switch| switch.enabled);
        let mut bypass = None;
        let pull_request = self.required_pull_request_reviews.map(|raw| {
            bypass = raw.bypass_pull_request_allowances;
            PullRequestRule {
                required_approvals: raw.required_approving_review_count.unwrap_or(1),
                dismiss_stale_reviews: raw.dismiss_stale_reviews,
                require_code_owners: raw.require_code_owner_reviews,
                require_last_push_approval: raw.require_last_push_approval,
                require_thread_resolution: None,
            }
        });
        Protection {
            enforce_admins: self.enforce_admins.enabled,
            pull_request,
            // Left out where nobody may.
            bypass_pull_request: Some(actors(bypass.unwrap_or(RawActors {
                users: Vec::new(),
                teams: Vec::new(),
                apps: Vec::new(),
            }))),
            status_checks: self.required_status_checks.map(|raw| StatusCheckRule {
                strict: raw.strict,
                checks: raw.checks.into_iter().map(check).collect(),
            }),
            allow_force_pushes: self.allow_force_pushes.enabled,
            bypass_force_push: None,
            allow_deletions: self.allow_deletions.enabled,
            signatures: on(self.required_signatures),
            conversation_resolution: on(self.required_conversation_resolution),
            linear_history: on(self.required_linear_history),
            locked: on(self.lock_branch),
            push_restrictions: Some(self.restrictions.map(actors)),
        }
    }
}

fn check(raw: RawCheck) -> RequiredCheck {
    RequiredCheck {
        context: Text(raw.context),
        // -1 stands for any app.
        app_id: raw.app_id.and_then(|id| u64::try_from(id).ok()),
    }
}

fn actors(raw: RawActors) -> Actors {
    let names = |all: Vec<RawNamed>| all.into_iter().map(|one| Name(one.slug)).collect();
    Actors {
        users: raw
            .users
            .into_iter()
            .map(|user| Login(user.login))
            .collect(),
        teams: names(raw.teams),
        apps: names(raw.apps),
    }
}
