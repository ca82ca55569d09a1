// Writing: new objects and changed ones, past defaults, rules and webhooks into the store.
import { isDeepStrictEqual } from "node:util";
import { admit, options } from "../admission/dispatch.mjs";
import { establish } from "../objects/definitions.mjs";
import { firstStatus, setDefaults } from "../objects/defaults.mjs";
import { begin, keep, requirePlace } from "../objects/metadata.mjs";
import { changes, problems } from "../objects/rules.mjs";
import { as, stored } from "../objects/versions.mjs";
import { managedByUpdate } from "../patch/apply.mjs";
import { apiVersion } from "../resources.mjs";
import { alreadyExists, badRequest, conflict, forbidden, invalid, notFound, Refusal } from "../status.mjs";
import { requireObject } from "./body.mjs";
import { release } from "./remove.mjs";

const ATTEMPTS = 5;

/** What webhooks are told of every write. */
export function attributesOf({ resource, subresource, kind, namespace, name, user, dryRun, query }, operation, objects, more) {
  const isNamespace = resource.group === "" && resource.plural === "namespaces";
  const named = isNamespace ? (name ?? objects.object?.metadata?.name) : namespace;
  const title = { CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions" }[operation];
  return { operation, resource, subresource, kind: kind ?? resource, namespace: named, name, user, dryRun, ...objects, options: options(title, query, more) };
}

/** Objects of a namespace need it to be there, and new ones that it stays. */
export function requireNamespace({ cluster: { store, resources }, resource, namespace }) {
  if (!resource.namespaced) return;
  const found = store.get("/namespaces", undefined, namespace);
  if (!found) throw notFound(resources.find("", "v1", "namespaces"), namespace);
  if (found.metadata.deletionTimestamp) throw forbidden(resource, "", `unable to create new content in namespace ${namespace} because it is being terminated`, [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" }]);
}

/** Answers a POST of an object. */
export async function create(ask) {
  const object = requireObject(ask.body, ask);
  requirePlace(object, ask);
  if (object.metadata.resourceVersion) throw new Refusal(500, "", "resourceVersion should not be set on objects to be created");
  return createFrom(ask, object);
}

/** Stores a new object; `managed` says who manages its fields where that is not the one who creates it. */
export async function createFrom(ask, given, managed) {
  const { cluster, resource, namespace, manager, warnings } = ask;
  const { store, identifiers } = cluster;
  requireNamespace(ask);
  const object = begin(given, { identifiers, resource, namespace: resource.namespaced ? namespace : undefined });
  if (resource.subresources.status) delete object.status;
  const status = firstStatus(resource);
  if (status && resource.subresources.status) object.status = status;
  setDefaults(object, resource);
  const wrong = problems(object, resource);
  if (wrong.length) throw invalid(resource, object.metadata.name ?? "", wrong);
  object.metadata.managedFields = managed ?? managedByUpdate({ object: managedPart(object, ask), schema: resource.schema, manager, apiVersion: apiVersion(resource) });
  const attributes = attributesOf({ ...ask, name: given.metadata.name }, "CREATE", { object });
  warnings.push(...(await admit(cluster, attributes)));
  const { name } = object.metadata;
  if (store.get(resource.storage, object.metadata.namespace, name)) throw alreadyExists(resource, name);
  if (ask.dryRun) return { status: 201, body: object };
  const kept = store.put(resource.storage, stored(object, resource));
  if (resource.kind === "CustomResourceDefinition") establish(cluster, kept);
  return { status: 201, body: as(kept, resource) };
}

/** Answers a PUT of an object or of a part of it. */
export async function update(ask) {
  const given = requireObject(ask.body, ask);
  requirePlace(given, ask);
  const wanted = given.metadata.resourceVersion;
  if (!wanted && requiresRevision(ask.resource)) {
    throw invalid(ask.resource, ask.name, [{ cause: "invalid", field: "metadata.resourceVersion", message: "Invalid value: 0: must be specified for an update" }]);
  }
  return change(ask, () => ({ object: given }));
}

/** Which resources take no update that does not say what it is based on. */
function requiresRevision({ custom, kind }) {
  return Boolean(custom) || ["Lease", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "CustomResourceDefinition"].includes(kind);
}

/** Changes an object: `make` gives the new one, with its `managed` fields where the change decides on them, from the one that is there. */
export async function change(ask, make) {
  const { cluster, resource, subresource, name, warnings } = ask;
  const { store } = cluster;
  const namespace = resource.namespaced ? ask.namespace : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const current = store.get(resource.storage, namespace, name);
    if (!current) throw notFound(resource, name);
    const old = as(current, resource);
    const { object: given, managed } = make(old);
    const isBased = given.metadata.resourceVersion !== undefined && given.metadata.resourceVersion !== "";
    if (isBased && given.metadata.resourceVersion !== old.metadata.resourceVersion) throw conflict(resource, name);
    if (given.metadata.uid && given.metadata.uid !== old.metadata.uid) {
      throw conflict(resource, name, `Precondition failed: UID in precondition: ${given.metadata.uid}, UID in object meta: ${old.metadata.uid}`);
    }
    const object = next(ask, given, old, managed);
    warnings.push(...(await admit(cluster, attributesOf(ask, "UPDATE", { object, oldObject: old }))));
    if (store.get(resource.storage, namespace, name) !== current) {
      if (attempt < ATTEMPTS && (make.canRepeat || !isBased)) continue;
      throw conflict(resource, name);
    }
    if (ask.dryRun) return { status: 200, body: object };
    if (isDeepStrictEqual(object, old)) return { status: 200, body: old };
    if (isReleased(object, subresource)) return { status: 200, body: as(release(cluster, resource, stored(object, resource)), resource) };
    const kept = store.put(resource.storage, stored(object, resource));
    if (resource.kind === "CustomResourceDefinition" && !subresource) establish(cluster, kept);
    return { status: 200, body: as(kept, resource) };
  }
}

/** What the managers of a request can have: without the subresource, nothing of the status. */
export function managedPart(object, { resource, subresource }) {
  if (subresource || !resource.subresources.status) return object;
  const { status: _status, ...rest } = object;
  return rest;
}

function isReleased({ metadata, spec, kind }, subresource) {
  if (!metadata.deletionTimestamp || metadata.finalizers?.length) return false;
  return kind !== "Namespace" || (subresource === "finalize" && !spec.finalizers?.length);
}

/** The object that a change leads to: parts that the request does not reach stay, what the server sets is set. */
function next(ask, given, old, managed) {
  const { resource, subresource, manager } = ask;
  const part = subresource && resource.subresources[subresource].own;
  const object = part ? withPart(old, given, part) : keep(given, old);
  if (!part && resource.subresources.status) {
    delete object.status;
    if (old.status !== undefined) object.status = old.status;
  }
  setDefaults(object, resource);
  const wrong = [...problems(object, resource), ...changes(object, old, resource)];
  if (wrong.length) throw invalid(resource, old.metadata.name, wrong);
  const isSame = ([name, value]) => ["metadata", "status"].includes(name) || isDeepStrictEqual(value, old[name]);
  if (resource.counts && ![...Object.entries(object), ...Object.keys(old).filter((name) => !(name in object)).map((name) => [name, undefined])].every(isSame)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  const sub = subresource && { subresource };
  const managedFields = managed ?? managedByUpdate({ object: managedPart(object, ask), old: managedPart(old, ask), schema: resource.schema, manager, apiVersion: apiVersion(resource), ...sub });
  object.metadata = { ...object.metadata, managedFields };
  if (!managedFields.length) delete object.metadata.managedFields;
  return object;
}

/** An object with one part from another: what a subresource may change. */
function withPart(old, given, part) {
  const object = structuredClone(old);
  if (part === "status") {
    delete object.status;
    return given.status === undefined ? object : { ...object, status: structuredClone(given.status) };
  }
  if (part === "finalize") return { ...object, spec: { ...object.spec, finalizers: given.spec?.finalizers ?? [] } };
  if (part === "ephemeralContainers") return { ...object, spec: { ...object.spec, ephemeralContainers: structuredClone(given.spec?.ephemeralContainers ?? []) } };
  if (part !== "resources") throw badRequest(`no part ${part}`);
  for (const container of object.spec.containers) container.resources = structuredClone(given.spec?.containers?.find(({ name }) => name === container.name)?.resources ?? {});
  return object;
}
