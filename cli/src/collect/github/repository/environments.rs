//! Environments, and who and what may deploy to them.

use serde::Deserialize;
use soc2gate_inputs::github::{
    BranchPattern, BranchPolicy, Environment, RefType, Reviewer, ReviewerType,
    UnavailableOfEnvironment,
};
use soc2gate_inputs::pull_request::{List, Text};

use crate::collect::github::client::{Failure, segment};
use crate::collect::github::facts::gap;
use crate::collect::github::part::{Part, Whole, given, told};

const PERMISSION: &str = "actions:read";
/// Environments whose named branches are read, each in a request of its own.
const MAX_LOOKUPS: usize = 100;

#[derive(Deserialize)]
struct RawPage {
    total_count: Option<u64>,
    environments: Vec<RawEnvironment>,
}

#[allow(
    clippy::option_option,
    reason = "absent, null and known are three things"
)]
#[derive(Deserialize)]
struct RawEnvironment {
    name: String,
    protection_rules: Option<Vec<RawRule>>,
    #[serde(default, deserialize_with = "given")]
    deployment_branch_policy: Option<Option<RawPolicy>>,
    can_admins_bypass: Option<bool>,
}

#[derive(Deserialize)]
struct RawRule {
    r#type: String,
    wait_timer: Option<u64>,
    prevent_self_review: Option<bool>,
    reviewers: Option<Vec<RawReviewer>>,
}

#[derive(Deserialize)]
struct RawReviewer {
    r#type: Option<String>,
    reviewer: Option<RawAccount>,
}

#[derive(Deserialize)]
struct RawAccount {
    login: Option<String>,
    slug: Option<String>,
}

#[derive(Deserialize)]
struct RawPolicy {
    protected_branches: bool,
    custom_branch_policies: bool,
}

#[derive(Deserialize)]
struct RawPatterns {
    total_count: Option<u64>,
    branch_policies: Vec<RawPattern>,
}

#[derive(Deserialize)]
struct RawPattern {
    name: Option<String>,
    r#type: Option<RefType>,
}

/// The environments of a repository.
pub(super) fn environments(whole: &Whole<'_>) -> Part<List<Environment>> {
    let list = whole.list(
        "the environments",
        "/environments?per_page=100",
        PERMISSION,
        |page: RawPage| {
            let all = page.environments.into_iter().map(taken).collect();
            (all, page.total_count)
        },
    )?;
    let mut list = match list {
        Ok(list) => list,
        Err(gap) => return Ok(Err(gap)),
    };
    let named = list.items.iter_mut().filter_map(|(environment, by_name)| {
        let policy = environment.branch_policy.as_mut().filter(|_| *by_name)?;
        Some((environment.name.as_str(), policy))
    });
    for (name, policy) in named.take(MAX_LOOKUPS) {
        policy.custom = patterns(whole, name)?;
    }
    Ok(Ok(List {
        complete: list.complete,
        total: list.total,
        items: list
            .items
            .into_iter()
            .map(|(environment, _)| environment)
            .collect(),
    }))
}

/// The branches and tags that may deploy; `None` where they cannot be read.
fn patterns(whole: &Whole<'_>, name: &str) -> Result<Option<List<BranchPattern>>, Failure> {
    let below = format!(
        "/environments/{}/deployment-branch-policies?per_page=100",
        segment(name)
    );
    let list = whole.list(
        "the branches of an environment",
        &below,
        PERMISSION,
        |page: RawPatterns| {
            let all = page.branch_policies.into_iter().map(|raw| {
                Some(BranchPattern {
                    name: Text(raw.name?),
                    r#type: raw.r#type,
                })
            });
            (all.collect(), page.total_count)
        },
    )?;
    Ok(list.ok())
}

/// An environment, and whether its branches are named; `None` where it does not say what it should.
fn taken(raw: RawEnvironment) -> Option<(Environment, bool)> {
    let mut environment = Environment {
        name: Text(raw.name),
        reviewers: Vec::new(),
        prevent_self_review: false,
        branch_policy: None,
        admins_can_bypass: raw.can_admins_bypass,
        wait_minutes: None,
        unavailable: None,
    };
    for rule in raw.protection_rules? {
        match rule.r#type.as_str() {
            "required_reviewers" => {
                environment.prevent_self_review = rule.prevent_self_review == Some(true);
                for reviewer in rule.reviewers? {
                    environment.reviewers.push(self::reviewer(reviewer)?);
                }
            }
            "wait_timer" => environment.wait_minutes = rule.wait_timer,
            _ => {}
        }
    }
    let policy = raw.deployment_branch_policy?;
    let is_named = policy
        .as_ref()
        .is_some_and(|policy| policy.custom_branch_policies);
    environment.branch_policy = policy.map(|policy| BranchPolicy {
        protected_branches: policy.protected_branches,
        custom: None,
    });
    let mut unavailable = UnavailableOfEnvironment::default();
    if environment.admins_can_bypass.is_none() {
        let reason = "GitHub does not say whether administrators may deploy past the rules";
        unavailable.admins_can_bypass = Some(gap(reason, None));
    }
    environment.unavailable = told(unavailable);
    Some((environment, is_named))
}

fn reviewer(raw: RawReviewer) -> Option<Reviewer> {
    let account = raw.reviewer?;
    let (kind, name) = match raw.r#type.as_deref()? {
        "User" => (ReviewerType::User, account.login?),
        "Team" => (ReviewerType::Team, account.slug?),
        _ => return None,
    };
    Some(Reviewer {
        r#type: kind,
        name: Text(name),
    })
}
