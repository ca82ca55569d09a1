// Fields of commits, trees, blobs and branches.
import { changedFiles } from "../model/diff.mjs";
import { ancestors, mergeBase } from "../model/git.mjs";
import { nodeId } from "../ids.mjs";
import { protectionOf, rulesOf } from "../model/rules.mjs";
import { conclusion, rollup } from "./checks.mjs";

/** Blobs above this size are cut. */
const LARGEST_TEXT = 512_000;

/** A branch, or null. */
export function ref(repository, name) {
  const branch = name.replace(/^refs\/heads\//, "");
  const target = repository.branches.get(branch);
  if (!target) return null;
  return { __typename: "Ref", key: `${repository.key}:${branch}`, name: branch, prefix: "refs/heads/", target, repository };
}

/** The object of an expression: `<commit or branch>` with `:<path>`, or null. */
export function object(repository, { oid, expression }) {
  const [name, path] = split(oid ?? expression);
  const commit = resolve(repository, name);
  if (path === null) return commit ?? gitObject(repository, name);
  const entry = commit && repository.git.entry(commit.treeOid, path);
  return entry ? gitObject(repository, entry.oid) : null;
}

/** The commit of a branch, a ref or an id. */
export function resolve(repository, name) {
  const branch = name === "HEAD" ? repository.defaultBranch : name.replace(/^refs\/heads\//, "").replace(/^heads\//, "");
  return repository.branches.get(branch) ?? repository.git.commits.get(name) ?? null;
}

function split(expression) {
  const at = expression.indexOf(":");
  return at < 0 ? [expression, null] : [expression.slice(0, at), expression.slice(at + 1)];
}

function gitObject(repository, oid) {
  const { git } = repository;
  if (git.commits.has(oid)) return git.commits.get(oid);
  if (git.trees.has(oid)) return { __typename: "Tree", key: oid, oid, repository };
  const bytes = git.blobs.get(oid);
  return bytes ? { __typename: "Blob", key: oid, oid, bytes, repository } : null;
}

function treeEntry(repository, entry, path) {
  return { __typename: "TreeEntry", ...entry, path, repository };
}

const shared = {
  abbreviatedOid: (object) => object.oid.slice(0, 7),
  commitResourcePath: (object) => `/${object.repository.nameWithOwner}/commit/${object.oid}`,
  commitUrl: (object, _, { world }) => `${world.host}/${object.repository.nameWithOwner}/commit/${object.oid}`,
};

const sum = (commit, key) => diff(commit).reduce((total, file) => total + file[key], 0);

/** The files that a commit changes against its first parent. */
export function diff(commit) {
  return changedFiles(commit.repository.git, commit.parents[0] ?? null, commit, commit.renames);
}

export const gitFields = {
  Commit: {
    ...shared,
    author: (commit) => commit.authorPeople[0],
    authors: (commit) => commit.authorPeople,
    authoredByCommitter: (commit) => commit.authorPeople[0].email === commit.committer.email,
    messageHeadline: (commit) => commit.message.split("\n")[0],
    messageBody: (commit) => commit.message.split("\n").slice(1).join("\n").trim(),
    tree: (commit) => gitObject(commit.repository, commit.treeOid),
    additions: (commit) => sum(commit, "additions"),
    deletions: (commit) => sum(commit, "deletions"),
    changedFilesIfAvailable: (commit) => diff(commit).length,
    changedFiles: (commit) => diff(commit).length,
    file: (commit, { path }) => {
      const entry = commit.repository.git.entry(commit.treeOid, path);
      return entry ? treeEntry(commit.repository, entry, path) : null;
    },
    history: (commit) => ancestors(commit),
    associatedPullRequests: (commit) => pullRequestsOf(commit),
    statusCheckRollup: (commit) => rollup(commit),
    status: (commit) => {
      if (commit.statusList.length === 0) return null;
      const contexts = rollup(commit).contextList.filter((one) => one.__typename === "StatusContext");
      return { __typename: "Status", key: commit.oid, commit, contexts, state: conclusion(contexts) };
    },
    checkSuites: (commit, { filterBy }) =>
      commit.checkSuiteList.filter((suite) => !filterBy?.appId || suite.app.databaseId === filterBy.appId),
  },
  GitActor: { user: (person) => person.user },
  Tree: {
    ...shared,
    entries: (tree) => tree.repository.git.trees.get(tree.oid).map((entry) => treeEntry(tree.repository, entry, entry.name)),
  },
  TreeEntry: {
    extension: (entry) => /\.[^./]+$/.exec(entry.name)?.[0] ?? "",
    isGenerated: false,
    lineCount: (entry) => entry.repository.git.blobs.get(entry.oid)?.toString().split("\n").length ?? null,
    nameRaw: (entry) => Buffer.from(entry.name).toString("base64"),
    pathRaw: (entry) => Buffer.from(entry.path).toString("base64"),
    object: (entry) => gitObject(entry.repository, entry.oid),
    submodule: null,
    language: null,
  },
  Blob: {
    ...shared,
    byteSize: (blob) => blob.bytes.length,
    isBinary: (blob) => blob.bytes.includes(0),
    isTruncated: (blob) => blob.bytes.length > LARGEST_TEXT,
    text: (blob) => (blob.bytes.includes(0) ? null : blob.bytes.subarray(0, LARGEST_TEXT).toString()),
  },
  Ref: {
    branchProtectionRule: (branch) => protectionOf(branch.repository, branch.name),
    refUpdateRule: (branch) => refUpdateRule(protectionOf(branch.repository, branch.name)),
    rules: (branch) => rulesOf(branch.repository, branch.name),
    associatedPullRequests: (branch, { states }) =>
      branch.repository.pullRequests.filter(
        (one) => one.headRefName === branch.name && (!states || states.includes(one.state)),
      ),
    compare: (branch, { headRef }) => comparison(branch.repository, branch.target, resolve(branch.repository, headRef)),
  },
};

/** What everyone who reads the repository sees of a protection rule. */
function refUpdateRule(rule) {
  if (!rule) return null;
  const { allowsDeletions, allowsForcePushes, blocksCreations, pattern } = rule;
  const { requiredApprovingReviewCount, requiredStatusCheckContexts, requiresCodeOwnerReviews } = rule;
  const { requiresConversationResolution, requiresLinearHistory, requiresCommitSignatures } = rule;
  return {
    __typename: "RefUpdateRule",
    ...{ allowsDeletions, allowsForcePushes, blocksCreations, pattern },
    ...{ requiredApprovingReviewCount, requiredStatusCheckContexts, requiresCodeOwnerReviews },
    ...{ requiresConversationResolution, requiresLinearHistory },
    requiresSignatures: requiresCommitSignatures,
    viewerAllowedToDismissReviews: false,
    viewerCanPush: false,
  };
}

/** The pull requests that a commit is part of, or that were merged as it. */
export function pullRequestsOf(commit) {
  return commit.repository.pullRequests.filter(
    (one) => one.commitList.includes(commit) || one.mergeCommit === commit,
  );
}

/** How one commit stands to another. */
export function comparison(repository, base, head) {
  if (!base || !head) return null;
  const before = new Set(ancestors(base));
  const after = new Set(ancestors(head));
  const ahead = [...after].filter((commit) => !before.has(commit));
  const behind = [...before].filter((commit) => !after.has(commit));
  const status = ahead.length ? (behind.length ? "DIVERGED" : "AHEAD") : behind.length ? "BEHIND" : "IDENTICAL";
  return {
    __typename: "Comparison",
    key: nodeId("Comparison", `${base.oid}...${head.oid}`),
    aheadBy: ahead.length,
    behindBy: behind.length,
    status,
    baseTarget: base,
    headTarget: head,
    commits: ahead.reverse(),
    mergeBase: mergeBase(base, head),
    repository,
  };
}
