//! The collector of a push: each new first-parent commit of the branch, and the pull requests that brought it.

use serde::Deserialize;
use soc2gate_inputs::github::{
    CommitPullRequest, Push, PushSchema, PushedCommit, RecordedDecision, UnavailableOfPush,
};
use soc2gate_inputs::pull_request::{
    Actor, ActorType, Gap, Identity, List, Login, Name, Oid, Source, Text, Timestamp,
};

use super::client::{Failure, GitHub, segment};
use super::comparison::{Comparison, RawAccount, RawCommit, RawPerson};
use super::event::PushEvent;

/// Commits whose pull requests are asked for, each in a request of its own.
const MAX_LOOKUPS: usize = 250;

/// What the ledger says of a pull request and its head; the outer `None`: no ledger is asked.
pub(crate) type Judged<'a> = Option<&'a dyn Fn(u64, &str) -> Option<RecordedDecision>>;

#[derive(Deserialize)]
struct RawBranch {
    protected: bool,
    commit: RawTip,
}

#[derive(Deserialize)]
struct RawTip {
    sha: String,
}

#[derive(Deserialize)]
struct RawPull {
    number: u64,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    base: RawBase,
    head: RawHead,
}

#[derive(Deserialize)]
struct RawBase {
    r#ref: String,
    repo: RawRepository,
}

#[derive(Deserialize)]
struct RawRepository {
    full_name: String,
}

#[derive(Deserialize)]
struct RawHead {
    sha: String,
}

fn branch(github: &GitHub, repository: &str, name: &str) -> Result<Option<RawBranch>, Failure> {
    let path = format!("/repos/{repository}/branches/{}", segment(name));
    match github.get(&format!("the branch of {repository}"), &path) {
        Ok((branch, _)) => Ok(Some(branch)),
        Err(Failure::NotFound { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The commit that a branch has now; `None` where it is gone.
pub(crate) fn branch_tip(
    github: &GitHub,
    repository: &str,
    name: &str,
) -> Result<Option<String>, Failure> {
    Ok(branch(github, repository, name)?.map(|branch| branch.commit.sha))
}

/// Whether rules protect a branch. One that is gone has none.
pub(crate) fn is_protected(github: &GitHub, repository: &str, name: &str) -> Result<bool, Failure> {
    Ok(branch(github, repository, name)?.is_some_and(|branch| branch.protected))
}

/// Reads what a push brought.
pub(crate) fn collect_push(
    github: &GitHub,
    event: &PushEvent,
    judged: Judged<'_>,
) -> Result<Push, Failure> {
    let collected_at = Timestamp(github.now().to_string());
    let (owner, name) = event.repository.split_once('/').unwrap_or_default();
    let pusher = event
        .pusher
        .as_ref()
        .map(|(login, kind)| actor(login, kind));
    let mut push = Push {
        schema: PushSchema::V1,
        collected_at,
        source: Some(source(github)),
        owner: Name(owner.to_owned()),
        name: Name(name.to_owned()),
        r#ref: Text(format!("refs/heads/{}", event.branch)),
        before: event.before.clone().map(Oid),
        after: event.after.clone().map(Oid),
        forced: event.forced,
        pusher: pusher.map(Some),
        commits: None,
        unavailable: None,
    };
    let Some(after) = &event.after else {
        return Ok(push);
    };
    let older = match &event.before {
        Some(before) => before.clone(),
        None if event.branch == event.default_branch => {
            push.unavailable = Some(gap(
                "the branch is new, and there is nothing to compare it with",
                None,
            ));
            return Ok(push);
        }
        None => segment(&event.default_branch),
    };
    let comparison = match Comparison::read(github, &event.repository, &older, after) {
        Ok(comparison) => comparison,
        Err(failure) if failure.is_local() => {
            push.unavailable = Some(gap(
                &failure.to_string(),
                failure.permission().or(Some("contents:read")),
            ));
            return Ok(push);
        }
        Err(failure) => return Err(failure),
    };
    let (line, stands_on) = comparison.line(after);
    let is_from = |oid: &Option<String>| oid.is_some() && stands_on == oid.as_deref();
    // A line that goes past the commit of before has replaced it, as one that forces does.
    let is_replaced = !line.is_empty() && comparison.is_whole && !is_from(&event.before);
    push.forced |= event.before.is_some() && (comparison.is_rewritten || is_replaced);
    let mut commits = Vec::with_capacity(line.len());
    for (at, commit) in line.iter().enumerate() {
        let pulls = if at < MAX_LOOKUPS {
            pull_requests(github, &event.repository, &commit.sha, judged)?
        } else {
            None
        };
        commits.push(pushed(commit, pulls));
    }
    push.commits = Some(List {
        complete: comparison.is_whole,
        total: None,
        items: commits,
    });
    Ok(push)
}

fn pushed(raw: &RawCommit, pull_requests: Option<List<CommitPullRequest>>) -> PushedCommit {
    PushedCommit {
        oid: Oid(raw.sha.clone()),
        parents: raw
            .parents
            .iter()
            .map(|parent| Oid(parent.sha.clone()))
            .collect(),
        tree_oid: Oid(raw.commit.tree.sha.clone()),
        author: identity(raw.author.as_ref(), raw.commit.author.as_ref()),
        committer: identity(raw.committer.as_ref(), raw.commit.committer.as_ref()),
        pull_requests,
    }
}

/// The pull requests that GitHub names for a commit; `None` where they cannot be read.
fn pull_requests(
    github: &GitHub,
    repository: &str,
    oid: &str,
    judged: Judged<'_>,
) -> Result<Option<List<CommitPullRequest>>, Failure> {
    let path = format!("/repos/{repository}/commits/{oid}/pulls?per_page=100");
    let read: Result<(Vec<RawPull>, _), _> = github.get("the pull requests of a commit", &path);
    let (raw, next) = match read {
        Ok(read) => read,
        Err(failure) if failure.is_local() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let items = raw
        .into_iter()
        .filter(|pull| pull.base.repo.full_name.eq_ignore_ascii_case(repository))
        .map(|pull| {
            let merged = pull.merged_at.is_some();
            CommitPullRequest {
                number: pull.number,
                merged,
                merge_commit_oid: pull.merge_commit_sha.filter(|_| merged).map(Oid),
                base_ref: Text(pull.base.r#ref),
                decision: judged.map(|judged| judged(pull.number, &pull.head.sha)),
                head_oid: Oid(pull.head.sha),
            }
        });
    Ok(Some(List {
        complete: next.is_none(),
        total: None,
        items: items.collect(),
    }))
}

/// The numbers of the pull requests that were merged into a branch as this commit; `None` where they cannot be read.
pub(crate) fn merged_as(
    github: &GitHub,
    repository: &str,
    branch: &str,
    oid: &str,
) -> Result<Option<Vec<u64>>, Failure> {
    let Some(pulls) = pull_requests(github, repository, oid, None)? else {
        return Ok(None);
    };
    let is_merged_as = |pull: &CommitPullRequest| {
        let as_oid = pull.merge_commit_oid.as_ref();
        pull.base_ref.as_str() == branch && as_oid.is_some_and(|commit| commit.as_str() == oid)
    };
    let found: Vec<u64> = pulls
        .items
        .iter()
        .filter(|pull| is_merged_as(pull))
        .map(|pull| pull.number)
        .collect();
    // The one that is looked for may be on a later page.
    Ok((pulls.complete || !found.is_empty()).then_some(found))
}

fn identity(account: Option<&RawAccount>, person: Option<&RawPerson>) -> Option<Identity> {
    let login = account.and_then(|account| account.login.clone());
    let name = person
        .and_then(|person| person.name.clone())
        .filter(|name| !name.is_empty());
    (login.is_some() || name.is_some()).then(|| Identity {
        login: login.map(Login),
        name: name.map(Text),
        r#type: None,
    })
}

fn actor(login: &str, kind: &str) -> Actor {
    Actor {
        login: Login(login.to_owned()),
        r#type: match kind {
            "Bot" => ActorType::Bot,
            "Organization" => ActorType::Organization,
            "Mannequin" => ActorType::Mannequin,
            "EnterpriseUserAccount" => ActorType::EnterpriseUser,
            _ => ActorType::User,
        },
        id: None,
    }
}

fn gap(reason: &str, permission: Option<&str>) -> UnavailableOfPush {
    UnavailableOfPush {
        commits: Some(Gap {
            reason: Text(reason.to_owned()),
            permission: permission.map(|permission| Text(permission.to_owned())),
        }),
    }
}

fn source(github: &GitHub) -> Source {
    Source {
        host: Text(github.host()),
        tool: Text(concat!("soc2gate ", env!("CARGO_PKG_VERSION")).to_owned()),
    }
}
