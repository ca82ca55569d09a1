// Strategic merge patch: lists merge by the key that Kubernetes' schema names.
import { fieldSchema, resolved } from "../schemas.mjs";

/** Merges a patch into a value by its schema, directives (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList`, `$setElementOrder`) included. */
export function strategicMerge(value, patch, schema) {
  const { $patch, $retainKeys, ...changes } = patch;
  if ($patch === "replace") return plain(changes);
  if ($patch === "delete") return undefined;
  const result = { ...value };
  if ($retainKeys) for (const name of Object.keys(result)) if (!$retainKeys.includes(name)) delete result[name];
  for (const [name, change] of Object.entries(changes)) {
    if (name.startsWith("$setElementOrder/")) continue;
    if (name.startsWith("$deleteFromPrimitiveList/")) {
      const list = name.slice("$deleteFromPrimitiveList/".length);
      result[list] = (result[list] ?? []).filter((one) => !change.includes(one));
      continue;
    }
    const field = fieldSchema(resolved(schema), name) ?? {};
    if (change === null) delete result[name];
    else if (Array.isArray(change)) result[name] = mergeList(result[name], change, field, patch[`$setElementOrder/${name}`]);
    else if (typeof change === "object") {
      const merged = strategicMerge(isObject(result[name]) ? result[name] : {}, change, field);
      if (merged === undefined) delete result[name];
      else result[name] = merged;
    } else result[name] = change;
  }
  return result;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function mergeList(list = [], change, schema, order) {
  if (!schema["x-kubernetes-patch-strategy"]?.includes("merge")) return change.map(plain);
  const key = schema["x-kubernetes-patch-merge-key"];
  if (!key) return [...list, ...change.filter((one) => !list.includes(one))];
  const items = resolved(schema.items);
  if (change.some((one) => one.$patch === "replace")) return change.filter((one) => one.$patch !== "replace").map(plain);
  let result = [...list];
  for (const one of change) {
    const place = result.findIndex((item) => item[key] === one[key]);
    if (one.$patch === "delete") result = result.filter((item) => item[key] !== one[key]);
    else if (place === -1) result.push(strategicMerge({}, one, items));
    else result[place] = strategicMerge(result[place], one, items);
  }
  if (!order) return result;
  const rank = (item) => order.findIndex((one) => one[key] === item[key]);
  return [...result].sort((one, two) => (rank(one) < 0 || rank(two) < 0 ? 0 : rank(one) - rank(two)));
}

/** A patch as a value: nulls and directives are gone. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name, one]) => one !== null && !name.startsWith("$"));
  return Object.fromEntries(kept.map(([name, one]) => [name, plain(one)]));
}
