//! Pushes and merges that passed over rules.

use jiff::{Span, Timestamp as Instant};
use serde::Deserialize;
use soc2gate_inputs::github::{RuleBypass, RuleBypasses, RuleSuiteResult};
use soc2gate_inputs::pull_request::{Login, Oid, Text, Timestamp};

use crate::collect::github::client::Failure;
use crate::collect::github::part::{Part, Whole, plain};

const PERMISSION: &str = "administration:read";
/// GitHub reaches back a month, and does not say how long it is: a shorter one claims less.
const HOURS: i64 = 30 * 24;
/// Bypasses of which is read which rules they passed over, each in a request of its own.
const MAX_LOOKUPS: usize = 50;

#[derive(Deserialize)]
struct RawSuite {
    id: u64,
    actor_name: Option<String>,
    r#ref: String,
    pushed_at: String,
    result: RuleSuiteResult,
    before_sha: Option<String>,
    after_sha: Option<String>,
    #[serde(default)]
    rule_evaluations: Vec<RawEvaluation>,
}

#[derive(Deserialize)]
struct RawEvaluation {
    rule_type: String,
    result: String,
    enforcement: String,
}

/// The bypasses of the last month.
pub(super) fn bypasses(whole: &Whole<'_>, now: Instant) -> Part<RuleBypasses> {
    let below = "/rulesets/rule-suites?rule_suite_result=bypass&time_period=month&per_page=100";
    let list = whole.list(
        "the bypasses of rules",
        below,
        PERMISSION,
        plain(Some::<RawSuite>),
    )?;
    let list = match list {
        Ok(list) => list,
        Err(gap) => return Ok(Err(gap)),
    };
    let mut items = Vec::new();
    for (at, raw) in list.items.into_iter().enumerate() {
        let rules = if at < MAX_LOOKUPS {
            rules(whole, raw.id)?
        } else {
            None
        };
        items.push(taken(raw, rules));
    }
    let month = Span::new().hours(HOURS);
    let (mut since, mut until) = (now.checked_sub(month).unwrap_or(now), now);
    // GitHub's month may be longer, and its clock ahead.
    for at in items.iter().filter_map(|bypass| bypass.at.instant()) {
        since = since.min(at);
        until = until.max(at);
    }
    Ok(Ok(RuleBypasses {
        since_at: Timestamp(since.to_string()),
        until_at: Timestamp(until.to_string()),
        complete: list.complete,
        items,
    }))
}

/// The types of the rules that were passed over; `None` where they cannot be read.
fn rules(whole: &Whole<'_>, number: u64) -> Result<Option<Vec<Text>>, Failure> {
    let below = format!("/rulesets/rule-suites/{number}");
    let suite: RawSuite = match whole.part("a bypass of rules", &below, PERMISSION)? {
        Ok(suite) => suite,
        Err(_) => return Ok(None),
    };
    let mut types: Vec<Text> = Vec::new();
    for evaluation in suite.rule_evaluations {
        let is_meant = evaluation.result == "fail" && evaluation.enforcement == "active";
        let rule = Text(evaluation.rule_type);
        if is_meant && !types.contains(&rule) {
            types.push(rule);
        }
    }
    Ok(Some(types))
}

fn taken(raw: RawSuite, rules: Option<Vec<Text>>) -> RuleBypass {
    RuleBypass {
        id: raw.id,
        actor: raw.actor_name.filter(|name| !name.is_empty()).map(Login),
        r#ref: Text(raw.r#ref),
        at: Timestamp(raw.pushed_at),
        result: raw.result,
        before_oid: raw.before_sha.map(Oid),
        after_oid: raw.after_sha.map(Oid),
        rules,
    }
}
