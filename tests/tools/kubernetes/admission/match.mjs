// Which webhooks a request goes to: rules, scopes, selectors, equivalent resources.
import { matchesLabels } from "../selectors.mjs";

const has = (list, value) => list.includes("*") || list.includes(value);

function matchesResource(resources, plural, subresource) {
  return resources.some((one) => {
    const [name, sub] = one.split("/");
    return (name === "*" || name === plural) && (sub === "*" || (sub ?? "") === (subresource ?? ""));
  });
}

function matchesRule(rule, { operation, resource, subresource, namespace }, { group, version, plural }) {
  if (!has(rule.operations, operation) || !has(rule.apiGroups, group) || !has(rule.apiVersions, version)) return false;
  const isNamespaced = resource.namespaced && Boolean(namespace);
  if (rule.scope === "Namespaced" && !isNamespaced) return false;
  if (rule.scope === "Cluster" && isNamespaced) return false;
  return matchesResource(rule.resources, plural, subresource);
}

/** The resource that a webhook is sent: as asked for, or an equivalent one that it names; undefined where it does not match. */
export function matchingResource(hook, attributes, equivalents) {
  const rules = hook.rules ?? [];
  if (rules.some((rule) => matchesRule(rule, attributes, attributes.resource))) return attributes.resource;
  if (hook.matchPolicy === "Exact") return undefined;
  return equivalents.find((other) => rules.some((rule) => matchesRule(rule, attributes, other)));
}

/** Whether the labels of a request's namespace match; nothing of the cluster but namespaces has any. */
export function matchesNamespace(hook, { operation, resource, subresource, namespace, object }, namespaceLabels) {
  const isNamespace = resource.group === "" && resource.plural === "namespaces";
  if (!isNamespace && !namespace) return true;
  if (isNamespace && !subresource && (operation === "CREATE" || operation === "UPDATE")) {
    return matchesLabels(hook.namespaceSelector, object?.metadata?.labels);
  }
  return matchesLabels(hook.namespaceSelector, namespaceLabels(namespace));
}

/** Whether the labels of either the new or the old object match. */
export function matchesObject(hook, { object, oldObject }) {
  const { matchLabels = {}, matchExpressions = [] } = hook.objectSelector ?? {};
  if (!Object.keys(matchLabels).length && !matchExpressions.length) return true;
  return [object, oldObject].some((one) => one?.metadata && matchesLabels(hook.objectSelector, one.metadata.labels));
}
