// Watches: what happens to the objects of a resource, one line of JSON for each event.
import { as } from "../objects/versions.mjs";
import { apiVersion } from "../resources.mjs";
import { invalid, Refusal } from "../status.mjs";
import { revisionOf, selection } from "./read.mjs";
import { one } from "./table.mjs";

const LONGEST_SECONDS = 1800;
const LARGEST_BACKLOG = 64 * 1024 * 1024;
const isTrue = (text) => ["1", "true"].includes(text);

/** What a watch sends of an event, as objects begin and cease to be wanted. */
function transition({ type, object, previous }, wanted) {
  const before = previous !== undefined && wanted(previous);
  const after = type !== "DELETED" && wanted(object);
  if (type === "DELETED") return before ? "DELETED" : undefined;
  if (after) return before ? "MODIFIED" : "ADDED";
  return before ? "DELETED" : undefined;
}

function requireOptions(query) {
  const problem = (message) => invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [{ cause: "forbidden", field: "sendInitialEvents", message: `Forbidden: ${message}` }]);
  if (query.get("sendInitialEvents") === null) return;
  if (query.get("resourceVersionMatch") !== "NotOlderThan") throw problem("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
}

/** The events that a watch starts with, and from which revision on it goes. */
function beginning({ cluster: { store }, resource, namespace, query }) {
  const given = query.get("resourceVersion") ?? "";
  const wantsInitial = query.get("sendInitialEvents") === null ? given === "" || given === "0" : isTrue(query.get("sendInitialEvents"));
  if (given) store.reached(revisionOf(given));
  if (wantsInitial) return { events: store.list(resource.storage, namespace).map((object) => ({ type: "ADDED", object })) };
  return { events: given && given !== "0" ? store.since(resource.storage, revisionOf(given)) : [] };
}

/** Streams events into a response until time is up, the client goes, or a fault cuts it. */
export function watch(ask, response, { fault } = {}) {
  const { cluster, resource, namespace, query, form, name } = ask;
  const { store, streams } = cluster;
  requireOptions(query);
  const matches = selection(ask);
  const wanted = (object) => matches(object) && (!name || object.metadata.name === name);
  const includeObject = query.get("includeObject");
  let sent = 0;
  let timers = [];
  const end = () => {
    store.watchers.delete(observe);
    streams.delete(end);
    timers.forEach(clearTimeout);
    timers = [];
    response.end();
  };
  const send = (type, object) => {
    if (fault?.dropAfter !== undefined && sent >= fault.dropAfter) return void response.destroy();
    sent += 1;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > LARGEST_BACKLOG) response.destroy();
  };
  const tell = (event) => {
    const { metadata } = event.object;
    if (namespace !== undefined && metadata.namespace !== namespace) return;
    const type = transition(event, wanted);
    if (type) send(type, one(as(event.object, resource), form, resource, includeObject));
  };
  const observe = (event) => event.storage === resource.storage && tell(event);
  const bookmark = (annotations) => {
    if (!isTrue(query.get("allowWatchBookmarks"))) return;
    const metadata = { resourceVersion: String(store.revision), creationTimestamp: null, ...(annotations && { annotations }) };
    const object = { kind: resource.kind, apiVersion: apiVersion(resource), metadata };
    send("BOOKMARK", form === "Table" ? { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: { resourceVersion: metadata.resourceVersion }, columnDefinitions: null, rows: [{ cells: null, object: { ...object, kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" } }] } : object);
  };
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  response.on("close", end);
  streams.add(end);
  try {
    beginning(ask).events.forEach(tell);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    send("ERROR", error.body());
    return end();
  }
  if (isTrue(query.get("sendInitialEvents"))) bookmark({ "k8s.io/initial-events-end": "true" });
  store.watchers.add(observe);
  const seconds = Math.min(Number(query.get("timeoutSeconds")) || LONGEST_SECONDS, LONGEST_SECONDS);
  timers.push(setTimeout(() => {
    bookmark();
    end();
  }, seconds * 1000));
  timers.push(setInterval(() => bookmark(), cluster.bookmarkSeconds * 1000));
  return undefined;
}
