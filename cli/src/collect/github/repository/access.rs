//! Who reaches a repository from outside.

use serde::Deserialize;
use soc2gate_inputs::github::{Collaborator, DeployKey};
use soc2gate_inputs::pull_request::{List, Login, Text, Timestamp};

use crate::collect::github::part::{Part, Whole, given, plain};

#[derive(Deserialize)]
struct RawCollaborator {
    login: String,
    role_name: Option<String>,
}

#[allow(
    clippy::option_option,
    reason = "absent, null and known are three things"
)]
#[derive(Deserialize)]
struct RawKey {
    id: u64,
    title: Option<String>,
    read_only: bool,
    created_at: Option<String>,
    #[serde(default, deserialize_with = "given")]
    last_used: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    added_by: Option<Option<String>>,
}

/// Collaborators who are no members of the organisation.
pub(super) fn outside_collaborators(whole: &Whole<'_>) -> Part<List<Collaborator>> {
    whole.list(
        "the outside collaborators",
        "/collaborators?affiliation=outside&per_page=100",
        "metadata:read and administration:read",
        plain(|raw: RawCollaborator| {
            Some(Collaborator {
                login: Login(raw.login),
                role: Text(raw.role_name?),
            })
        }),
    )
}

/// Keys by which machines reach the repository.
pub(super) fn deploy_keys(whole: &Whole<'_>) -> Part<List<DeployKey>> {
    whole.list(
        "the deploy keys",
        "/keys?per_page=100",
        "administration:read",
        plain(|raw: RawKey| {
            Some(DeployKey {
                id: raw.id,
                title: raw.title.map(Text),
                read_only: raw.read_only,
                created_at: raw.created_at.map(Timestamp),
                last_used_at: raw.last_used.map(|at| at.map(Timestamp)),
                added_by: raw.added_by.map(|login| login.map(Login)),
            })
        }),
    )
}
