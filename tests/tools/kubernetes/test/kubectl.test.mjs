// The real kubectl works against the server.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { program } from "../packages.mjs";
import { configMap, configuration, deployment, WEBHOOKS, withServer, withWebhook } from "./client.mjs";

const kubectl = program("kubectl");

/** Runs a test with `run(...)`: kubectl with a server's kubeconfig, its standard input the last argument where that is an object. */
function withKubectl(spec, body) {
  return withServer(spec, (server) => {
    const env = { PATH: process.env.PATH, KUBECONFIG: server.kubeconfig, HOME: server.folder };
    const run = (...given) => new Promise((done) => {
      const input = typeof given.at(-1) === "object" ? given.pop() : undefined;
      const child = execFile(kubectl, given, { env, timeout: 60_000 }, (error, stdout, stderr) => done({ code: error?.code ?? 0, out: stdout.trim(), problem: stderr.trim() }));
      child.stdin.end(input && JSON.stringify(input));
    });
    return body({ ...server, run, env, cache: join(server.folder, ".kube/cache") });
  });
}

const container = (image) => ({ ...deployment("web", image), metadata: { name: "web", namespace: "pay" } });

test("apply, change, patch, delete", () => withKubectl({}, async ({ run }) => {
  const ok = async (...given) => {
    const { code, out, problem } = await run(...given);
    assert.equal(code, 0, problem);
    return out;
  };
  assert.equal(await ok("create", "-f", "-", { apiVersion: "v1", kind: "Namespace", metadata: { name: "pay" } }), "namespace/pay created");
  assert.equal(await ok("apply", "-f", "-", container("nginx:1")), "deployment.apps/web created");
  assert.equal(await ok("apply", "-f", "-", container("nginx:1")), "deployment.apps/web unchanged");
  assert.equal(await ok("apply", "-f", "-", container("nginx:2")), "deployment.apps/web configured");
  assert.equal(await ok("-n", "pay", "scale", "deploy/web", "--replicas=3"), "deployment.apps/web scaled");
  assert.equal(await ok("-n", "pay", "patch", "deploy", "web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"B"}]}]}}}}'), "deployment.apps/web patched");
  assert.equal(await ok("-n", "pay", "patch", "deploy", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":5}]'), "deployment.apps/web patched");
  assert.equal(await ok("-n", "pay", "label", "deploy", "web", "a=b"), "deployment.apps/web labeled");
  assert.equal(await ok("-n", "pay", "get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.metadata.labels.a}"), "5 nginx:2 b");
  assert.match(await ok("get", "deployments", "-A"), /^NAMESPACE +NAME +AGE\npay +web +\d+s$/);
  assert.match(await ok("explain", "deployment.spec.replicas"), /FIELD: replicas <integer>/);
  assert.equal(await ok("-n", "pay", "delete", "deploy", "web"), 'deployment.apps "web" deleted from pay namespace');
  assert.equal(await ok("delete", "namespace", "pay"), 'namespace "pay" deleted');
  assert.match((await run("get", "namespace", "pay")).problem, /namespaces "pay" not found/);
}));

test("server-side apply, and its conflicts", () => withKubectl({}, async ({ run }) => {
  const map = (value) => configMap("a", { k: value }, { namespace: "default" });
  assert.equal((await run("apply", "--server-side", "-f", "-", map("v"))).out, "configmap/a serverside-applied");
  const conflict = await run("apply", "--server-side", "--field-manager=other", "-f", "-", map("w"));
  assert.match(conflict.problem, /conflict with "kubectl": \.data\.k|conflict with "kubectl" using v1: \.data\.k/);
  assert.equal((await run("apply", "--server-side", "--force-conflicts", "--field-manager=other", "-f", "-", map("w"))).code, 0);
  assert.equal((await run("get", "configmap", "a", "-o", "jsonpath={.data.k}")).out, "w");
}));

test("a wrong field, a dry run", () => withKubectl({}, async ({ run }) => {
  assert.match((await run("apply", "-f", "-", { ...configMap("a"), dta: {} })).problem, /unknown field "dta"/);
  assert.equal((await run("apply", "--dry-run=server", "-f", "-", configMap("a"))).out, "configmap/a created (server dry run)");
  assert.equal((await run("get", "configmap", "a")).code, 1);
}));

test("a watch shows what comes", () => withKubectl({}, async ({ run, env }) => {
  await run("create", "-f", "-", configMap("a", {}, { namespace: "default" }));
  const watching = spawn(kubectl, ["get", "configmaps", "-w", "--output-watch-events", "--request-timeout=30s"], { env });
  let shown = "";
  watching.stdout.on("data", (text) => (shown += text));
  const until = async (pattern) => {
    while (!pattern.test(shown)) await once(watching.stdout, "data");
  };
  await until(/ADDED +a/);
  await run("create", "-f", "-", configMap("b", {}, { namespace: "default" }));
  await until(/ADDED +b/);
  await run("delete", "configmap", "a");
  await until(/DELETED +a/);
  watching.kill();
  await once(watching, "exit");
}));

test("custom resources are found as soon as they are defined", () => withKubectl({}, async ({ run }) => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: "controls.gate.example.com" },
    spec: {
      group: "gate.example.com", scope: "Cluster", names: { plural: "controls", kind: "Control" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { rego: { type: "string" } } } } } } }],
    },
  };
  assert.equal((await run("apply", "-f", "-", definition)).out, "customresourcedefinition.apiextensions.k8s.io/controls.gate.example.com created");
  assert.equal((await run("wait", "--for=condition=Established", "crd/controls.gate.example.com", "--timeout=10s")).code, 0);
  const control = { apiVersion: "gate.example.com/v1", kind: "Control", metadata: { name: "c" }, spec: { rego: "package p" } };
  assert.equal((await run("apply", "-f", "-", control)).out, "control.gate.example.com/c created");
  assert.equal((await run("get", "controls", "c", "-o", "jsonpath={.spec.rego}")).out, "package p");
  assert.match((await run("apply", "-f", "-", { ...control, spec: { reggo: "" } })).problem, /unknown field "spec.reggo"/);
}));

test("what a webhook refuses is shown with its message, what it warns of too", () => withWebhook(({ object }) => {
  const images = object?.spec?.template?.spec?.containers?.map(({ image }) => image) ?? [];
  const bad = images.some((image) => !image.includes("@sha256:"));
  return { allowed: !bad, warnings: ["judged by a test"], ...(bad && { status: { code: 403, reason: "Forbidden", message: "SUP-03: name images by digest" } }) };
}, (hook) => withKubectl({ namespaces: ["pay"] }, async ({ run, post }) => {
  await post(WEBHOOKS, configuration(hook));
  const refused = await run("apply", "-f", "-", container("nginx:1"));
  assert.equal(refused.code, 1);
  assert.match(refused.problem, /Error from server \(Forbidden\): error when creating "STDIN": admission webhook "gate\.example\.com" denied the request: SUP-03: name images by digest/);
  assert.match(refused.problem, /Warning: judged by a test/);
  const admitted = await run("apply", "-f", "-", container(`nginx@sha256:${"0".repeat(64)}`));
  assert.equal(admitted.out, "deployment.apps/web created");
  const operations = hook.seen.map(({ operation, options: { fieldManager } }) => [operation, fieldManager]);
  assert.deepEqual(operations, [["CREATE", "kubectl-client-side-apply"], ["CREATE", "kubectl-client-side-apply"]]);
})));
