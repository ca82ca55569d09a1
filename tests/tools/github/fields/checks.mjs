// Fields of checks: what the rollup of a commit shows, and what its base branch demands.
import { failure } from "../connection.mjs";
import { requiredChecks } from "../model/rules.mjs";

/** Of the runs of one name in a suite, and of a status context, the latest. */
export function rollup(commit) {
  const latest = new Map();
  for (const suite of commit.checkSuiteList) {
    for (const run of suite.runs) latest.set(`${suite.key}\n${run.name}`, run);
  }
  for (const status of commit.statusList) latest.set(`status\n${status.context}`, status);
  const contexts = [...latest.values()];
  if (contexts.length === 0) return null;
  return {
    __typename: "StatusCheckRollup",
    key: commit.oid,
    commit,
    contextList: contexts,
    state: conclusion(contexts),
    repository: commit.repository,
  };
}

/** The state of some checks together. */
export function conclusion(contexts) {
  const states = contexts.map((one) => (one.__typename === "CheckRun" ? (one.conclusion ?? "PENDING") : one.state));
  if (states.some((state) => ["FAILURE", "ERROR", "CANCELLED", "TIMED_OUT", "ACTION_REQUIRED", "STARTUP_FAILURE"].includes(state))) {
    return "FAILURE";
  }
  return states.some((state) => ["PENDING", "EXPECTED"].includes(state)) ? "PENDING" : "SUCCESS";
}

function isRequired(name, appId) {
  return (check, { pullRequestNumber, pullRequestId }, { world }) => {
    const { repository } = check.repository ? check : check.commit;
    const pullRequest = pullRequestId
      ? world.nodes.get(pullRequestId)
      : repository.pullRequests.find((one) => one.number === pullRequestNumber);
    if (!pullRequest) throw failure("ARGUMENT", "Either `pullRequestId` or `pullRequestNumber` must be provided.");
    return requiredChecks(repository, pullRequest.baseRefName).some(
      (required) => required.context === name(check) && (required.appId === null || required.appId === appId(check)),
    );
  };
}

const count = (connection, type) => connection.all.filter((one) => one.__typename === type).length;

export const checkFields = {
  StatusCheckRollup: { contexts: (rollup) => rollup.contextList },
  StatusCheckRollupContextConnection: {
    checkRunCount: (connection) => count(connection, "CheckRun"),
    statusContextCount: (connection) => count(connection, "StatusContext"),
  },
  CheckRun: {
    isRequired: isRequired((run) => run.name, (run) => run.checkSuite.app.databaseId),
    checkSuite: (run) => run.checkSuite,
    deployment: null,
    pendingDeploymentRequest: null,
    annotations: () => [],
    steps: () => [],
  },
  CheckSuite: {
    checkRuns: (suite) => suite.runs,
    status: (suite) => (suite.runs.every((run) => run.status === "COMPLETED") ? "COMPLETED" : "IN_PROGRESS"),
    conclusion: (suite) => (suite.runs.every((run) => run.status === "COMPLETED") ? conclusion(suite.runs) : null),
    matchingPullRequests: (suite) => suite.repository.pullRequests.filter((one) => one.headCommit === suite.commit),
  },
  StatusContext: { isRequired: isRequired((status) => status.context, () => null) },
  App: { logoUrl: "https://avatars.githubusercontent.com/in/1", logoBackgroundColor: "ffffff" },
};
