// JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386).
import { badRequest, Refusal } from "../status.mjs";

const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);

function unprocessable(message) {
  return new Refusal(422, "Invalid", `the server rejected our request due to an error in our request: ${message}`, { details: {} });
}

/** Applies the operations of a JSON Patch, all or none. */
export function jsonPatch(object, operations) {
  if (!Array.isArray(operations)) throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  let root = structuredClone(object);
  const parts = (pointer) => pointer.split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const parent = (pointer) => {
    const names = parts(pointer);
    const last = names.pop();
    const holder = names.reduce((value, name) => value?.[name], root);
    if (holder === undefined || holder === null || typeof holder !== "object") throw unprocessable(`path ${pointer} does not exist`);
    return [holder, last];
  };
  const read = (pointer) => parts(pointer).reduce((value, name) => value?.[name], root);
  const add = (pointer, value) => {
    if (pointer === "") return void (root = value);
    const [holder, last] = parent(pointer);
    if (Array.isArray(holder)) holder.splice(last === "-" ? holder.length : Number(last), 0, value);
    else holder[last] = value;
  };
  const remove = (pointer) => {
    const [holder, last] = parent(pointer);
    if (!(last in holder)) throw unprocessable(`remove operation does not apply: doc is missing path: ${pointer}`);
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
  };
  for (const { op, path, from, value } of operations) {
    if (op === "add") add(path, value);
    else if (op === "remove") remove(path);
    else if (op === "replace") {
      if (read(path) === undefined) throw unprocessable(`replace operation does not apply: doc is missing key: ${path}`);
      const [holder, last] = parent(path);
      holder[last] = value;
    } else if (op === "test") {
      if (!same(read(path), value)) throw unprocessable(`testing value ${path} failed`);
    } else if (op === "move" || op === "copy") {
      const moved = structuredClone(read(from));
      if (moved === undefined) throw unprocessable(`${op} operation does not apply: doc is missing from path: ${from}`);
      if (op === "move") remove(from);
      add(path, moved);
    } else throw unprocessable(`unexpected kind: ${op}`);
  }
  return root;
}

/** Merges a patch into a value: null removes. */
export function mergePatch(value, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const result = value && typeof value === "object" && !Array.isArray(value) ? { ...value } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete result[name];
    else result[name] = mergePatch(result[name], change);
  }
  return result;
}
