// A server that behaves as GitHub does, over a world: `node server.mjs --world WORLD.json`. Its address is the first line
// of standard output. It ends on SIGTERM, or when its standard input closes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Faults } from "./faults.mjs";
import { answer as graphqlAnswer } from "./graphql.mjs";
import { answer as restAnswer } from "./rest/answer.mjs";
import { refusal } from "./rest/errors.mjs";
import { WorldError } from "./schema.mjs";
import { World } from "./world.mjs";

/** What no answer of GitHub has: the request, the world or the server is wrong, and a test must fail. */
const WRONG = 599;

/** Starts a server over a world and gives it with its address. */
export async function serve(spec) {
  const world = new World(spec);
  const faults = new Faults(spec.faults);
  const requests = [];
  const server = createServer((request, response) => {
    handle({ world, faults, requests, request, response }).catch((error) => {
      const text = error instanceof WorldError ? error.message : error.stack;
      requests.push({ method: request.method, path: request.url, status: WRONG, error: text });
      process.stderr.write(`${request.method} ${request.url}: ${text}\n`);
      response.writeHead(WRONG, { "content-type": "text/plain" }).end(text);
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, world, requests, address: `http://127.0.0.1:${server.address().port}` };
}

async function handle({ world, faults, requests, request, response }) {
  const base = `http://${request.headers.host}`;
  const url = new URL(request.url, base);
  if (url.pathname === "/_requests") return send(response, 200, {}, requests);
  if (url.pathname === "/_written") return send(response, 200, {}, world.written);
  const prefix = /^\/api\/v3(?=\/)/.exec(url.pathname)?.[0] ?? "";
  const path = url.pathname.slice(prefix.length);
  const isGraphql = ["/graphql", "/api/graphql"].includes(url.pathname);
  const text = await read(request);
  const body = text ? parsed(text) : undefined;
  const operation = isGraphql ? (body?.operationName ?? /(?:query|mutation)\s+(\w+)/.exec(body?.query)?.[1] ?? null) : null;
  const entry = { method: request.method, path: url.pathname, query: url.search, operation };
  const fault = faults.meet({ method: request.method, path, operation });
  if (fault?.delay) await new Promise((done) => setTimeout(done, fault.delay));
  if (fault?.close) {
    requests.push({ ...entry, status: 0 });
    return request.socket.destroy();
  }
  const result = fault?.status
    ? { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? refusal(fault.status, "Server Error") }
    : await respond({ world, request, url, path, body, isGraphql, base: `${base}${prefix}` });
  requests.push({ ...entry, status: result.status });
  const headers = { ...limits(world), ...result.headers };
  return send(response, result.status, headers, result.body, { request, cut: fault?.cut });
}

async function respond({ world, request, url, path, body, isGraphql, base }) {
  if (!request.headers["user-agent"]) {
    return { status: 403, headers: {}, body: refusal(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header") };
  }
  const refused = world.token.refuses(request.headers.authorization);
  if (refused) {
    const words = isGraphql ? "This endpoint requires you to be authenticated." : "Requires authentication";
    return { status: 401, headers: {}, body: refusal(401, refused === "bad" ? "Bad credentials" : words) };
  }
  world.rateLimit.used += 1;
  if (isGraphql) {
    if (request.method !== "POST") throw new WorldError("GraphQL is asked by POST");
    return { status: 200, headers: {}, body: await graphqlAnswer(world, body) };
  }
  return restAnswer(world, {
    method: request.method,
    path,
    query: url.searchParams,
    body,
    accept: request.headers.accept ?? "",
    base,
  });
}

function limits({ rateLimit: { limit, used } }) {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-used": String(used),
    "x-ratelimit-remaining": String(Math.max(0, limit - used)),
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3600),
    "x-github-request-id": "0000:0000:0000:0000:00000000",
  };
}

function send(response, status, headers, body, { request, cut } = {}) {
  if (body === undefined) return response.writeHead(status, headers).end();
  const json = !Buffer.isBuffer(body) && typeof body !== "string";
  const bytes = Buffer.from(json ? JSON.stringify(body) : body);
  const etag = `"${createHash("sha256").update(bytes).digest("hex")}"`;
  const type = json ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
  if (status === 200 && request?.method === "GET" && request.headers["if-none-match"] === etag) {
    return response.writeHead(304, { ...headers, etag }).end();
  }
  response.writeHead(status, { "content-type": type, "content-length": bytes.length, etag, ...headers });
  if (cut === undefined) return response.end(bytes);
  response.write(bytes.subarray(0, cut));
  return setTimeout(() => response.socket?.destroy(), 20);
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new WorldError("a request body that is no JSON");
  }
}

async function main() {
  const { values } = parseArgs({ options: { world: { type: "string" } } });
  const { address } = await serve(JSON.parse(readFileSync(values.world, "utf8")));
  process.stdout.write(`${address}\n`);
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
