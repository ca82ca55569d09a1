//! The document: the sections that were read, and why others were not.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{
    Actor, ActorType, Base, ChangedFile, Check, CodeOwners, Commit, DependencyChange, Gap, Head,
    List, Name, Oid, PullRequest, Push, Repository, RequiredCheck, Review, SchemaVersion, Slug,
    Source, State, Text, Timestamp, Unavailable, Visibility,
};

use super::account::RawActor;
use super::facts::{Facts, Place, Section, gap, text};
use super::history::{self, RawName};
use super::links::{self, RawRepository};
use super::{base_files, merge, reviews};
use crate::collect::github::client::Failure;

/// The parts that no document is without.
const CORE: &[&str] = &[
    "/repository/pullRequest/author",
    "/repository/pullRequest/headRepository",
    "/repository/pullRequest/mergedAt",
    "/repository/pullRequest/closedAt",
];

/// What is neither a section nor may be missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Core {
    number: u64,
    full_database_id: Option<String>,
    url: Option<String>,
    title: String,
    body: Option<String>,
    state: RawState,
    is_draft: bool,
    created_at: String,
    updated_at: Option<String>,
    merged_at: Option<String>,
    closed_at: Option<String>,
    changed_files: Option<u64>,
    pub(super) head_ref_name: String,
    pub(super) head_ref_oid: String,
    is_cross_repository: bool,
    pub(super) base_ref_name: String,
    pub(super) base_ref_oid: String,
    author: Option<RawActor>,
    head_repository: Option<RawRepository>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawState {
    Open,
    Closed,
    Merged,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBaseRepository {
    name: String,
    database_id: Option<u64>,
    owner: super::account::RawLogin,
    visibility: Option<RawVisibility>,
    default_branch_ref: Option<RawName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawVisibility {
    Private,
    Internal,
    Public,
}

/// Sections that took more than the answer of GraphQL.
pub(super) struct Sections {
    pub(super) files: Section<List<ChangedFile>>,
    pub(super) reviews: Section<List<Review>>,
    pub(super) commits: Section<List<Commit>>,
    pub(super) pushes: Section<List<Push>>,
    pub(super) checks: Section<List<Check>>,
    pub(super) required_checks: Section<Vec<RequiredCheck>>,
    pub(super) code_owners: Section<CodeOwners>,
    pub(super) dependency_changes: Section<List<DependencyChange>>,
}

impl Core {
    /// Reads what no document is without.
    pub(super) fn read(facts: &Facts, what: &str) -> Result<Self, Failure> {
        let unusable = |why: &str| Failure::Answer {
            what: what.to_owned(),
            why: why.to_owned(),
        };
        for pointer in CORE {
            let place = Place {
                pointer,
                permission: "pull_requests:read",
                optional: &[],
            };
            if facts.error(&place).is_some() {
                return Err(unusable("leaves out what no pull request is without"));
            }
        }
        facts
            .read("/repository/pullRequest")
            .ok_or_else(|| unusable("does not have the shape that it should"))
    }

    /// The repository of the head; `None` where it was deleted.
    pub(super) fn head_repository(&self) -> Option<&str> {
        self.head_repository
            .as_ref()
            .map(|repository| repository.name_with_owner.as_str())
    }

    /// How many files GitHub says were changed.
    pub(super) fn changed_files(&self) -> Option<u64> {
        self.changed_files
    }

    /// When it was closed or merged.
    pub(super) fn closed_at(&self) -> Option<&str> {
        self.merged_at.as_deref().or(self.closed_at.as_deref())
    }

    fn state(&self) -> State {
        match self.state {
            RawState::Open => State::Open,
            RawState::Closed => State::Closed,
            RawState::Merged => State::Merged,
        }
    }
}

/// Puts the document together.
pub(super) fn document(
    facts: &Facts,
    core: Core,
    sections: Sections,
    collected_at: Timestamp,
    host: &str,
    what: &str,
) -> Result<PullRequest, Failure> {
    let repository = repository(facts).ok_or_else(|| Failure::Answer {
        what: what.to_owned(),
        why: "does not name its repository".to_owned(),
    })?;
    let mut gaps = Unavailable::default();
    let state = core.state();
    let timeline = history::timeline(facts);
    let merge = merge::merge(
        facts,
        core.merged_at.as_deref(),
        &core.head_ref_oid,
        timeline.as_ref().ok(),
    );
    let author = core.author.map(RawActor::actor);
    let is_bot = author
        .as_ref()
        .is_some_and(|author| author.r#type == ActorType::Bot);
    let triggered_by = is_bot.then(|| keep(triggered_by(author.as_ref()), &mut gaps.triggered_by));
    let mut document = PullRequest {
        schema: SchemaVersion::V1,
        collected_at,
        source: Some(Source {
            host: Text::from(host),
            tool: Text::from(concat!("soc2gate ", env!("CARGO_PKG_VERSION"))),
        }),
        repository,
        number: core.number,
        id: core.full_database_id.and_then(|id| id.parse().ok()),
        url: core.url.as_deref().and_then(text),
        title: core.title,
        body: core.body,
        state,
        draft: core.is_draft,
        created_at: Timestamp(core.created_at),
        updated_at: core.updated_at.map(Timestamp),
        merged_at: core.merged_at.map(Timestamp),
        closed_at: core.closed_at.map(Timestamp),
        author,
        head: Head {
            r#ref: Text(core.head_ref_name),
            oid: Oid(core.head_ref_oid),
            repository: core.head_repository.map(|head| Slug(head.name_with_owner)),
            from_fork: core.is_cross_repository,
        },
        base: Base {
            r#ref: Text(core.base_ref_name),
            oid: Oid(core.base_ref_oid),
        },
        triggered_by: triggered_by.flatten(),
        labels: keep(links::labels(facts), &mut gaps.labels),
        reviews: keep(sections.reviews, &mut gaps.reviews),
        review_threads: keep(reviews::threads(facts), &mut gaps.review_threads),
        commits: keep(sections.commits, &mut gaps.commits),
        pushes: keep(sections.pushes, &mut gaps.pushes),
        base_changes: keep(history::base_changes(facts), &mut gaps.base_changes),
        files: keep(sections.files, &mut gaps.files),
        checks: keep(sections.checks, &mut gaps.checks),
        required_checks: keep(sections.required_checks, &mut gaps.required_checks),
        code_owners: keep(sections.code_owners, &mut gaps.code_owners),
        dependency_changes: keep(sections.dependency_changes, &mut gaps.dependency_changes),
        linked_issues: keep(links::linked_issues(facts), &mut gaps.linked_issues),
        template: keep(base_files::template(facts), &mut gaps.template),
        timeline: keep(timeline, &mut gaps.timeline),
        merge: keep(merge, &mut gaps.merge),
        auto_merge: keep(merge::auto_merge(facts), &mut gaps.auto_merge),
        merge_queue: keep(
            merge::merge_queue(facts, core.number),
            &mut gaps.merge_queue,
        ),
        unavailable: None,
    };
    document.unavailable = (gaps != Unavailable::default()).then_some(gaps);
    Ok(document)
}

/// A section, or its gap where gaps are.
fn keep<T>(section: Section<T>, place: &mut Option<Gap>) -> Option<T> {
    match section {
        Ok(section) => Some(section),
        Err(gap) => {
            *place = Some(gap);
            None
        }
    }
}

/// On whose behalf a bot opened the pull request. Dependabot updates dependencies on its own; of others GitHub does not
/// say.
fn triggered_by(author: Option<&Actor>) -> Section<Option<Actor>> {
    let login = author
        .map(|author| author.login.as_str())
        .unwrap_or_default();
    if login == "dependabot" || login == "dependabot[bot]" {
        return Ok(None);
    }
    Err(gap(
        "GitHub does not say on whose behalf the bot acts",
        None,
    ))
}

fn repository(facts: &Facts) -> Option<Repository> {
    let raw: RawBaseRepository = facts.read("/repository")?;
    Some(Repository {
        id: raw.database_id,
        owner: Name(raw.owner.login),
        name: Name(raw.name),
        visibility: raw.visibility.map(|visibility| match visibility {
            RawVisibility::Private => Visibility::Private,
            RawVisibility::Internal => Visibility::Internal,
            RawVisibility::Public => Visibility::Public,
        }),
        default_branch: raw.default_branch_ref.and_then(|branch| text(&branch.name)),
    })
}
