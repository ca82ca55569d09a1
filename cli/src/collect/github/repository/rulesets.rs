//! Rulesets of branches and tags, those of the organisation among them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use soc2gate_inputs::github::{
    BypassActor, BypassActorType, BypassMode, Enforcement, PullRequestRule, Rule, Ruleset,
    RulesetSource, StatusCheckRule, TagRuleset, UnavailableOfRuleset,
};
use soc2gate_inputs::pull_request::{List, RequiredCheck, Text};

use super::known::Known;
use crate::collect::github::client::{Failure, segment};
use crate::collect::github::facts::{Section, gap};
use crate::collect::github::part::{Part, Whole, plain, told};

const METADATA: &str = "metadata:read";

/// Rulesets of organisations, which are the same for all their repositories: read once a run.
#[derive(Default)]
pub(crate) struct SharedRulesets(RefCell<BTreeMap<u64, RawRuleset>>);

/// A rule of a branch, and of a ruleset.
#[derive(Clone, Deserialize)]
struct RawRule {
    r#type: String,
    #[serde(default)]
    parameters: Value,
    ruleset_id: Option<u64>,
}

#[derive(Clone, Deserialize)]
struct RawRuleset {
    id: u64,
    name: String,
    source_type: Option<String>,
    source: Option<String>,
    enforcement: Enforcement,
    #[serde(default)]
    rules: Vec<RawRule>,
    bypass_actors: Option<Vec<RawBypass>>,
    conditions: Option<RawConditions>,
}

#[derive(Clone, Deserialize)]
struct RawConditions {
    ref_name: Option<RawNames>,
}

#[derive(Clone, Deserialize)]
struct RawNames {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct RawBypass {
    actor_id: Option<u64>,
    actor_type: String,
    bypass_mode: Option<BypassMode>,
}

#[derive(Deserialize)]
struct RawNumber {
    id: u64,
}

#[derive(Deserialize)]
struct RawPullRequest {
    required_approving_review_count: u64,
    dismiss_stale_reviews_on_push: bool,
    require_code_owner_review: bool,
    require_last_push_approval: bool,
    required_review_thread_resolution: Option<bool>,
}

#[derive(Deserialize)]
struct RawChecks {
    strict_required_status_checks_policy: bool,
    required_status_checks: Vec<RawCheck>,
}

#[derive(Deserialize)]
struct RawCheck {
    context: String,
    integration_id: Option<i64>,
}

/// The rulesets that hold for a branch.
pub(super) fn of_branch(
    whole: &Whole<'_>,
    branch: &str,
    known: &Known,
    shared: &SharedRulesets,
) -> Part<List<Ruleset>> {
    let below = format!("/rules/branches/{}?per_page=100", segment(branch));
    let list = whole.list("the rules", &below, METADATA, plain(Some::<RawRule>))?;
    let rules = match list {
        Ok(rules) => rules,
        Err(gap) => return Ok(Err(gap)),
    };
    let mut complete = rules.complete;
    let mut grouped: Vec<(u64, Vec<Rule>)> = Vec::new();
    for raw in rules.items {
        let number = raw.ruleset_id;
        let (Some(number), Some(rule)) = (number, rule(raw)) else {
            complete = false;
            continue;
        };
        match grouped.iter_mut().find(|(known, _)| *known == number) {
            Some((_, rules)) => rules.push(rule),
            None => grouped.push((number, vec![rule])),
        }
    }
    let mut items = Vec::new();
    for (number, rules) in grouped {
        match read(whole, number, shared)? {
            Ok(raw) => items.push(Ruleset {
                rules,
                ..raw.taken(Vec::new(), known)
            }),
            Err(_) => complete = false,
        }
    }
    Ok(Ok(List {
        complete,
        total: None,
        items,
    }))
}

/// The rulesets for tags, whatever their enforcement.
pub(super) fn of_tags(
    whole: &Whole<'_>,
    known: &Known,
    shared: &SharedRulesets,
) -> Part<List<TagRuleset>> {
    let below = "/rulesets?includes_parents=true&targets=tag&per_page=100";
    let numbers = whole.list(
        "the rulesets for tags",
        below,
        METADATA,
        plain(|raw: RawNumber| Some(raw.id)),
    )?;
    let numbers = match numbers {
        Ok(numbers) => numbers,
        Err(gap) => return Ok(Err(gap)),
    };
    let mut complete = numbers.complete;
    let mut items = Vec::new();
    for number in numbers.items {
        match read(whole, number, shared)?
            .ok()
            .and_then(|raw| tags(raw, known))
        {
            Some(tags) => items.push(tags),
            None => complete = false,
        }
    }
    Ok(Ok(List {
        complete,
        total: None,
        items,
    }))
}

fn tags(mut raw: RawRuleset, known: &Known) -> Option<TagRuleset> {
    let names = raw.conditions.take()?.ref_name?;
    let rules = std::mem::take(&mut raw.rules);
    let rules = rules.into_iter().map(rule).collect::<Option<Vec<_>>>()?;
    let texts = |names: Vec<String>| names.into_iter().map(Text).collect();
    Some(TagRuleset {
        include: texts(names.include),
        exclude: texts(names.exclude),
        ruleset: raw.taken(rules, known),
    })
}

fn read(
    whole: &Whole<'_>,
    number: u64,
    shared: &SharedRulesets,
) -> Result<Section<RawRuleset>, Failure> {
    if let Some(known) = shared.0.borrow().get(&number) {
        return Ok(Ok(known.clone()));
    }
    let read: Section<RawRuleset> =
        whole.part("a ruleset", &format!("/rulesets/{number}"), METADATA)?;
    if let Ok(raw) = &read
        && raw.source_type.as_deref() == Some("Organization")
    {
        shared.0.borrow_mut().insert(number, raw.clone());
    }
    Ok(read)
}

impl RawRuleset {
    fn taken(self, rules: Vec<Rule>, known: &Known) -> Ruleset {
        let source_type = self.source_type.as_deref().and_then(|text| match text {
            "Repository" => Some(RulesetSource::Repository),
            "Organization" => Some(RulesetSource::Organization),
            "Enterprise" => Some(RulesetSource::Enterprise),
            _ => None,
        });
        let permission = match source_type {
            Some(RulesetSource::Organization) => "organization_administration:write",
            _ => "administration:write",
        };
        let mut unavailable = UnavailableOfRuleset::default();
        let bypass_actors = match self.bypass_actors {
            None => {
                let reason = "GitHub shows bypass actors to those only who may write the ruleset";
                unavailable.bypass_actors = Some(gap(reason, Some(permission)));
                None
            }
            Some(all) => {
                let actors = all.iter().map(|raw| bypass(raw, known));
                let actors = actors.collect::<Option<Vec<_>>>();
                if actors.is_none() {
                    let reason = "a bypass actor is of a type that is not known";
                    unavailable.bypass_actors = Some(gap(reason, None));
                }
                actors
            }
        };
        Ruleset {
            id: self.id,
            name: Text(self.name),
            enforcement: self.enforcement,
            source_type,
            source: self.source.map(Text),
            rules,
            bypass_actors,
            unavailable: told(unavailable),
        }
    }
}

fn bypass(raw: &RawBypass, known: &Known) -> Option<BypassActor> {
    let kind = match raw.actor_type.as_str() {
        "Integration" => BypassActorType::Integration,
        "OrganizationAdmin" => BypassActorType::OrganizationAdmin,
        "RepositoryRole" => BypassActorType::RepositoryRole,
        "Team" => BypassActorType::Team,
        "DeployKey" => BypassActorType::DeployKey,
        "User" => BypassActorType::User,
        "EnterpriseOwner" => BypassActorType::EnterpriseOwner,
        _ => return None,
    };
    let name = raw.actor_id.and_then(|id| known.name(kind, id));
    Some(BypassActor {
        r#type: kind,
        id: raw.actor_id,
        name: name.map(Text::from),
        mode: raw.bypass_mode.unwrap_or(BypassMode::Always),
    })
}

/// A rule; `None` where it does not say what it asks for.
fn rule(raw: RawRule) -> Option<Rule> {
    let mut rule = Rule {
        r#type: Text(raw.r#type),
        pull_request: None,
        status_checks: None,
    };
    match rule.r#type.as_str() {
        "pull_request" => {
            let asks = RawPullRequest::deserialize(raw.parameters).ok()?;
            rule.pull_request = Some(PullRequestRule {
                required_approvals: asks.required_approving_review_count,
                dismiss_stale_reviews: asks.dismiss_stale_reviews_on_push,
                require_code_owners: asks.require_code_owner_review,
                require_last_push_approval: asks.require_last_push_approval,
                require_thread_resolution: asks.required_review_thread_resolution,
            });
        }
        "required_status_checks" => {
            let asks = RawChecks::deserialize(raw.parameters).ok()?;
            let checks = asks.required_status_checks.into_iter();
            rule.status_checks = Some(StatusCheckRule {
                strict: asks.strict_required_status_checks_policy,
                checks: checks
                    .map(|check| RequiredCheck {
                        context: Text(check.context),
                        app_id: check.integration_id.and_then(|id| u64::try_from(id).ok()),
                    })
                    .collect(),
            });
        }
        _ => {}
    }
    Some(rule)
}
