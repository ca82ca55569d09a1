//! What a JSON Schema cannot say: facts of one document that contradict each other.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::pull_request::{Inconsistency, PathSegment, Timestamp};

/// Keys by which the items of a list are told apart.
const IDENTITIES: &[(&str, &str)] = &[
    ("admins", "login"),
    ("branches", "name"),
    ("deploy_keys", "id"),
    ("environments", "name"),
    ("outside_collaborators", "login"),
    ("pending_invitations", "id"),
    ("rule_bypasses", "id"),
    ("rulesets", "id"),
];

/// Every contradiction in a document that already holds to its schema. Empty: there is none. Messages never repeat a
/// value.
pub fn check(document: &Value) -> Vec<Inconsistency> {
    let mut found = Findings::default();
    found.value(document, None);
    found.branches(document);
    found.period(document);
    found.push(document);
    found.all
}

#[derive(Default)]
struct Findings {
    path: Vec<PathSegment>,
    all: Vec<Inconsistency>,
}

impl Findings {
    fn add(&mut self, below: &[PathSegment], message: String) {
        let path = self.path.iter().chain(below).cloned().collect();
        self.all.push(Inconsistency { path, message });
    }

    /// Looks at a value and all below it; `section` is the key it stands at.
    fn value(&mut self, value: &Value, section: Option<&str>) {
        match value {
            Value::Object(members) => {
                self.unavailable(members);
                self.list(members, section);
                for (key, member) in members {
                    self.path.push(key.as_str().into());
                    self.value(member, Some(key));
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.into());
                    self.value(item, None);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// A section is there, or it is explained why not.
    fn unavailable(&mut self, members: &Map<String, Value>) {
        let Some(Value::Object(gaps)) = members.get("unavailable") else {
            return;
        };
        for section in gaps.keys().filter(|section| members.contains_key(*section)) {
            self.add(
                &["unavailable".into(), section.as_str().into()],
                format!("{section} is named as unavailable, but the document has it"),
            );
        }
    }

    /// A list says how many items it has, and has none twice.
    fn list(&mut self, members: &Map<String, Value>, section: Option<&str>) {
        let (Some(Value::Bool(complete)), Some(Value::Array(items))) =
            (members.get("complete"), members.get("items"))
        else {
            return;
        };
        let total = members.get("total").and_then(Value::as_u64);
        if *complete && total.is_some_and(|total| u64::try_from(items.len()) != Ok(total)) {
            let message = "complete is true, but total is not the number of items".to_owned();
            self.add(&["complete".into()], message);
        }
        let Some((_, key)) = IDENTITIES.iter().find(|(name, _)| Some(*name) == section) else {
            return;
        };
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let identity = item.get(key).map(ToString::to_string);
            if identity.is_some_and(|identity| !seen.insert(identity)) {
                self.add(
                    &["items".into(), index.into(), (*key).into()],
                    format!("{key} is the same as that of an earlier item"),
                );
            }
        }
    }

    /// The default branch is among the branches that were read.
    fn branches(&mut self, document: &Value) {
        let default = document.get("default_branch").and_then(Value::as_str);
        let branches = document
            .pointer("/branches/items")
            .and_then(Value::as_array);
        let complete = document.pointer("/branches/complete") == Some(&Value::Bool(true));
        let (Some(default), Some(branches), true) = (default, branches, complete) else {
            return;
        };
        let is_default =
            |branch: &Value| branch.get("name").and_then(Value::as_str) == Some(default);
        if !branches.iter().any(is_default) {
            self.add(
                &["branches".into()],
                "branches does not hold the default branch".to_owned(),
            );
        }
    }

    /// The commits of a push are a chain that ends at what the branch has now.
    fn push(&mut self, document: &Value) {
        let Some(commits) = document.pointer("/commits/items").and_then(Value::as_array) else {
            return;
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let first_parent = |commit: &Value| text(commit.pointer("/parents/0"));
        for (index, pair) in commits.windows(2).enumerate() {
            if let [older, newer] = pair
                && first_parent(newer) != text(older.get("oid"))
            {
                self.add(
                    &["commits".into(), "items".into(), (index + 1).into()],
                    "its first parent is not the commit before it".to_owned(),
                );
            }
        }
        if document.pointer("/commits/complete") != Some(&Value::Bool(true)) {
            return;
        }
        let after = text(document.get("after"));
        let before = text(document.get("before"));
        let is_rewritten = document.get("forced") == Some(&Value::Bool(true)) || before.is_none();
        let ends_at = commits
            .last()
            .map_or_else(|| before.clone(), |last| text(last.get("oid")));
        let is_rewound = commits.is_empty() && is_rewritten;
        if after.is_some() && ends_at != after && !is_rewound {
            self.add(
                &["commits".into()],
                "the commits do not end at the commit of after".to_owned(),
            );
        }
        if let Some(first) = commits.first()
            && !is_rewritten
            && first_parent(first) != before
        {
            self.add(
                &["commits".into(), "items".into(), 0.into()],
                "its first parent is not the commit of before".to_owned(),
            );
        }
    }

    /// Bypasses lie in the period that was asked for.
    fn period(&mut self, document: &Value) {
        let instant = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str)?;
            Timestamp::from(text).instant()
        };
        let Some(bypasses) = document.get("rule_bypasses") else {
            return;
        };
        let since = instant(bypasses.get("since_at"));
        let until = instant(bypasses.get("until_at"));
        if since > until {
            self.add(
                &["rule_bypasses".into(), "since_at".into()],
                "since_at is later than until_at".to_owned(),
            );
        }
        let items = bypasses.get("items").and_then(Value::as_array);
        for (index, item) in items.into_iter().flatten().enumerate() {
            let at = instant(item.get("at"));
            if at.is_some() && (at < since || at > until) {
                self.add(
                    &[
                        "rule_bypasses".into(),
                        "items".into(),
                        index.into(),
                        "at".into(),
                    ],
                    "at lies outside of the period".to_owned(),
                );
            }
        }
    }
}
