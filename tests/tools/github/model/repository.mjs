// Repositories: their branches and commits, who may do what, and their pull requests.
import { checkKeys, WorldError } from "../schema.mjs";
import { number } from "../ids.mjs";
import { START } from "../clock.mjs";
import { Git } from "./git.mjs";
import { addCommit } from "./commits.mjs";
import { protection, ruleset } from "./rules.mjs";
import { addPullRequest } from "./pull_request.mjs";

const OWN_KEYS = [
  "owner", "defaultBranch", "collaborators", "branches", "commits", "protection", "rulesets", "pullRequests",
  "activity", "ruleSuites", "environments", "actions", "vulnerabilityAlertsEnabled", "mergeQueue", "codeowners",
  "pullRequestTemplates", "dependencyChanges", "issues", "labels", "securityAndAnalysis", "treeLimit", "deployKeys",
  "immutableReleases", "automatedSecurityFixes", "codeScanning",
];
const ROLES = ["READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN"];

/** Adds a repository to a world; `parent` is what a fork came from. */
export function addRepository(world, nameWithOwner, spec, parent = null) {
  checkKeys("Repository", spec, OWN_KEYS);
  const [ownerLogin, name] = nameWithOwner.split("/");
  const { collaborators = {}, branches = {}, commits, rulesets = [], pullRequests = [], ...fields } = spec;
  const owner = world.actors.byLogin.get(ownerLogin.toLowerCase()) ?? defaultOwner(world, ownerLogin, parent);
  const visibility = fields.visibility ?? "PRIVATE";
  const repository = {
    __typename: "Repository",
    key: nameWithOwner,
    world,
    name,
    nameWithOwner,
    owner,
    databaseId: number("Repository", nameWithOwner),
    description: null,
    visibility,
    isPrivate: visibility !== "PUBLIC",
    isArchived: false,
    isFork: parent !== null,
    parent,
    createdAt: START,
    updatedAt: START,
    pushedAt: START,
    defaultBranch: "main",
    ...fields,
    collaborators,
    git: parent?.git ?? new Git(nameWithOwner),
    branches: new Map(),
    labelList: new Map(),
    issueList: new Map(),
    pullRequests: [],
    comments: [],
    activity: [],
    checkRuns: [],
  };
  world.repositories.set(nameWithOwner.toLowerCase(), repository);
  for (const issue of fields.issues ?? []) repository.issueList.set(issue.number, issue);
  commitAll(repository, commits ?? (parent ? [] : [{ id: "base", files: { "README.md": "# Shop\n" } }]));
  for (const [branch, commit] of Object.entries(branches)) repository.branches.set(branch, repository.git.commit(commit));
  const last = [...repository.git.commits.values()].at(-1);
  if (!parent && last && !repository.branches.has(repository.defaultBranch)) {
    repository.branches.set(repository.defaultBranch, last);
  }
  repository.protectionRules = (fields.protection ?? []).map((rule) => protection(repository, rule));
  repository.rulesetList = rulesets.map((set, at) => ruleset(repository, set, at));
  for (const pullRequest of pullRequests) addPullRequest(repository, pullRequest);
  for (const push of fields.activity ?? []) addActivity(repository, push);
  return repository;
}

/** Adds commits one after another: each follows the one before it, or the parents that it names. */
function commitAll(repository, specs) {
  let last = null;
  for (const [at, spec] of specs.entries()) {
    const parents = spec.parents?.map((parent) => repository.git.commit(parent)) ?? (last ? [last] : []);
    last = addCommit(repository, { id: `commit-${at + 1}`, ...spec }, parents);
  }
}

function defaultOwner(world, login, parent) {
  return parent ? world.actors.actor(login) : world.actors.addOrganization(login, {});
}

/** Adds a push as the repository's activity shows it. */
export function addActivity(repository, { actor, before, after, ref, timestamp = START, type = "push" }) {
  if (!after || !ref) throw new WorldError("an activity needs ref and after");
  const id = (name) => (name ? repository.git.commit(name).oid : "0".repeat(40));
  repository.activity.push({
    actor: repository.world.actors.actor(actor),
    before: id(before),
    after: id(after),
    ref: ref.startsWith("refs/") ? ref : `refs/heads/${ref}`,
    timestamp,
    type,
  });
}

/** The label of a name. */
export function label(repository, name) {
  if (!repository.labelList.has(name)) {
    const spec = (repository.labels ?? []).find((one) => one.name === name) ?? { name };
    repository.labelList.set(name, {
      __typename: "Label",
      key: `${repository.key}/${name}`,
      databaseId: number("Label", repository.key, name),
      color: "ededed",
      description: null,
      isDefault: false,
      ...spec,
      repository,
    });
  }
  return repository.labelList.get(name);
}

/** What an account may do: granted to it or to a team it is in; owners of the organisation may do all. */
export function permission(repository, actor) {
  if (!actor) return null;
  if (actor === repository.owner || repository.owner.members?.[actor.login] === "ADMIN") return "ADMIN";
  const teams = (repository.owner.teamList ?? []).filter((team) => memberOf(team, actor.login));
  const grants = [
    repository.collaborators[actor.login],
    ...teams.map((team) => team.grants[repository.name] ?? team.grants[repository.nameWithOwner]),
    actor.login in (repository.owner.members ?? {}) ? "READ" : undefined,
  ].filter(Boolean);
  return grants.sort((a, b) => ROLES.indexOf(b) - ROLES.indexOf(a))[0] ?? null;
}

function memberOf(team, login) {
  if (team.memberLogins.includes(login)) return true;
  return team.organization.teamList.some((child) => child.parentTeam === team && memberOf(child, login));
}

/** Whether an account may push. */
export function canPush(repository, actor) {
  return ROLES.indexOf(permission(repository, actor)) >= ROLES.indexOf("WRITE");
}
