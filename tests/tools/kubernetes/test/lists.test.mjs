// Lists and watches: pages, revisions, selectors, bookmarks, and what is too old.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { configMap, MAPS, withServer } from "./client.mjs";

const names = ({ json }) => json.items.map(({ metadata }) => metadata.name);
const told = ({ events }) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);
const filled = { objects: ["a", "b", "c", "d", "e"].map((name) => configMap(name, {}, { namespace: "default", labels: { parity: "ace".includes(name) ? "odd" : "even" } })) };

test("pages show one revision, whatever happens meanwhile", () => withServer(filled, async ({ ask, post, remove }) => {
  const first = await ask(`${MAPS}?limit=2`);
  assert.deepEqual([names(first), first.json.kind, first.json.metadata.remainingItemCount], [["a", "b"], "ConfigMapList", 3]);
  await remove(`${MAPS}/c`);
  await post(MAPS, configMap("cc"));
  const second = await ask(`${MAPS}?limit=2&continue=${first.json.metadata.continue}`);
  assert.deepEqual([names(second), second.json.metadata.resourceVersion], [["c", "d"], first.json.metadata.resourceVersion]);
  const third = await ask(`${MAPS}?limit=2&continue=${second.json.metadata.continue}`);
  assert.deepEqual([names(third), third.json.metadata.continue], [["e"], undefined]);
  assert.deepEqual(names(await ask(MAPS)), ["a", "b", "cc", "d", "e"]);
}));

test("a namespace's list has nothing of one whose name begins alike", () => withServer({ namespaces: ["pay", "pay-1", "pay0"], objects: ["pay", "pay-1", "pay0"].map((namespace) => configMap(`of-${namespace}`, {}, { namespace })) }, async ({ ask }) => {
  for (const namespace of ["pay", "pay-1", "pay0"]) assert.deepEqual(names(await ask(`/api/v1/namespaces/${namespace}/configmaps`)), [`of-${namespace}`]);
  assert.equal(names(await ask("/api/v1/configmaps")).length, 3);
}));

test("a page that is too old: 410 with a token for the rest as it is now", () => withServer(filled, async ({ ask, post }) => {
  const first = await ask(`${MAPS}?limit=2`);
  await post(MAPS, configMap("f"));
  await post("/_compact");
  const second = await ask(`${MAPS}?limit=2&continue=${first.json.metadata.continue}`);
  assert.deepEqual([second.status, second.json.reason], [410, "Expired"]);
  assert.deepEqual(names(await ask(`${MAPS}?continue=${second.json.metadata.continue}`)), ["c", "d", "e", "f"]);
  assert.equal((await ask(`${MAPS}?continue=nonsense`)).status, 400);
}));

test("selectors choose", () => withServer(filled, async ({ ask }) => {
  for (const [query, expected] of [
    ["labelSelector=parity%3Dodd", ["a", "c", "e"]],
    ["labelSelector=parity!%3Dodd", ["b", "d"]],
    ["labelSelector=parity%20in%20(even)", ["b", "d"]],
    ["labelSelector=!parity", []],
    ["fieldSelector=metadata.name%3Dc", ["c"]],
  ]) assert.deepEqual(names(await ask(`${MAPS}?${query}`)), expected, query);
  assert.equal((await ask(`${MAPS}?fieldSelector=data.k%3Dv`)).status, 400);
  assert.equal((await ask(`${MAPS}?labelSelector=a%20b`)).status, 400);
}));

test("lists of the past and of the future", () => withServer(filled, async ({ ask, remove }) => {
  const { resourceVersion } = (await ask(MAPS)).json.metadata;
  await remove(`${MAPS}/a`);
  assert.deepEqual(names(await ask(`${MAPS}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`)), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(names(await ask(`${MAPS}?resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`)), ["b", "c", "d", "e"]);
  assert.equal((await ask(`${MAPS}?resourceVersion=99999`)).status, 504);
}));

test("a collection is removed by selector", () => withServer(filled, async ({ ask, remove }) => {
  assert.equal((await remove(`${MAPS}?labelSelector=parity%3Dodd`)).json.items.length, 3);
  assert.deepEqual(names(await ask(MAPS)), ["b", "d"]);
}));

test("metadata alone, and tables", () => withServer(filled, async ({ ask }) => {
  const partial = await ask(`${MAPS}/a`, { headers: { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" } });
  assert.deepEqual([partial.json.kind, partial.json.data], ["PartialObjectMetadata", undefined]);
  const table = await ask(MAPS, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" } });
  assert.deepEqual([table.json.kind, table.json.rows.map(({ cells }) => cells[0])], ["Table", ["a", "b", "c", "d", "e"]]);
}));

test("a watch tells what happened since a revision, and ends in time with a bookmark", () => withServer(filled, async ({ ask, watch, post, patch, remove }) => {
  const { resourceVersion } = (await ask(MAPS)).json.metadata;
  await post(MAPS, configMap("f"));
  await patch(`${MAPS}/f`, "merge", { data: { k: "v" } });
  const watching = watch(`${MAPS}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1&allowWatchBookmarks=true`);
  await pause(200);
  await remove(`${MAPS}/f`);
  const seen = await watching;
  assert.deepEqual(told(seen), ["ADDED f", "MODIFIED f", "DELETED f", "BOOKMARK undefined"]);
  assert.ok(Number(seen.events[3].object.metadata.resourceVersion) >= Number(seen.events[2].object.metadata.resourceVersion));
}));

test("a watch without a revision begins with what is there", () => withServer(filled, async ({ watch }) => {
  const path = `${MAPS}?watch=1&timeoutSeconds=1&labelSelector=parity%3Deven`;
  assert.deepEqual(told(await watch(path)), ["ADDED b", "ADDED d"]);
  const streamed = await watch(`${path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  assert.deepEqual(told(streamed).slice(0, 3), ["ADDED b", "ADDED d", "BOOKMARK undefined"]);
  assert.equal(streamed.events[2].object.metadata.annotations["k8s.io/initial-events-end"], "true");
}));

test("an object that begins or ceases to match is added or deleted", () => withServer(filled, async ({ ask, watch, patch }) => {
  const { resourceVersion } = (await ask(MAPS)).json.metadata;
  await patch(`${MAPS}/a`, "merge", { metadata: { labels: { parity: "even" } } });
  await patch(`${MAPS}/b`, "merge", { metadata: { labels: { parity: "odd" } } });
  assert.deepEqual(told(await watch(`${MAPS}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1&labelSelector=parity%3Deven`)), ["ADDED a", "DELETED b"]);
}));

test("a watch of what is forgotten is told so", () => withServer(filled, async ({ ask, watch, post }) => {
  const { resourceVersion } = (await ask(MAPS)).json.metadata;
  await post(MAPS, configMap("f"));
  await post("/_compact");
  const { status, events } = await watch(`${MAPS}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=5`);
  assert.deepEqual([status, events.length, events[0].type, events[0].object.code, events[0].object.reason], [200, 1, "ERROR", 410, "Expired"]);
}));

test("a history that is bounded forgets by itself", () => withServer({ ...filled, history: 3 }, async ({ post, watch }) => {
  for (const name of ["f", "g", "h", "i"]) await post(MAPS, configMap(name));
  assert.equal((await watch(`${MAPS}?watch=1&resourceVersion=1&timeoutSeconds=5`)).events[0].object.code, 410);
}));

test("watches end together when they are told to", () => withServer(filled, async ({ watch, post }) => {
  const watching = watch(`${MAPS}?watch=1&resourceVersion=0&timeoutSeconds=60`);
  await pause(200);
  await post("/_disconnect");
  assert.equal((await watching).events.length, 5);
}));

test("ten thousand objects are listed by pages in little time", () => withServer({}, async ({ ask, cluster }) => {
  for (let place = 0; place < 10_000; place += 1) cluster.load(configMap(`map-${place}`, {}, { namespace: "default" }));
  const start = performance.now();
  let token = "";
  let count = 0;
  do {
    const { json } = await ask(`${MAPS}?limit=500&continue=${token}`);
    count += json.items.length;
    token = json.metadata.continue;
  } while (token);
  assert.equal(count, 10_000);
  assert.ok(performance.now() - start < 30_000);
}));
