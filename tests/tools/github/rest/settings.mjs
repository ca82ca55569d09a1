// Settings of repositories over REST: rules, protection, environments, Actions, collaborators.
import { permission } from "../model/repository.mjs";
import { protectionOf, rulesOf, rulesetsOf } from "../model/rules.mjs";
import { resolve } from "../fields/git.mjs";
import { number } from "../ids.mjs";
import { NotFound, Refusal } from "./errors.mjs";
import { commit, repository as repositoryView, snake, user } from "./views.mjs";

const REPO = "/repos/{owner}/{repo}";

function rule({ type, parameters, repositoryRuleset: { source, databaseId } }) {
  const organization = source.__typename === "Organization";
  return {
    type: type.toLowerCase(),
    ...(parameters ? { parameters: { ...USUAL[type], ...snake(parameters) } } : {}),
    ruleset_source_type: organization ? "Organization" : "Repository",
    ruleset_source: organization ? source.login : source.nameWithOwner,
    ruleset_id: databaseId,
  };
}

const USUAL = {
  PULL_REQUEST: {
    allowed_merge_methods: ["merge", "squash", "rebase"],
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 1,
    required_review_thread_resolution: false,
  },
  REQUIRED_STATUS_CHECKS: { strict_required_status_checks_policy: false, do_not_enforce_on_create: false },
};

function ruleset(set, { world }, whole) {
  const organization = set.source.__typename === "Organization";
  return {
    id: set.databaseId,
    name: set.name,
    target: set.target.toLowerCase(),
    source_type: organization ? "Organization" : "Repository",
    source: organization ? set.source.login : set.source.nameWithOwner,
    enforcement: set.enforcement.toLowerCase(),
    created_at: set.createdAt,
    updated_at: set.updatedAt,
    ...(whole ? { conditions: conditions(set.conditions), rules: set.ruleList.map(bare) } : {}),
    ...(whole && world.token.may("administration:read") ? { bypass_actors: set.bypassList.map((one) => bypass(one, world)) } : {}),
  };
}

/** The name of a branch is `ref_name`; other conditions only where they are set. */
function conditions({ refName, repositoryName }) {
  return {
    ...(refName ? { ref_name: refName } : {}),
    ...(repositoryName ? { repository_name: { exclude: [], ...repositoryName } } : {}),
  };
}

function bare(one) {
  const { type, parameters } = rule(one);
  return parameters ? { type, parameters } : { type };
}

function bypass(one, world) {
  const mode = one.bypassMode.toLowerCase();
  if (one.organizationAdmin) return { actor_id: 1, actor_type: "OrganizationAdmin", bypass_mode: mode };
  if (one.deployKey) return { actor_id: null, actor_type: "DeployKey", bypass_mode: mode };
  if (one.repositoryRoleDatabaseId) {
    return { actor_id: one.repositoryRoleDatabaseId, actor_type: "RepositoryRole", bypass_mode: mode };
  }
  const team = one.actor.includes("/");
  const actor = team ? world.actors.team(one.actor) : world.actors.app(one.actor);
  return { actor_id: actor.databaseId, actor_type: team ? "Team" : "Integration", bypass_mode: mode };
}

function protection({ repository, values, world }) {
  if (!repository.branches.has(values.branch)) throw new Refusal(404, "Branch not found");
  const found = protectionOf(repository, values.branch);
  if (!found) throw new Refusal(404, "Branch not protected");
  const actors = (allowances) => {
    const names = allowances.map((one) => one.actor);
    const teams = names.filter((name) => name.includes("/")).map((name) => world.actors.team(name));
    const users = names.filter((name) => !name.includes("/")).map((name) => user(world.actors.actor(name)));
    return { users, teams: teams.map(team), apps: [] };
  };
  const on = (enabled) => ({ enabled });
  return {
    enforce_admins: on(found.isAdminEnforced),
    required_linear_history: on(found.requiresLinearHistory),
    allow_force_pushes: on(found.allowsForcePushes),
    allow_deletions: on(found.allowsDeletions),
    block_creations: on(found.blocksCreations),
    required_conversation_resolution: on(found.requiresConversationResolution),
    required_signatures: on(found.requiresCommitSignatures),
    lock_branch: on(found.lockBranch),
    allow_fork_syncing: on(found.lockAllowsFetchAndMerge),
    ...(found.requiresApprovingReviews
      ? {
          required_pull_request_reviews: {
            dismiss_stale_reviews: found.dismissesStaleReviews,
            require_code_owner_reviews: found.requiresCodeOwnerReviews,
            require_last_push_approval: found.requireLastPushApproval,
            required_approving_review_count: found.requiredApprovingReviewCount ?? 1,
            ...(found.restrictsReviewDismissals ? { dismissal_restrictions: actors(found.reviewDismissalAllowances) } : {}),
            ...(found.bypassPullRequestAllowances.length
              ? { bypass_pull_request_allowances: actors(found.bypassPullRequestAllowances) }
              : {}),
          },
        }
      : {}),
    ...(found.requiredStatusChecks
      ? {
          required_status_checks: {
            strict: found.requiresStrictStatusChecks,
            contexts: found.requiredStatusCheckContexts,
            checks: found.requiredStatusChecks.map((check) => ({
              context: check.context,
              app_id: check.app ? world.actors.app(check.app).databaseId : null,
            })),
          },
        }
      : {}),
    ...(found.restrictsPushes ? { restrictions: actors(found.pushAllowances) } : {}),
  };
}

function team(one) {
  return {
    id: one.databaseId,
    name: one.name,
    slug: one.slug,
    description: one.description,
    privacy: one.privacy === "SECRET" ? "secret" : "closed",
    permission: "pull",
    parent: null,
    type: "organization",
    notification_setting: "notifications_enabled",
  };
}

const NAMES = { READ: "read", TRIAGE: "triage", WRITE: "write", MAINTAIN: "maintain", ADMIN: "admin" };

function collaborator(repository, actor) {
  const role = permission(repository, actor) ?? "NONE";
  const at = Object.keys(NAMES).indexOf(role);
  const has = (name) => at >= Object.keys(NAMES).indexOf(name);
  return {
    ...user(actor),
    role_name: NAMES[role] ?? "none",
    permissions: { pull: has("READ"), triage: has("TRIAGE"), push: has("WRITE"), maintain: has("MAINTAIN"), admin: has("ADMIN") },
  };
}

/** The older names of permissions: `triage` and `maintain` are shown as `read` and `write`. */
const LEGACY = { READ: "read", TRIAGE: "read", WRITE: "write", MAINTAIN: "write", ADMIN: "admin" };

export const settings = {
  [`get ${REPO}`]: {
    permission: "metadata:read",
    answer: ({ repository, world }) => {
      const { security_and_analysis: analysis, ...view } = repositoryView(repository);
      return analysis && world.token.may("administration:read") ? { ...view, security_and_analysis: analysis } : view;
    },
  },
  [`get ${REPO}/branches/{branch}`]: {
    permission: "contents:read",
    answer: ({ repository, values }) => {
      const head = resolve(repository, values.branch);
      if (!head) throw new Refusal(404, "Branch not found");
      const found = protectionOf(repository, values.branch);
      return {
        name: values.branch,
        commit: commit(head),
        protected: found !== null || rulesOf(repository, values.branch).length > 0,
        protection: { enabled: found !== null },
        _links: { html: "https://github.com/html", self: "https://api.github.com/self" },
      };
    },
  },
  [`get ${REPO}/rules/branches/{branch}`]: {
    permission: "metadata:read",
    answer: ({ repository, values }) => rulesOf(repository, values.branch).map(rule),
  },
  [`get ${REPO}/branches/{branch}/protection`]: { permission: "administration:read", answer: protection },
  [`get ${REPO}/rulesets`]: {
    permission: "metadata:read",
    answer: (request) =>
      rulesetsOf(request.repository, request.query.get("includes_parents") !== "false")
        .filter((set) => !request.query.get("targets") || request.query.get("targets").split(",").includes(set.target.toLowerCase()))
        .map((set) => ruleset(set, request, false)),
  },
  [`get ${REPO}/rulesets/{ruleset_id}`]: {
    permission: "metadata:read",
    answer: (request) => {
      const found = rulesetsOf(request.repository).find((set) => set.databaseId === Number(request.values.ruleset_id));
      if (!found) throw new NotFound();
      return ruleset(found, request, true);
    },
  },
  [`get ${REPO}/rulesets/rule-suites`]: {
    permission: "administration:read",
    answer: ({ repository, query, world }) =>
      ruleSuites(repository, world)
        .filter((one) => !query.get("ref") || one.ref === query.get("ref") || one.ref === `refs/heads/${query.get("ref")}`)
        .filter((one) => !query.get("rule_suite_result") || ["all", one.result].includes(query.get("rule_suite_result")))
        .map(({ rule_evaluations: _, ...one }) => one),
  },
  [`get ${REPO}/rulesets/rule-suites/{rule_suite_id}`]: {
    permission: "administration:read",
    answer: ({ repository, values, world }) => {
      const found = ruleSuites(repository, world).find((one) => one.id === Number(values.rule_suite_id));
      if (!found) throw new NotFound();
      return found;
    },
  },
  [`get ${REPO}/immutable-releases`]: {
    permission: "administration:read",
    answer: ({ repository }) => {
      if (!repository.immutableReleases) throw new NotFound();
      return { enabled: true, enforced_by_owner: false };
    },
  },
  [`get ${REPO}/environments/{environment_name}/deployment-branch-policies`]: {
    permission: "actions:read",
    list: "branch_policies",
    answer: ({ repository, values }) => {
      const found = (repository.environments ?? []).find((one) => one.name === values.environment_name);
      if (!found) throw new NotFound();
      const policies = (found.branches ?? []).map((name, at) => ({ id: at + 1, name, type: "branch" }));
      return { total_count: policies.length, branch_policies: policies };
    },
  },
  [`get ${REPO}/automated-security-fixes`]: {
    permission: "administration:read",
    answer: ({ repository }) => {
      if (!repository.automatedSecurityFixes) throw new NotFound();
      return { enabled: true, paused: false, ...repository.automatedSecurityFixes };
    },
  },
  [`get ${REPO}/code-scanning/default-setup`]: {
    permission: "administration:read",
    answer: ({ repository: { codeScanning = {} } }) => {
      refuseWithoutCodeSecurity(codeScanning);
      return { state: codeScanning.defaultSetup ?? "configured" };
    },
  },
  [`get ${REPO}/code-scanning/analyses`]: {
    permission: "security_events:read",
    answer: ({ repository: { codeScanning = {} } }) => {
      refuseWithoutCodeSecurity(codeScanning);
      if (!codeScanning.analyses?.length) throw new Refusal(404, "no analysis found");
      return codeScanning.analyses.map(analysis);
    },
  },
  [`get ${REPO}/keys`]: {
    permission: "administration:read",
    answer: ({ repository }) =>
      (repository.deployKeys ?? []).map((one, at) => ({
        id: at + 1,
        key: "ssh-ed25519 AAAA",
        title: "a key",
        verified: true,
        created_at: "2026-11-01T08:00:00Z",
        read_only: true,
        added_by: "olga",
        last_used: null,
        ...one,
      })),
  },
  [`get ${REPO}/actions/permissions/selected-actions`]: {
    permission: "administration:read",
    answer: ({ repository }) => ({
      github_owned_allowed: true,
      verified_allowed: false,
      patterns_allowed: [],
      ...repository.actions?.selected,
    }),
  },
  [`get ${REPO}/environments`]: {
    permission: "actions:read",
    list: "environments",
    answer: ({ repository, world }) => {
      const environments = (repository.environments ?? []).map((one) => environment(repository, one, world));
      return { total_count: environments.length, environments };
    },
  },
  [`get ${REPO}/actions/permissions`]: {
    permission: "administration:read",
    answer: ({ repository }) => {
      const { workflow: _, selected: __, ...actions } = repository.actions ?? {};
      return { enabled: true, allowed_actions: "all", sha_pinning_required: false, ...actions };
    },
  },
  [`get ${REPO}/actions/permissions/workflow`]: {
    permission: "administration:read",
    answer: ({ repository }) => ({
      default_workflow_permissions: "read",
      can_approve_pull_request_reviews: false,
      ...repository.actions?.workflow,
    }),
  },
  [`get ${REPO}/vulnerability-alerts`]: {
    permission: "administration:read",
    answer: ({ repository }) => {
      if (repository.vulnerabilityAlertsEnabled ?? true) return undefined;
      throw new Refusal(404, "Vulnerability alerts are disabled.");
    },
    status: 204,
  },
  [`get ${REPO}/collaborators`]: {
    permission: "metadata:read",
    answer: ({ repository, query, world }) => {
      const members = repository.owner.members ?? {};
      const owners = query.get("affiliation") ? [] : Object.keys(members).filter((login) => members[login] === "ADMIN");
      const logins = new Set([...Object.keys(repository.collaborators), ...owners]);
      return [...logins]
        .filter((login) => query.get("affiliation") !== "outside" || !(login in members))
        .map((login) => collaborator(repository, world.actors.actor(login)));
    },
  },
  [`get ${REPO}/collaborators/{username}/permission`]: {
    permission: "metadata:read",
    answer: ({ repository, values, world }) => {
      const actor = world.actors.byLogin.get(values.username.toLowerCase().replace(/\[bot\]$/, ""));
      if (!actor) throw new NotFound();
      const role = permission(repository, actor);
      return { permission: LEGACY[role] ?? "none", role_name: NAMES[role] ?? "none", user: collaborator(repository, actor) };
    },
  },
};

/** Pushes and merges that rules judged. */
function ruleSuites(repository, world) {
  return (repository.ruleSuites ?? []).map((one, at) => ({
    id: at + 1,
    repository_id: repository.databaseId,
    repository_name: repository.name,
    pushed_at: "2026-11-20T18:00:00Z",
    evaluation_result: one.result,
    actor_id: world.actors.actor(one.actor_name)?.databaseId,
    rule_evaluations: [],
    ...one,
    before_sha: repository.git.commit(one.before_sha).oid,
    after_sha: repository.git.commit(one.after_sha).oid,
  }));
}

function refuseWithoutCodeSecurity({ off = false }) {
  if (off) throw new Refusal(403, "Code Security must be enabled for this repository to use code scanning.");
}

function analysis({ tool = "CodeQL", created_at }, at) {
  return {
    id: at + 1,
    ref: "refs/heads/main",
    commit_sha: "a".repeat(40),
    analysis_key: "key",
    environment: "{}",
    category: "category",
    error: "",
    created_at,
    results_count: 0,
    rules_count: 1,
    sarif_id: "sarif",
    tool: { name: tool, guid: null, version: null },
    deletable: true,
    warning: "",
  };
}

function environment(repository, { reviewers, preventSelfReview = false, waitTimer, branchPolicy = null, branches, canAdminsBypass = true, ...spec }, world) {
  const id = number("Environment", repository.key, spec.name);
  const rules = [];
  if (waitTimer) rules.push({ id: id + 1, type: "wait_timer", wait_timer: waitTimer });
  if (reviewers) {
    const people = reviewers.map((name) =>
      name.includes("/")
        ? { type: "Team", reviewer: team(world.actors.team(name)) }
        : { type: "User", reviewer: user(world.actors.actor(name)) },
    );
    rules.push({ id: id + 2, type: "required_reviewers", prevent_self_review: preventSelfReview, reviewers: people });
  }
  if (branchPolicy || branches) rules.push({ id: id + 3, type: "branch_policy" });
  return {
    id,
    name: spec.name,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    protection_rules: rules.map((one) => ({ node_id: `rule:${one.id}`, ...one })),
    deployment_branch_policy: branches ? { protected_branches: false, custom_branch_policies: true } : branchPolicy,
    can_admins_bypass: canAdminsBypass,
  };
}

