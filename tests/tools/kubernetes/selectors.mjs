// Label and field selectors, as text of a query and as LabelSelector.
import { badRequest } from "./status.mjs";

/** A test of labels from the text of `labelSelector`. */
export function labelSelector(text) {
  if (!text) return () => true;
  const tests = text.split(/,(?![^(]*\))/).map((part) => labelTest(part.trim()));
  return (labels = {}) => tests.every((test) => test(labels));
}

function labelTest(part) {
  const set = /^([^\s!=]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part);
  if (set) {
    const values = set[3].split(",").map((value) => value.trim());
    return (labels) => (set[2] === "in" ? set[1] in labels && values.includes(labels[set[1]]) : !(set[1] in labels) || !values.includes(labels[set[1]]));
  }
  const compared = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(part);
  if (compared) return (labels) => (compared[2] === "!=" ? labels[compared[1]] !== compared[3] : labels[compared[1]] === compared[3]);
  const exists = /^(!?)\s*([A-Za-z0-9][\w./-]*)$/.exec(part);
  if (!exists) throw badRequest(`unable to parse requirement: ${part}`);
  return (labels) => exists[2] in labels !== Boolean(exists[1]);
}

/** Whether labels match a LabelSelector object. */
export function matchesLabels({ matchLabels = {}, matchExpressions = [] } = {}, labels = {}) {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return equal && matchExpressions.every(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key in labels;
    if (operator === "DoesNotExist") return !(key in labels);
    return operator === "In" ? key in labels && values.includes(labels[key]) : !(key in labels) || !values.includes(labels[key]);
  });
}

const FIELDS = {
  "/pods": ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
  "/events": ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
  "/namespaces": ["status.phase"],
  "/nodes": ["spec.unschedulable"],
  "/secrets": ["type"],
  "/services": ["spec.clusterIP", "spec.type"],
  "/replicationcontrollers": ["status.replicas"],
  "apps/replicasets": ["status.replicas"],
  "batch/jobs": ["status.successful"],
};

/** A test of stored objects from the text of `fieldSelector`; fields that the resource does not offer are refused. */
export function fieldSelector(resource, text) {
  if (!text) return () => true;
  const tests = text.split(",").map((part) => {
    const [, field, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (!field) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const known = ["metadata.name", ...(resource.namespaced ? ["metadata.namespace"] : []), ...(FIELDS[resource.storage] ?? [])];
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
    return (object) => (String(at(object, field) ?? "") === value) === (operator !== "!=");
  });
  return (object) => tests.every((test) => test(object));
}

function at(object, field) {
  if (field === "source") return object.source?.component;
  return field.split(".").reduce((value, name) => value?.[name], object);
}
