// PATCH in its four kinds.
import { check } from "../objects/structure.mjs";
import { apply } from "../patch/apply.mjs";
import { jsonPatch, mergePatch } from "../patch/json.mjs";
import { strategicMerge } from "../patch/strategic.mjs";
import { apiVersion } from "../resources.mjs";
import { badRequest, invalid, unsupported } from "../status.mjs";
import { decode, requireObject } from "./body.mjs";
import { requirePlace } from "../objects/metadata.mjs";
import { change, createFrom, managedPart } from "./write.mjs";

const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";

/** The value of a patch's body. */
export function patchBody(text, type, resource) {
  const accepted = [JSON_PATCH, MERGE, APPLY, ...(resource?.custom ? [] : [STRATEGIC])];
  const patch = decode(text, type, accepted);
  if (patch === null || typeof patch !== "object") throw badRequest("error decoding patch: it is no object");
  return patch;
}

/** A value with a patch of any kind but apply. */
export function patched(value, patch, type, schema) {
  if (type === JSON_PATCH) return jsonPatch(value, patch);
  if (type === MERGE) return mergePatch(value, patch);
  if (type !== STRATEGIC) throw unsupported([JSON_PATCH, MERGE, STRATEGIC].join(", "));
  return strategicMerge(value, patch, schema);
}

/** Answers a PATCH of an object or of a part of it. */
export async function patch(ask) {
  const body = patchBody(ask.text, ask.type, ask.resource);
  if (ask.type === APPLY) return applied(ask, body);
  if (ask.query.get("force") !== null) throw optionsRefusal("force", "forbidden", "Forbidden: may not be specified for non-apply patch");
  const make = (old) => {
    const object = requireObject(patched(structuredClone(old), body, ask.type, ask.resource.schema), ask);
    requirePlace(object, ask);
    return { object };
  };
  make.canRepeat = !body.metadata?.resourceVersion;
  return change(ask, make);
}

function optionsRefusal(field, cause, message) {
  return invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [{ cause, field, message }]);
}

async function applied(ask, body) {
  const { cluster: { store }, resource, namespace, name, query, subresource } = ask;
  const manager = query.get("fieldManager");
  if (!manager) throw optionsRefusal("fieldManager", "required", "Required value: is required for apply patch");
  if (!body.kind || !body.apiVersion) throw badRequest("invalid object type: /, Kind=");
  if (body.metadata?.managedFields?.length) throw badRequest("metadata.managedFields must be nil");
  const config = managedPart(requireConfiguration(ask, body), ask);
  const how = { config, schema: resource.schema, manager, force: query.get("force") === "true", apiVersion: apiVersion(resource), subresource };
  const exists = store.get(resource.storage, resource.namespaced ? namespace : undefined, name);
  if (!exists && !subresource) {
    if (config.metadata.uid) throw badRequest("uid mismatch: the provided object specified uid, and no existing object was found");
    const made = apply({ ...how, live: undefined });
    return createFrom(ask, requireObject(made, ask), made.metadata.managedFields);
  }
  const make = (old) => {
    const object = apply({ ...how, live: structuredClone(old) });
    const managed = object.metadata.managedFields;
    return { object: requireObject(object, ask), managed };
  };
  make.canRepeat = !config.metadata.resourceVersion;
  return change(ask, make);
}

/** An applied configuration may leave required fields out, but has no unknown ones and is of this place. */
function requireConfiguration(ask, body) {
  const { resource, name, namespace } = ask;
  const config = structuredClone(body);
  const given = config.metadata ?? {};
  config.metadata = { ...given, name: given.name ?? name, ...(resource.namespaced && { namespace: given.namespace ?? namespace }) };
  requirePlace(config, ask);
  const { unknown } = check(structuredClone(config), resource.schema);
  if (unknown.length && !["Ignore", "Warn"].includes(ask.mode)) throw badRequest(`failed to create typed patch object: ${unknown.map((path) => `.${path}: field not declared in schema`).join(", ")}`);
  return config;
}
