// Rules for branches: branch protection, and rulesets of the repository and of its organisation.
import { checkKeys } from "../schema.mjs";
import { number } from "../ids.mjs";
import { START } from "../clock.mjs";

const NO_PROTECTION = {
  allowsDeletions: false,
  allowsForcePushes: false,
  blocksCreations: false,
  dismissesStaleReviews: false,
  isAdminEnforced: false,
  lockAllowsFetchAndMerge: false,
  lockBranch: false,
  requireLastPushApproval: false,
  requiredApprovingReviewCount: null,
  requiredDeploymentEnvironments: [],
  requiredStatusChecks: null,
  requiresApprovingReviews: false,
  requiresCodeOwnerReviews: false,
  requiresCommitSignatures: false,
  requiresConversationResolution: false,
  requiresDeployments: false,
  requiresLinearHistory: false,
  requiresStatusChecks: false,
  requiresStrictStatusChecks: false,
  restrictsPushes: false,
  restrictsReviewDismissals: false,
  bypassForcePushAllowances: [],
  bypassPullRequestAllowances: [],
  pushAllowances: [],
  reviewDismissalAllowances: [],
  branchProtectionRuleConflicts: [],
};

/** A branch protection rule. */
export function protection(repository, spec) {
  checkKeys("BranchProtectionRule", spec);
  const key = `${repository.nameWithOwner}/${spec.pattern}`;
  const rule = {
    __typename: "BranchProtectionRule",
    key,
    databaseId: number("BranchProtectionRule", key),
    creator: null,
    repository,
    ...NO_PROTECTION,
    ...spec,
  };
  rule.requiredStatusCheckContexts = rule.requiredStatusChecks?.map((check) => check.context) ?? null;
  return rule;
}

/** A ruleset; `source` is the repository or the organisation that has it. */
export function ruleset(source, spec, at) {
  const { bypassActors = [], rules = [], ...fields } = spec;
  checkKeys("RepositoryRuleset", fields);
  const key = `${source.key}/${at}`;
  const set = {
    __typename: "RepositoryRuleset",
    key,
    databaseId: number("RepositoryRuleset", key),
    name: `ruleset ${at + 1}`,
    enforcement: "ACTIVE",
    target: "BRANCH",
    createdAt: START,
    updatedAt: START,
    conditions: { refName: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
    ...fields,
    source,
  };
  set.conditions = {
    __typename: "RepositoryRuleConditions",
    key,
    refName: null,
    repositoryId: null,
    repositoryName: null,
    repositoryProperty: null,
    ...set.conditions,
  };
  set.ruleList = rules.map((rule, index) => {
    checkKeys("RepositoryRule", rule);
    const parameters = rule.parameters ? { __typename: PARAMETERS[rule.type], ...rule.parameters } : null;
    return { __typename: "RepositoryRule", key: `${key}/${index}`, ...rule, parameters, repositoryRuleset: set };
  });
  set.bypassList = bypassActors.map((bypass, index) => {
    checkKeys("RepositoryRulesetBypassActor", bypass);
    return {
      __typename: "RepositoryRulesetBypassActor",
      key: `${key}/bypass/${index}`,
      actor: null,
      bypassMode: "ALWAYS",
      deployKey: false,
      enterpriseOwner: false,
      organizationAdmin: false,
      repositoryRoleDatabaseId: null,
      repositoryRoleName: null,
      ...bypass,
      repositoryRuleset: set,
    };
  });
  return set;
}

const PARAMETERS = {
  PULL_REQUEST: "PullRequestParameters",
  REQUIRED_STATUS_CHECKS: "RequiredStatusChecksParameters",
  MERGE_QUEUE: "MergeQueueParameters",
  REQUIRED_DEPLOYMENTS: "RequiredDeploymentsParameters",
  WORKFLOWS: "WorkflowsParameters",
  CODE_SCANNING: "CodeScanningParameters",
  COMMIT_MESSAGE_PATTERN: "CommitMessagePatternParameters",
  UPDATE: "UpdateParameters",
};

/** The protection rule of a branch: the one of its name, else the first whose pattern matches. */
export function protectionOf(repository, branch) {
  const rules = repository.protectionRules;
  return rules.find((rule) => rule.pattern === branch) ?? rules.find((rule) => matches(rule.pattern, branch)) ?? null;
}

/** All rulesets that a repository is under. */
export function rulesetsOf(repository, includeParents = true) {
  const parents = includeParents ? (repository.owner.rulesetList ?? []) : [];
  return [...repository.rulesetList, ...parents];
}

/** The rules in force for a branch; rulesets that only evaluate have none. */
export function rulesOf(repository, branch) {
  return rulesetsOf(repository)
    .filter((set) => set.enforcement === "ACTIVE" && set.target === "BRANCH")
    .filter((set) => covers(repository, set.conditions, branch))
    .flatMap((set) => set.ruleList);
}

function covers(repository, { refName, repositoryName }, branch) {
  if (repositoryName && !named(repositoryName, (pattern) => pattern === "~ALL" || matches(pattern, repository.name))) {
    return false;
  }
  return named(refName ?? { include: [], exclude: [] }, (pattern) => {
    if (pattern === "~ALL") return true;
    if (pattern === "~DEFAULT_BRANCH") return branch === repository.defaultBranch;
    return matches(pattern.replace(/^refs\/heads\//, ""), branch);
  });
}

function named({ include, exclude = [] }, test) {
  return include.some(test) && !exclude.some(test);
}

function matches(pattern, name) {
  const parts = pattern.split(/(\*\*\/?|\*|\?)/).map((part) => {
    if (part.startsWith("**")) return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`).test(name);
}

/** The checks that a branch demands, of protection and rulesets together. */
export function requiredChecks(repository, branch) {
  const byProtection = protectionOf(repository, branch)?.requiredStatusChecks ?? [];
  const byRules = rulesOf(repository, branch)
    .filter((rule) => rule.type === "REQUIRED_STATUS_CHECKS")
    .flatMap((rule) => rule.parameters.requiredStatusChecks);
  return [
    ...byProtection.map(({ context, app }) => ({
      context,
      appId: app ? repository.world.actors.app(app).databaseId : null,
    })),
    ...byRules.map(({ context, integrationId }) => ({ context, appId: integrationId ?? null })),
  ];
}
