// Objects of a world as the REST API shows them: the same facts under other names.
import { diff } from "../fields/git.mjs";
import { label } from "../model/repository.mjs";

/** An account, or null where it was deleted. */
export function user(actor) {
  if (!actor) return null;
  const bot = actor.__typename === "Bot";
  return {
    login: bot ? `${actor.login}[bot]` : actor.login,
    id: actor.databaseId,
    avatar_url: `https://avatars.githubusercontent.com/u/${actor.databaseId}?v=4`,
    type: actor.__typename,
    site_admin: actor.isSiteAdmin ?? false,
  };
}

/** A repository: what both the full and the short description name. */
export function repository(one) {
  const full = `https://github.com/${one.nameWithOwner}`;
  return {
    id: one.databaseId,
    name: one.name,
    full_name: one.nameWithOwner,
    owner: user(one.owner),
    private: one.isPrivate,
    visibility: one.visibility.toLowerCase(),
    description: one.description,
    fork: one.isFork,
    default_branch: one.defaultBranch,
    archived: one.isArchived,
    disabled: false,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    pushed_at: one.pushedAt,
    homepage: null,
    language: null,
    license: null,
    mirror_url: null,
    git_url: `git:github.com/${one.nameWithOwner}.git`,
    ssh_url: `git@github.com:${one.nameWithOwner}.git`,
    clone_url: `${full}.git`,
    svn_url: full,
    html_url: full,
    forks: 0,
    forks_count: 0,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    has_downloads: false,
    open_issues: one.pullRequests.length,
    open_issues_count: one.pullRequests.length,
    size: 1,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    network_count: 0,
    subscribers_count: 0,
    allow_forking: one.forkingAllowed ?? false,
    allow_merge_commit: one.mergeCommitAllowed ?? true,
    allow_squash_merge: one.squashMergeAllowed ?? true,
    allow_rebase_merge: one.rebaseMergeAllowed ?? true,
    allow_auto_merge: one.autoMergeAllowed ?? true,
    delete_branch_on_merge: one.deleteBranchOnMerge ?? false,
    web_commit_signoff_required: one.webCommitSignoffRequired ?? false,
    ...(one.securityAndAnalysis ? { security_and_analysis: one.securityAndAnalysis } : {}),
  };
}

/** A commit. */
export function commit(one, withFiles = false) {
  const person = ({ name, email, date }) => ({ name, email, date });
  const [author] = one.authorPeople;
  return {
    sha: one.oid,
    html_url: `https://github.com/${one.repository.nameWithOwner}/commit/${one.oid}`,
    author: user(author.account),
    committer: user(one.committer.account),
    parents: one.parents.map((parent) => ({ sha: parent.oid })),
    commit: {
      author: person(author),
      committer: person(one.committer),
      message: one.message,
      comment_count: 0,
      tree: { sha: one.treeOid },
      verification: verification(one),
    },
    ...(withFiles ? { files: diff(one).map((file) => changedFile(one.repository, file, one.oid)) } : {}),
  };
}

function verification({ signature }) {
  return {
    verified: signature?.isValid ?? false,
    reason: signature ? signature.state.toLowerCase() : "unsigned",
    signature: signature?.signature ?? null,
    payload: signature?.payload ?? null,
    verified_at: signature?.verifiedAt ?? null,
  };
}

/** A changed file. */
export function changedFile({ nameWithOwner }, file, oid) {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  return {
    sha: file.sha ?? "0".repeat(40),
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    ...(file.previousPath ? { previous_filename: file.previousPath } : {}),
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    blob_url: `https://github.com/${nameWithOwner}/blob/${oid}/${path}`,
    raw_url: `https://github.com/${nameWithOwner}/raw/${oid}/${path}`,
    contents_url: `https://api.github.com/repos/${nameWithOwner}/contents/${path}?ref=${oid}`,
  };
}

/** A pull request: what both the full and the short description name. */
export function pullRequest(one) {
  const account = one.repository.world.actors;
  const end = (ref, sha, repo) => ({
    label: `${repo?.owner.login ?? "unknown"}:${ref}`,
    ref,
    sha,
    user: user(repo?.owner),
    repo: repo ? repository(repo) : null,
  });
  const sum = (key) => one.fileList.reduce((total, file) => total + file[key], 0);
  return {
    id: one.databaseId,
    number: one.number,
    html_url: `https://github.com/${one.repository.nameWithOwner}/pull/${one.number}`,
    state: one.state === "OPEN" ? "open" : "closed",
    locked: one.locked,
    draft: one.isDraft,
    title: one.title,
    body: one.body,
    user: user(one.author),
    labels: one.labelNames.map((name) => labelView(label(one.repository, name))),
    assignee: null,
    assignees: [],
    milestone: null,
    author_association: one.authorAssociation ?? "MEMBER",
    auto_merge: autoMerge(one),
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    closed_at: one.closedAt,
    merged_at: one.mergedAt,
    merged: one.state === "MERGED",
    merged_by: user(account.actor(one.mergedBy)),
    merge_commit_sha: one.mergeCommit?.oid ?? null,
    mergeable: one.state === "OPEN" ? true : null,
    mergeable_state: "clean",
    maintainer_can_modify: one.maintainerCanModify,
    comments: 0,
    review_comments: one.threadList.length,
    commits: one.commitList.length,
    additions: sum("additions"),
    deletions: sum("deletions"),
    changed_files: one.changedFiles ?? one.fileList.length,
    head: end(one.headRefName, one.headRefOid, one.headRepository),
    base: end(one.baseRefName, one.baseRefOid, one.repository),
  };
}

function autoMerge({ autoMergeRequest, repository: { world } }) {
  if (!autoMergeRequest) return null;
  return {
    enabled_by: user(world.actors.actor(autoMergeRequest.enabledBy)),
    merge_method: (autoMergeRequest.mergeMethod ?? "MERGE").toLowerCase(),
    commit_title: "",
    commit_message: "",
  };
}

function labelView(one) {
  return { id: one.databaseId, name: one.name, description: one.description, color: one.color, default: one.isDefault };
}

/** An app. */
export function app(one) {
  return {
    id: one.databaseId,
    slug: one.slug,
    name: one.name,
    description: one.description,
    owner: { login: "github", id: 9919, type: "Organization", site_admin: false },
    external_url: "https://example.com",
    html_url: `https://github.com/apps/${one.slug}`,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    permissions: {},
    events: [],
  };
}

/** A check run. */
export function checkRun(one) {
  return {
    id: one.databaseId,
    head_sha: one.checkSuite.commit.oid,
    external_id: one.externalId,
    html_url: `https://github.com/${one.repository.nameWithOwner}/runs/${one.databaseId}`,
    details_url: one.detailsUrl,
    name: one.name,
    status: one.status.toLowerCase(),
    conclusion: one.conclusion?.toLowerCase() ?? null,
    started_at: one.startedAt,
    completed_at: one.completedAt,
    output: { title: one.title, summary: one.summary, text: one.text, annotations_count: one.annotationCount ?? 0 },
    check_suite: { id: one.checkSuite.databaseId },
    app: app(one.checkSuite.app),
    pull_requests: [],
  };
}

/** A review. */
export function review(one) {
  return {
    id: one.databaseId,
    user: user(one.author),
    body: one.body,
    state: one.state,
    html_url: `https://github.com/${one.repository.nameWithOwner}/pull/${one.pullRequest.number}#pullrequestreview-${one.databaseId}`,
    ...(one.submittedAt ? { submitted_at: one.submittedAt } : {}),
    commit_id: one.commit?.oid ?? null,
    author_association: one.authorAssociation,
  };
}

/** A comment on an issue or pull request. */
export function comment(one) {
  return {
    id: one.id,
    user: user(one.author),
    body: one.body,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    author_association: "NONE",
    issue_url: `https://api.github.com/repos/${one.repository.nameWithOwner}/issues/${one.issue}`,
    html_url: `https://github.com/${one.repository.nameWithOwner}/pull/${one.issue}#issuecomment-${one.id}`,
  };
}

/** `requiredStatusChecks` as REST writes it: `required_status_checks`, in all of a value. */
export function snake(value) {
  if (Array.isArray(value)) return value.map(snake);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, one]) => key !== "__typename" && one !== null)
      .map(([key, one]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(one)]),
  );
}

