//! Which facts of a document about GitHub may be shown in excerpts, and which are kept as evidence.

use soc2gate_source::Segment;

/// Facts that are shown and kept: settings, and the names of accounts, teams, apps, branches and environments. Titles
/// and addresses are people's own words and may hold anything.
const SHOWN: &[&str] = &[
    "actor",
    "added_by",
    "after",
    "after_oid",
    "allowed",
    "app",
    "app_id",
    "at",
    "base_ref",
    "before",
    "before_oid",
    "code_scanning_default_setup",
    "collected_at",
    "context",
    "created_at",
    "default_branch",
    "default_permissions",
    "default_repository_permission",
    "dependabot_alerts",
    "dependabot_updates",
    "enforcement",
    "head_oid",
    "id",
    "index",
    "inviter",
    "last_used_at",
    "login",
    "member_count",
    "merge_commit_oid",
    "mode",
    "name",
    "number",
    "oid",
    "outcome",
    "owner",
    "permission",
    "push_protection",
    "reason",
    "ref",
    "repositories",
    "repository",
    "required_approvals",
    "result",
    "role",
    "schema",
    "secret_scanning",
    "since_at",
    "source",
    "source_type",
    "tool",
    "total",
    "tree_oid",
    "type",
    "until_at",
    "visibility",
    "wait_minutes",
];

/// Lists of names.
const SHOWN_LISTS: &[&str] = &[
    "apps", "exclude", "include", "parents", "patterns", "rules", "teams", "users",
];

/// Maps from names to settings.
const SHOWN_BELOW: &[&str] = &["permissions"];

/// The values that may be shown. True, false and null are shown by their keys.
pub(super) fn visible(path: &[Segment]) -> bool {
    match path {
        [.., Segment::Key(list), Segment::Index(_)] => SHOWN_LISTS.contains(&list.as_str()),
        [.., Segment::Key(map), Segment::Key(_)] if SHOWN_BELOW.contains(&map.as_str()) => true,
        [.., Segment::Key(key)] => SHOWN.contains(&key.as_str()) || is_switch(key),
        _ => false,
    }
}

/// The values that are kept as evidence: the same, as all that controls decide by are settings and names.
pub(super) fn stored(path: &[Segment]) -> bool {
    visible(path)
}

/// Fields that hold true or false, and parts that can be null.
fn is_switch(key: &str) -> bool {
    const SWITCHES: &[&str] = &[
        "admins_can_bypass",
        "archived",
        "branch_policy",
        "can_approve_pull_requests",
        "complete",
        "conversation_resolution",
        "dismiss_stale_reviews",
        "enabled",
        "enforce_admins",
        "enforced",
        "forced",
        "fork",
        "github_owned",
        "immutable_releases",
        "linear_history",
        "latest_code_scan",
        "locked",
        "merged",
        "prevent_self_review",
        "protected_branches",
        "protection",
        "pull_request",
        "push_restrictions",
        "read_only",
        "require_code_owners",
        "require_last_push_approval",
        "require_thread_resolution",
        "sha_pinning_required",
        "signatures",
        "single_sign_on",
        "status_checks",
        "strict",
        "suspended",
        "template",
        "two_factor",
        "two_factor_required",
        "verified",
    ];
    SWITCHES.contains(&key)
        || [
            "allow_", "create_", "delete_", "change_", "fork_", "invite_",
        ]
        .iter()
        .any(|start| key.starts_with(start))
}
