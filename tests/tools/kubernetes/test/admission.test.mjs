// Webhooks: which are asked, what they are sent, and what their answers lead to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { configMap, configuration, deployment, DEPLOYMENTS, MAPS, WEBHOOKS, withServer, withWebhook } from "./client.mjs";

const allow = () => ({ allowed: true });
const POD = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "nginx" }] } };
const PODS = "/api/v1/namespaces/default/pods";

/** Runs a test with a server that asks a webhook. */
function gated(decide, more, body, spec = {}) {
  return withWebhook(decide, (hook) => withServer(spec, async (server) => {
    const made = await server.post(WEBHOOKS, configuration(hook, more));
    assert.equal(made.status, 201, made.text);
    hook.seen.length = 0;
    return body({ ...server, hook, seen: hook.seen });
  }));
}

test("a review has every field that the API server sends", () => gated(allow, {}, async ({ post, seen }) => {
  await post(`${MAPS}?fieldManager=me&fieldValidation=Strict`, configMap("a", { k: "v" }));
  const [{ path, host, review, ...request }] = seen;
  assert.deepEqual(Object.keys(review), ["kind", "apiVersion", "request"]);
  assert.deepEqual(Object.keys(request), ["uid", "kind", "resource", "requestKind", "requestResource", "name", "namespace", "operation", "userInfo", "object", "oldObject", "dryRun", "options"]);
  assert.equal(path, "/validate?timeout=5s");
  const { uid, object, ...rest } = request;
  assert.match(uid, /^[0-9a-f-]{36}$/);
  assert.deepEqual([object.kind, object.data, object.metadata.resourceVersion, object.metadata.namespace], ["ConfigMap", { k: "v" }, undefined, "default"]);
  assert.deepEqual(rest, {
    kind: { group: "", version: "v1", kind: "ConfigMap" }, resource: { group: "", version: "v1", resource: "configmaps" },
    requestKind: { group: "", version: "v1", kind: "ConfigMap" }, requestResource: { group: "", version: "v1", resource: "configmaps" },
    name: "a", namespace: "default", operation: "CREATE", userInfo: { username: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"] },
    oldObject: null, dryRun: false, options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "me", fieldValidation: "Strict" },
  });
}));

const everything = { rules: [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }] };
test("every operation is sent, with both objects and its options", () => gated(allow, everything, async ({ ask, post, patch, remove, seen }) => {
  await post(DEPLOYMENTS, deployment("web"));
  await patch(`${DEPLOYMENTS}/web?dryRun=All`, "merge", { spec: { replicas: 2 } });
  await patch(`${DEPLOYMENTS}/web/scale`, "merge", { spec: { replicas: 3 } });
  await patch(`${DEPLOYMENTS}/web/status`, "merge", { status: { readyReplicas: 3 } });
  await patch(`${DEPLOYMENTS}/new?fieldManager=m`, "apply", deployment("new"));
  await remove(`${DEPLOYMENTS}/web?propagationPolicy=Background`);
  await remove(DEPLOYMENTS);
  await post(PODS, POD);
  await ask(`${PODS}/p/exec?command=id&container=c&stdout=true`, { method: "POST" });
  await post(`${PODS}/p/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } });
  await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "pay" } });
  await post(MAPS, { ...configMap(), metadata: { generateName: "gen-" } });
  assert.deepEqual(seen.map(({ operation, kind, subResource, name, object, oldObject, dryRun, options }) => [operation, kind.kind, subResource, name, object?.kind, oldObject?.kind, dryRun, options?.kind]), [
    ["CREATE", "Deployment", undefined, "web", "Deployment", undefined, false, "CreateOptions"],
    ["UPDATE", "Deployment", undefined, "web", "Deployment", "Deployment", true, "UpdateOptions"],
    ["UPDATE", "Scale", "scale", "web", "Scale", "Scale", false, "UpdateOptions"],
    ["UPDATE", "Deployment", "status", "web", "Deployment", "Deployment", false, "UpdateOptions"],
    ["CREATE", "Deployment", undefined, "new", "Deployment", undefined, false, "CreateOptions"],
    ["DELETE", "Deployment", undefined, "web", undefined, "Deployment", false, "DeleteOptions"],
    ["DELETE", "Deployment", undefined, undefined, undefined, "Deployment", false, "DeleteOptions"],
    ["CREATE", "Pod", undefined, "p", "Pod", undefined, false, "CreateOptions"],
    ["CONNECT", "PodExecOptions", "exec", "p", "PodExecOptions", undefined, false, undefined],
    ["CREATE", "Eviction", "eviction", "p", "Eviction", undefined, false, "CreateOptions"],
    ["CREATE", "Namespace", undefined, "pay", "Namespace", undefined, false, "CreateOptions"],
    ["CREATE", "ConfigMap", undefined, undefined, "ConfigMap", undefined, false, "CreateOptions"],
  ]);
  assert.deepEqual(seen[8].object, { kind: "PodExecOptions", apiVersion: "v1", stdout: true, container: "c", command: ["id"] });
  assert.equal(seen[8].options, null);
  assert.equal(seen[10].namespace, "pay");
}));

test("a refusal has the message, code, reason and details of the webhook; nothing is stored", () => gated(({ operation }) => (operation === "DELETE" ? { allowed: false } : {
  allowed: false, warnings: ["first warning"], auditAnnotations: { decision: "42" },
  status: { code: 403, reason: "Forbidden", message: "no digest", details: { causes: [{ reason: "SUP-03", message: "image", field: "spec" }] } },
}), {}, async ({ ask, post, remove, cluster }) => {
  const refused = await post(MAPS, configMap("a"));
  assert.deepEqual([refused.status, refused.json.reason, refused.json.message], [403, "Forbidden", 'admission webhook "gate.example.com" denied the request: no digest']);
  assert.deepEqual(refused.json.details, { causes: [{ reason: "SUP-03", message: "image", field: "spec" }] });
  assert.equal(refused.headers.warning, '299 - "first warning"');
  assert.equal((await ask(`${MAPS}/a`)).status, 404);
  const [entry] = (await ask("/_audit")).json;
  assert.deepEqual([entry.webhook, entry.allowed, entry.annotations, entry.warnings], ["gate.example.com", false, { "gate.example.com/decision": "42" }, ["first warning"]]);
  cluster.load(configMap("b", {}, { namespace: "default" }));
  const unexplained = await remove(`${MAPS}/b`);
  assert.deepEqual([unexplained.status, unexplained.json.message], [400, 'admission webhook "gate.example.com" denied the request without explanation']);
}));

test("warnings of an allowed request reach the client", () => gated(() => ({ allowed: true, warnings: ["one", "two"] }), {}, async ({ post }) => {
  const { status, headers } = await post(MAPS, configMap("a"));
  assert.deepEqual([status, headers.warning], [201, '299 - "one", 299 - "two"']);
}));

const good = (request, more) => ({ raw: JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid: request.uid, allowed: true }, ...more }) });
for (const [what, decide, message] of [
  ["another uid", (request) => good(request, { response: { uid: "other", allowed: true } }), /expected response.uid=/],
  ["another version", (request) => good(request, { apiVersion: "admission.k8s.io/v1beta1" }), /expected webhook response of admission.k8s.io\/v1/],
  ["another kind", (request) => good(request, { kind: "Review" }), /got admission.k8s.io\/v1, Kind=Review/],
  ["no response", (request) => good(request, { response: undefined }), /webhook response was absent/],
  ["a patch", ({ uid }) => ({ uid, allowed: true, patch: "e30=", patchType: "JSONPatch" }), /may not return a patch/],
  ["a decision that is a text", ({ uid }) => ({ uid, allowed: "true" }), /cannot unmarshal string/],
  ["warnings that are no list", ({ uid }) => ({ uid, allowed: true, warnings: "text" }), /cannot unmarshal string/],
  ["annotations that are no text", ({ uid }) => ({ uid, allowed: true, auditAnnotations: { a: 1 } }), /cannot unmarshal number/],
  ["a code that is a text", ({ uid }) => ({ uid, allowed: false, status: { code: "403" } }), /cannot unmarshal string/],
  ["no JSON", () => ({ raw: "<html>" }), /json parse error/],
  ["an error", () => ({ raw: "out of order", status: 500 }), /an error on the server \("out of order"\) has prevented/],
]) {
  for (const failurePolicy of ["Fail", "Ignore"]) {
    test(`an answer with ${what} is none: ${failurePolicy}`, () => gated(decide, { failurePolicy }, async ({ ask, post }) => {
      const { status, json } = await post(MAPS, configMap("a"));
      if (failurePolicy === "Ignore") assert.equal(status, 201);
      else {
        assert.deepEqual([status, json.reason], [500, "InternalError"]);
        assert.match(json.message, /^Internal error occurred: failed calling webhook "gate.example.com": /);
        assert.match(json.message, message);
      }
      const [entry] = (await ask("/_audit")).json;
      assert.deepEqual([entry.allowed, entry.failurePolicy], [null, failurePolicy]);
    }));
  }
}

test("fields that an answer does not have are in the audit", () => gated(() => ({ allowed: true, warning: ["x"] }), {}, async ({ ask, post }) => {
  assert.equal((await post(MAPS, configMap("a"))).status, 201);
  assert.deepEqual((await ask("/_audit")).json[0].unknownFields, ["warning"]);
}));

test("a webhook that is late, gone, or that no one vouches for", () => gated(async () => {
  await pause(3000);
  return allow();
}, { timeoutSeconds: 1 }, async ({ post, put, ask, hook }) => {
  assert.match((await post(MAPS, configMap("a"))).json.message, /context deadline exceeded/);
  const change = async (clientConfig) => {
    const { json } = await ask(`${WEBHOOKS}/gate`);
    json.webhooks[0].clientConfig = clientConfig;
    assert.equal((await put(`${WEBHOOKS}/gate`, json)).status, 200);
    return (await post(MAPS, configMap("a"))).json.message;
  };
  assert.match(await change({ url: "https://127.0.0.1:1/", caBundle: hook.caBundle }), /connection refused/);
  assert.match(await change({ url: hook.url }), /failed to verify certificate/);
  assert.match(await change({ service: { name: "gate", namespace: "system" }, caBundle: hook.caBundle }), /service "gate" not found/);
}));

test("a service is reached where the cluster says, under its own name", () => withWebhook(allow, (hook) => withServer({ services: { "system/gate": `127.0.0.1:${hook.port}` } }, async ({ post }) => {
  await post(WEBHOOKS, configuration(hook, { clientConfig: { service: { namespace: "system", name: "gate", path: "/validate" }, caBundle: hook.caBundle } }));
  assert.equal((await post(MAPS, configMap("a"))).status, 201);
  assert.deepEqual([hook.seen[0].host, hook.seen[0].path], ["gate.system.svc:443", "/validate?timeout=5s"]);
})));

const rule = (more) => ({ rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], ...more }] });
for (const [what, more, asked] of [
  ["the resource", rule(), true],
  ["another operation", rule({ operations: ["UPDATE"] }), false],
  ["another group", rule({ apiGroups: ["apps"] }), false],
  ["another version", rule({ apiVersions: ["v2"] }), false],
  ["a subresource alone", rule({ resources: ["configmaps/status"] }), false],
  ["the scope of namespaces", rule({ scope: "Namespaced" }), true],
  ["the scope of the cluster", rule({ scope: "Cluster" }), false],
  ["labels of the namespace", { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "default" } } }, true],
  ["another namespace", { namespaceSelector: { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["default"] }] } }, false],
  ["labels of the object", { objectSelector: { matchLabels: { gated: "yes" } } }, true],
  ["other labels", { objectSelector: { matchLabels: { gated: "no" } } }, false],
]) {
  test(`${asked ? "asked" : "not asked"} for ${what}`, () => gated(allow, more, async ({ post, seen }) => {
    assert.equal((await post(MAPS, configMap("a", {}, { labels: { gated: "yes" } }))).status, 201);
    assert.equal(seen.length, asked ? 1 : 0);
  }));
}

test("a star names no subresource", () => gated(allow, {}, async ({ post, patch, seen }) => {
  await post(DEPLOYMENTS, deployment("web"));
  await patch(`${DEPLOYMENTS}/web/scale`, "merge", { spec: { replicas: 3 } });
  assert.equal(seen.length, 1);
}));

test("an equivalent resource is sent as the webhook wants it", () => {
  const event = {
    apiVersion: "v1", kind: "Event", metadata: { name: "e", namespace: "default" }, message: "text", reason: "R", type: "Normal",
    involvedObject: { apiVersion: "v1", kind: "Pod", name: "p", namespace: "default" },
  };
  const wanted = { rules: [{ operations: ["*"], apiGroups: ["events.k8s.io"], apiVersions: ["v1"], resources: ["events"] }] };
  return gated(allow, wanted, async ({ post, seen }) => {
    assert.equal((await post("/api/v1/namespaces/default/events", event)).status, 201);
    const [{ kind, requestKind, object }] = seen;
    assert.deepEqual([kind.group, requestKind.group, object.note, object.message], ["events.k8s.io", "", "text", undefined]);
  });
});

test("a dry run asks none that has side effects", () => gated(allow, {}, async ({ post, cluster, seen }) => {
  assert.equal((await post(`${MAPS}?dryRun=All`, configMap("a"))).status, 201);
  assert.equal(seen[0].dryRun, true);
  assert.equal(cluster.store.get("/configmaps", "default", "a"), undefined);
}));

for (const [expression, failurePolicy, expected] of [
  ["request.userInfo.username == 'admin'", "Fail", [201, 1]],
  ["!('system:masters' in request.userInfo.groups)", "Fail", [201, 0]],
  ["object.data.k.startsWith('v')", "Fail", [201, 1]],
  ["object.data.other == 'v'", "Ignore", [201, 0]],
  ["object.data.other == 'v'", "Fail", [403, 0]],
]) {
  test(`a condition: ${expression}, ${failurePolicy}`, () => gated(allow, { failurePolicy, matchConditions: [{ name: "one", expression }] }, async ({ post, seen }) => {
    const { status } = await post(MAPS, configMap("a", { k: "v" }));
    assert.deepEqual([status, seen.length], expected);
  }));
}

test("what is not modelled is answered with 599 and remembered: a test that meets it fails", () => withServer({}, async ({ ask, post }) => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: "as.example.com" },
    spec: { group: "example.com", scope: "Cluster", names: { plural: "as", kind: "A" }, conversion: { strategy: "Webhook" }, versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }] },
  };
  const answer = await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
  assert.deepEqual([answer.status, answer.text], [599, "conversion by webhook is not modelled"]);
  assert.deepEqual((await ask("/_requests")).json.map(({ status, error }) => [status, error]), [[599, "conversion by webhook is not modelled"]]);
}));

test("webhooks do not judge their own configuration", () => gated(() => ({ allowed: false }), {}, async ({ remove, seen }) => {
  assert.equal((await remove(`${WEBHOOKS}/gate`)).status, 200);
  assert.equal(seen.length, 0);
}));

test("what changed while a webhook thought is not overwritten", () => {
  let server;
  return gated(({ operation }) => {
    if (operation === "UPDATE") {
      const found = server.cluster.store.get("/configmaps", "default", "a");
      if (!found.data.other) server.cluster.store.put("/configmaps", { ...found, data: { ...found.data, other: "1" } });
    }
    return { allowed: true };
  }, {}, async (given) => {
    server = given;
    const { json } = await server.post(MAPS, configMap("a", { k: "v" }));
    assert.equal((await server.put(`${MAPS}/a`, { ...json, data: { k: "w" } })).status, 409);
    const found = server.cluster.store.get("/configmaps", "default", "a");
    server.cluster.store.put("/configmaps", { ...found, data: { k: "v" } });
    assert.deepEqual((await server.patch(`${MAPS}/a`, "merge", { data: { k: "w" } })).json.data, { k: "w", other: "1" });
  });
});

test("a configuration with mistakes is refused", () => withServer({}, async ({ post }) => {
  const hook = { url: "https://127.0.0.1:1/", caBundle: "" };
  for (const [more, message] of [
    [{ sideEffects: "Some" }, /sideEffects: Unsupported value/],
    [{ timeoutSeconds: 31 }, /between 1 and 30 seconds/],
    [{ name: "gate" }, /at least three segments/],
    [{ admissionReviewVersions: ["v9"] }, /at least one of/],
    [{ failurePolicy: "Allow" }, /failurePolicy/],
    [{ rules: [{ operations: ["DESTROY"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] }] }, /rules\[0\].operations: Unsupported value: "DESTROY"/],
    [{ matchConditions: [{ name: "one", expression: "bad (" }] }, /matchConditions\[0\].expression: Invalid value: .*compilation failed/],
    [{ timeoutSecond: 3 }, /unknown field "webhooks\[0\].timeoutSecond"/],
    [{ clientConfig: { url: "http://127.0.0.1/" } }, /'https' is the only allowed URL scheme/],
    [{ clientConfig: { url: hook.url, caBundle: "AAAA" } }, /unable to parse bytes as PEM block/],
  ]) {
    const answer = await post(WEBHOOKS, configuration(hook, more));
    assert.ok([400, 422].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.match(answer.json.message, message);
  }
}));
