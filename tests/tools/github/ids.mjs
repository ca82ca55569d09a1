// Numbers and identifiers that a world does not give: the same for the same name.
import { createHash } from "node:crypto";

/** A number that stands for a name. */
export function number(...names) {
  return 1_000 + (createHash("sha256").update(names.join("\n")).digest().readUInt32BE(0) % 900_000_000);
}

/** A 40-digit object id that stands for a name, or the name where it is one. */
export function oid(repository, name) {
  if (/^[0-9a-f]{40}$/.test(name)) return name;
  return createHash("sha1").update(`${repository}\n${name}`).digest("hex");
}

/** A node id of GraphQL. */
export function nodeId(type, key) {
  return Buffer.from(`${type}:${key}`).toString("base64url");
}
