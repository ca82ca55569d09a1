// Answers REST requests: found in GitHub's description, made from the world, checked against the description again.
import { checkBody, checkQuery, operation, shaped } from "../openapi.mjs";
import { WorldError } from "../schema.mjs";
import { contentRoutes } from "./contents.mjs";
import { NotFound, Refusal, refusal } from "./errors.mjs";
import { organizations } from "./organizations.mjs";
import { pulls } from "./pulls.mjs";
import { settings } from "./settings.mjs";
import { written } from "./written.mjs";

const routes = { ...contentRoutes, ...organizations, ...pulls, ...settings, ...written };

/** The answer to a request: `{status, headers, body}`. */
export function answer(world, { method, path, query, body, accept, base }) {
  const found = operation(method, path);
  const name = `${found.method} ${found.path}`;
  const route = routes[name];
  if (!route) throw new WorldError(`the test server does not answer ${name} yet`);
  checkQuery(found, query);
  if (method !== "GET") checkBody(found, body);
  const { values } = found;
  try {
    const repository = values.repo ? world.repository(values.owner, values.repo) : null;
    if (values.repo && (!repository || !world.token.may("metadata:read"))) throw new NotFound();
    if (!world.token.may(route.permission)) throw forbidden(route.permission);
    const raw = /application\/vnd\.github\.(v3\.)?raw/.test(accept);
    const value = route.answer({ world, repository, values, query, body, raw });
    if (Buffer.isBuffer(value)) return { status: 200, headers: {}, body: value };
    const status = route.status ?? 200;
    const { items, headers } = paged(route, value, query, `${base}${path}`);
    return { status, headers, body: shaped(found, status, items, world) };
  } catch (error) {
    if (error instanceof NotFound) return { status: 404, headers: {}, body: refusal(404, "Not Found") };
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, headers: error.headers, body: refusal(error.status, error.message) };
  }
}

function forbidden(permission) {
  const accepted = permission.replace(":", "=");
  return new Refusal(403, "Resource not accessible by integration", { "x-accepted-github-permissions": accepted });
}

/** One page of a list, with the Link header that leads to the others. */
function paged(route, value, query, address) {
  const list = route.list ? value[route.list] : value;
  if (!Array.isArray(list) || route.whole) return { items: value, headers: {} };
  const size = Math.min(Math.max(Number(query.get("per_page") ?? 30), 1), 100);
  const { items, links } = route.cursor ? byCursor(list, size, query) : byPage(list, size, query);
  const header = Object.entries(links)
    .map(([relation, changes]) => {
      const target = new URLSearchParams(query);
      for (const [name, to] of Object.entries(changes)) to === null ? target.delete(name) : target.set(name, to);
      return `<${address}?${target}>; rel="${relation}"`;
    })
    .join(", ");
  return { items: route.list ? { ...value, [route.list]: items } : items, headers: header ? { link: header } : {} };
}

function byPage(list, size, query) {
  const page = Math.max(Number(query.get("page") ?? 1), 1);
  const last = Math.max(1, Math.ceil(list.length / size));
  const links = {};
  if (page > 1) links.prev = { page: page - 1 };
  if (page < last) Object.assign(links, { next: { page: page + 1 }, last: { page: last } });
  if (page > 1) links.first = { page: 1 };
  return { items: list.slice((page - 1) * size, page * size), links };
}

function byCursor(list, size, query) {
  const place = (name) => (query.get(name) ? Number(Buffer.from(query.get(name), "base64url").toString()) : null);
  const before = place("before");
  const start = before === null ? (place("after") ?? 0) : Math.max(0, before - size);
  const cursor = (at) => Buffer.from(String(at)).toString("base64url");
  const links = {};
  if (start + size < list.length) links.next = { after: cursor(start + size), before: null };
  if (start > 0) links.prev = { before: cursor(start), after: null };
  return { items: list.slice(start, start + size), links };
}
