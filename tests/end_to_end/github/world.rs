//! What the server holds: `tests/tools/github/README.md` says what may stand in a world.

use std::fmt;

use super::*;

/// A world with the repository acme/shop and its pull request 42.
pub(super) struct World(Value);

impl World {
    /// An ordinary pull request that is allowed: 10 commits by alice, 40 changed files, approved by bob and carol.
    pub(super) fn ordinary() -> Self {
        let commits: Vec<Value> = (0..10)
            .map(|at| json!({"author": "alice", "signature": "VALID", "files": files(at * 4..at * 4 + 4)}))
            .collect();
        Self(json!({
            "organizations": {"acme": {
                "members": {"alice": "MEMBER", "bob": "MEMBER", "carol": "MEMBER", "olga": "ADMIN"},
                "teams": {"web": {"members": ["bob", "carol"], "repositories": {"shop": "WRITE"}}},
            }},
            "repositories": {"acme/shop": {
                "collaborators": {"alice": "WRITE", "bob": "WRITE", "carol": "WRITE"},
                "commits": [{"id": "base", "files": {
                    "README.md": "# Shop\n",
                    ".github/CODEOWNERS": "* @acme/web\n",
                }}],
                "protection": [{
                    "pattern": "main",
                    "requiresApprovingReviews": true,
                    "requiresStatusChecks": true,
                    "requiredStatusChecks": [{"context": "build", "app": "github-actions"}],
                }],
                "pullRequests": [{
                    "number": 42,
                    "author": "alice",
                    "title": "Round prices to the cent",
                    "body": "Prices are rounded to the cent, as SHOP-7 asks.",
                    "commits": commits,
                    "checks": [{"name": "build"}],
                    // GitHub asks the owners of changed code by itself.
                    "timeline": [{"__typename": "ReviewRequestedEvent", "requestedReviewer": "acme/web"}],
                    "reviews": [
                        {"author": "bob", "state": "COMMENTED", "commit": "pr-42-5"},
                        {"author": "bob", "onBehalfOf": ["acme/web"]},
                        {"author": "carol", "onBehalfOf": ["acme/web"]},
                    ],
                }],
            }},
        }))
    }

    /// An organisation with one repository whose settings every control allows.
    pub(super) fn settings() -> Self {
        let on = json!({"status": "enabled"});
        Self(json!({
            "organizations": {"acme": {"members": {"alice": "MEMBER", "olga": "ADMIN"}}},
            "repositories": {"acme/shop": {
                "rulesets": [{
                    "name": "main",
                    "rules": [
                        {"type": "DELETION"},
                        {"type": "NON_FAST_FORWARD"},
                        {"type": "PULL_REQUEST", "parameters": {
                            "requiredApprovingReviewCount": 1,
                            "dismissStaleReviewsOnPush": true,
                            "requireCodeOwnerReview": true,
                            "requireLastPushApproval": true,
                        }},
                        {"type": "REQUIRED_STATUS_CHECKS", "parameters": {
                            "strictRequiredStatusChecksPolicy": true,
                            "requiredStatusChecks": [{"context": "build", "integrationId": 15368}],
                        }},
                    ],
                }, {
                    "name": "tags",
                    "target": "TAG",
                    "conditions": {"refName": {"include": ["~ALL"], "exclude": []}},
                    "rules": [{"type": "DELETION"}, {"type": "UPDATE"}],
                }],
                "environments": [{
                    "name": "production",
                    "reviewers": ["olga"],
                    "preventSelfReview": true,
                    "branches": ["main"],
                    "canAdminsBypass": false,
                }],
                "securityAndAnalysis": {
                    "secret_scanning": on,
                    "secret_scanning_push_protection": on,
                    "dependabot_security_updates": on,
                },
            }},
        }))
    }

    /// Adds a repository.
    pub(super) fn and(mut self, name: &str, fields: Value) -> Self {
        self.0["repositories"][name] = fields;
        self
    }

    /// Sets fields of the organisation.
    pub(super) fn organization(self, fields: Value) -> Self {
        self.set("/organizations/acme", fields)
    }

    /// Sets fields of the pull request.
    pub(super) fn pull_request(self, fields: Value) -> Self {
        self.set("/repositories/acme~1shop/pullRequests/0", fields)
    }

    /// Sets fields of the repository.
    pub(super) fn repository(self, fields: Value) -> Self {
        self.set("/repositories/acme~1shop", fields)
    }

    /// Sets the teams of acme.
    pub(super) fn teams(self, teams: &Value) -> Self {
        self.set("/organizations/acme", json!({"teams": teams}))
    }

    /// Sets what the token is and may do.
    pub(super) fn token(self, token: &Value) -> Self {
        self.set("", json!({"token": token}))
    }

    /// Adds what goes wrong.
    pub(super) fn fault(mut self, fault: Value) -> Self {
        let faults = &mut self.0["faults"];
        if faults.is_null() {
            *faults = json!([]);
        }
        faults.as_array_mut().unwrap().push(fault);
        self
    }

    fn set(mut self, pointer: &str, fields: Value) -> Self {
        let Value::Object(fields) = fields else {
            panic!("no fields: {fields}");
        };
        let place = self.0.pointer_mut(pointer).unwrap();
        place.as_object_mut().unwrap().extend(fields);
        self
    }
}

/// Files with their texts.
pub(super) fn files(numbers: std::ops::Range<usize>) -> Value {
    numbers
        .map(|at| (format!("src/price_{at:04}.txt"), json!(format!("{at}\n"))))
        .collect::<serde_json::Map<String, Value>>()
        .into()
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
