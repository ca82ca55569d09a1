// Objects of git: blobs and trees with their real ids, commits with ids made of their names.
import { createHash } from "node:crypto";
import { WorldError } from "../schema.mjs";
import { oid } from "../ids.mjs";

const TREE = 0o040000;
const FILE = 0o100644;
const SUBMODULE = 0o160000;

/** The object store of a repository and its forks. */
export class Git {
  constructor(name) {
    this.name = name;
    this.blobs = new Map();
    this.trees = new Map();
    this.commits = new Map();
  }

  /** The files of a commit: those of its first parent with what it changes; null removes a file. */
  files(parent, changes = {}, renames = {}) {
    const files = new Map(parent?.files ?? []);
    for (const [path, old] of Object.entries(renames)) {
      const entry = files.get(old);
      if (!entry) throw new WorldError(`no file ${old} to rename`);
      files.delete(old);
      files.set(path, entry);
    }
    for (const [path, content] of Object.entries(changes)) {
      if (content === null) files.delete(path);
      else files.set(path, this.blob(content));
    }
    return files;
  }

  /** Stores a text, or `{base64, mode}`, `{text, mode}`, `{symlink}`, `{submodule}`. */
  blob(content) {
    const spec = typeof content === "string" ? { text: content } : content;
    if (spec.submodule) return { type: "commit", mode: SUBMODULE, oid: oid(this.name, spec.submodule), size: 0 };
    const bytes = spec.base64 ? Buffer.from(spec.base64, "base64") : Buffer.from(spec.symlink ?? spec.text);
    const id = hash("blob", bytes);
    this.blobs.set(id, bytes);
    const mode = spec.symlink ? 0o120000 : (spec.mode ?? FILE);
    return { type: "blob", mode, oid: id, size: bytes.length };
  }

  /** Stores the tree of these files and gives its id. */
  tree(files) {
    const root = new Map();
    for (const [path, entry] of files) {
      const parts = path.split("/");
      let folder = root;
      for (const part of parts.slice(0, -1)) {
        if (!(folder.get(part) instanceof Map)) folder.set(part, new Map());
        folder = folder.get(part);
      }
      folder.set(parts.at(-1), entry);
    }
    return this.store(root);
  }

  store(folder) {
    const entries = [...folder].map(([name, entry]) =>
      entry instanceof Map ? { name, type: "tree", mode: TREE, oid: this.store(entry), size: 0 } : { name, ...entry },
    );
    const key = (entry) => Buffer.from(entry.type === "tree" ? `${entry.name}/` : entry.name);
    entries.sort((a, b) => Buffer.compare(key(a), key(b)));
    const bytes = Buffer.concat(
      entries.map((entry) =>
        Buffer.concat([Buffer.from(`${entry.mode.toString(8)} ${entry.name}\0`), Buffer.from(entry.oid, "hex")]),
      ),
    );
    const id = hash("tree", bytes);
    this.trees.set(id, entries);
    return id;
  }

  /** The entry of a path below a tree, or null. */
  entry(tree, path) {
    let entry = { type: "tree", mode: TREE, oid: tree, size: 0, name: "" };
    for (const part of path.split("/").filter(Boolean)) {
      if (entry.type !== "tree") return null;
      entry = this.trees.get(entry.oid).find((one) => one.name === part);
      if (!entry) return null;
    }
    return entry;
  }

  commit(name) {
    const commit = this.commits.get(oid(this.name, name));
    if (!commit) throw new WorldError(`${this.name} has no commit ${name}`);
    return commit;
  }
}

/** All commits that lead to one, itself included, nearest first. */
export function ancestors(commit) {
  const found = new Set([commit]);
  for (const one of found) for (const parent of one.parents) found.add(parent);
  return [...found];
}

/** Where two commits part. */
export function mergeBase(one, other) {
  const theirs = new Set(ancestors(other));
  return ancestors(one).find((commit) => theirs.has(commit)) ?? null;
}

function hash(type, bytes) {
  return createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}
