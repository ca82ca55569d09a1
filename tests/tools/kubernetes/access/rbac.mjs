// Role-based access: what the roles that are bound to a user allow.
import { forbidden, Refusal } from "../status.mjs";

const RBAC = "rbac.authorization.k8s.io";
const role = (name, rules) => ({ apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: { name }, rules });
const bound = (name, group) => ({
  apiVersion: `${RBAC}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
  subjects: [{ apiGroup: RBAC, kind: "Group", name: group }],
});
const DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"];

/** The roles that every cluster has. */
export const bootstrap = [
  role("cluster-admin", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }, { nonResourceURLs: ["*"], verbs: ["*"] }]),
  role("system:discovery", [{ nonResourceURLs: DISCOVERY, verbs: ["get"] }]),
  role("system:basic-user", [
    { apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], verbs: ["create"] },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ]),
  role("system:public-info-viewer", [{ nonResourceURLs: ["/healthz", "/livez", "/readyz", "/version", "/version/"], verbs: ["get"] }]),
  bound("cluster-admin", "system:masters"),
  bound("system:discovery", "system:authenticated"),
  bound("system:basic-user", "system:authenticated"),
  bound("system:public-info-viewer", "system:unauthenticated"),
];

function isSubject(user, { kind, name, namespace }, bindingNamespace) {
  if (kind === "User") return user.username === name;
  if (kind === "Group") return user.groups.includes(name);
  return user.username === `system:serviceaccount:${namespace ?? bindingNamespace}:${name}`;
}

/** The rules that hold for a user in a namespace, or in the cluster. */
export function rulesFor(store, user, namespace) {
  const bindings = [...store.list(`${RBAC}/clusterrolebindings`), ...(namespace ? store.list(`${RBAC}/rolebindings`, namespace) : [])];
  return bindings.flatMap(({ roleRef, subjects = [], metadata }) => {
    if (!subjects.some((subject) => isSubject(user, subject, metadata.namespace))) return [];
    const found = roleRef.kind === "Role" ? store.get(`${RBAC}/roles`, metadata.namespace, roleRef.name) : store.get(`${RBAC}/clusterroles`, undefined, roleRef.name);
    return found ? aggregated(store, found) : [];
  });
}

function aggregated(store, { rules, aggregationRule }) {
  const more = (aggregationRule?.clusterRoleSelectors ?? []).flatMap(({ matchLabels = {} }) =>
    store.list(`${RBAC}/clusterroles`).filter(({ metadata }) => Object.entries(matchLabels).every(([key, value]) => metadata.labels?.[key] === value)).flatMap((one) => one.rules ?? []),
  );
  return [...(rules ?? []), ...more];
}

const has = (list = [], value) => list.includes("*") || list.includes(value);

function allows(rule, { verb, group, plural, subresource, name, path }) {
  if (!has(rule.verbs, verb)) return false;
  if (path) return (rule.nonResourceURLs ?? []).some((one) => one === "*" || one === path || (one.endsWith("*") && path.startsWith(one.slice(0, -1))));
  const full = subresource ? `${plural}/${subresource}` : plural;
  if (!has(rule.apiGroups, group) || !(has(rule.resources, full) || (subresource && rule.resources?.includes(`*/${subresource}`)))) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(name);
}

/** Whether a user may do something. */
export function isAllowed(store, user, wanted) {
  if (user.groups.includes("system:masters")) return true;
  return rulesFor(store, user, wanted.namespace).some((rule) => allows(rule, wanted));
}

/** Refuses what a user may not do. */
export function requireAllowed(store, user, wanted) {
  if (isAllowed(store, user, wanted)) return;
  const { verb, group, plural, subresource, namespace, name, path } = wanted;
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (path) throw new Refusal(403, "Forbidden", `forbidden: ${who} path ${JSON.stringify(path)}`, { details: {} });
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  const what = subresource ? `${plural}/${subresource}` : plural;
  throw forbidden({ group, plural }, name, `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`);
}
