// Removing: one object or many, those that finalizers hold, those that belong to what is gone, and whole namespaces.
import { admit } from "../admission/dispatch.mjs";
import { forget } from "../objects/definitions.mjs";
import { now } from "../objects/metadata.mjs";
import { as } from "../objects/versions.mjs";
import { builtIn, resolved } from "../schemas.mjs";
import { conflict } from "../status.mjs";
import { requireObject } from "./body.mjs";
import { existing, page } from "./read.mjs";
import { many } from "./table.mjs";
import { attributesOf } from "./write.mjs";

const definition = resolved(builtIn({ group: "", version: "v1", kind: "DeleteOptions" }));
const OPTIONS = { version: "v1", kind: "DeleteOptions", schema: { ...definition, properties: { ...definition.properties, apiVersion: { type: "string" } } } };
const RETURNED = ["namespaces", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas", "serviceaccounts", "services"];

/** The options of a deletion, from its body and its query, without kind and version. */
function deleteOptions({ body, query, mode, warnings }) {
  const group = body?.apiVersion?.startsWith("meta.k8s.io/") ? "meta.k8s.io" : "";
  const { kind, apiVersion, ...given } = body ? requireObject(body, { resource: { ...OPTIONS, group }, mode, warnings }) : {};
  const text = (name) => (query.get(name) ? { [name]: query.get(name) } : {});
  const seconds = query.get("gracePeriodSeconds");
  return { ...given, ...text("propagationPolicy"), ...(seconds !== null && { gracePeriodSeconds: Number(seconds) }), ...(query.getAll("dryRun").length && { dryRun: query.getAll("dryRun") }) };
}

/** Answers a DELETE of one object. */
export async function remove(ask) {
  const { resource, name } = ask;
  const given = deleteOptions(ask);
  const found = existing(ask);
  const { uid, resourceVersion } = given.preconditions ?? {};
  if (uid && uid !== found.metadata.uid) throw conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found.metadata.uid}`);
  if (resourceVersion && resourceVersion !== found.metadata.resourceVersion) throw conflict(resource, name, `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${found.metadata.resourceVersion}`);
  const removed = await removeOne(ask, found, given, name);
  if (removed.metadata.deletionTimestamp || (resource.group === "" && RETURNED.includes(resource.plural))) return { status: 200, body: as(removed, resource) };
  const details = { name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid: found.metadata.uid };
  return { status: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

/** Answers a DELETE of a collection. */
export async function removeAll(ask) {
  const given = deleteOptions(ask);
  const { objects, metadata } = page(ask);
  for (const object of objects) {
    const { store } = ask.cluster;
    if (store.get(ask.resource.storage, object.metadata.namespace, object.metadata.name)) await removeOne({ ...ask, namespace: object.metadata.namespace }, object, given);
  }
  return { status: 200, body: many(objects.map((object) => as(object, ask.resource)), metadata, undefined, ask.resource) };
}

async function removeOne(ask, found, given, name) {
  const { cluster, resource, warnings } = ask;
  const isDry = ask.dryRun || given.dryRun?.length > 0;
  const attributes = attributesOf({ ...ask, name, dryRun: isDry }, "DELETE", { oldObject: as(found, resource) }, given);
  if (resource.plural === "namespaces" && resource.group === "") attributes.namespace = found.metadata.name;
  warnings.push(...(await admit(cluster, attributes)));
  const current = cluster.store.get(resource.storage, found.metadata.namespace, found.metadata.name);
  if (isDry || !current) return found;
  return drop(cluster, resource, current, given.propagationPolicy === "Orphan" || given.orphanDependents === true);
}

/** Finalizers of controllers that would let an unused object go at once. */
const PROTECTION = ["kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"];

/** Removes a stored object, or marks it where finalizers hold it. */
export function drop(cluster, resource, found, isOrphaning = false) {
  const finalizers = found.metadata.finalizers?.filter((one) => !PROTECTION.includes(one));
  const object = finalizers ? { ...found, metadata: { ...found.metadata, finalizers } } : found;
  const isNamespace = resource.storage === "/namespaces";
  if (!finalizers?.length && !isNamespace) return release(cluster, resource, object, isOrphaning);
  if (object.metadata.deletionTimestamp) return object;
  const marked = { ...object, metadata: { ...object.metadata, deletionTimestamp: now(), deletionGracePeriodSeconds: 0 } };
  if (marked.metadata.generation !== undefined) marked.metadata.generation += 1;
  if (!isNamespace) return cluster.store.put(resource.storage, marked);
  const ending = cluster.store.put(resource.storage, { ...marked, status: { ...marked.status, phase: "Terminating" } });
  empty(cluster, object.metadata.name);
  return ending;
}

/** Takes an object out of the store with what belongs to it alone. */
export function release(cluster, resource, object, isOrphaning = false) {
  const { store } = cluster;
  const removed = store.remove(resource.storage, object);
  if (resource.kind === "CustomResourceDefinition") forget(cluster, object);
  collect(cluster, object.metadata.uid, isOrphaning);
  const { namespace } = object.metadata;
  if (namespace && store.get("/namespaces", undefined, namespace)?.metadata.deletionTimestamp) finish(cluster, namespace);
  return removed;
}

const storages = ({ resources }) => [...new Map(resources.list.map((resource) => [resource.storage, resource])).values()];

/** Removes or frees the objects whose last owner is gone. */
function collect(cluster, uid, isOrphaning) {
  if (!cluster.store.owned.has(uid)) return;
  for (const resource of storages(cluster)) {
    for (const object of cluster.store.list(resource.storage)) {
      const owners = object.metadata.ownerReferences;
      if (!owners?.some((owner) => owner.uid === uid)) continue;
      const left = owners.filter((owner) => owner.uid !== uid);
      if (!left.length && !isOrphaning) drop(cluster, resource, object);
      else cluster.store.put(resource.storage, { ...object, metadata: { ...object.metadata, ownerReferences: left } });
    }
  }
}

function contents(cluster, namespace) {
  return storages(cluster).filter((resource) => resource.namespaced).flatMap((resource) => cluster.store.list(resource.storage, namespace).map((object) => ({ resource, object })));
}

function empty(cluster, namespace) {
  for (const { resource, object } of contents(cluster, namespace)) {
    const current = cluster.store.get(resource.storage, namespace, object.metadata.name);
    if (current) drop(cluster, resource, current);
  }
  finish(cluster, namespace);
}

/** A namespace that is being terminated goes with its last object. */
function finish(cluster, namespace) {
  const found = cluster.store.get("/namespaces", undefined, namespace);
  if (!found || found.metadata.finalizers?.length || contents(cluster, namespace).length) return;
  cluster.store.remove("/namespaces", { ...found, spec: {} });
}
