// What goes wrong between a client and GitHub: no token, paging, limits, faults.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ordinary, withServer } from "./client.mjs";

const FILES = "/repos/acme/shop/pulls/42/files";
const files = (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f/${String(at).padStart(5, "0")}`, `${at}\n`]));

test("without a token nothing is said", async () => {
  await withServer(ordinary({}, { world: { token: { value: "right" } } }), async ({ ask, address }) => {
    const none = await fetch(`${address}/graphql`, { method: "POST", body: "{}", headers: { "user-agent": "test" } });
    assert.equal(none.status, 401);
    assert.equal((await none.json()).message, "This endpoint requires you to be authenticated.");
    const wrong = await ask(FILES);
    assert.deepEqual([wrong.status, wrong.json.message], [401, "Bad credentials"]);
    const right = await ask(FILES, { headers: { authorization: "Bearer right" } });
    assert.equal(right.status, 200);
  });
});

test("what a token may not read is 403, what is not there 404", async () => {
  await withServer(ordinary({}, { world: { token: { permissions: ["metadata:read"] } } }), async ({ ask }) => {
    const answer = await ask(FILES);
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get("x-accepted-github-permissions"), "pull_requests=read");
    assert.equal((await ask("/repos/acme/shop/rules/branches/main")).status, 200);
    assert.equal((await ask("/repos/acme/nothing/pulls/1")).status, 404);
  });
});

test("lists lead on by Link, and end at GitHub's limits", async () => {
  await withServer(ordinary({ commits: [{ files: files(5_000) }] }), async ({ ask, address }) => {
    const seen = [];
    let next = `${FILES}?per_page=100`;
    while (next) {
      const answer = await ask(next);
      seen.push(...answer.json.map((one) => one.filename));
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1].slice(address.length);
    }
    assert.equal(new Set(seen).size, 3_000);
    assert.equal((await ask("/repos/acme/shop/pulls/42")).json.changed_files, 5_000);
  });
});

test("activity leads on by cursor", async () => {
  const pushes = Array.from({ length: 5 }, (_, at) => ({ after: "pr-42-1", before: null, timestamp: `2026-11-20T1${at}:00:00Z` }));
  await withServer(ordinary({ pushes }), async ({ ask, address }) => {
    const first = await ask("/repos/acme/shop/activity?ref=refs/heads/change-42&per_page=3");
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link"))[1].slice(address.length);
    const second = await ask(next);
    assert.deepEqual(
      [...first.json, ...second.json].map((one) => one.timestamp),
      pushes.map((one) => one.timestamp).reverse(),
    );
    assert.equal(/rel="next"/.test(second.headers.get("link")), false);
    assert.deepEqual((await ask("/repos/acme/shop/activity?ref=refs/heads/other")).json, []);
  });
});

test("faults meet the requests they name", async () => {
  const faults = [
    { match: "GET /repos/*/files", nth: 2, status: 502, body: "<html>bad gateway</html>" },
    { match: "GET /repos/*/commits", cut: 10 },
    { match: "GET /repos/*/reviews", close: true },
    { match: "GET /orgs/acme", status: 403, headers: { "retry-after": "1" }, body: { message: "You have exceeded a secondary rate limit" } },
    { operation: "Slow", delay: 60 },
  ];
  await withServer(ordinary({}, { world: { faults } }), async ({ ask, graphql, requests }) => {
    assert.deepEqual([(await ask(FILES)).status, (await ask(FILES)).status, (await ask(FILES)).status], [200, 502, 200]);
    await assert.rejects(ask("/repos/acme/shop/pulls/42/commits"));
    await assert.rejects(ask("/repos/acme/shop/pulls/42/reviews"));
    assert.equal((await ask("/orgs/acme")).headers.get("retry-after"), "1");
    const start = Date.now();
    await graphql("query Slow { viewer { login } }");
    assert.ok(Date.now() - start >= 55);
    assert.deepEqual(requests.map((one) => one.status), [200, 502, 200, 200, 0, 403, 200]);
    assert.equal(requests.at(-1).operation, "Slow");
  });
});

test("rate limits are told, and an unchanged answer is 304", async () => {
  await withServer(ordinary({}, { world: { rateLimit: { limit: 10, used: 8 } } }), async ({ ask }) => {
    const first = await ask(FILES);
    assert.equal(first.headers.get("x-ratelimit-remaining"), "1");
    const again = await ask(FILES, { headers: { "if-none-match": first.headers.get("etag") } });
    assert.equal(again.status, 304);
  });
});

test("deleted accounts, forks, renames, merges", async () => {
  const commits = [{ files: { "new/name.txt": null }, renames: { "MOVED.md": "README.md" } }];
  const world = ordinary({ author: null, head: "mallory/shop:patch", commits, state: "MERGED", mergedBy: "bob" });
  await withServer(world, async ({ ask, graphql }) => {
    const [file] = (await ask(FILES)).json;
    assert.deepEqual([file.filename, file.previous_filename, file.status], ["MOVED.md", "README.md", "renamed"]);
    const one = (await ask("/repos/acme/shop/pulls/42")).json;
    assert.deepEqual([one.user, one.merged, one.head.repo.fork, one.merged_by.login], [null, true, true, "bob"]);
    const query = `{ repository(owner: "acme", name: "shop") { pullRequest(number: 42) { author { login } isCrossRepository mergeCommit { oid tree { entries { name } } parents(first: 2) { nodes { oid } } } baseRefOid } } }`;
    const { pullRequest } = (await graphql(query)).json.data.repository;
    assert.equal(pullRequest.author, null);
    assert.equal(pullRequest.isCrossRepository, true);
    assert.deepEqual(pullRequest.mergeCommit.tree.entries, [{ name: "MOVED.md" }]);
    assert.deepEqual(pullRequest.mergeCommit.parents.nodes, [{ oid: pullRequest.baseRefOid }]);
  });
});
