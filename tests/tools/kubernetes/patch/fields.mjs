// Sets of fields: who manages which (`FieldsV1`).
import { fieldSchema, listKeys, resolved } from "../schemas.mjs";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const step = (prefix, value) => `${prefix}:${typeof value === "string" && prefix === "f" ? value : JSON.stringify(value)}`;

/** What nobody manages: the server sets it. */
const SERVER = new Set(["f:apiVersion", "f:kind", ...["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName"].map((name) => `f:metadata\nf:${name}`)]);

/** The fields of an object, each path with its value; items of keyed lists count as fields of their own. */
export function fieldsOf(object, schema) {
  const found = new Map();
  walk(object, resolved(schema), [], found);
  for (const path of found.keys()) if (SERVER.has(path.split("\n").slice(0, 2).join("\n")) || SERVER.has(path.split("\n")[0])) found.delete(path);
  return found;
}

function walk(value, schema, path, found) {
  const atomic = schema["x-kubernetes-map-type"] === "atomic";
  const { keys, set } = Array.isArray(value) ? listKeys(schema) : {};
  if (isObject(value) && !atomic && Object.keys(value).length) {
    for (const [name, one] of Object.entries(value)) walk(one, fieldSchema(schema, name) ?? {}, [...path, step("f", name)], found);
  } else if (keys && value.length) {
    const items = resolved(schema.items);
    for (const item of value) {
      const named = Object.fromEntries(keys.map((key) => [key, item[key] ?? fieldSchema(items, key)?.default ?? (key === "protocol" ? "TCP" : undefined)]).sort());
      const place = [...path, step("k", named)];
      found.set([...place, "."].join("\n"), JSON.stringify(named));
      walk(item, items, place, found);
    }
  } else if (set && value.length) {
    for (const one of value) found.set([...path, step("v", one)].join("\n"), JSON.stringify(one));
  } else if (path.length) found.set(path.join("\n"), JSON.stringify(value));
}

/** `FieldsV1` of paths. */
export function toFields(paths) {
  const root = {};
  for (const path of [...paths].sort()) path.split("\n").reduce((node, part) => (node[part] ??= {}), root);
  return root;
}

/** The paths of `FieldsV1`. */
export function fromFields(fields, path = []) {
  const paths = Object.entries(fields).flatMap(([name, below]) => (Object.keys(below).length ? fromFields(below, [...path, name]) : [[...path, name].join("\n")]));
  return paths;
}

/** Removes the field of a path from an object, by its place in the schema. */
export function removeField(object, path) {
  const parts = path.split("\n").filter((part) => part !== ".");
  const last = parts.pop();
  let holder = object;
  for (const part of parts) {
    holder = part.startsWith("f:") ? holder?.[part.slice(2)] : holder?.find?.(isItem(part));
    if (holder === undefined || holder === null) return;
  }
  if (last.startsWith("f:")) delete holder[last.slice(2)];
  else {
    const place = holder.findIndex(isItem(last));
    if (place >= 0) holder.splice(place, 1);
  }
}

/** Whether an item of a list is the one that a step names. */
function isItem(part) {
  const wanted = JSON.parse(part.slice(2));
  if (part.startsWith("v:")) return (item) => JSON.stringify(item) === JSON.stringify(wanted);
  return (item) => Object.entries(wanted).every(([key, value]) => (item[key] ?? "TCP") === value);
}

/** `.spec.containers[name="c"].image`. */
export function display(path) {
  return path.split("\n").filter((part) => part !== ".").map((part) => {
    if (part.startsWith("f:")) return `.${part.slice(2)}`;
    if (part.startsWith("v:")) return `[=${part.slice(2)}]`;
    return `[${Object.entries(JSON.parse(part.slice(2))).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
  }).join("");
}
