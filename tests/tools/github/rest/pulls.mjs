// Pull requests and commits over REST.
import { comparison, diff, pullRequestsOf, resolve } from "../fields/git.mjs";
import { changedFiles } from "../model/diff.mjs";
import { rollup } from "../fields/checks.mjs";
import { NotFound } from "./errors.mjs";
import { changedFile, checkRun, commit, pullRequest, review, user } from "./views.mjs";

const MOST_FILES = 3_000;
const MOST_COMMITS = 250;
const PULL = "/repos/{owner}/{repo}/pulls/{pull_number}";

function find({ repository, values }) {
  const found = repository.pullRequests.find((one) => one.number === Number(values.pull_number));
  if (!found) throw new NotFound();
  return found;
}

function commitOf({ repository, values }) {
  const found = resolve(repository, values.ref ?? values.commit_sha);
  if (!found) throw new NotFound();
  return found;
}

/** The operations: the permission that each wants, and its answer. A list is paged. */
export const pulls = {
  [`get ${PULL}`]: { permission: "pull_requests:read", answer: (request) => pullRequest(find(request)) },
  [`get ${PULL}/files`]: {
    permission: "pull_requests:read",
    answer: (request) => {
      const one = find(request);
      return one.fileList.slice(0, MOST_FILES).map((file) => changedFile(one.repository, file, one.headRefOid));
    },
  },
  [`get ${PULL}/commits`]: {
    permission: "pull_requests:read",
    answer: (request) => find(request).commitList.slice(0, MOST_COMMITS).map((one) => commit(one)),
  },
  [`get ${PULL}/reviews`]: {
    permission: "pull_requests:read",
    answer: (request) => find(request).reviewList.map(review),
  },
  "get /repos/{owner}/{repo}/commits/{commit_sha}/pulls": {
    permission: "pull_requests:read",
    answer: (request) => pullRequestsOf(commitOf(request)).map(pullRequest),
  },
  "get /repos/{owner}/{repo}/commits/{ref}": {
    permission: "contents:read",
    answer: (request) => {
      const one = commitOf(request);
      const files = diff(one);
      const total = (key) => files.reduce((sum, file) => sum + file[key], 0);
      const stats = { additions: total("additions"), deletions: total("deletions") };
      return { ...commit(one, true), stats: { ...stats, total: stats.additions + stats.deletions } };
    },
  },
  "get /repos/{owner}/{repo}/commits/{ref}/check-runs": {
    permission: "checks:read",
    answer: (request) => {
      const contexts = rollup(commitOf(request))?.contextList ?? [];
      const wanted = request.query.get("check_name");
      const runs = contexts.filter((one) => one.__typename === "CheckRun" && (!wanted || one.name === wanted));
      return { total_count: runs.length, check_runs: runs.map(checkRun) };
    },
    list: "check_runs",
  },
  "get /repos/{owner}/{repo}/compare/{basehead}": {
    permission: "contents:read",
    answer: ({ repository, values }) => {
      const [base, head] = values.basehead.split("...").map((name) => resolve(repository, name));
      const found = comparison(repository, base, head);
      if (!found) throw new NotFound();
      return {
        status: found.status.toLowerCase(),
        ahead_by: found.aheadBy,
        behind_by: found.behindBy,
        total_commits: found.commits.length,
        base_commit: commit(base),
        merge_base_commit: commit(found.mergeBase),
        commits: found.commits.map((one) => commit(one)),
        files: changedFiles(repository.git, found.mergeBase, head).slice(0, 300).map((file) => changedFile(repository, file, head.oid)),
      };
    },
    list: "commits",
  },
  "get /repos/{owner}/{repo}/activity": {
    permission: "contents:read",
    cursor: true,
    answer: ({ repository, query, world }) => {
      const refs = query.get("ref");
      const found = repository.activity.filter(
        (one) =>
          (!refs || one.ref === refs || one.ref === `refs/heads/${refs}`) &&
          (!query.get("actor") || one.actor?.login === query.get("actor")) &&
          (!query.get("activity_type") || one.type === query.get("activity_type")) &&
          within(one.timestamp, query.get("time_period"), world.now),
      );
      const items = found.map((one, at) => ({
        id: at + 1,
        before: one.before,
        after: one.after,
        ref: one.ref,
        timestamp: one.timestamp,
        activity_type: one.type,
        actor: user(one.actor),
      }));
      items.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.id - b.id);
      return query.get("direction") === "asc" ? items : items.reverse();
    },
  },
};

const DAYS = { day: 1, week: 7, month: 31, quarter: 92, year: 366 };

function within(time, period, now) {
  return !period || Date.parse(now) - Date.parse(time) <= DAYS[period] * 86_400_000;
}
