// Asks a server as clients do, and runs webhooks that it asks.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authority, certificate } from "../certificates.mjs";
import { serve } from "../server.mjs";

/** Runs a test with a server over a cluster; afterwards the server is gone. */
export async function withServer(spec, test) {
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  const started = await serve({ folder, spec });
  try {
    return await test({ ...started, folder, cluster: started.state.cluster, ...client(started.address, started.authority) });
  } finally {
    started.server.closeAllConnections();
    started.server.close();
    rmSync(folder, { recursive: true });
  }
}

const TYPES = { json: "application/json-patch+json", merge: "application/merge-patch+json", strategic: "application/strategic-merge-patch+json", apply: "application/apply-patch+yaml" };

/** A client with the token of a user. */
export function client(address, ca, token = "admin") {
  const ask = (path, { method = "GET", body, headers = {}, type = "application/json", ...options } = {}) => new Promise((done, fail) => {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const all = { "user-agent": "tester/1.0", ...(token && { authorization: `Bearer ${token}` }), ...(text !== undefined && { "content-type": type, "content-length": Buffer.byteLength(text) }), ...headers };
    const sent = request(address + path, { method, ca, headers: all, agent: false, ...options }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", fail);
      response.on("end", () => {
        const answer = Buffer.concat(parts).toString();
        const isJson = response.headers["content-type"]?.startsWith("application/json") && !path.includes("watch=");
        done({ status: response.statusCode, headers: response.headers, text: answer, json: isJson ? JSON.parse(answer) : undefined });
      });
    });
    sent.on("error", fail);
    sent.end(text);
  });
  const write = (method) => (path, body, options) => ask(path, { method, body, ...options });
  const patch = (path, kind, body) => ask(path, { method: "PATCH", body, type: TYPES[kind] });
  const watch = async (path) => {
    const { text, status } = await ask(path);
    return { status, events: text.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
  };
  return { ask, post: write("POST"), put: write("PUT"), remove: write("DELETE"), patch, watch };
}

let identity;

/** The certificate of a webhook and the authority that vouches for it, made once for a file of tests. */
function webhookIdentity() {
  if (identity) return identity;
  const folder = mkdtempSync(join(tmpdir(), "webhook-"));
  const ca = authority(folder);
  identity = { ca, own: certificate(folder, "webhook", { subject: "/CN=webhook", names: ["IP:127.0.0.1", "DNS:gate.system.svc"] }) };
  rmSync(folder, { recursive: true });
  return identity;
}

/** Runs a test with a webhook that answers with what `decide` gives for a request; `seen` are its requests. */
export async function withWebhook(decide, test) {
  const { ca, own } = webhookIdentity();
  const seen = [];
  const server = createServer(own, async (incoming, response) => {
    const parts = [];
    for await (const part of incoming) parts.push(part);
    const review = JSON.parse(Buffer.concat(parts));
    seen.push({ ...review.request, path: incoming.url, host: incoming.headers.host, review });
    const decision = await decide(review.request);
    if (decision?.raw !== undefined) return response.writeHead(decision.status ?? 200).end(decision.raw);
    return response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response: { uid: review.request.uid, ...decision } }));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  try {
    return await test({ url: `https://127.0.0.1:${port}/validate`, port, caBundle: Buffer.from(ca).toString("base64"), seen });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A configuration with one webhook; `more` changes it. */
export function configuration({ url, caBundle }, more = {}) {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "gate" },
    webhooks: [{
      name: "gate.example.com",
      clientConfig: { url, caBundle },
      rules: [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] }],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 5,
      ...more,
    }],
  };
}

export const configMap = (name, data = {}, more = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data });

export const deployment = (name, image = "nginx:1") => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image }] } } },
});

export const MAPS = "/api/v1/namespaces/default/configmaps";
export const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
export const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
