// A server that behaves as a Kubernetes API server does: `node server.mjs --state DIR [--cluster CLUSTER.json]`. The first
// lines of standard output are its address and the path of a kubeconfig file. It ends on SIGTERM, or when its standard
// input closes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { handle } from "./api/handle.mjs";
import { read } from "./api/body.mjs";
import { authority, certificate, subjectOf } from "./certificates.mjs";
import { Cluster } from "./cluster.mjs";
import { control } from "./control.mjs";
import { kubeconfig } from "./kubeconfig.mjs";
import { Refusal, WorldError } from "./status.mjs";

/** What no answer of Kubernetes has: the request, the cluster or the server is wrong, and a test must fail. */
const WRONG = 599;
const MOST_REQUESTS = 20_000;
const LONGEST_WARNING = 256;
const MOST_WARNINGS = 4096;

/** Starts a server whose certificates and kubeconfig file lie in a folder. */
export async function serve({ folder, spec = {}, port = 0 }) {
  mkdirSync(folder, { recursive: true });
  const state = { cluster: new Cluster(spec) };
  const ca = authority(folder);
  const own = certificate(folder, "server", { subject: "/CN=kube-apiserver", names: ["IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes.default.svc"] });
  const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] }, (request, response) => {
    const entry = { method: request.method, path: request.url, contentType: request.headers["content-type"], userAgent: request.headers["user-agent"] };
    respond({ state, request, response, entry }).catch((error) => fail({ request, response, error, entry }));
  });
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0 });
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  const address = `https://127.0.0.1:${server.address().port}`;
  const users = [...state.cluster.users.byName.values()].map((user, place) => ({
    ...user,
    certificate: user.certificate && certificate(folder, `user-${place}`, { subject: subjectOf(user) }),
  }));
  const path = resolve(join(folder, "kubeconfig"));
  writeFileSync(path, kubeconfig({ address, authority: ca, users }), { mode: 0o600 });
  return { server, state, address, kubeconfig: path, authority: ca };
}

function fail({ request, response, error, entry }) {
  const text = error instanceof WorldError ? error.message : error.stack;
  Object.assign(entry, { status: WRONG, error: text });
  process.stderr.write(`${request.method} ${request.url}: ${text}\n`);
  if (response.headersSent) response.destroy();
  else response.writeHead(WRONG, { "content-type": "text/plain" }).end(text);
}

async function respond({ state, request, response, entry }) {
  const url = new URL(request.url, "https://stand-in");
  const { cluster } = state;
  if (url.pathname.startsWith("/_")) return send(response, await control(state, request.method, url, await read(request)));
  Object.assign(entry, { path: url.pathname, query: url.search });
  cluster.requests.push(entry);
  if (cluster.requests.length > MOST_REQUESTS) cluster.requests.shift();
  const fault = cluster.faults.meet(request.method, `${url.pathname}${url.search}`);
  if (fault?.delay) await new Promise((done) => setTimeout(done, fault.delay));
  if (fault?.close) {
    entry.status = 0;
    return request.socket.destroy();
  }
  const answer = await outcome({ cluster, request, response, url, entry, fault });
  entry.status = answer?.status ?? 200;
  return answer && send(response, answer, fault?.cut);
}

/** The answer to a request, refusals included. */
async function outcome({ cluster, request, response, url, entry, fault }) {
  try {
    const text = await read(request);
    if (fault?.status) return { status: fault.status, headers: fault.headers, body: fault.body ?? new Refusal(fault.status, fault.reason ?? "InternalError", fault.message ?? "the server is at fault").body() };
    return await handle({ cluster, request, response, url, text, entry, fault });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.code, body: error.body(), warnings: [...(entry.warnings ?? []), ...(error.warnings ?? [])] };
  }
}

/** Warnings as headers, cut as the API server cuts them where there are too many. */
function warningHeaders(warnings = []) {
  const unique = [...new Set(warnings)];
  const total = unique.reduce((sum, one) => sum + one.length, 0);
  const short = total > MOST_WARNINGS ? unique.map((one) => one.slice(0, LONGEST_WARNING)) : unique;
  let left = MOST_WARNINGS;
  const kept = short.filter((one) => (left -= one.length) >= 0);
  return kept.map((one) => `299 - ${JSON.stringify(one.replace(/[^\x20-\x7e]/g, " "))}`);
}

function send(response, { status, headers, body, warnings }, cut) {
  const isText = typeof body === "string";
  const bytes = Buffer.from(isText ? body : `${JSON.stringify(body)}\n`);
  const warning = warningHeaders(warnings);
  response.writeHead(status, { "content-type": isText ? "text/plain; charset=utf-8" : "application/json", "content-length": bytes.length, "cache-control": "no-cache, private", ...(warning.length && { warning }), ...headers });
  if (cut === undefined) return response.end(bytes);
  response.write(bytes.subarray(0, cut));
  return setTimeout(() => response.socket?.destroy(), 20);
}

async function main() {
  const { values } = parseArgs({ options: { state: { type: "string" }, cluster: { type: "string" }, port: { type: "string" } } });
  if (!values.state) throw new WorldError("--state DIR is missing");
  const spec = values.cluster ? JSON.parse(readFileSync(values.cluster, "utf8")) : {};
  const { address, kubeconfig: path } = await serve({ folder: values.state, spec, port: Number(values.port ?? 0) });
  process.stdout.write(`${address}\n${path}\n`);
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  main().catch((error) => {
    process.stderr.write(`${error instanceof WorldError ? error.message : error.stack}\n`);
    process.exit(1);
  });
}
