// A request from its path to its answer: who asks, whether they may, and which part of the API answers.
import { acting } from "../access/authentication.mjs";
import { requireAllowed } from "../access/rbac.mjs";
import { review } from "../access/reviews.mjs";
import { admit } from "../admission/dispatch.mjs";
import { requireValid } from "../objects/answers.mjs";
import { badRequest, methodNotAllowed, noPath, Refusal } from "../status.mjs";
import { decode, mediaType, requireObject } from "./body.mjs";
import { discovery, VERSION } from "./discovery.mjs";
import { document, index } from "./openapi.mjs";
import { patch } from "./patches.mjs";
import { parse, verbOf } from "./path.mjs";
import { get, list } from "./read.mjs";
import { remove, removeAll } from "./remove.mjs";
import { connect, post, scale } from "./subresources.mjs";
import { formOf } from "./table.mjs";
import { watch } from "./watch.mjs";
import { attributesOf, create, update } from "./write.mjs";

const BODIES = ["POST", "PUT", "DELETE"];

/** Answers a request; undefined where the answer is a stream that goes on. */
export async function handle({ cluster, request, response, url, text, entry, fault }) {
  const { store, resources, users } = cluster;
  const user = acting(users.of(request), request.headers, store);
  entry.user = user.username;
  const target = parse(url.pathname, resources);
  if (!target) return simple({ cluster, user, request, url });
  const { resource, subresource, name, namespace } = target;
  const isNamespace = resource?.plural === "namespaces" && resource.group === "";
  const verb = isConnection(target) ? (request.method === "GET" ? "get" : "create") : verbOf(request.method, target, url.searchParams);
  const attributes = { verb, group: target.group, plural: target.plural, subresource, namespace: isNamespace ? name : namespace, name };
  requireAllowed(store, user, attributes);
  if (!resource || target.extra || (subresource && !resource.subresources[subresource])) throw noPath();
  const warnings = [];
  entry.warnings = warnings;
  const ask = asked({ cluster, request, url, text, target, user, warnings });
  if (verb === "watch") return watch(ask, response, { fault });
  const answer = await (subresource ? part(ask) : whole(ask));
  if (!answer.isChecked && !answer.body.items) requireValid(answer.body);
  return { ...answer, warnings };
}

const isConnection = ({ resource, subresource }) => Boolean(resource?.subresources[subresource]?.connect);

/** What a request asks of a resource. */
function asked({ cluster, request, url, text, target, user, warnings }) {
  const query = url.searchParams;
  const dryRun = query.getAll("dryRun");
  if (dryRun.some((one) => one !== "All")) throw badRequest(`Invalid value: ${JSON.stringify(dryRun)}: dryRun must be All`);
  const mode = query.get("fieldValidation") || "Strict";
  if (!["Strict", "Warn", "Ignore"].includes(mode)) throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(mode)}`);
  const type = mediaType(request.headers);
  const agent = (request.headers["user-agent"] ?? "unknown").split("/")[0].slice(0, 128);
  return {
    ...target, cluster, user, query, text, type, mode, warnings,
    method: request.method,
    form: formOf(request.headers.accept),
    dryRun: dryRun.length > 0,
    manager: query.get("fieldManager") || agent,
    body: BODIES.includes(request.method) ? decode(text, type) : undefined,
  };
}

async function whole(ask) {
  const { resource, name, namespace, method } = ask;
  const isAcross = resource.namespaced && namespace === undefined;
  if (method === "GET") return name ? get(ask) : list(ask);
  if (isAcross && method !== "DELETE") throw methodNotAllowed();
  if (method === "POST" && !name) return resource.verbs.length === 1 ? reviewed(ask) : create(ask);
  if (resource.verbs.length === 1) throw methodNotAllowed();
  if (method === "PUT" && name) return update(ask);
  if (method === "PATCH" && name) return patch(ask);
  if (method === "DELETE" && !isAcross) return name ? remove(ask) : removeAll(ask);
  throw methodNotAllowed();
}

async function part(ask) {
  const { resource, subresource, method } = ask;
  const { connect: isConnection, verbs } = resource.subresources[subresource];
  if (isConnection) return connect(ask);
  const verb = { GET: "get", PUT: "update", PATCH: "patch", POST: "create" }[method];
  if (!verbs.includes(verb)) throw methodNotAllowed();
  if (subresource === "scale") return scale(ask);
  if (method === "POST") return post(ask);
  if (method === "GET") return get({ ...ask, form: undefined });
  return method === "PUT" ? update(ask) : patch(ask);
}

/** Answers a review, and a binding by its own path. */
async function reviewed(ask) {
  const { cluster, resource, user, namespace, warnings } = ask;
  const object = requireObject(ask.body, ask);
  if (resource.kind === "Binding") return post({ ...ask, resource: cluster.resources.find("", "v1", "pods"), subresource: "binding", name: object.metadata.name });
  const sent = { ...object, metadata: { ...object.metadata } };
  warnings.push(...(await admit(cluster, attributesOf({ ...ask, name: undefined }, "CREATE", { object: sent }))));
  return { status: 201, body: review({ cluster, user, object, namespace }) };
}

/** Paths that are of no resource. */
function simple({ cluster, user, request, url }) {
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, "") : url.pathname;
  const { store, resources } = cluster;
  requireAllowed(store, user, { verb: request.method === "GET" ? "get" : request.method.toLowerCase(), path });
  if (request.method !== "GET") throw methodNotAllowed();
  if (["/healthz", "/livez", "/readyz"].includes(path)) return { status: 200, body: "ok" };
  if (path === "/version") return { status: 200, body: VERSION };
  if (path === "/openapi/v3") return { status: 200, body: index(resources) };
  if (path.startsWith("/openapi/v3/")) return { status: 200, body: document(path.slice("/openapi/v3/".length), resources) };
  const found = discovery(path, resources, request.headers.accept ?? "");
  if (!found) throw path.startsWith("/api") ? noPath() : new Refusal(404, "NotFound", "the server could not find the requested resource", { details: {} });
  if (found.body.apiVersion === "v1") requireValid(found.body);
  return { status: 200, ...found };
}
