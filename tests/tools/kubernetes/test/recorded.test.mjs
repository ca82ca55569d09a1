// The reviews that webhooks are sent, compared with those that a real API server 1.36 sent for the same manifests.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";
import { configuration, WEBHOOKS, withServer, withWebhook } from "./client.mjs";

const corpora = process.env.SOC2GATE_CORPORA ?? fileURLToPath(new URL("../../../../../shared/corpora", import.meta.url));
const folder = join(corpora, "admission-reviews");
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The recorded reviews of objects that kubectl was given as a manifest. */
function recorded() {
  return readdirSync(folder).filter((name) => name.startsWith("create-")).map((name) => ({ name, request: JSON.parse(readFileSync(join(folder, name), "utf8")).request }))
    .filter(({ request }) => request.object.metadata.annotations?.[APPLIED]);
}

/** A value without what differs in every run: identifiers, times, addresses, who manages which field. */
function comparable(value, key = "") {
  if (["uid", "creationTimestamp", "managedFields", "clusterIP", "clusterIPs"].includes(key)) return undefined;
  if (/(^|[-/])controller-uid$/.test(key)) return "uid";
  if (key === "nodePort") return "port";
  if (Array.isArray(value)) return value.map((one) => comparable(one));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one, name)]).filter(([, one]) => one !== undefined));
}

const skip = corpora && existsSync(folder) ? false : "no corpora (SOC2GATE_CORPORA)";

test("reviews are as a real API server sends them", { skip }, () => withWebhook(() => ({ allowed: true }), (hook) => withServer({}, async ({ post, cluster }) => {
  await post(WEBHOOKS, configuration(hook));
  const different = [];
  let compared = 0;
  for (const { name, request } of recorded()) {
    const { group, version, resource } = request.resource;
    if (!cluster.resources.find(group, version, resource)) continue;
    if (request.namespace && !cluster.store.get("/namespaces", undefined, request.namespace)) cluster.load({ apiVersion: "v1", kind: "Namespace", metadata: { name: request.namespace } });
    const text = request.object.metadata.annotations[APPLIED];
    const manifest = JSON.parse(text);
    manifest.metadata.annotations = { ...manifest.metadata.annotations, [APPLIED]: text };
    hook.seen.length = 0;
    const where = request.namespace ? `/namespaces/${request.namespace}` : "";
    const dry = request.dryRun ? "&dryRun=All" : "";
    const path = `${group ? `/apis/${group}` : "/api"}/${version}${where}/${resource}?fieldManager=kubectl-client-side-apply&fieldValidation=Strict${dry}`;
    const answer = await post(path, manifest);
    assert.ok([201, 409].includes(answer.status), `${name}: ${answer.text}`);
    const [{ path: _path, host: _host, review: _review, ...sent }] = hook.seen;
    assert.deepEqual(Object.keys(sent), Object.keys(request), name);
    if (!isDeepStrictEqual(comparable(sent), comparable(request))) different.push(name);
    compared += 1;
  }
  assert.deepEqual(different, []);
  assert.ok(compared >= 30, `${compared} compared`);
})));
