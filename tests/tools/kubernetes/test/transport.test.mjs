// Discovery, faults, and what the server tells of itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { test } from "node:test";
import { Cluster } from "../cluster.mjs";
import { configMap, MAPS, withServer } from "./client.mjs";

test("discovery names every group, version and resource", () => withServer({}, async ({ ask }) => {
  assert.deepEqual((await ask("/api")).json.versions, ["v1"]);
  const groups = (await ask("/apis")).json.groups.map(({ name }) => name);
  for (const name of ["apps", "coordination.k8s.io", "events.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io"]) assert.ok(groups.includes(name), name);
  const names = (await ask("/api/v1")).json.resources.map(({ name }) => name);
  for (const name of ["pods", "pods/exec", "pods/ephemeralcontainers", "pods/resize", "services/status", "serviceaccounts/token"]) assert.ok(names.includes(name), name);
  const aggregated = await ask("/apis", { headers: { accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json" } });
  assert.equal(aggregated.json.kind, "APIGroupDiscoveryList");
  assert.equal((await ask("/version")).json.minor, "36");
  assert.equal((await ask("/readyz")).text, "ok");
  assert.equal((await ask("/apis/none.example.com")).status, 404);
}));

test("every kind has a schema and can be listed", () => withServer({}, async ({ ask, cluster }) => {
  for (const { group, version, plural, verbs } of cluster.resources.list) {
    if (!verbs.includes("list")) continue;
    const { status, json } = await ask(`${group ? `/apis/${group}` : "/api"}/${version}/${plural}`);
    assert.equal(status, 200, plural);
    assert.ok(json.kind.endsWith("List"));
  }
}));

test("every group and version has an OpenAPI document", () => withServer({}, async ({ ask }) => {
  const { paths } = (await ask("/openapi/v3")).json;
  assert.ok(Object.keys(paths).length > 15);
  for (const { serverRelativeURL } of Object.values(paths)) {
    const { status, json } = await ask(serverRelativeURL);
    assert.equal(status, 200, serverRelativeURL);
    assert.ok(Object.keys(json.components.schemas).length > 0, serverRelativeURL);
  }
}));

test("faults: an error, a delay, an answer cut short, a watch that breaks", () => withServer({
  objects: ["a", "b", "c"].map((name) => configMap(name, {}, { namespace: "default" })),
  faults: [
    { match: "GET */configmaps/a", nth: 2, status: 503, reason: "ServiceUnavailable", headers: { "retry-after": "1" } },
    { match: "GET */configmaps/b", times: 1, cut: 10 },
    { match: "GET */configmaps/c", times: 1, close: true },
    { match: "GET */configmaps?watch*", times: 1, dropAfter: 2 },
  ],
}, async ({ ask, post, watch }) => {
  assert.equal((await ask(`${MAPS}/a`)).status, 200);
  const refused = await ask(`${MAPS}/a`);
  assert.deepEqual([refused.status, refused.json.reason, refused.headers["retry-after"]], [503, "ServiceUnavailable", "1"]);
  assert.equal((await ask(`${MAPS}/a`)).status, 200);
  for (const path of [`${MAPS}/b`, `${MAPS}/c`, `${MAPS}?watch=1`]) {
    await assert.rejects(ask(path), path);
    if (!path.includes("watch")) assert.equal((await ask(path)).status, 200);
  }
  assert.equal((await watch(`${MAPS}?watch=1&timeoutSeconds=1`)).events.length, 3);
  await post("/_faults", [{ match: "*", delay: 300 }]);
  const start = performance.now();
  await ask("/version");
  assert.ok(performance.now() - start >= 290);
}));

test("requests are remembered, too large ones refused", () => withServer({}, async ({ ask, post }) => {
  assert.equal((await post(MAPS, configMap("a", { k: "x".repeat(3 * 1024 * 1024) }))).status, 413);
  await ask(`${MAPS}?limit=5`);
  const requests = (await ask("/_requests")).json;
  assert.deepEqual(requests.map(({ method, path, query, status, user }) => [method, path, query, status, user]), [["POST", MAPS, "", 413, undefined], ["GET", MAPS, "?limit=5", 200, "admin"]]);
}));

test("a mistake in a cluster is told", () => {
  assert.throws(() => new Cluster({ user: {} }), /a cluster has no user/);
  assert.throws(() => new Cluster({ faults: [{ match: "*", stat: 1 }] }), /a fault has no stat/);
  assert.throws(() => new Cluster({ objects: [{ ...configMap("a"), dta: {} }] }), /dta/);
});

test("the program prints its address and a kubeconfig, and ends with its standard input", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  const program = spawn("node", [new URL("../server.mjs", import.meta.url).pathname, "--state", folder], { stdio: ["pipe", "pipe", "inherit"] });
  const [text] = await once(program.stdout, "data");
  const [address, path] = text.toString().split("\n");
  assert.match(address, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.ok(existsSync(path));
  assert.equal(JSON.parse(readFileSync(path, "utf8")).clusters[0].cluster.server, address);
  program.stdin.end();
  assert.deepEqual(await once(program, "exit"), [0, null]);
});
