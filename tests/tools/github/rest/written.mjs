// What a client may write: comments and check runs. They are kept, and later reads show them.
import { addCheckRun } from "../model/commits.mjs";
import { resolve } from "../fields/git.mjs";
import { NotFound, Refusal } from "./errors.mjs";
import { checkRun, comment } from "./views.mjs";

const LONGEST_COMMENT = 65_536;
const REPO = "/repos/{owner}/{repo}";

function issue({ repository, values }) {
  const number = Number(values.issue_number);
  const known = repository.pullRequests.some((one) => one.number === number) || repository.issueList.has(number);
  if (!known) throw new NotFound();
  return number;
}

function checkLength(body) {
  if (body.length > LONGEST_COMMENT) throw new Refusal(422, "Validation Failed");
}

function createComment(request) {
  const { repository, world, body } = request;
  const number = issue(request);
  checkLength(body.body);
  const made = {
    id: (repository.comments.at(-1)?.id ?? 0) + 1,
    issue: number,
    author: world.actors.actor(world.token.login),
    body: body.body,
    createdAt: world.now,
    updatedAt: world.now,
    repository,
  };
  repository.comments.push(made);
  world.written.push({ type: "comment", repository: repository.nameWithOwner, issue: number, id: made.id, body: made.body });
  return comment(made);
}

function updateComment({ repository, world, values, body }) {
  const found = repository.comments.find((one) => one.id === Number(values.comment_id));
  if (!found) throw new NotFound();
  checkLength(body.body);
  found.body = body.body;
  found.updatedAt = world.now;
  world.written.push({ type: "comment_update", repository: repository.nameWithOwner, issue: found.issue, id: found.id, body: found.body });
  return comment(found);
}

function removeComment({ repository, world, values }) {
  const at = repository.comments.findIndex((one) => one.id === Number(values.comment_id));
  if (at < 0) throw new NotFound();
  const [found] = repository.comments.splice(at, 1);
  world.written.push({ type: "comment_removal", repository: repository.nameWithOwner, issue: found.issue, id: found.id });
}

function fieldsOf(body) {
  const upper = (text) => text?.toUpperCase();
  const given = {
    name: body.name,
    status: body.conclusion ? "COMPLETED" : upper(body.status),
    conclusion: upper(body.conclusion),
    detailsUrl: body.details_url,
    externalId: body.external_id,
    startedAt: body.started_at,
    completedAt: body.completed_at,
    title: body.output?.title,
    summary: body.output?.summary,
    text: body.output?.text,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const MOST_ANNOTATIONS = 50;

function checkAnnotations(body) {
  if ((body.output?.annotations?.length ?? 0) > MOST_ANNOTATIONS) throw new Refusal(422, "Invalid request.");
}

function createCheckRun({ repository, world, body }) {
  const commit = resolve(repository, body.head_sha);
  if (!commit) throw new Refusal(422, `No commit found for SHA: ${body.head_sha}`);
  checkAnnotations(body);
  const app = world.token.login.replace(/\[bot\]$/, "");
  const run = addCheckRun(repository, commit, { status: "QUEUED", conclusion: null, ...fieldsOf(body), app });
  run.annotationCount = body.output?.annotations?.length ?? 0;
  repository.checkRuns.push(run);
  world.written.push({ type: "check_run", repository: repository.nameWithOwner, id: run.databaseId, ...body });
  return checkRun(run);
}

function updateCheckRun({ repository, world, values, body }) {
  const found = repository.checkRuns.find((one) => one.databaseId === Number(values.check_run_id));
  if (!found) throw new NotFound();
  checkAnnotations(body);
  Object.assign(found, fieldsOf(body));
  found.annotationCount += body.output?.annotations?.length ?? 0;
  world.written.push({ type: "check_run_update", repository: repository.nameWithOwner, id: found.databaseId, ...body });
  return checkRun(found);
}

export const written = {
  [`get ${REPO}/issues/{issue_number}/comments`]: {
    permission: "pull_requests:read",
    answer: (request) => {
      const number = issue(request);
      return request.repository.comments.filter((one) => one.issue === number).map(comment);
    },
  },
  [`post ${REPO}/issues/{issue_number}/comments`]: { permission: "pull_requests:write", answer: createComment, status: 201 },
  [`patch ${REPO}/issues/comments/{comment_id}`]: { permission: "pull_requests:write", answer: updateComment },
  [`delete ${REPO}/issues/comments/{comment_id}`]: { permission: "pull_requests:write", answer: removeComment, status: 204 },
  [`post ${REPO}/check-runs`]: { permission: "checks:write", answer: createCheckRun, status: 201 },
  [`patch ${REPO}/check-runs/{check_run_id}`]: { permission: "checks:write", answer: updateCheckRun },
};
