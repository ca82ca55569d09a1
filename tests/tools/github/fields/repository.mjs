// Fields of repositories, their rules and merge queues.
import { failure } from "../connection.mjs";
import { label, permission } from "../model/repository.mjs";
import { rulesetsOf } from "../model/rules.mjs";
import { object, ref, resolve } from "./git.mjs";

/** The merge queue of a branch, or null. */
export function queueOf(repository, branch) {
  const spec = repository.mergeQueue;
  if (!spec || (spec.branch ?? repository.defaultBranch) !== branch) return null;
  if (spec.built) return spec.built;
  const { entries = [], branch: _, ...fields } = spec;
  const queue = {
    __typename: "MergeQueue",
    key: `${repository.key}/${branch}`,
    nextEntryEstimatedTimeToMerge: null,
    configuration: null,
    ...fields,
    repository,
  };
  spec.built = queue;
  queue.entryList = entries.map((entry, at) => ({
    __typename: "MergeQueueEntry",
    key: `${queue.key}/${at}`,
    position: at + 1,
    state: "AWAITING_CHECKS",
    enqueuedAt: "2026-11-20T18:00:00Z",
    enqueuer: "octocat",
    baseCommit: repository.branches.get(branch),
    headCommit: null,
    estimatedTimeToMerge: null,
    jump: false,
    solo: false,
    ...entry,
    pullRequest: repository.pullRequests.find((one) => one.number === entry.pullRequest),
    mergeQueue: queue,
    repository,
  }));
  return queue;
}

/** The pull request of a number; GitHub answers another number with null and an error. */
function pullRequest(repository, { number }) {
  const found = repository.pullRequests.find((one) => one.number === number);
  if (!found) throw failure("NOT_FOUND", `Could not resolve to a PullRequest with the number of ${number}.`);
  return found;
}

export const repositoryFields = {
  Repository: {
    defaultBranchRef: (one) => ref(one, one.defaultBranch),
    ref: (one, { qualifiedName }) => ref(one, qualifiedName),
    refs: (one, { refPrefix }) => (refPrefix === "refs/heads/" ? [...one.branches.keys()].map((name) => ref(one, name)) : []),
    object: (one, args) => object(one, args),
    pullRequest,
    pullRequests: (one, { states, baseRefName, headRefName }) =>
      one.pullRequests.filter(
        (it) =>
          (!states || states.includes(it.state)) &&
          (!baseRefName || it.baseRefName === baseRefName) &&
          (!headRefName || it.headRefName === headRefName),
      ),
    label: (one, { name }) => (one.labelList.has(name) ? label(one, name) : null),
    labels: (one) => [...one.labelList.values()],
    codeowners: (one, { refName }) => {
      const commit = resolve(one, refName ?? one.defaultBranch);
      const has = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"].some((path) => commit?.files.has(path));
      return has ? { errors: (one.codeowners?.errors ?? []).map((error) => ({ suggestion: null, ...error })) } : null;
    },
    pullRequestTemplates: (one) =>
      [...one.branches.get(one.defaultBranch).files]
        .filter(([path]) => /(^|\/)pull_request_template(\.\w+|\/.*)?$/i.test(path))
        .map(([path, entry]) => ({
          filename: path.split("/").at(-1),
          body: one.git.blobs.get(entry.oid).toString(),
          repository: one,
        })),
    branchProtectionRules: (one) => one.protectionRules,
    rulesets: (one, { includeParents }) => rulesetsOf(one, includeParents),
    ruleset: (one, { databaseId }) => rulesetsOf(one).find((set) => set.databaseId === databaseId) ?? null,
    mergeQueue: (one, { branch }) => queueOf(one, branch ?? one.defaultBranch),
    collaborators: (one, { affiliation }) =>
      Object.keys(one.collaborators)
        .filter((login) => affiliation !== "OUTSIDE" || !(login in (one.owner.members ?? {})))
        .map((login) => {
          const actor = one.world.actors.actor(login);
          return Object.assign(Object.create(actor), actor, { edge: { permission: permission(one, actor), permissionSources: [] } });
        }),
    environments: (one) =>
      (one.environments ?? []).map((spec) => ({ __typename: "Environment", key: `${one.key}/${spec.name}`, name: spec.name })),
    isEmpty: (one) => one.branches.size === 0,
    isDisabled: false,
    isLocked: false,
    isMirror: false,
    isTemplate: false,
    isInOrganization: (one) => one.owner.__typename === "Organization",
    archivedAt: null,
    homepageUrl: null,
    autoMergeAllowed: true,
    allowUpdateBranch: false,
    deleteBranchOnMerge: false,
    forkingAllowed: false,
    forkCount: 0,
    stargazerCount: 0,
    diskUsage: 1,
    hasIssuesEnabled: true,
    hasProjectsEnabled: false,
    hasWikiEnabled: false,
    hasDiscussionsEnabled: false,
    hasVulnerabilityAlertsEnabled: (one) => one.vulnerabilityAlertsEnabled ?? true,
    isSecurityPolicyEnabled: false,
    mergeCommitAllowed: true,
    squashMergeAllowed: true,
    rebaseMergeAllowed: true,
    webCommitSignoffRequired: false,
    viewerPermission: "READ",
    viewerCanAdminister: (_, __, { world }) => world.token.may("administration:write"),
  },
  MergeQueue: { entries: (queue) => queue.entryList },
  RepositoryRuleset: { rules: (set, { type }) => set.ruleList.filter((rule) => !type || rule.type === type), bypassActors: (set) => set.bypassList },
  MergeQueueConfiguration: {
    checkResponseTimeout: 60,
    maximumEntriesToBuild: 5,
    maximumEntriesToMerge: 5,
    mergeMethod: "SQUASH",
    mergingStrategy: "ALLGREEN",
    minimumEntriesToMerge: 1,
    minimumEntriesToMergeWaitTime: 5,
  },
  PullRequestParameters: {
    allowedMergeMethods: ["merge", "squash", "rebase"],
    dismissStaleReviewsOnPush: false,
    requireCodeOwnerReview: false,
    requireLastPushApproval: false,
    requiredApprovingReviewCount: 1,
    requiredReviewThreadResolution: false,
  },
  RequiredStatusChecksParameters: { doNotEnforceOnCreate: false, strictRequiredStatusChecksPolicy: false },
  StatusCheckConfiguration: { integrationId: null },
  RequiredStatusCheckDescription: { app: null },
};
