// Objects: writing them in every way, and what the server refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { configMap, deployment, DEPLOYMENTS, MAPS, withServer } from "./client.mjs";

test("an object is created, read, changed and removed", () => withServer({}, async ({ ask, post, put, remove }) => {
  const made = await post(MAPS, configMap("a", { k: "v" }));
  assert.equal(made.status, 201);
  const { metadata } = made.json;
  assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
  assert.equal(metadata.namespace, "default");
  assert.deepEqual(metadata.managedFields.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]), [["tester", "Update", { "f:data": { "f:k": {} } }]]);
  assert.deepEqual((await ask(`${MAPS}/a`)).json, made.json);
  const changed = await put(`${MAPS}/a`, { ...made.json, data: { k: "w" } });
  assert.equal(changed.json.data.k, "w");
  assert.ok(Number(changed.json.metadata.resourceVersion) > Number(metadata.resourceVersion));
  assert.equal(changed.json.metadata.uid, metadata.uid);
  const gone = await remove(`${MAPS}/a`);
  assert.deepEqual([gone.json.kind, gone.json.status, gone.json.details.uid], ["Status", "Success", metadata.uid]);
  assert.equal((await ask(`${MAPS}/a`)).json.reason, "NotFound");
}));

test("two writers of one revision: the second is told", () => withServer({}, async ({ post, put, patch }) => {
  const { json } = await post(MAPS, configMap("a"));
  assert.equal((await put(`${MAPS}/a`, { ...json, data: { one: "1" } })).status, 200);
  const second = await put(`${MAPS}/a`, { ...json, data: { two: "2" } });
  assert.deepEqual([second.status, second.json.reason], [409, "Conflict"]);
  assert.match(second.json.message, /the object has been modified/);
  assert.equal((await patch(`${MAPS}/a`, "merge", { metadata: { resourceVersion: json.metadata.resourceVersion }, data: {} })).status, 409);
}));

test("a change that changes nothing has no new revision", () => withServer({}, async ({ post, put }) => {
  const { json } = await post(DEPLOYMENTS, deployment("web"));
  assert.deepEqual((await put(`${DEPLOYMENTS}/web`, json)).json, json);
}));

test("generation counts changes of the specification alone", () => withServer({}, async ({ post, patch }) => {
  await post(DEPLOYMENTS, deployment("web"));
  assert.equal((await patch(`${DEPLOYMENTS}/web`, "merge", { metadata: { labels: { a: "b" } } })).json.metadata.generation, 1);
  assert.equal((await patch(`${DEPLOYMENTS}/web`, "merge", { spec: { replicas: 3 } })).json.metadata.generation, 2);
  assert.equal((await patch(`${DEPLOYMENTS}/web/status`, "merge", { status: { replicas: 3 } })).json.metadata.generation, 2);
}));

for (const [what, body, status, message] of [
  ["an unknown field", { ...configMap("a"), dta: {} }, 400, /strict decoding error: unknown field "dta"/],
  ["a wrong type", { ...configMap("a"), data: "text" }, 400, /cannot unmarshal string/],
  ["another kind", { ...configMap("a"), kind: "Secret" }, 400, /cannot be handled as a ConfigMap/],
  ["another namespace", configMap("a", {}, { namespace: "kube-system" }), 400, /does not match the namespace/],
  ["no name", configMap(undefined), 422, /name or generateName is required/],
  ["a bad name", configMap("A_b"), 422, /RFC 1123/],
  ["a bad label", configMap("a", {}, { labels: { a: "b c" } }), 422, /a valid label/],
  ["a list", [], 400, /no object/],
]) {
  test(`refused: ${what}`, () => withServer({}, async ({ post }) => {
    const answer = await post(MAPS, body);
    assert.equal(answer.status, status);
    assert.equal(answer.json.kind, "Status");
    assert.match(answer.json.message, message);
  }));
}

test("refused: what has no namespace, exists, is unknown or immutable", () => withServer({}, async ({ ask, post, patch }) => {
  assert.match((await post("/api/v1/namespaces/none/configmaps", configMap("a"))).json.message, /namespaces "none" not found/);
  await post(DEPLOYMENTS, deployment("web"));
  assert.equal((await post(DEPLOYMENTS, deployment("web"))).json.reason, "AlreadyExists");
  assert.match((await patch(`${DEPLOYMENTS}/web`, "json", [{ op: "add", path: "/spec/selector/matchLabels/b", value: "c" }])).json.message, /selector/);
  assert.equal((await ask("/api/v1/namespaces/default/nonsense")).status, 404);
  assert.equal((await post("/api/v1/configmaps", configMap("a"))).status, 405);
  assert.equal((await post(MAPS, "{", { type: "application/json" })).status, 400);
  assert.equal((await post(MAPS, "x", { type: "application/vnd.kubernetes.protobuf" })).status, 415);
}));

test("unknown fields are told or taken as the request wants", () => withServer({}, async ({ post }) => {
  const warned = await post(`${MAPS}?fieldValidation=Warn`, { ...configMap("a"), dta: {} });
  assert.equal(warned.status, 201);
  assert.equal(warned.headers.warning, '299 - "unknown field \\"dta\\""');
  assert.equal(warned.json.dta, undefined);
  assert.equal((await post(`${MAPS}?fieldValidation=Ignore`, { ...configMap("b"), dta: {} })).headers.warning, undefined);
}));

test("a dry run stores nothing", () => withServer({}, async ({ ask, post }) => {
  assert.equal((await post(`${MAPS}?dryRun=All`, configMap("a"))).status, 201);
  assert.equal((await ask(`${MAPS}/a`)).status, 404);
}));

test("patches of every kind", () => withServer({}, async ({ post, patch }) => {
  await post(DEPLOYMENTS, deployment("web"));
  const path = `${DEPLOYMENTS}/web`;
  assert.equal((await patch(path, "json", [{ op: "replace", path: "/spec/replicas", value: 2 }])).json.spec.replicas, 2);
  assert.equal((await patch(path, "json", [{ op: "test", path: "/spec/replicas", value: 7 }])).status, 422);
  assert.equal((await patch(path, "merge", { metadata: { annotations: { a: "b" } } })).json.metadata.annotations.a, "b");
  assert.equal((await patch(path, "merge", { metadata: { annotations: null } })).json.metadata.annotations, undefined);
  const { json } = await patch(path, "strategic", { spec: { template: { spec: { containers: [{ name: "d", image: "redis:7" }] } } } });
  assert.deepEqual(json.spec.template.spec.containers.map(({ name }) => name), ["c", "d"]);
  assert.equal((await patch(path, "strategic", { spec: { template: { spec: { containers: [{ name: "c", $patch: "delete" }] } } } })).json.spec.template.spec.containers.length, 1);
  assert.match((await patch(path, "merge", { spec: { replicaz: 1 } })).json.message, /unknown field "spec.replicaz"/);
}));

test("server-side apply creates, changes, drops what is no longer applied, and tells conflicts", () => withServer({}, async ({ patch }) => {
  const path = `${MAPS}/a?fieldManager=one`;
  assert.equal((await patch(`${MAPS}/a`, "apply", configMap("a"))).status, 422);
  const made = await patch(path, "apply", configMap("a", { k: "v", l: "w" }));
  assert.deepEqual([made.status, made.json.metadata.managedFields[0].operation], [201, "Apply"]);
  assert.deepEqual((await patch(path, "apply", configMap("a", { k: "v" }))).json.data, { k: "v" });
  const conflict = await patch(`${MAPS}/a?fieldManager=two`, "apply", configMap("a", { k: "other" }));
  assert.equal(conflict.status, 409);
  assert.deepEqual(conflict.json.details.causes, [{ reason: "FieldManagerConflict", message: 'conflict with "one" using v1', field: ".data.k" }]);
  const forced = await patch(`${MAPS}/a?fieldManager=two&force=true`, "apply", configMap("a", { k: "other" }));
  assert.deepEqual(forced.json.data, { k: "other" });
  assert.deepEqual(forced.json.metadata.managedFields.map(({ manager }) => manager), ["two"]);
  assert.match((await patch(path, "apply", { ...configMap("a"), daata: {} })).json.message, /.daata: field not declared in schema/);
  const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  k: v\n";
  assert.equal((await patch(`${MAPS}/b?fieldManager=one`, "apply", yaml)).status, 201);
}));

test("finalizers hold an object until they are gone", () => withServer({}, async ({ ask, post, patch, remove }) => {
  await post(MAPS, configMap("a", {}, { finalizers: ["example.com/hold"] }));
  assert.ok((await remove(`${MAPS}/a`)).json.metadata.deletionTimestamp);
  assert.equal((await ask(`${MAPS}/a`)).status, 200);
  assert.equal((await patch(`${MAPS}/a`, "merge", { metadata: { finalizers: null } })).status, 200);
  assert.equal((await ask(`${MAPS}/a`)).status, 404);
}));

test("what belongs to an object goes with it, unless it is orphaned", () => withServer({}, async ({ ask, post, remove }) => {
  for (const [name, policy, status] of [["a", "Background", 404], ["b", "Orphan", 200]]) {
    const { json } = await post(MAPS, configMap(name));
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name, uid: json.metadata.uid }];
    await post(MAPS, configMap(`of-${name}`, {}, { ownerReferences }));
    await remove(`${MAPS}/${name}?propagationPolicy=${policy}`);
    assert.equal((await ask(`${MAPS}/of-${name}`)).status, status);
  }
}));

test("a namespace goes with everything in it", () => withServer({ namespaces: ["pay"] }, async ({ ask, post, remove }) => {
  const maps = "/api/v1/namespaces/pay/configmaps";
  await post(maps, configMap("a"));
  await post(maps, configMap("held", {}, { finalizers: ["example.com/hold"] }));
  assert.equal((await remove("/api/v1/namespaces/pay")).json.status.phase, "Terminating");
  assert.equal((await ask(`${maps}/a`)).status, 404);
  assert.equal((await post(maps, configMap("b"))).status, 403);
  await ask(`${maps}/held`, { method: "PATCH", type: "application/merge-patch+json", body: { metadata: { finalizers: null } } });
  assert.equal((await ask("/api/v1/namespaces/pay")).status, 404);
}));

test("preconditions of a deletion", () => withServer({}, async ({ post, remove }) => {
  await post(MAPS, configMap("a"));
  const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "another" } };
  assert.equal((await remove(`${MAPS}/a`, options)).status, 409);
  assert.equal((await remove(`${MAPS}/a`, { ...options, preconditon: {} })).status, 400);
}));

test("generated names, secrets' text, defaults", () => withServer({}, async ({ post }) => {
  assert.match((await post(MAPS, { ...configMap(), metadata: { generateName: "gen-" } })).json.metadata.name, /^gen-[a-z0-9]{5}$/);
  const secret = await post("/api/v1/namespaces/default/secrets", { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { a: "b" } });
  assert.deepEqual([secret.json.data, secret.json.stringData, secret.json.type], [{ a: "Yg==" }, undefined, "Opaque"]);
  const pod = await post("/api/v1/namespaces/default/pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "nginx" }] } });
  assert.deepEqual([pod.json.spec.containers[0].imagePullPolicy, pod.json.status.phase], ["Always", "Pending"]);
}));

test("a lease wants the revision that it is based on", () => withServer({}, async ({ post, put }) => {
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: { holderIdentity: "a", renewTime: "2026-11-24T00:00:00.000000Z" } };
  const { json } = await post(path, lease);
  assert.match((await put(`${path}/l`, lease)).json.message, /must be specified for an update/);
  assert.equal((await put(`${path}/l`, { ...json, spec: { ...json.spec, holderIdentity: "b" } })).status, 200);
  assert.equal((await put(`${path}/l`, json)).status, 409);
}));

test("one event under both of its groups", () => withServer({}, async ({ ask, post }) => {
  const event = {
    apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name: "e" }, eventTime: "2026-11-24T00:00:00.000000Z", action: "Deny", reason: "DecisionDenied", type: "Warning", note: "text",
    regarding: { apiVersion: "v1", kind: "Pod", name: "p", namespace: "default" }, reportingController: "soc2gate.dev/webhook", reportingInstance: "one",
  };
  assert.equal((await post("/apis/events.k8s.io/v1/namespaces/default/events", event)).status, 201);
  const core = (await ask("/api/v1/namespaces/default/events/e")).json;
  assert.deepEqual([core.apiVersion, core.message, core.involvedObject.name], ["v1", "text", "p"]);
}));

test("subresources: scale, status, eviction, ephemeral containers, tokens", () => withServer({}, async ({ ask, post, put, patch }) => {
  await post(DEPLOYMENTS, deployment("web"));
  const scale = (await ask(`${DEPLOYMENTS}/web/scale`)).json;
  assert.deepEqual([scale.kind, scale.spec.replicas, scale.status.selector], ["Scale", 1, "app=web"]);
  assert.equal((await put(`${DEPLOYMENTS}/web/scale`, { ...scale, spec: { replicas: 4 } })).json.spec.replicas, 4);
  assert.equal((await patch(`${DEPLOYMENTS}/web/scale`, "merge", { spec: { replicas: 5 } })).json.spec.replicas, 5);
  const status = await patch(`${DEPLOYMENTS}/web/status`, "merge", { spec: { replicas: 9 }, status: { readyReplicas: 5 } });
  assert.deepEqual([status.json.spec.replicas, status.json.status.readyReplicas], [5, 5]);
  assert.equal((await patch(`${DEPLOYMENTS}/web`, "merge", { status: { readyReplicas: 1 } })).json.status.readyReplicas, 5);
  const pods = "/api/v1/namespaces/default/pods";
  await post(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "nginx" }] } });
  const debugged = await patch(`${pods}/p/ephemeralcontainers`, "strategic", { spec: { ephemeralContainers: [{ name: "d", image: "busybox" }], hostNetwork: true } });
  assert.deepEqual([debugged.json.spec.ephemeralContainers[0].name, debugged.json.spec.hostNetwork], ["d", undefined]);
  assert.equal((await post(`${pods}/p/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } })).status, 201);
  assert.equal((await ask(`${pods}/p`)).status, 404);
  await post("/api/v1/namespaces/default/serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "sa" } });
  const token = await post("/api/v1/namespaces/default/serviceaccounts/sa/token", { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: ["https://kubernetes.default.svc"] } });
  assert.equal(token.status, 201);
  assert.equal((await ask("/version", { headers: { authorization: `Bearer ${token.json.status.token}` } })).status, 200);
}));
