// Validating admission: asks every webhook that a request concerns, and refuses what one of them denies.
import { holds } from "../expressions.mjs";
import { apiVersion } from "../resources.mjs";
import { badRequest, forbidden, internal, Refusal } from "../status.mjs";
import { as } from "../objects/versions.mjs";
import { call, CallError } from "./call.mjs";
import { matchesNamespace, matchesObject, matchingResource } from "./match.mjs";

const STORAGE = "admissionregistration.k8s.io/validatingwebhookconfigurations";
const MOST_ENTRIES = 20_000;
const plain = ({ group, version, kind }) => ({ group, version, kind });
const named = ({ group, version, plural }) => ({ group, version, resource: plural });

/** The request of a review, with every field that the API server sends. */
export function reviewRequest(attributes, target, uid) {
  const { operation, resource, subresource, name, namespace, user, object, oldObject, dryRun, options, kind } = attributes;
  const sentKind = target === resource || subresource ? kind : target;
  const version = (value) => (value && target !== resource && !subresource ? as(value, target) : value);
  return {
    uid,
    kind: plain(sentKind),
    resource: named(target),
    ...(subresource && { subResource: subresource }),
    requestKind: plain(kind),
    requestResource: named(resource),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: user,
    object: version(object) ?? null,
    oldObject: version(oldObject) ?? null,
    dryRun: Boolean(dryRun),
    options: options ?? null,
  };
}

/** Asks all webhooks at once; gives their warnings. Every decision is kept for `/_audit`. */
export async function admit(cluster, attributes) {
  const { store, resources, services, audit, identifiers } = cluster;
  const { resource, subresource } = attributes;
  if (resource.group === "admissionregistration.k8s.io") return [];
  const labels = (name) => store.get("/namespaces", undefined, name)?.metadata.labels ?? {};
  const equivalents = subresource ? [] : resources.equivalents(resource);
  const wanted = store.list(STORAGE).flatMap(({ metadata, webhooks = [] }) => webhooks.map((hook) => ({ hook, configuration: metadata.name })))
    .map((one) => ({ ...one, target: matchingResource(one.hook, attributes, equivalents) }))
    .filter(({ hook, target }) => target && matchesNamespace(hook, attributes, labels) && matchesObject(hook, attributes) && meetsConditions(hook, attributes, target));
  for (const { hook } of wanted) {
    if (attributes.dryRun && !["None", "NoneOnDryRun"].includes(hook.sideEffects)) throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  }
  const results = await Promise.all(wanted.map((one) => ask(one, attributes, services, identifiers.uid())));
  for (const { hook, configuration, request, response, error } of results) {
    const annotations = Object.entries(response?.auditAnnotations ?? {}).map(([key, value]) => [`${hook.name}/${key}`, value]);
    audit.push({
      configuration, webhook: hook.name, uid: request.uid, operation: request.operation, resource: request.resource, subResource: request.subResource,
      namespace: request.namespace, name: request.name, user: request.userInfo.username, dryRun: request.dryRun,
      allowed: response?.allowed ?? null, status: response?.status, warnings: response?.warnings ?? [], annotations: Object.fromEntries(annotations),
      ...(response?.unknownFields && { unknownFields: response.unknownFields }),
      ...(error && { error: error.message, failurePolicy: hook.failurePolicy }),
    });
  }
  audit.splice(0, Math.max(0, audit.length - MOST_ENTRIES));
  const warnings = results.flatMap(({ response }) => response?.warnings ?? []);
  const refusals = results.map(refusalOf).filter(Boolean);
  if (refusals.length) throw Object.assign(refusals[0], { warnings });
  return warnings;
}

/** Whether a request meets all conditions of a webhook; one that is false decides, then one that cannot be evaluated. */
function meetsConditions({ matchConditions = [], failurePolicy }, attributes, target) {
  if (!matchConditions.length) return true;
  const { object, oldObject, ...request } = reviewRequest(attributes, target, "");
  const results = matchConditions.map(({ expression }) => ({ expression, ...holds(expression, { request, object, oldObject }) }));
  if (results.some(({ value }) => value === false)) return false;
  const failed = results.find(({ error }) => error);
  if (failed && failurePolicy === "Fail") throw forbidden(attributes.resource, attributes.name, `expression '${failed.expression}' resulted in error: ${failed.error}`);
  return !failed;
}

async function ask({ hook, configuration, target }, attributes, services, uid) {
  const request = reviewRequest(attributes, target, uid);
  const review = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request };
  try {
    return { hook, configuration, request, response: await call(hook, review, services) };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { hook, configuration, request, error };
  }
}

function refusalOf({ hook, response, error }) {
  if (error) return hook.failurePolicy === "Fail" ? internal(`failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`) : undefined;
  if (response.allowed) return undefined;
  const { code = 0, message, reason, details } = response.status ?? {};
  const denied = `admission webhook ${JSON.stringify(hook.name)} denied the request`;
  const told = message || reason ? `${denied}: ${message || reason}` : `${denied} without explanation`;
  return new Refusal(code < 400 ? 400 : code, reason, told, { details });
}

/** The options of a write as a webhook sees them. */
export function options(kind, query, more = {}) {
  const dryRun = query.getAll("dryRun");
  const text = (name) => (query.get(name) ? { [name]: query.get(name) } : {});
  return { kind, apiVersion: "meta.k8s.io/v1", ...more, ...(dryRun.length && { dryRun }), ...(kind === "DeleteOptions" ? {} : { ...text("fieldManager"), ...text("fieldValidation") }) };
}

/** The kind of an object that is asked for as such. */
export const typed = (resource, object) => ({ kind: resource.kind, apiVersion: apiVersion(resource), ...object });
