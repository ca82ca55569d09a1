// Server-side apply, and who manages what after other writes.
import { fieldSchema, listKeys, resolved } from "../schemas.mjs";
import { Refusal } from "../status.mjs";
import { display, fieldsOf, fromFields, removeField, toFields } from "./fields.mjs";

const now = () => new Date().toISOString().replace(/\.\d+/, "");
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function managersOf(object) {
  return (object?.metadata.managedFields ?? []).map(({ fieldsV1, ...entry }) => ({ ...entry, paths: new Set(fromFields(fieldsV1 ?? {})) }));
}

function entries(managers) {
  return managers.filter((one) => one.paths.size).map(({ paths, subresource, ...entry }) => ({ ...entry, fieldsType: "FieldsV1", fieldsV1: toFields(paths), ...(subresource && { subresource }) }));
}

const isSame = (entry, manager, operation, subresource) => entry.manager === manager && entry.operation === operation && (entry.subresource ?? "") === (subresource ?? "");

/** The managers of an object after a create or an update. */
export function managedByUpdate({ object, old, schema, manager, apiVersion, subresource }) {
  const after = fieldsOf(object, schema);
  const before = old ? fieldsOf(old, schema) : new Map();
  const changed = [...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
  const managers = managersOf(old);
  for (const entry of managers) for (const path of entry.paths) if (!after.has(path) && before.has(path)) entry.paths.delete(path);
  if (!changed.length) return entries(managers);
  for (const entry of managers) for (const path of changed) if (!isSame(entry, manager, "Update", subresource)) entry.paths.delete(path);
  let own = managers.find((entry) => isSame(entry, manager, "Update", subresource));
  if (!own) managers.push((own = { manager, operation: "Update", apiVersion, paths: new Set(), subresource }));
  own.time = now();
  own.apiVersion = apiVersion;
  for (const path of changed) own.paths.add(path);
  return entries(managers);
}

/** An object after a configuration was applied to it, its managers included; 409 where another manager set a field otherwise. */
export function apply({ live, config, schema, manager, force, apiVersion, subresource }) {
  const wanted = fieldsOf(config, schema);
  const existing = live ? fieldsOf(live, schema) : new Map();
  const managers = managersOf(live);
  const own = managers.find((entry) => isSame(entry, manager, "Apply", subresource));
  const others = managers.filter((entry) => entry !== own);
  const conflicts = [];
  for (const [path, value] of wanted) {
    if (!existing.has(path) || existing.get(path) === value) continue;
    for (const entry of others) if (entry.paths.has(path)) conflicts.push({ entry, path });
  }
  if (conflicts.length && !force) throw conflicting(conflicts);
  for (const { entry, path } of conflicts) entry.paths.delete(path);
  const result = merge(live ?? {}, config, resolved(schema));
  for (const path of [...(own?.paths ?? [])].sort((one, two) => two.length - one.length)) {
    if (!wanted.has(path) && !others.some((entry) => entry.paths.has(path))) removeField(result, path);
  }
  const paths = new Set(wanted.keys());
  const unchanged = own && own.paths.size === paths.size && [...paths].every((path) => own.paths.has(path));
  const entry = { manager, operation: "Apply", apiVersion, time: unchanged ? own.time : now(), paths, subresource };
  result.metadata = { ...result.metadata, managedFields: entries([...others, entry]) };
  return result;
}

function conflicting(conflicts) {
  const causes = conflicts.map(({ entry, path }) => ({ reason: "FieldManagerConflict", message: `conflict with "${entry.manager}"${entry.subresource ? ` with subresource "${entry.subresource}"` : ""} using ${entry.apiVersion}`, field: display(path) }));
  const [one] = causes;
  const told = causes.length === 1 ? `conflict: ${one.message}: ${one.field}` : `conflicts: ${causes.map((cause) => `${cause.message}:\n- ${cause.field}`).join("\n")}`;
  return new Refusal(409, "Conflict", `Apply failed with ${causes.length} ${told}`, { details: { causes } });
}

function merge(live, config, schema) {
  if (Array.isArray(config)) {
    const { keys, set } = listKeys(schema);
    const list = Array.isArray(live) ? live : [];
    if (set) return [...list, ...config.filter((one) => !list.includes(one))];
    if (!keys) return structuredClone(config);
    const isSameItem = (one, two) => keys.every((key) => (one[key] ?? "TCP") === (two[key] ?? "TCP"));
    const kept = list.map((item) => {
      const change = config.find((one) => isSameItem(one, item));
      return change ? merge(item, change, resolved(schema.items)) : item;
    });
    return [...kept, ...structuredClone(config.filter((one) => !list.some((item) => isSameItem(one, item))))];
  }
  if (!isObject(config) || schema["x-kubernetes-map-type"] === "atomic") return structuredClone(config);
  const result = isObject(live) ? structuredClone(live) : {};
  for (const [name, value] of Object.entries(config)) result[name] = merge(result[name], value, fieldSchema(schema, name) ?? {});
  return result;
}
