// Reading: one object, or a list of them by pages.
import { as } from "../objects/versions.mjs";
import { requireList } from "../objects/answers.mjs";
import { fieldSelector, labelSelector } from "../selectors.mjs";
import { badRequest, expired, invalid, notFound } from "../status.mjs";
import { Store } from "../store.mjs";
import { many, one } from "./table.mjs";

/** The object that is stored under the name of a request. */
export function existing({ cluster, resource, namespace, name }) {
  const found = cluster.store.get(resource.storage, resource.namespaced ? namespace : undefined, name);
  if (!found) throw notFound(resource, name);
  return found;
}

/** Answers a GET of one object. */
export function get(ask) {
  const object = as(existing(ask), ask.resource);
  return { status: 200, body: one(object, ask.form, ask.resource, ask.query.get("includeObject")) };
}

/** Which objects a request wants, by its selectors. */
export function selection({ resource, query }) {
  const labels = labelSelector(query.get("labelSelector"));
  const fields = fieldSelector(resource, query.get("fieldSelector"));
  return (object) => labels(object.metadata.labels) && fields(object);
}

/** The revision that a number of a query names. */
export function revisionOf(text) {
  if (!/^\d+$/.test(text)) {
    throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [{ cause: "invalid", field: "resourceVersion", message: `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax` }]);
  }
  return Number(text);
}

/** The revision that a list is of: that of the first page, an exact one, or the newest. */
function revision({ cluster: { store }, query }, token) {
  const given = query.get("resourceVersion");
  if (token) return token.rv;
  const match = query.get("resourceVersionMatch");
  if (match && !given) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [{ cause: "forbidden", field: "resourceVersionMatch", message: "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided" }]);
  if (!given || given === "0") return store.revision;
  const wanted = revisionOf(given);
  store.reached(wanted);
  const isExact = match === "Exact" || (!match && query.get("limit"));
  if (isExact && wanted < store.compacted) throw expired(`The resourceVersion for the provided list is too old.`);
  return isExact ? wanted : store.revision;
}

function fromToken(text, query) {
  if (!text) return undefined;
  if (query.get("resourceVersion") && query.get("resourceVersion") !== "0") throw badRequest("specifying resource version is not allowed when using continue");
  try {
    const token = JSON.parse(Buffer.from(text, "base64url"));
    if (token.v === "meta.k8s.io/v1" && Number.isInteger(token.rv) && typeof token.start === "string") return token;
  } catch {
    throw badRequest(`continue key is not valid: illegal base64 data`);
  }
  throw badRequest("continue key is not valid");
}

const toToken = (rv, start) => Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, start })).toString("base64url");

/** The objects of a list, with the metadata of the page. */
export function page(ask) {
  const { cluster: { store }, resource, namespace, query } = ask;
  const wanted = selection(ask);
  const token = fromToken(query.get("continue"), query);
  const limit = Number(query.get("limit") ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw badRequest("limit must be a number that is not negative");
  const at = revision(ask, token);
  if (at < store.compacted && at !== store.revision) {
    throw expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.", token && toToken(store.revision, token.start));
  }
  const { objects, keys, from, to } = store.range(resource.storage, namespace, at, token?.start);
  const chosen = [];
  let place = from;
  for (; place < to && (!limit || chosen.length < limit); place += 1) {
    const object = objects.get(keys[place]);
    if (wanted(object)) chosen.push(object);
  }
  const metadata = { resourceVersion: String(at) };
  const left = keys.slice(place, limit ? to : place);
  if (left.some((key) => wanted(objects.get(key)))) {
    const { metadata: { namespace: last = "", name } } = chosen.at(-1);
    metadata.continue = toToken(at, Store.key(last, name));
    if (!query.get("labelSelector") && !query.get("fieldSelector")) metadata.remainingItemCount = left.length;
  }
  return { objects: chosen, metadata };
}

/** Answers a GET of a collection. */
export function list(ask) {
  const { objects, metadata } = page(ask);
  const body = many(objects.map((object) => as(object, ask.resource)), metadata, ask.form, ask.resource, ask.query.get("includeObject"));
  requireList(body);
  return { status: 200, body, isChecked: true };
}
