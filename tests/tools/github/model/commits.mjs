// Commits with the people who made them, their signature, and their checks.
import { checkKeys, WorldError } from "../schema.mjs";
import { number, oid } from "../ids.mjs";
import { after, START } from "../clock.mjs";

const OWN_KEYS = ["id", "files", "renames", "web", "checks", "statuses", "parents", "authors", "author", "committer"];

/** Adds a commit to a repository's store. `parents` are commits. */
export function addCommit(repository, spec, parents) {
  checkKeys("Commit", spec, OWN_KEYS);
  const { git, world } = repository;
  const { id, files, renames, web, checks, statuses, parents: _, author, authors, committer, signature, ...fields } = spec;
  if (id === undefined) throw new WorldError(`a commit of ${repository.nameWithOwner} has no id`);
  const contents = git.files(parents[0], files, renames);
  const date = fields.committedDate ?? after(START, git.commits.size);
  const people = [author ?? "octocat", ...(authors ?? [])].map((who) => person(world, who, date));
  const commit = {
    __typename: "Commit",
    key: oid(git.name, id),
    oid: oid(git.name, id),
    repository,
    parents,
    files: contents,
    renames: renames ?? {},
    treeOid: git.tree(contents),
    message: `Change ${id}`,
    authoredDate: date,
    committedDate: date,
    committedViaWeb: web === true,
    onBehalfOf: null,
    ...fields,
    authorPeople: people,
    committer: web ? webFlow(world, date) : committer === undefined ? people[0] : person(world, committer, date),
    checkSuiteList: [],
    statusList: [],
  };
  commit.signature = signed(signature ?? (web ? "VALID" : null), commit, world, web === true);
  git.commits.set(commit.oid, commit);
  addChecks(repository, commit, checks ?? [], statuses ?? []);
  return commit;
}

/** Adds check runs, each in the suite of its app and workflow, and commit statuses. */
export function addChecks(repository, commit, checks, statuses) {
  for (const check of checks) addCheckRun(repository, commit, check);
  for (const spec of statuses) {
    checkKeys("StatusContext", spec);
    commit.statusList.push({
      __typename: "StatusContext",
      key: `${commit.oid}/${spec.context}/${commit.statusList.length}`,
      commit,
      state: "SUCCESS",
      creator: "octocat",
      description: null,
      targetUrl: null,
      createdAt: after(commit.committedDate, 10 + commit.statusList.length),
      ...spec,
    });
  }
}

/** Adds one check run. */
export function addCheckRun(repository, commit, spec) {
  const { app = "github-actions", suite, workflow, ...fields } = spec;
  checkKeys("CheckRun", fields);
  const owner = suiteOf(repository, commit, app, suite ?? workflow?.name ?? "", workflow);
  const completed = (fields.status ?? "COMPLETED") === "COMPLETED";
  const key = `${owner.key}/${owner.runs.length}/${fields.name}`;
  const run = {
    __typename: "CheckRun",
    key,
    databaseId: number("CheckRun", key),
    status: "COMPLETED",
    conclusion: completed ? "SUCCESS" : null,
    startedAt: after(commit.committedDate, 5),
    completedAt: completed ? after(commit.committedDate, 10) : null,
    detailsUrl: null,
    externalId: "",
    title: null,
    summary: null,
    text: null,
    ...fields,
    repository,
    checkSuite: owner,
  };
  owner.runs.push(run);
  return run;
}

function suiteOf(repository, commit, app, name, workflow) {
  const known = commit.checkSuiteList.find((suite) => suite.app.slug === app && suite.suiteName === name);
  if (known) return known;
  const key = `${commit.oid}/${app}/${name}`;
  const suite = {
    __typename: "CheckSuite",
    key,
    suiteName: name,
    databaseId: number("CheckSuite", key),
    app: repository.world.actors.app(app),
    commit,
    repository,
    branch: null,
    creator: null,
    push: null,
    createdAt: after(commit.committedDate, 5),
    updatedAt: after(commit.committedDate, 10),
    runs: [],
    workflowRun: null,
  };
  if (workflow || app === "github-actions") suite.workflowRun = workflowRun(suite, workflow ?? {});
  commit.checkSuiteList.push(suite);
  return suite;
}

function workflowRun(suite, { name = "ci", event = "pull_request", path = ".github/workflows/ci.yml" }) {
  const run = {
    __typename: "WorkflowRun",
    key: `${suite.key}/run`,
    databaseId: number("WorkflowRun", suite.key),
    checkSuite: suite,
    event,
    runNumber: 1,
    createdAt: suite.createdAt,
    updatedAt: suite.updatedAt,
    workflow: { __typename: "Workflow", key: path, name, state: "ACTIVE", databaseId: number("Workflow", path) },
  };
  run.file = { __typename: "WorkflowRunFile", key: path, path, run };
  return run;
}

/** Who wrote or committed: a login, or a name and an e-mail address that may map to no account. */
export function person(world, who, date) {
  if (typeof who === "string") {
    const account = world.actors.actor(who);
    const login = account.__typename === "Bot" ? `${account.login}[bot]` : account.login;
    return {
      __typename: "GitActor",
      key: login,
      name: account.name ?? login,
      email: `${account.databaseId}+${login}@users.noreply.github.com`,
      user: account.__typename === "User" ? account : null,
      account,
      date,
    };
  }
  const account = who.login ? world.actors.actor(who.login) : null;
  return { __typename: "GitActor", key: who.email, name: who.name, email: who.email, user: account, account, date };
}

function webFlow(world, date) {
  const account = world.actors.actor("web-flow");
  return {
    __typename: "GitActor",
    key: "web-flow",
    name: "GitHub",
    email: "noreply@github.com",
    user: account,
    account,
    date,
  };
}

function signed(spec, commit, world, web) {
  if (spec === null) return null;
  const given = typeof spec === "string" ? { state: spec } : spec;
  const { __typename = "GpgSignature", ...fields } = given;
  checkKeys(__typename, fields);
  return {
    __typename,
    key: commit.oid,
    email: commit.committer.email,
    isValid: given.state === "VALID",
    payload: `tree ${commit.treeOid}\n`,
    signature: "-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n",
    signer: given.state === "VALID" ? (web ? "web-flow" : (commit.committer.user?.login ?? null)) : null,
    verifiedAt: given.state === "VALID" ? commit.committedDate : null,
    wasSignedByGitHub: web,
    keyId: null,
    ...fields,
  };
}
