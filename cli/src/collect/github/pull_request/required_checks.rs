//! The checks that protection and rulesets of the base branch demand.
//!
//! GraphQL gives active rulesets to everyone, and classic protection only to those who may read it. Where it gives none,
//! what it says to everyone (`refUpdateRule`, and `isRequired` of each check) tells whether there is some after all;
//! then REST is asked, which names the checks to whoever may read the branch.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Check, List, RequiredCheck};

use super::facts::{Connection, Facts, Place, Section, gap, gap_of_failure, text};
use crate::collect::github::client::{Failure, GitHub};

const PERMISSION: &str = "administration:read";

const RULES: Place = Place {
    pointer: "/repository/pullRequest/baseRef/rules",
    permission: "metadata:read",
    optional: &["repositoryRuleset"],
};
const PROTECTION: Place = Place {
    pointer: "/repository/pullRequest/baseRef/branchProtectionRule",
    permission: PERMISSION,
    optional: &[],
};
const UPDATE_RULE: Place = Place {
    pointer: "/repository/pullRequest/baseRef/refUpdateRule",
    permission: PERMISSION,
    optional: &[],
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    r#type: String,
    repository_ruleset: Option<RawRuleset>,
    parameters: Option<RawParameters>,
}

#[derive(Debug, Deserialize)]
struct RawRuleset {
    enforcement: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawParameters {
    required_status_checks: Option<Vec<RawConfiguration>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawConfiguration {
    context: String,
    integration_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProtection {
    requires_status_checks: bool,
    required_status_checks: Option<Vec<RawDescription>>,
}

#[derive(Debug, Deserialize)]
struct RawDescription {
    context: String,
    app: Option<RawApp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApp {
    database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUpdateRule {
    required_status_check_contexts: Option<Vec<Option<String>>>,
}

/// REST `branches/{branch}`.
#[derive(Debug, Deserialize)]
struct RestBranch {
    protected: bool,
    protection: Option<RestProtection>,
}

#[derive(Debug, Deserialize)]
struct RestProtection {
    required_status_checks: Option<RestChecks>,
}

#[derive(Debug, Deserialize)]
struct RestChecks {
    enforcement_level: Option<String>,
    checks: Option<Vec<RestCheck>>,
}

#[derive(Debug, Deserialize)]
struct RestCheck {
    context: String,
    app_id: Option<i64>,
}

/// All required checks.
pub(super) fn required_checks(
    facts: &Facts,
    checks: Option<&List<Check>>,
    github: &GitHub,
    branch: &str,
) -> Result<Section<Vec<RequiredCheck>>, Failure> {
    let mut all = match of_rules(facts) {
        Ok(all) => all,
        Err(gap) => return Ok(Err(gap)),
    };
    match of_protection(facts) {
        Some(Ok(more)) => all.extend(more),
        Some(Err(gap)) => return Ok(Err(gap)),
        None if !is_hidden(facts, checks, &all) => {}
        None => match github.get::<RestBranch>("the base branch", branch) {
            Ok((branch, _)) => {
                let Some(more) = of_branch(branch) else {
                    let reason = "the checks that protection of the branch demands are not shown";
                    return Ok(Err(gap(reason, Some(PERMISSION))));
                };
                all.extend(more);
            }
            Err(failure) => return Ok(Err(gap_of_failure(failure, PERMISSION)?)),
        },
    }
    all.sort_by(|a, b| (&a.context, a.app_id).cmp(&(&b.context, b.app_id)));
    all.dedup();
    Ok(Ok(all))
}

fn of_rules(facts: &Facts) -> Section<Vec<RequiredCheck>> {
    let rules: Connection<RawRule> = facts.section(&RULES)?;
    if !rules.is_complete() {
        return Err(gap("not all rules of the branch were read", None));
    }
    let mut all = Vec::new();
    for rule in rules.nodes.into_iter().flatten() {
        // A ruleset that is hidden is taken for one that counts.
        let counts = rule
            .repository_ruleset
            .is_none_or(|ruleset| ruleset.enforcement == "ACTIVE");
        if rule.r#type != "REQUIRED_STATUS_CHECKS" || !counts {
            continue;
        }
        let checks = rule
            .parameters
            .and_then(|parameters| parameters.required_status_checks);
        let Some(checks) = checks else {
            return Err(gap("a rule does not say which checks it demands", None));
        };
        for check in checks {
            all.extend(required(&check.context, check.integration_id));
        }
    }
    Ok(all)
}

/// What classic protection demands; `None` where GraphQL gives none.
fn of_protection(facts: &Facts) -> Option<Section<Vec<RequiredCheck>>> {
    let protection: RawProtection = match facts.nullable(&PROTECTION) {
        Ok(protection) => protection?,
        // Not for this token: `is_hidden` sees it too.
        Err(_) if facts.error(&PROTECTION).is_some() => return None,
        Err(gap) => return Some(Err(gap)),
    };
    if !protection.requires_status_checks {
        return Some(Ok(Vec::new()));
    }
    let Some(checks) = protection.required_status_checks else {
        let reason = "protection of the branch does not say which checks it demands";
        return Some(Err(gap(reason, Some(PERMISSION))));
    };
    let checks = checks.into_iter().filter_map(|check| {
        let app = check.app.and_then(|app| app.database_id);
        required(&check.context, app)
    });
    Some(Ok(checks.collect()))
}

/// Whether there may be protection that GraphQL does not give.
fn is_hidden(facts: &Facts, checks: Option<&List<Check>>, known: &[RequiredCheck]) -> bool {
    let is_known = |context: &str| known.iter().any(|check| check.context.as_str() == context);
    let rule: Option<RawUpdateRule> = match facts.nullable(&UPDATE_RULE) {
        Ok(rule) => rule,
        Err(_) => return true,
    };
    if rule.is_none() && facts.error(&PROTECTION).is_some() {
        return true;
    }
    let contexts = rule.and_then(|rule| rule.required_status_check_contexts);
    let mut demanded = contexts.unwrap_or_default().into_iter().flatten();
    let mut checks = checks.into_iter().flat_map(|checks| &checks.items);
    demanded.any(|context| !is_known(&context))
        || checks.any(|check| check.required == Some(true) && !is_known(check.name.as_str()))
}

/// What REST says of a branch; `None` where it does not say.
fn of_branch(branch: RestBranch) -> Option<Vec<RequiredCheck>> {
    if !branch.protected {
        return Some(Vec::new());
    }
    let Some(checks) = branch.protection?.required_status_checks else {
        return Some(Vec::new());
    };
    if checks.enforcement_level.as_deref() == Some("off") {
        return Some(Vec::new());
    }
    let checks = checks.checks?.into_iter().filter_map(|check| {
        // -1 stands for any app.
        let app = check.app_id.and_then(|id| u64::try_from(id).ok());
        required(&check.context, app)
    });
    Some(checks.collect())
}

fn required(context: &str, app_id: Option<u64>) -> Option<RequiredCheck> {
    Some(RequiredCheck {
        context: text(context)?,
        app_id,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::collect::github::client::{ErrorKind, GraphQlError};

    fn facts(base: Value) -> Facts {
        let pull = Map::from_iter([("baseRef".to_owned(), base)]);
        Facts {
            data: json!({"repository": {"pullRequest": pull}}),
            errors: Vec::new(),
        }
    }

    fn rule(enforcement: &str, context: &str, app: Option<u64>) -> Value {
        json!({
            "type": "REQUIRED_STATUS_CHECKS",
            "repositoryRuleset": {"enforcement": enforcement},
            "parameters": {"requiredStatusChecks": [{"context": context, "integrationId": app}]}
        })
    }

    fn names(checks: &[RequiredCheck]) -> Vec<&str> {
        checks.iter().map(|check| check.context.as_str()).collect()
    }

    #[test]
    fn active_rulesets_count_and_others_do_not() {
        let deletion = json!({"type": "DELETION", "repositoryRuleset": null, "parameters": null});
        let mut hidden = rule("ACTIVE", "hidden", None);
        hidden["repositoryRuleset"] = Value::Null;
        let nodes = [
            rule("ACTIVE", "test", Some(15368)),
            rule("EVALUATE", "trial", None),
            deletion,
            hidden,
        ];
        let found = of_rules(&facts(json!({"rules": {"totalCount": 4, "nodes": nodes}}))).unwrap();
        assert_eq!(names(&found), ["test", "hidden"]);
        assert_eq!(found[0].app_id, Some(15368));
    }

    #[test]
    fn rules_that_cannot_be_read_are_not_none() {
        assert!(of_rules(&facts(json!({"rules": null}))).is_err());
        assert!(of_rules(&facts(Value::Null)).is_err(), "the branch is gone");
        let cut = json!({"rules": {"totalCount": 2, "nodes": [rule("ACTIVE", "test", None)]}});
        assert!(of_rules(&facts(cut)).is_err());
        let mut silent = rule("ACTIVE", "test", None);
        silent["parameters"] = json!({});
        assert!(
            of_rules(&facts(
                json!({"rules": {"totalCount": 1, "nodes": [silent]}})
            ))
            .is_err()
        );
    }

    #[test]
    fn classic_protection_counts_where_it_demands_checks() {
        let of = |demands: bool| {
            let checks = json!([{"context": "test", "app": {"databaseId": 7}}, {"context": "any", "app": null}]);
            let rule = json!({"requiresStatusChecks": demands, "requiredStatusChecks": checks});
            of_protection(&facts(json!({"branchProtectionRule": rule})))
                .unwrap()
                .unwrap()
        };
        assert_eq!(names(&of(true)), ["test", "any"]);
        assert_eq!(of(true)[0].app_id, Some(7));
        assert!(of(false).is_empty());
        assert!(of_protection(&facts(json!({"branchProtectionRule": null}))).is_none());
        let silent = json!({"requiresStatusChecks": true, "requiredStatusChecks": null});
        let found = of_protection(&facts(json!({"branchProtectionRule": silent})));
        assert!(found.unwrap().is_err(), "it does not say which");
    }

    #[test]
    fn hidden_protection_is_noticed() {
        let base = |contexts: Value| {
            facts(json!({
                "branchProtectionRule": null,
                "refUpdateRule": {"requiredStatusCheckContexts": contexts}
            }))
        };
        let known = [required("test", None).unwrap()];
        assert!(!is_hidden(&base(json!(["test"])), None, &known));
        assert!(is_hidden(&base(json!(["test", "other"])), None, &known));
        let mut none = facts(json!({"branchProtectionRule": null, "refUpdateRule": null}));
        assert!(!is_hidden(&none, None, &[]));
        none.errors.push(GraphQlError {
            kind: ErrorKind::Forbidden,
            path: PROTECTION
                .pointer
                .split('/')
                .skip(1)
                .map(str::to_owned)
                .collect(),
        });
        assert!(is_hidden(&none, None, &[]), "the token may not read it");
    }

    #[test]
    fn rest_says_what_a_branch_demands() {
        let of = |value: Value| of_branch(serde_json::from_value(value).unwrap());
        assert_eq!(of(json!({"protected": false})), Some(Vec::new()));
        assert_eq!(of(json!({"protected": true})), None, "it does not say");
        let checks =
            json!([{"context": "test", "app_id": 15368}, {"context": "any", "app_id": -1}]);
        let branch = json!({
            "protected": true,
            "protection": {"required_status_checks": {"enforcement_level": "everyone", "checks": checks}}
        });
        let found = of(branch).unwrap();
        assert_eq!(names(&found), ["test", "any"]);
        assert_eq!(found[1].app_id, None);
    }
}
