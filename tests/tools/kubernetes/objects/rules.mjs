// What the API server refuses in objects beyond their schemas: names, selectors, webhooks, definitions.
import { X509Certificate } from "node:crypto";
import { syntaxError } from "../expressions.mjs";
import { matchesLabels } from "../selectors.mjs";

const problem = (cause, field, message) => ({ cause, field, message });
const required = (field, more = "") => problem("required", field, `Required value${more}`);
const wrong = (field, value, why) => problem("invalid", field, `Invalid value: ${JSON.stringify(value)}: ${why}`);

const oneOf = (field, value, values) => problem("unsupported", field, `Unsupported value: ${JSON.stringify(value)}: supported values: ${values.map((one) => JSON.stringify(one)).join(", ")}`);

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const LABEL_RULE = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function metadata({ metadata: { name, labels } }, resource) {
  const found = [];
  const loose = resource.group === "rbac.authorization.k8s.io";
  if (!name) found.push(required("metadata.name", ": name or generateName is required"));
  else if (!loose && (!SUBDOMAIN.test(name) || name.length > 253)) found.push(wrong("metadata.name", name, SUBDOMAIN_RULE));
  for (const value of Object.values(labels ?? {})) {
    if (!LABEL.test(value)) found.push(wrong("metadata.labels", value, LABEL_RULE));
    else if (value.length > 63) found.push(wrong("metadata.labels", value, "must be no more than 63 bytes"));
  }
  return found;
}

function workload({ spec }) {
  const { selector, template } = spec;
  if (!selector || !template || matchesLabels(selector, template.metadata?.labels)) return [];
  return [wrong("spec.template.metadata.labels", template.metadata?.labels ?? {}, "`selector` does not match template `labels`")];
}

function webhooks({ webhooks = [] }) {
  return webhooks.flatMap((hook, index) => {
    const at = `webhooks[${index}]`;
    const found = [];
    if (hook.name.split(".").length < 3) found.push(wrong(`${at}.name`, hook.name, "should be a domain with at least three segments separated by dots"));
    if (hook.timeoutSeconds < 1 || hook.timeoutSeconds > 30) found.push(wrong(`${at}.timeoutSeconds`, hook.timeoutSeconds, "the timeout value must be between 1 and 30 seconds"));
    if (!["None", "NoneOnDryRun"].includes(hook.sideEffects)) found.push(oneOf(`${at}.sideEffects`, hook.sideEffects, ["None", "NoneOnDryRun"]));
    for (const [name, values] of Object.entries({ failurePolicy: ["Fail", "Ignore"], matchPolicy: ["Equivalent", "Exact"] })) {
      if (!values.includes(hook[name])) found.push(oneOf(`${at}.${name}`, hook[name], values));
    }
    for (const [place, { expression }] of (hook.matchConditions ?? []).entries()) {
      const mistake = syntaxError(expression);
      if (mistake) found.push(wrong(`${at}.matchConditions[${place}].expression`, expression, `compilation failed: ${mistake}`));
    }
    if (!hook.admissionReviewVersions?.some((version) => ["v1", "v1beta1"].includes(version))) {
      found.push(wrong(`${at}.admissionReviewVersions`, hook.admissionReviewVersions, "must include at least one of v1, v1beta1"));
    }
    const { url, service, caBundle } = hook.clientConfig;
    if (caBundle && !isBundle(caBundle)) found.push(wrong(`${at}.clientConfig.caBundle`, "", "unable to load root certificates: unable to parse bytes as PEM block"));
    if (Boolean(url) === Boolean(service)) found.push(required(`${at}.clientConfig`, ": exactly one of url or service is required"));
    if (url && !url.startsWith("https://")) found.push(wrong(`${at}.clientConfig.url`, new URL(url).protocol.slice(0, -1), "'https' is the only allowed URL scheme; desired format: https://host[/path]"));
    for (const [place, rule] of (hook.rules ?? []).entries()) {
      for (const operation of rule.operations ?? []) if (!OPERATIONS.includes(operation)) found.push(oneOf(`${at}.rules[${place}].operations`, operation, OPERATIONS));
      if (!["*", "Cluster", "Namespaced"].includes(rule.scope)) found.push(oneOf(`${at}.rules[${place}].scope`, rule.scope, ["*", "Cluster", "Namespaced"]));
      for (const name of ["operations", "apiGroups", "apiVersions", "resources"]) if (!rule[name]?.length) found.push(required(`${at}.rules[${place}].${name}`));
    }
    return found;
  });
}

/** Whether a bundle holds certificates, each of which can be read. */
function isBundle(encoded) {
  const blocks = Buffer.from(encoded, "base64").toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    return Boolean(blocks?.every((block) => new X509Certificate(block)));
  } catch {
    return false;
  }
}

function definition({ metadata: { name }, spec }) {
  const found = [];
  const wanted = `${spec.names.plural}.${spec.group}`;
  if (name !== wanted) found.push(wrong("metadata.name", name, `must be spec.names.plural+"."+spec.group`));
  if (spec.versions.filter((version) => version.storage).length !== 1) found.push(wrong("spec.versions", spec.versions.map((one) => one.name), "must have exactly one version marked as storage version"));
  spec.versions.forEach((version, index) => {
    if (!version.schema?.openAPIV3Schema) found.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, ": schemas are required"));
    else structural(version.schema.openAPIV3Schema, `spec.versions[${index}].schema.openAPIV3Schema`, found);
  });
  return found;
}

/** A structural schema says the type of everything, at every level. */
function structural(schema, at, found) {
  if (!schema.type && !schema["x-kubernetes-int-or-string"] && !schema["x-kubernetes-preserve-unknown-fields"]) {
    found.push(required(`${at}.type`, at.endsWith("openAPIV3Schema") ? ": must not be empty at the root" : ": must not be empty for specified object fields"));
  }
  for (const [place, { rule }] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    const mistake = syntaxError(rule);
    if (mistake) found.push(wrong(`${at}.x-kubernetes-validations[${place}].rule`, rule, `compilation failed: ${mistake}`));
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) structural(field, `${at}.properties[${name}]`, found);
  if (schema.items) structural(schema.items, `${at}.items`, found);
  if (typeof schema.additionalProperties === "object") structural(schema.additionalProperties, `${at}.additionalProperties`, found);
}

const KINDS = {
  Deployment: workload,
  ReplicaSet: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  ValidatingWebhookConfiguration: webhooks,
  MutatingWebhookConfiguration: webhooks,
  CustomResourceDefinition: definition,
  Pod: ({ spec }) => (spec.containers?.length ? [] : [required("spec.containers")]),
};

/** What is wrong with an object, one problem for each field. */
export function problems(object, resource) {
  return [...metadata(object, resource), ...((!resource.custom && KINDS[resource.kind]?.(object)) || [])];
}

/** What is wrong with a change of an object: what cannot be changed. */
export function changes(object, old, resource) {
  const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);
  const fixed = { Deployment: ["spec.selector"], RoleBinding: ["roleRef"], ClusterRoleBinding: ["roleRef"], Secret: ["type"] };
  const found = [];
  for (const field of (!resource.custom && fixed[resource.kind]) || []) {
    const value = (from) => field.split(".").reduce((at, name) => at?.[name], from);
    const why = field === "roleRef" ? "cannot change roleRef" : "field is immutable";
    if (!same(value(object), value(old))) found.push(wrong(field, value(object), why));
  }
  const added = (object.metadata.finalizers ?? []).filter((one) => !old.metadata.finalizers?.includes(one));
  if (old.metadata.deletionTimestamp && added.length) {
    found.push(problem("forbidden", "metadata.finalizers", `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(", ")}}`));
  }
  return found;
}
