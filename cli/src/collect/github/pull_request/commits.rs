//! Commits of the change.

use std::collections::BTreeSet;

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Commit, List, Oid, Signature, SignatureState};

use super::account::{BotAddresses, RawActor, RawGitActor, RawUser};
use super::facts::{Connection, Facts, Place, Section};
use super::reviews::RawOid;
use crate::collect::github::client::{Failure, GitHub};

const COMMITS: Place = Place {
    pointer: "/repository/pullRequest/commits",
    permission: "contents:read",
    optional: &[],
};

#[derive(Debug, Deserialize)]
struct RawItem {
    commit: RawCommit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCommit {
    oid: String,
    message_headline: Option<String>,
    committed_via_web: bool,
    tree: Option<RawOid>,
    parents: Connection<RawOid>,
    authors: Connection<RawGitActor>,
    committer: Option<RawGitActor>,
    signature: Option<RawSignature>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSignature {
    is_valid: bool,
    state: RawSignatureState,
    was_signed_by_git_hub: bool,
    signer: Option<RawActor>,
}

/// GraphQL `GitSignatureState`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawSignatureState {
    BadCert,
    BadEmail,
    ExpiredKey,
    GpgverifyError,
    GpgverifyUnavailable,
    Invalid,
    MalformedSig,
    NotSigningKey,
    NoUser,
    OcspError,
    OcspPending,
    OcspRevoked,
    UnknownKey,
    UnknownSigType,
    Unsigned,
    UnverifiedEmail,
    Valid,
}

/// Who REST says made a commit: it knows apps too.
#[derive(Debug, Deserialize)]
struct RestCommit {
    commit: RestGitCommit,
    author: Option<RawUser>,
    committer: Option<RawUser>,
}

#[derive(Debug, Deserialize)]
struct RestGitCommit {
    author: Option<RestIdentity>,
    committer: Option<RestIdentity>,
}

#[derive(Debug, Deserialize)]
struct RestIdentity {
    email: Option<String>,
}

/// The apps among the authors and committers, asked for only where GraphQL leaves one open that may be an app.
pub(super) fn bots(facts: &Facts, github: &GitHub, pull: &str) -> Result<BotAddresses, Failure> {
    let mut found = BotAddresses::new();
    let Ok(commits) = facts.section::<Connection<RawItem>>(&COMMITS) else {
        return Ok(found);
    };
    let is_open = commits.nodes.iter().flatten().any(|item| {
        let authors = item.commit.authors.nodes.iter().flatten();
        let mut all = authors.chain(&item.commit.committer);
        all.any(RawGitActor::may_be_bot)
    });
    if !is_open {
        return Ok(found);
    }
    let mut page = Some(format!("{pull}/commits?per_page=100"));
    while let Some(path) = page {
        let (commits, next): (Vec<RestCommit>, _) = match github.get("the commits", &path) {
            Ok(read) => read,
            // Then nobody says who it is.
            Err(failure) if failure.is_local() => return Ok(found),
            Err(failure) => return Err(failure),
        };
        for commit in commits {
            let git = commit.commit;
            for (account, identity) in [
                (commit.author, git.author),
                (commit.committer, git.committer),
            ] {
                let email = identity.and_then(|identity| identity.email);
                if let (Some(account), Some(email)) = (account, email)
                    && account.is_bot()
                {
                    found.insert(email, account.login);
                }
            }
        }
        page = next;
    }
    Ok(found)
}

/// All commits.
pub(super) fn commits(facts: &Facts, bots: &BotAddresses) -> Section<List<Commit>> {
    let raw: Connection<RawItem> = facts.section(&COMMITS)?;
    let is_complete = raw.is_complete();
    let own: BTreeSet<String> = raw
        .nodes
        .iter()
        .flatten()
        .map(|item| item.commit.oid.clone())
        .collect();
    let mut hidden = false;
    let mut list = raw.list(|item| {
        let commit = item.commit;
        hidden |= !commit.parents.is_complete() || !commit.authors.is_complete();
        let parents: Vec<Oid> = oids(commit.parents);
        // A change is what its head has and its base has not. So a parent that is no commit of the change is one of
        // the base; where commits are missing that cannot be told, and nothing is said for it.
        let merges_base = parents.len() > 1
            && is_complete
            && parents.iter().any(|parent| !own.contains(parent.as_str()));
        let authors = commit.authors.nodes.into_iter().flatten();
        Some(Commit {
            oid: Oid(commit.oid),
            tree_oid: commit.tree.map(|tree| Oid(tree.oid)),
            clean_merge: (parents.len() < 2).then_some(false),
            merges_base,
            parents,
            authors: authors.map(|author| author.identity(bots)).collect(),
            committer: commit.committer.map(|committer| committer.identity(bots)),
            committed_via_web: commit.committed_via_web,
            signature: Some(commit.signature.map(RawSignature::signature)),
            message_headline: commit.message_headline,
        })
    });
    // An author that was not read is a contributor that nobody knows of.
    list.complete &= !hidden;
    Ok(list)
}

/// Parents, as many as were read.
fn oids(parents: Connection<RawOid>) -> Vec<Oid> {
    let parents = parents.nodes.into_iter().flatten();
    parents.map(|parent| Oid(parent.oid)).collect()
}

impl RawSignature {
    fn signature(self) -> Signature {
        Signature {
            verified: self.is_valid,
            reason: self.state.state(),
            signer: self.signer.map(RawActor::actor),
            by_github: Some(self.was_signed_by_git_hub),
        }
    }
}

impl RawSignatureState {
    fn state(self) -> SignatureState {
        match self {
            Self::BadCert => SignatureState::BadCert,
            Self::BadEmail => SignatureState::BadEmail,
            Self::ExpiredKey => SignatureState::ExpiredKey,
            Self::GpgverifyError => SignatureState::GpgverifyError,
            Self::GpgverifyUnavailable => SignatureState::GpgverifyUnavailable,
            Self::Invalid => SignatureState::Invalid,
            Self::MalformedSig => SignatureState::MalformedSig,
            Self::NotSigningKey => SignatureState::NotSigningKey,
            Self::NoUser => SignatureState::NoUser,
            Self::OcspError => SignatureState::OcspError,
            Self::OcspPending => SignatureState::OcspPending,
            Self::OcspRevoked => SignatureState::OcspRevoked,
            Self::UnknownKey => SignatureState::UnknownKey,
            Self::UnknownSigType => SignatureState::UnknownSigType,
            Self::Unsigned => SignatureState::Unsigned,
            Self::UnverifiedEmail => SignatureState::UnverifiedEmail,
            Self::Valid => SignatureState::Valid,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use soc2gate_inputs::pull_request::Login;

    use super::*;

    fn commit(oid: &str, parents: &[&str]) -> Value {
        let parents: Vec<Value> = parents.iter().map(|oid| json!({"oid": oid})).collect();
        let author = json!({"name": "Al", "email": "al@example.com", "user": {"login": "al"}});
        json!({"commit": {
            "oid": oid, "messageHeadline": "Add it", "committedViaWeb": false, "tree": {"oid": "t"},
            "parents": {"totalCount": parents.len(), "nodes": parents},
            "authors": {"totalCount": 1, "nodes": [author]},
            "committer": {"name": "GitHub", "email": "noreply@github.com", "user": null},
            "signature": null
        }})
    }

    fn read(total: usize, nodes: &[Value]) -> List<Commit> {
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {"commits": {"totalCount": total, "nodes": nodes}}}}),
            errors: Vec::new(),
        };
        commits(&facts, &BotAddresses::new()).unwrap()
    }

    #[test]
    fn a_parent_that_is_no_commit_of_the_change_is_one_of_the_base() {
        let nodes = [
            commit("a", &["base"]),
            commit("b", &["base"]),
            commit("own-merge", &["a", "b"]),
            commit("update", &["own-merge", "newer-base"]),
        ];
        let list = read(4, &nodes);
        let merges: Vec<bool> = list.items.iter().map(|commit| commit.merges_base).collect();
        assert_eq!(merges, [false, false, false, true]);
        let clean: Vec<Option<bool>> = list.items.iter().map(|commit| commit.clean_merge).collect();
        assert_eq!(clean, [Some(false), Some(false), None, None]);
    }

    #[test]
    fn where_commits_are_missing_no_merge_is_said_to_be_one_of_the_base() {
        let list = read(300, &[commit("update", &["unread", "base"])]);
        assert!(!list.complete);
        assert!(!list.items[0].merges_base);
    }

    #[test]
    fn an_author_that_was_not_read_leaves_the_list_cut() {
        let mut many = commit("a", &["base"]);
        many["commit"]["authors"]["totalCount"] = json!(26);
        assert!(!read(1, &[many]).complete);
        assert!(read(1, &[commit("a", &["base"])]).complete);
    }

    #[test]
    fn the_site_commits_as_web_flow() {
        let list = read(1, &[commit("a", &["base"])]);
        let committer = list.items[0].committer.as_ref().unwrap();
        assert_eq!(committer.login, Some(Login::from("web-flow")));
        assert_eq!(list.items[0].signature, Some(None), "unsigned");
    }

    #[test]
    fn a_signature_is_kept_with_its_state() {
        let mut signed = commit("a", &["base"]);
        signed["commit"]["signature"] = json!({
            "isValid": false, "state": "NO_USER", "wasSignedByGitHub": false, "signer": null
        });
        let list = read(1, &[signed]);
        let signature = list.items[0].signature.clone().flatten().unwrap();
        assert_eq!(signature.reason, SignatureState::NoUser);
        assert!(!signature.verified);
    }
}
