// Pull requests with everything that hangs on them. What a world leaves out gets the usual value.
import { checkKeys, WorldError } from "../schema.mjs";
import { number } from "../ids.mjs";
import { after, START } from "../clock.mjs";
import { addChecks, addCommit } from "./commits.mjs";
import { addActivity, addRepository, canPush, label } from "./repository.mjs";
import { changedFiles } from "./diff.mjs";
import { mergeBase } from "./git.mjs";

const OWN_KEYS = ["commits", "checks", "statuses", "pushes", "head", "base", "from", "files", "threads", "timeline"];

/** Adds a pull request to a repository. */
export function addPullRequest(repository, spec) {
  checkKeys("PullRequest", spec, OWN_KEYS);
  const { commits, checks, statuses, pushes, head, base, from, files, threads, timeline, reviews, ...fields } = spec;
  const { labels, mergeCommit, mergeQueueEntry, closingIssuesReferences, ...given } = fields;
  if (!Number.isInteger(spec.number)) throw new WorldError("a pull request needs a number");
  const baseRefName = base ?? repository.defaultBranch;
  const baseCommit = repository.branches.get(baseRefName);
  if (!baseCommit) throw new WorldError(`${repository.nameWithOwner} has no branch ${baseRefName}`);
  const author = repository.world.actors.actor(spec.author === undefined ? "alice" : spec.author);
  const [headRepository, headRefName] = headOf(repository, head ?? `change-${spec.number}`);
  const start = from ? repository.git.commit(from) : baseCommit;
  const list = commitsOf(repository, spec, start, author, commits);
  const last = list.at(-1) ?? start;
  headRepository?.branches.set(headRefName, last);
  addChecks(repository, last, checks ?? [], statuses ?? []);
  const key = `${repository.key}#${spec.number}`;
  const state = spec.state ?? "OPEN";
  const pullRequest = {
    __typename: "PullRequest",
    key,
    databaseId: number("PullRequest", key),
    repository,
    title: "Round prices to the cent",
    body: "",
    isDraft: false,
    closedAt: state === "OPEN" ? null : after(START, 600),
    createdAt: after(START, 60),
    updatedAt: after(START, 600),
    mergedAt: state === "MERGED" ? after(START, 600) : null,
    mergedBy: state === "MERGED" ? "octocat" : null,
    mergeCommit: null,
    autoMergeRequest: null,
    milestone: null,
    locked: false,
    maintainerCanModify: false,
    ...given,
    state,
    author,
    baseRefName,
    baseRefOid: given.baseRefOid ?? baseCommit.oid,
    headRefName,
    headRefOid: last.oid,
    headRepository,
    headCommit: last,
    baseCommit,
    commitList: list,
    labelNames: labels ?? [],
    issueNumbers: closingIssuesReferences ?? [],
  };
  pullRequest.fileList = files ?? filesOf(repository, pullRequest);
  pullRequest.reviewList = (reviews ?? []).map((review, at) => reviewOf(pullRequest, review, at));
  pullRequest.threadList = (threads ?? []).map((thread, at) => threadOf(pullRequest, thread, at));
  pullRequest.timelineList = (timeline ?? []).map((item, at) => eventOf(pullRequest, item, at));
  if (state === "MERGED") merge(repository, pullRequest, mergeCommit);
  for (const name of pullRequest.labelNames) label(repository, name);
  repository.pullRequests.push(pullRequest);
  for (const push of pushes ?? defaultPushes(pullRequest)) {
    if (headRepository) addActivity(headRepository, { ref: headRefName, actor: author?.login, ...push });
  }
  return pullRequest;
}

/** The repository and branch of `branch`, `owner/name:branch` (a fork) or `null:branch` (a fork that was deleted). */
function headOf(repository, head) {
  const [owner, branch] = head.includes(":") ? head.split(":") : [null, head];
  if (owner === null) return [repository, branch];
  if (owner === "null") return [null, branch];
  const { world } = repository;
  const known = world.repositories.get(owner.toLowerCase());
  return [known ?? addRepository(world, owner, { visibility: repository.visibility }, repository), branch];
}

function commitsOf(repository, spec, start, author, commits) {
  const usual = [{ files: { "src/price.txt": "rounded\n" } }];
  const list = [];
  for (const [at, commit] of (commits ?? usual).entries()) {
    const parents = commit.parents?.map((parent) => repository.git.commit(parent)) ?? [list.at(-1) ?? start];
    const id = `pr-${spec.number}-${at + 1}`;
    list.push(addCommit(repository, { id, author: login(author), ...commit }, parents));
  }
  return list;
}

function login(author) {
  if (!author) return { name: "Somebody", email: "somebody@example.com" };
  return author.__typename === "Bot" ? `${author.login}[bot]` : author.login;
}

function filesOf(repository, pullRequest) {
  const renames = Object.assign({}, ...pullRequest.commitList.map((commit) => commit.renames));
  const from = mergeBase(pullRequest.headCommit, pullRequest.baseCommit);
  return changedFiles(repository.git, from, pullRequest.headCommit, renames);
}

function reviewOf(pullRequest, spec, at) {
  checkKeys("PullRequestReview", spec);
  const { repository } = pullRequest;
  const { commit, onBehalfOf, ...fields } = spec;
  const key = `${pullRequest.key}/review/${at}`;
  const author = repository.world.actors.actor(spec.author === undefined ? "bob" : spec.author);
  const submittedAt = spec.state === "PENDING" ? null : after(START, 120 + at * 10);
  return {
    __typename: "PullRequestReview",
    key,
    databaseId: number("PullRequestReview", key),
    state: "APPROVED",
    body: "",
    submittedAt,
    createdAt: submittedAt ?? after(START, 120),
    updatedAt: submittedAt ?? after(START, 120),
    publishedAt: submittedAt,
    lastEditedAt: null,
    editor: null,
    isMinimized: false,
    minimizedReason: null,
    authorAssociation: "MEMBER",
    authorCanPushToRepository: canPush(repository, author),
    ...fields,
    author,
    commit: commit === undefined ? pullRequest.headCommit : commit === null ? null : repository.git.commit(commit),
    teams: onBehalfOf ?? [],
    pullRequest,
    repository,
  };
}

function threadOf(pullRequest, spec, at) {
  const { author = "bob", createdAt = after(START, 130 + at), body = "Why?", ...fields } = spec;
  checkKeys("PullRequestReviewThread", fields);
  const key = `${pullRequest.key}/thread/${at}`;
  const thread = {
    __typename: "PullRequestReviewThread",
    key,
    isResolved: false,
    isOutdated: false,
    isCollapsed: false,
    path: pullRequest.fileList[0]?.path ?? "README.md",
    line: 1,
    originalLine: 1,
    startLine: null,
    diffSide: "RIGHT",
    subjectType: "LINE",
    resolvedBy: null,
    ...fields,
    pullRequest,
    repository: pullRequest.repository,
  };
  const comment = { key: `${key}/comment`, author, createdAt, updatedAt: createdAt, publishedAt: createdAt, body };
  thread.comments = [
    { __typename: "PullRequestReviewComment", ...comment, path: thread.path, line: thread.line, pullRequest },
  ];
  return thread;
}

/** An event of the timeline: `__typename` and the fields of that type. */
function eventOf(pullRequest, spec, at) {
  if (!spec.__typename) throw new WorldError("an event of the timeline needs its __typename");
  checkKeys(spec.__typename, spec, ["__typename"]);
  return {
    key: `${pullRequest.key}/event/${at}`,
    createdAt: after(START, 200 + at),
    actor: "octocat",
    ...spec,
    pullRequest,
    repository: pullRequest.repository,
  };
}

/** Merges as one commit on the base branch, unless the world names the commit. */
function merge(repository, pullRequest, spec) {
  if (typeof spec === "string") {
    pullRequest.mergeCommit = repository.git.commit(spec);
  } else {
    const files = {};
    for (const { path, previousPath } of filesOf(repository, pullRequest)) {
      if (previousPath) files[previousPath] = null;
      files[path] = contentOf(repository, pullRequest.headCommit, path);
    }
    const usual = { id: `merge-${pullRequest.number}`, author: login(pullRequest.author), web: true, files };
    pullRequest.mergeCommit = addCommit(repository, { ...usual, ...spec }, [pullRequest.baseCommit]);
  }
  repository.branches.set(pullRequest.baseRefName, pullRequest.mergeCommit);
}

function contentOf(repository, commit, path) {
  const entry = commit.files.get(path);
  if (!entry) return null;
  return entry.type === "commit"
    ? { submodule: entry.oid }
    : { base64: repository.git.blobs.get(entry.oid).toString("base64"), mode: entry.mode };
}

function defaultPushes(pullRequest) {
  return [{ before: null, after: pullRequest.headRefOid, type: "branch_creation", timestamp: after(START, 55) }];
}
