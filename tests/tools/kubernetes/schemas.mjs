// The schemas of kinds: Kubernetes' published definitions for its own, `openAPIV3Schema` for custom resources.
import { definitions } from "./packages.mjs";

const all = definitions().$defs;
const byKind = new Map();
for (const [name, schema] of Object.entries(all)) {
  for (const { group, version, kind } of schema["x-kubernetes-group-version-kind"] ?? []) byKind.set(`${group}/${version}/${kind}`, name);
}

const metadata = { $ref: "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };
const typed = { apiVersion: { type: "string" }, kind: { type: "string" } };

/** A schema without references; what is said beside a reference comes on top. */
export function resolved(schema) {
  if (!schema?.$ref) return schema ?? {};
  const { $ref, ...more } = schema;
  return { ...all[$ref.replace(/^.*\$defs\//, "")], ...more };
}

/** The schema of a kind that Kubernetes has, or undefined. */
export function builtIn({ group, version, kind }) {
  const name = byKind.get(`${group}/${version}/${kind}`);
  return name && { $ref: `#/$defs/${name}` };
}

/** The name of the definition of a kind. */
export const definitionName = ({ group, version, kind }) => byKind.get(`${group}/${version}/${kind}`);

/** The schema of a custom resource: what its definition says, with the metadata that all objects have. */
export function custom(schema) {
  return { ...schema, type: "object", properties: { ...schema?.properties, ...typed, metadata } };
}

/** The type of a schema without null. */
export function typeOf(schema) {
  return Array.isArray(schema.type) ? schema.type.find((type) => type !== "null") : schema.type;
}

/** Whether a schema holds any value. */
export function isOpen(schema) {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || (!schema.properties && !schema.additionalProperties && !schema.items && !schema["x-kubernetes-int-or-string"]);
}

/** The schema of a field, a map's value or a list's item; an open schema has no fields. */
export function fieldSchema(schema, name) {
  const own = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  const found = own ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  return found && resolved(found);
}

/** How a list merges: by the keys of its items, as a set of values, or whole. */
export function listKeys(schema) {
  const kind = schema["x-kubernetes-list-type"];
  if (kind === "map") return { keys: schema["x-kubernetes-list-map-keys"] };
  return kind === "set" ? { set: true } : {};
}
export { all };
