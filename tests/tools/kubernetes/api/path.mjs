// What a request asks for, by its path.

/** The group, version, resource and name of a path; undefined for paths that are not of resources. */
export function parse(pathname, resources) {
  const parts = pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return undefined;
  const [group, version] = isCore ? ["", parts[1]] : [parts[1], parts[2]];
  let rest = parts.slice(isCore ? 2 : 3);
  if (!version || !rest.length) return undefined;
  let namespace;
  if (rest[0] === "namespaces" && rest.length > 2 && !["status", "finalize"].includes(rest[2])) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural, name, subresource, ...more] = rest;
  const resource = resources.find(group, version, plural);
  return { group, version, plural, namespace, name, subresource, resource, extra: more.length > 0 };
}

const WRITES = { POST: "create", PUT: "update", PATCH: "patch" };

/** The verb of a request, as roles name it. */
export function verbOf(method, { name, subresource }, query) {
  if (method === "GET" || method === "HEAD") {
    if (["1", "true"].includes(query.get("watch"))) return "watch";
    return name || subresource ? "get" : "list";
  }
  return method === "DELETE" ? (name ? "delete" : "deletecollection") : WRITES[method];
}
