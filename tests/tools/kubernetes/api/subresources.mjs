// Subresources that are objects of their own kind: scale, evictions, bindings, tokens, and connections to pods.
import { isDeepStrictEqual } from "node:util";
import { admit } from "../admission/dispatch.mjs";
import { as, stored } from "../objects/versions.mjs";
import { managedByUpdate } from "../patch/apply.mjs";
import { apiVersion } from "../resources.mjs";
import { builtIn } from "../schemas.mjs";
import { badRequest, conflict } from "../status.mjs";
import { requireObject } from "./body.mjs";
import { patchBody, patched } from "./patches.mjs";
import { existing } from "./read.mjs";
import { release } from "./remove.mjs";
import { attributesOf } from "./write.mjs";

const kindOf = ({ group, version, kind }) => ({ group, version, kind, schema: builtIn({ group, version, kind }) });
const success = (code) => ({ status: code, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code } });

const at = (object, path) => path.split(".").filter(Boolean).reduce((value, name) => value?.[name], object);

function withReplicas(object, path, replicas) {
  const changed = structuredClone(object);
  const names = path.split(".").filter(Boolean);
  const last = names.pop();
  names.reduce((value, name) => (value[name] ??= {}), changed)[last] = replicas;
  return changed;
}

function selectorText(selector) {
  if (typeof selector === "string") return selector;
  const labels = selector?.matchLabels ?? (selector?.matchExpressions ? {} : selector) ?? {};
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).sort().join(",");
}

const PATHS = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", labelSelectorPath: ".spec.selector" };

/** The scale of an object. */
function scaleOf(object, { specReplicasPath, statusReplicasPath, labelSelectorPath }) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = labelSelectorPath && selectorText(at(object, labelSelectorPath));
  return {
    kind: "Scale", apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: at(object, specReplicasPath) ?? 0 },
    status: { replicas: at(object, statusReplicasPath) ?? 0, ...(selector && { selector }) },
  };
}

/** Answers requests of a scale. */
export async function scale(ask) {
  const { cluster, resource, subresource, method, warnings, manager } = ask;
  const { paths = PATHS, ...kind } = resource.subresources.scale;
  const current = existing(ask);
  const old = as(current, resource);
  const before = scaleOf(old, paths);
  if (method === "GET") return { status: 200, body: before };
  const body = method === "PUT" ? ask.body : patched(structuredClone(before), patchBody(ask.text, ask.type), ask.type, kindOf(kind).schema);
  const after = requireObject(body, { ...ask, resource: kindOf(kind) });
  if (after.metadata?.resourceVersion && after.metadata.resourceVersion !== old.metadata.resourceVersion) throw conflict(resource, ask.name);
  const object = withReplicas(old, paths.specReplicasPath, after.spec?.replicas ?? 0);
  if (resource.counts && !isDeepStrictEqual(object, old)) object.metadata.generation += 1;
  object.metadata.managedFields = managedByUpdate({ object, old, schema: resource.schema, manager, apiVersion: apiVersion(resource), subresource });
  warnings.push(...(await admit(cluster, attributesOf({ ...ask, kind }, "UPDATE", { object: scaleOf(object, paths), oldObject: before }))));
  if (existing(ask) !== current) throw conflict(resource, ask.name);
  if (ask.dryRun || isDeepStrictEqual(object, old)) return { status: 200, body: scaleOf(object, paths) };
  return { status: 200, body: scaleOf(as(cluster.store.put(resource.storage, stored(object, resource)), resource), paths) };
}

/** Answers a POST of an eviction, a binding or a request for a token. */
export async function post(ask) {
  const { cluster, resource, subresource, namespace, name, warnings } = ask;
  const found = existing(ask);
  const kind = kindOf(resource.subresources[subresource]);
  const object = requireObject(ask.body, { ...ask, resource: kind });
  object.metadata = { ...object.metadata, name: object.metadata?.name || name, namespace };
  warnings.push(...(await admit(cluster, attributesOf({ ...ask, kind }, "CREATE", { object }))));
  if (subresource === "token") return token(ask, found, object);
  if (ask.dryRun) return success(201);
  const current = existing(ask);
  if (subresource === "eviction") release(cluster, resource, current);
  else cluster.store.put(resource.storage, { ...current, spec: { ...current.spec, nodeName: object.target.name } });
  return success(201);
}

function token({ cluster, namespace, name }, account, object) {
  const seconds = object.spec.expirationSeconds ?? 3600;
  const expirationTimestamp = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, "");
  const issued = cluster.users.issue(namespace, name, account.metadata.uid);
  return { status: 201, body: { ...object, spec: { ...object.spec, expirationSeconds: seconds }, status: { token: issued, expirationTimestamp } } };
}

const OPTIONS = {
  exec: ["stdin", "stdout", "stderr", "tty", "container", "command"],
  attach: ["stdin", "stdout", "stderr", "tty", "container"],
  portforward: ["ports"],
};

/** Answers a connection to a pod: webhooks are asked, but no container runs that it could lead to. */
export async function connect(ask) {
  const { cluster, resource, subresource, name, query } = ask;
  existing(ask);
  const kind = resource.subresources[subresource];
  const object = { kind: kind.kind, apiVersion: "v1" };
  for (const option of OPTIONS[subresource]) {
    const values = query.getAll(option);
    if (!values.length) continue;
    if (option === "command") object.command = values;
    else if (option === "ports") object.ports = values.map(Number);
    else object[option] = option === "container" ? values[0] : ["1", "true"].includes(values[0]);
  }
  await admit(cluster, { ...attributesOf({ ...ask, kind }, "CONNECT", { object }), options: undefined });
  throw badRequest(`pod ${name} does not have a host assigned`);
}
