//! The collector of an organisation's settings, and the list of its repositories.

mod identities;
mod people;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use soc2gate_inputs::github::{
    Access, DefaultPermission, MemberPrivileges, Organization, OrganizationSchema, Repository,
    UnavailableOfOrganization,
};
use soc2gate_inputs::pull_request::{Name, Timestamp};

use super::actions::{actions, workflow_token};
use super::client::{Failure, GitHub};
use super::facts::{Facts, Place, Section, gap};
use super::part::{Whole, is_repository, nameless, not_shown, plain, put, source, told};

const QUERY: &str = include_str!("../queries/organization_settings.graphql");
const ADMINISTRATION: &str = "organization_administration:read";
const MEMBERS: &str = "members:read";

const COUNT: Place = Place {
    pointer: "/organization/membersWithRole/totalCount",
    permission: MEMBERS,
    optional: &[],
};

/// REST `orgs/{org}`. What is not there is not shown to the token.
#[derive(Deserialize)]
struct RawOrganization {
    login: String,
    public_repos: u64,
    total_private_repos: Option<u64>,
    owned_private_repos: Option<u64>,
    two_factor_requirement_enabled: Option<bool>,
    default_repository_permission: Option<DefaultPermission>,
    members_can_create_public_repositories: Option<bool>,
    members_can_create_private_repositories: Option<bool>,
    members_can_create_internal_repositories: Option<bool>,
    members_can_fork_private_repositories: Option<bool>,
    members_can_change_repo_visibility: Option<bool>,
    members_can_delete_repositories: Option<bool>,
    members_can_invite_outside_collaborators: Option<bool>,
    members_can_create_public_pages: Option<bool>,
}

/// What outside collaborators reach, by the repositories that were read.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Repositories that were read.
    repositories: usize,
    /// Whether they are all, and their collaborators with them.
    is_whole: bool,
    /// By login in lower case.
    access: BTreeMap<String, Vec<Access>>,
}

impl Reached {
    /// Nothing yet; `is_whole` says whether all repositories will be read.
    pub(crate) fn new(is_whole: bool) -> Self {
        Self {
            is_whole,
            ..Self::default()
        }
    }

    /// Adds a repository.
    pub(crate) fn add(&mut self, repository: &Repository) {
        self.repositories += 1;
        let Some(outsiders) = &repository.outside_collaborators else {
            self.is_whole = false;
            return;
        };
        self.is_whole &= outsiders.complete;
        for outsider in &outsiders.items {
            let login = outsider.login.as_str().to_ascii_lowercase();
            self.access.entry(login).or_default().push(Access {
                repository: repository.name.clone(),
                role: outsider.role.clone(),
            });
        }
    }

    /// Notes that a repository could not be read.
    pub(crate) fn miss(&mut self) {
        self.is_whole = false;
    }
}

/// The repositories of an organisation that the token sees.
#[derive(Debug)]
pub(crate) struct Listing {
    /// `owner/name`, in order.
    pub(crate) repositories: Vec<String>,
    pub(crate) extent: Extent,
}

/// Whether a listing has every repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As many as the organisation says that it has.
    All,
    /// Fewer; how many there are.
    Some(u64),
    /// The organisation does not say to this token how many it has.
    Uncounted,
}

/// Lists the repositories of an organisation.
pub(crate) fn list_repositories(github: &GitHub, login: &str) -> Result<Listing, Failure> {
    #[derive(Deserialize)]
    struct Raw {
        full_name: String,
    }
    let whole = whole(github, login);
    let names = plain(|raw: Raw| Some(raw.full_name).filter(|name| is_repository(name)));
    let path = "/repos?type=all&per_page=100";
    let read = whole.list("the repositories", path, "metadata:read", names)?;
    let mut list = match read {
        Ok(list) => list,
        Err(gap) => {
            return Err(Failure::NotFound {
                what: whole.called("the repositories"),
                permission: gap.permission.map(|permission| permission.0),
            });
        }
    };
    list.items.sort();
    list.items.dedup();
    // Counted behind the list: what was made meanwhile is missing, and what was deleted is not counted.
    let (raw, _): (RawOrganization, _) = github.get(&whole.name, &whole.path)?;
    let listed = u64::try_from(list.items.len()).unwrap_or(u64::MAX);
    let extent = match raw.total_private_repos.or(raw.owned_private_repos) {
        _ if !list.complete => Extent::Some(raw.public_repos.max(listed)),
        _ if listed < raw.public_repos => Extent::Some(raw.public_repos),
        None => Extent::Uncounted,
        Some(private) if listed < raw.public_repos.saturating_add(private) => {
            Extent::Some(raw.public_repos.saturating_add(private))
        }
        Some(_) => Extent::All,
    };
    Ok(Listing {
        repositories: list.items,
        extent,
    })
}

/// Reads the settings of an organisation.
pub(crate) fn collect_organization(
    github: &GitHub,
    login: &str,
    reached: &Reached,
) -> Result<Organization, Failure> {
    let now = github.now();
    let (raw, _): (RawOrganization, _) = github.get(login, &format!("/orgs/{login}"))?;
    if !is_repository(&format!("{}/x", raw.login)) {
        return Err(nameless(login));
    }
    let whole = whole(github, &raw.login);
    let facts = ask(github, &raw.login)?;
    // Of members, those who are none themselves are shown the public ones only.
    let shows_settings =
        raw.default_repository_permission.is_some() && raw.two_factor_requirement_enabled.is_some();
    let shows_members = shows_settings || is_insider(&facts);
    let of_insiders = |section| {
        if shows_members {
            section
        } else {
            let reason = "the token is of no member, to whom GitHub shows public members only";
            Err(gap(reason, Some(MEMBERS)))
        }
    };
    let mut gaps = UnavailableOfOrganization::default();
    let admins = people::members(&whole, "the owners", "role=admin", MEMBERS)?;
    let admins = of_insiders(admins);
    let second_factor = |what, filter| people::members(&whole, what, filter, OWNER);
    let without = second_factor(
        "the members without two-factor authentication",
        "filter=2fa_disabled",
    )?;
    let insecure = second_factor(
        "the members with insecure two-factor authentication",
        "filter=2fa_insecure",
    )?;
    let member_count = if shows_members {
        facts.section::<u64>(&COUNT)
    } else {
        Err(not_shown(MEMBERS))
    };
    Ok(Organization {
        schema: OrganizationSchema::V1,
        collected_at: Timestamp(now.to_string()),
        source: Some(source(github)),
        two_factor_required: put(two_factor(&raw, &facts), &mut gaps.two_factor_required),
        members_without_two_factor: put(without, &mut gaps.members_without_two_factor),
        members_with_insecure_two_factor: put(insecure, &mut gaps.members_with_insecure_two_factor),
        single_sign_on: put(
            identities::single_sign_on(github, &raw.login, &facts, shows_settings)?,
            &mut gaps.single_sign_on,
        ),
        default_repository_permission: put(
            raw.default_repository_permission
                .ok_or_else(|| not_shown(ADMINISTRATION)),
            &mut gaps.default_repository_permission,
        ),
        member_privileges: put(privileges(&raw), &mut gaps.member_privileges),
        member_count: put(member_count, &mut gaps.member_count),
        admins: put(admins, &mut gaps.admins),
        outside_collaborators: put(
            people::outside_collaborators(&whole, reached)?,
            &mut gaps.outside_collaborators,
        ),
        pending_invitations: put(people::invitations(&whole)?, &mut gaps.pending_invitations),
        installations: put(
            people::installations(&whole, ADMINISTRATION)?,
            &mut gaps.installations,
        ),
        actions: put(actions(&whole, ADMINISTRATION)?, &mut gaps.actions),
        workflow_token: put(
            workflow_token(&whole, ADMINISTRATION)?,
            &mut gaps.workflow_token,
        ),
        unavailable: told(gaps),
        login: Name(raw.login),
    })
}

/// Who has two-factor authentication is told to owners only.
const OWNER: &str = "members:read, of an owner of the organisation";

fn whole<'a>(github: &'a GitHub, login: &str) -> Whole<'a> {
    Whole {
        github,
        name: login.to_owned(),
        path: format!("/orgs/{login}"),
    }
}

fn ask(github: &GitHub, login: &str) -> Result<Facts, Failure> {
    match github.query(
        &format!("the settings of {login}"),
        QUERY,
        &json!({"login": login}),
    ) {
        Ok(answer) => Ok(Facts {
            data: answer.data,
            errors: answer.errors,
        }),
        Err(failure) if failure.is_local() => Ok(Facts::default()),
        Err(failure) => Err(failure),
    }
}

/// Whether the token is of a member, or of an app, which gets all members or a refusal.
fn is_insider(facts: &Facts) -> bool {
    let is_app = facts
        .read::<String>("/viewer/login")
        .is_some_and(|login| login.ends_with("[bot]"));
    is_app || facts.read::<bool>("/organization/viewerIsAMember") == Some(true)
}

fn two_factor(raw: &RawOrganization, facts: &Facts) -> Section<bool> {
    let by_graphql = || facts.read::<Option<bool>>("/organization/requiresTwoFactorAuthentication");
    raw.two_factor_requirement_enabled
        .or_else(|| by_graphql().flatten())
        .ok_or_else(|| not_shown(OWNER))
}

fn privileges(raw: &RawOrganization) -> Section<MemberPrivileges> {
    let privileges = MemberPrivileges {
        create_public_repositories: raw.members_can_create_public_repositories,
        create_private_repositories: raw.members_can_create_private_repositories,
        create_internal_repositories: raw.members_can_create_internal_repositories,
        fork_private_repositories: raw.members_can_fork_private_repositories,
        change_visibility: raw.members_can_change_repo_visibility,
        delete_repositories: raw.members_can_delete_repositories,
        invite_outside_collaborators: raw.members_can_invite_outside_collaborators,
        create_public_pages: raw.members_can_create_public_pages,
    };
    let all = [
        privileges.create_public_repositories,
        privileges.create_private_repositories,
        privileges.create_internal_repositories,
        privileges.fork_private_repositories,
        privileges.change_visibility,
        privileges.delete_repositories,
        privileges.invite_outside_collaborators,
        privileges.create_public_pages,
    ];
    if all.iter().all(Option::is_none) {
        return Err(not_shown(ADMINISTRATION));
    }
    Ok(privileges)
}

#[cfg(test)]
mod tests;
