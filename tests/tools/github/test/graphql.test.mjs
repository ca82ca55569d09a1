// GraphQL: what the schema does not have is refused, pages and limits are GitHub's, permissions take away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mistakes } from "../validate.mjs";
import { ordinary, withServer } from "./client.mjs";

const pull = (selection) =>
  `query Pull { repository(owner: "acme", name: "shop") { pullRequest(number: 42) { ${selection} } } }`;

test("a wrong field, argument or type is refused loudly", async () => {
  await withServer(ordinary(), async ({ graphql }) => {
    for (const selection of ["titel", "reviews(count: 3) { totalCount }", "reviews(first: \"3\") { totalCount }", "author { email }"]) {
      const answer = await graphql(pull(selection));
      assert.equal(answer.status, 599, selection);
      assert.match(answer.text, /no query of GitHub's schema/);
    }
  });
});

test("a field that the world lacks is named, never null", async () => {
  await withServer(ordinary(), async ({ graphql }) => {
    const answer = await graphql(pull("viewerCanApplySuggestion"));
    assert.equal(answer.status, 599);
    assert.match(answer.text, /the world has no PullRequest.viewerCanApplySuggestion/);
    const nullable = await graphql(pull("isReadByViewer"));
    assert.match(nullable.text, /the world has no PullRequest.isReadByViewer/);
  });
});

test("a world that names an unknown field does not start", async () => {
  await assert.rejects(withServer(ordinary({ titel: "x" }), () => {}), /PullRequest has no field titel/);
  await assert.rejects(withServer({ repositoris: {} }, () => {}), /a world has no repositoris/);
});

test("connections are paged by cursor both ways", async () => {
  const commits = Array.from({ length: 7 }, (_, at) => ({ files: { a: `${at}` } }));
  await withServer(ordinary({ commits }), async ({ graphql, world }) => {
    const all = world.repository("acme", "shop").pullRequests[0].commitList.map((one) => one.oid);
    const page = async (args) =>
      (await graphql(pull(`commits(${args}) { totalCount nodes { commit { oid } } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`)))
        .json.data.repository.pullRequest.commits;
    const seen = [];
    let after = "null";
    for (let more = true; more; ) {
      const found = await page(`first: 3, after: ${after}`);
      assert.equal(found.totalCount, 7);
      assert.equal(found.edges.at(-1).cursor, found.pageInfo.endCursor);
      seen.push(...found.nodes.map((one) => one.commit.oid));
      more = found.pageInfo.hasNextPage;
      after = JSON.stringify(found.pageInfo.endCursor);
    }
    assert.deepEqual(seen, all);
    const last = await page("last: 2");
    assert.deepEqual(last.nodes.map((one) => one.commit.oid), all.slice(-2));
    assert.equal(last.pageInfo.hasPreviousPage, true);
    const before = await page(`last: 2, before: ${JSON.stringify(last.pageInfo.startCursor)}`);
    assert.deepEqual(before.nodes.map((one) => one.commit.oid), all.slice(3, 5));
  });
});

test("pages and nodes have GitHub's limits", async () => {
  await withServer(ordinary(), async ({ graphql }) => {
    const type = async (selection, variables) => (await graphql(selection, variables)).json.errors?.map((one) => one.type);
    assert.deepEqual(await type(pull("reviews(first: 101) { totalCount }")), ["EXCESSIVE_PAGINATION"]);
    assert.deepEqual(await type(pull("reviews { nodes { state } }")), ["MISSING_PAGINATION_BOUNDARIES"]);
    assert.equal(await type(pull("reviews { totalCount }")), undefined);
    const nested = pull("commits(first: 100) { nodes { commit { parents(first: 100) { nodes { parents(first: 100) { nodes { oid } } } } } } }");
    assert.deepEqual(await type(nested), ["MAX_NODE_LIMIT_EXCEEDED"]);
  });
});

test("a pull request has at most 250 commits in its list", async () => {
  const commits = Array.from({ length: 300 }, (_, at) => ({ files: { a: `${at}` } }));
  await withServer(ordinary({ commits }), async ({ graphql, ask }) => {
    const query = (after) => pull(`commits(first: 100, after: ${after}) { totalCount nodes { commit { oid } } pageInfo { hasNextPage endCursor } }`);
    const sizes = [];
    let after = "null";
    for (let more = true; more; ) {
      const { totalCount, nodes, pageInfo } = (await graphql(query(after))).json.data.repository.pullRequest.commits;
      assert.equal(totalCount, 300);
      sizes.push(nodes.length);
      more = pageInfo.hasNextPage;
      after = JSON.stringify(pageInfo.endCursor);
    }
    assert.deepEqual(sizes, [100, 100, 50]);
    const third = await ask("/repos/acme/shop/pulls/42/commits?per_page=100&page=3");
    assert.equal(third.json.length, 50);
  });
});

test("what is not there is null with an error of type NOT_FOUND", async () => {
  await withServer(ordinary(), async ({ graphql }) => {
    const { json } = await graphql(`{ repository(owner: "acme", name: "shop") { pullRequest(number: 7) { id } } organization(login: "nobody") { id } }`);
    assert.deepEqual(json.data, { repository: { pullRequest: null }, organization: null });
    assert.deepEqual(json.errors.map((one) => [one.type, one.path.join(".")]).sort(), [
      ["NOT_FOUND", "organization"],
      ["NOT_FOUND", "repository.pullRequest"],
    ]);
  });
});

test("without organisation members a team is null with FORBIDDEN", async () => {
  const world = ordinary({ reviews: [{ onBehalfOf: ["acme/web"] }] }, { world: { token: { without: ["members"] } } });
  await withServer(world, async ({ graphql, ask }) => {
    const query = `{ organization(login: "acme") { team(slug: "web") { slug } } repository(owner: "acme", name: "shop") { pullRequest(number: 42) { reviews(first: 1) { nodes { state onBehalfOf(first: 1) { nodes { slug } } } } } } }`;
    const { json } = await graphql(query);
    assert.equal(json.data.organization.team, null);
    assert.deepEqual(json.data.repository.pullRequest.reviews.nodes, [{ state: "APPROVED", onBehalfOf: { nodes: [null] } }]);
    assert.deepEqual([...new Set(json.errors.map((one) => one.type))], ["FORBIDDEN"]);
    assert.equal(json.errors[0].message, "Resource not accessible by integration");
    const rest = await ask("/orgs/acme/members");
    assert.equal(rest.status, 403);
    assert.equal(rest.headers.get("x-accepted-github-permissions"), "members=read");
  });
});

test("required checks follow protection and rulesets, by app", async () => {
  const more = {
    repository: {
      protection: [{ pattern: "main", requiredStatusChecks: [{ context: "build", app: "other-app" }] }],
      rulesets: [{ rules: [{ type: "REQUIRED_STATUS_CHECKS", parameters: { requiredStatusChecks: [{ context: "test" }] } }] }],
    },
  };
  await withServer(ordinary({ checks: [{ name: "build" }, { name: "test" }] }, more), async ({ graphql }) => {
    const { json } = await graphql(pull("statusCheckRollup { contexts(first: 9) { nodes { ... on CheckRun { name isRequired(pullRequestNumber: 42) } } } }"));
    assert.deepEqual(json.data.repository.pullRequest.statusCheckRollup.contexts.nodes, [
      { name: "build", isRequired: false },
      { name: "test", isRequired: true },
    ]);
  });
});

test("query files are judged alone", () => {
  assert.deepEqual(mistakes("query A { viewer { login } }"), []);
  assert.match(mistakes("query A { viewer { logins } }")[0], /1:20 Cannot query field "logins"/);
  assert.match(mistakes("{ viewer { login } }")[0], /one operation, with a name/);
  assert.match(mistakes("query A {")[0], /Syntax Error/);
});
