// OpenAPI v3 as far as kubectl reads it: which parameters a PATCH has, and the schemas of kinds.
import { all } from "../schemas.mjs";
import { noPath } from "../status.mjs";

/** The documents by group and version. */
export function index(resources) {
  const names = [...new Set(resources.list.map(({ group, version }) => (group ? `apis/${group}/${version}` : `api/${version}`)))];
  return { paths: Object.fromEntries(names.map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}` }])) };
}

/** The document of a group and version. */
export function document(name, resources) {
  const [, group = "", version] = /^apis\/([^/]+)\/([^/]+)$/.exec(name) ?? /^api()\/([^/]+)$/.exec(name) ?? [];
  const list = resources.list.filter((one) => one.group === group && one.version === version);
  if (!list.length) throw noPath();
  const schemas = {};
  const include = (definition) => {
    if (schemas[definition]) return;
    schemas[definition] = "being written";
    schemas[definition] = published(all[definition], include);
  };
  const paths = {};
  for (const one of list) {
    if (one.definition) include(one.definition);
    else schemas[`${one.group}.${one.version}.${one.kind}`] = { ...published(one.schema, include), "x-kubernetes-group-version-kind": [kindOf(one)] };
    const parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map((parameter) => ({ name: parameter, in: "query", schema: { type: "string" } }));
    const path = `/${name}/${one.namespaced ? "namespaces/{namespace}/" : ""}${one.plural}/{name}`;
    paths[path] = { patch: { parameters, responses: {}, "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kindOf(one) } };
  }
  return { openapi: "3.0.0", info: { title: "Kubernetes", version: "v1.36.0" }, paths, components: { schemas } };
}

const kindOf = ({ group, version, kind }) => ({ group, version, kind });

/** A schema in OpenAPI's words: no list of types, references below `components`. */
function published(schema, include) {
  if (Array.isArray(schema)) return schema.map((one) => published(one, include));
  if (schema === null || typeof schema !== "object") return schema;
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => {
    if (name === "properties") return [name, Object.fromEntries(Object.entries(value).map(([field, below]) => [field, published(below, include)]))];
    if (name === "type" && Array.isArray(value)) return [name, value.find((one) => one !== "null")];
    if (name === "enum") return [name, value.filter((one) => one !== null)];
    if (name !== "$ref") return [name, published(value, include)];
    const definition = value.replace(/^.*\$defs\//, "");
    include(definition);
    return [name, `#/components/schemas/${definition}`];
  }));
}
