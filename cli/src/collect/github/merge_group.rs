//! Which pull requests a merge group is made of. Its event names the last of them only.

use serde::Deserialize;
use serde_json::json;
use soc2gate_source::{Code, Diagnostic};

use super::client::GitHub;
use super::comparison::{Comparison, RawCommit};
use super::{Coordinates, MergeGroup};

const QUERY: &str = include_str!("queries/merge_queue.graphql");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    head_commit: Option<RawOid>,
    pull_request: Option<RawPull>,
}

#[derive(Debug, Deserialize)]
struct RawOid {
    oid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPull {
    number: u64,
    head_ref_oid: String,
    commits: RawCount,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCount {
    total_count: usize,
}

/// The pull requests of a merge group. Every commit that it brings must belong to one of them.
pub(crate) fn members(github: &GitHub, group: &MergeGroup) -> Result<Vec<Coordinates>, Diagnostic> {
    let failed = |failure: super::client::Failure| failure.diagnostic();
    let comparison = Comparison::read(github, &group.repository, &group.base_oid, &group.head_oid)
        .map_err(failed)?;
    let (line, before) = comparison.line(&group.head_oid);
    if !comparison.is_whole || comparison.is_rewritten || before != Some(group.base_oid.as_str()) {
        return Err(unclear("its commits do not all stand on the base branch"));
    }
    let numbers = if line.len() == 1 {
        vec![group.last]
    } else {
        let what = "the merge queue";
        let (owner, name) = group.repository.split_once('/').unwrap_or_default();
        let variables = json!({"owner": owner, "name": name, "branch": group.base});
        let answer = github.query(what, QUERY, &variables).map_err(failed)?;
        let nodes = answer.data.pointer("/repository/mergeQueue/entries/nodes");
        let entries = nodes.and_then(|nodes| Vec::<RawEntry>::deserialize(nodes).ok());
        assigned(
            &line,
            &entries.ok_or_else(|| unclear("the merge queue cannot be read"))?,
        )?
    };
    if numbers.last() != Some(&group.last) {
        return Err(unclear("the queue and the event name other pull requests"));
    }
    let all: Option<Vec<Coordinates>> = numbers
        .into_iter()
        .map(|number| Coordinates::new(&group.repository, number))
        .collect();
    all.ok_or_else(|| unclear("a number of a pull request cannot be"))
}

/// Gives each commit of a line to a pull request of the queue: those up to the commit that its entry names, or up to the
/// merge of its head, and no more than it has commits.
fn assigned(line: &[&RawCommit], entries: &[RawEntry]) -> Result<Vec<u64>, Diagnostic> {
    let mut numbers = Vec::new();
    let mut waiting = 0;
    for commit in line {
        waiting += 1;
        let merged = commit.parents.get(1).map(|parent| parent.sha.as_str());
        let found = entries.iter().find_map(|entry| {
            let pull = entry.pull_request.as_ref()?;
            let is_named = entry
                .head_commit
                .as_ref()
                .is_some_and(|head| head.oid == commit.sha);
            (is_named || merged == Some(pull.head_ref_oid.as_str())).then_some(pull)
        });
        let Some(pull) = found else { continue };
        if waiting > pull.commits.total_count.max(1) {
            return Err(unclear("it holds commits that belong to none of them"));
        }
        waiting = 0;
        numbers.push(pull.number);
    }
    if waiting > 0 || numbers.is_empty() {
        return Err(unclear("it holds commits that belong to none of them"));
    }
    Ok(numbers)
}

fn unclear(why: &str) -> Diagnostic {
    let message = format!("the pull requests of the merge group cannot be told: {why}");
    Diagnostic::new(Code::MergeGroupUnclear, message)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn commit(oid: &str, parents: &[&str]) -> RawCommit {
        let parents: Vec<Value> = parents
            .iter()
            .map(|parent| json!({"sha": parent}))
            .collect();
        let content = json!({"tree": {"sha": "t"}, "author": null, "committer": null});
        let value = json!({"sha": oid, "parents": parents, "commit": content, "author": null, "committer": null});
        serde_json::from_value(value).unwrap()
    }

    fn entry(number: u64, head: Option<&str>, commits: usize) -> RawEntry {
        let head = head.map(|oid| json!({"oid": oid}));
        let pull = json!({"number": number, "headRefOid": format!("head-{number}"), "commits": {"totalCount": commits}});
        serde_json::from_value(json!({"headCommit": head, "pullRequest": pull})).unwrap()
    }

    #[rstest]
    #[case::squashed(&[("a", &["base"]), ("b", &["a"])], &[(42, Some("a"), 3), (43, Some("b"), 1)], Some(vec![42, 43]))]
    #[case::merged(&[("a", &["base", "head-42"]), ("b", &["a", "head-43"])], &[(42, None, 3), (43, None, 1)], Some(vec![42, 43]))]
    #[case::rebased(&[("a", &["base"]), ("b", &["a"]), ("c", &["b"])], &[(42, Some("b"), 2), (43, Some("c"), 1)], Some(vec![42, 43]))]
    #[case::more_commits_than_the_pull_request(&[("a", &["base"]), ("b", &["a"])], &[(43, Some("b"), 1)], None)]
    #[case::commit_of_nobody(&[("a", &["base"]), ("b", &["a"])], &[(42, Some("a"), 1)], None)]
    #[case::empty_queue(&[("a", &["base"]), ("b", &["a"])], &[], None)]
    fn every_commit_belongs_to_a_pull_request(
        #[case] line: &[(&str, &[&str])],
        #[case] entries: &[(u64, Option<&str>, usize)],
        #[case] expected: Option<Vec<u64>>,
    ) {
        let line: Vec<RawCommit> = line
            .iter()
            .map(|(oid, parents)| commit(oid, parents))
            .collect();
        let line: Vec<&RawCommit> = line.iter().collect();
        let entries: Vec<RawEntry> = entries
            .iter()
            .map(|(number, head, commits)| entry(*number, *head, *commits))
            .collect();
        assert_eq!(assigned(&line, &entries).ok(), expected);
    }
}
