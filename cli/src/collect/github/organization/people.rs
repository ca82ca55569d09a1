//! Who belongs to an organisation, and which apps do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use soc2gate_inputs::github::{
    Access, Installation, Invitation, Member, OutsideCollaborator, RepositorySelection,
    UnavailableOfCollaborator,
};
use soc2gate_inputs::pull_request::{List, Login, Name, Text, Timestamp};

use super::Reached;
use crate::collect::github::facts::gap;
use crate::collect::github::part::{Part, Whole, plain, put, told};

const MEMBERS: &str = "members:read";

#[derive(Deserialize)]
struct RawAccount {
    login: String,
    id: Option<u64>,
}

#[derive(Deserialize)]
struct RawInvitation {
    id: u64,
    login: Option<String>,
    role: String,
    created_at: String,
    inviter: Option<RawAccount>,
}

#[derive(Deserialize)]
struct RawInstallations {
    total_count: Option<u64>,
    installations: Vec<RawInstallation>,
}

#[derive(Deserialize)]
struct RawInstallation {
    app_id: u64,
    app_slug: String,
    repository_selection: RepositorySelection,
    permissions: BTreeMap<String, Text>,
    suspended_at: Option<String>,
}

/// Members by a filter of REST.
pub(super) fn members(
    whole: &Whole<'_>,
    what: &str,
    filter: &str,
    permission: &str,
) -> Part<List<Member>> {
    let below = format!("/members?{filter}&per_page=100");
    whole.list(
        what,
        &below,
        permission,
        plain(|raw: RawAccount| {
            Some(Member {
                login: Login(raw.login),
                id: raw.id,
            })
        }),
    )
}

/// Invitations that nobody has answered.
pub(super) fn invitations(whole: &Whole<'_>) -> Part<List<Invitation>> {
    whole.list(
        "the invitations",
        "/invitations?per_page=100",
        MEMBERS,
        plain(|raw: RawInvitation| {
            Some(Invitation {
                id: raw.id,
                login: raw.login.map(Login),
                role: Text(raw.role),
                created_at: Timestamp(raw.created_at),
                inviter: raw.inviter.map(|inviter| Login(inviter.login)),
            })
        }),
    )
}

/// Installed apps.
pub(super) fn installations(whole: &Whole<'_>, permission: &str) -> Part<List<Installation>> {
    whole.list(
        "the installed apps",
        "/installations?per_page=100",
        permission,
        |page: RawInstallations| {
            let all = page.installations.into_iter().map(|raw| {
                Some(Installation {
                    app_id: raw.app_id,
                    app: Name(raw.app_slug),
                    repositories: raw.repository_selection,
                    permissions: raw.permissions,
                    suspended: raw.suspended_at.is_some(),
                })
            });
            (all.collect(), page.total_count)
        },
    )
}

/// Collaborators who are no members, with what they reach as far as repositories were read.
pub(super) fn outside_collaborators(
    whole: &Whole<'_>,
    reached: &Reached,
) -> Part<List<OutsideCollaborator>> {
    let what = "the outside collaborators";
    let logins = |filter: &str| {
        let below = format!("/outside_collaborators?{filter}per_page=100");
        whole.list(
            what,
            &below,
            MEMBERS,
            plain(|raw: RawAccount| Some(raw.login)),
        )
    };
    let all = match logins("")? {
        Ok(all) => all,
        Err(gap) => return Ok(Err(gap)),
    };
    let without = logins("filter=2fa_disabled&")?.and_then(|list| {
        let cut = || {
            gap(
                "the list of those without two-factor authentication was cut short",
                None,
            )
        };
        if list.complete {
            Ok(list.items.into_iter().collect::<BTreeSet<_>>())
        } else {
            Err(cut())
        }
    });
    let items = all.items.into_iter().map(|login| {
        let mut gaps = UnavailableOfCollaborator::default();
        let has_second_factor = without.clone().map(|without| !without.contains(&login));
        OutsideCollaborator {
            repositories: put(reached.of(&login), &mut gaps.repositories),
            two_factor: put(has_second_factor, &mut gaps.two_factor),
            login: Login(login),
            unavailable: told(gaps),
        }
    });
    Ok(Ok(List {
        complete: all.complete,
        total: None,
        items: items.collect(),
    }))
}

impl Reached {
    fn of(&self, login: &str) -> Result<List<Access>, soc2gate_inputs::pull_request::Gap> {
        if self.repositories == 0 {
            return Err(gap("no repository was read", None));
        }
        let items = self.access.get(&login.to_ascii_lowercase());
        Ok(List {
            complete: self.is_whole,
            total: None,
            items: items.cloned().unwrap_or_default(),
        })
    }
}
