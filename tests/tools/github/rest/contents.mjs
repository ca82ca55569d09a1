// Files, trees and blobs over REST, and what GitHub reads out of them.
import { object, resolve } from "../fields/git.mjs";
import { NotFound } from "./errors.mjs";

const LARGEST_CONTENT = 1024 * 1024;
const TREE_LIMIT = 100_000;
const TYPES = { blob: "file", tree: "dir", commit: "submodule" };

function entryView(entry, path) {
  const symlink = entry.mode === 0o120000;
  return {
    type: symlink ? "symlink" : TYPES[entry.type],
    size: entry.size,
    name: path.split("/").at(-1),
    path,
    sha: entry.oid,
    _links: { git: null, html: null, self: "https://api.github.com/self" },
    git_url: null,
    html_url: null,
    download_url: null,
  };
}

function contents({ repository, values, query, raw }) {
  const commit = resolve(repository, query.get("ref") ?? repository.defaultBranch);
  const path = values.path.replace(/\/+$/, "");
  const entry = commit && repository.git.entry(commit.treeOid, path);
  if (!entry) throw new NotFound();
  const { git } = repository;
  if (entry.type === "tree") return git.trees.get(entry.oid).map((one) => entryView(one, `${path}/${one.name}`));
  const view = entryView(entry, path);
  if (entry.type === "commit") return { ...view, submodule_git_url: "https://example.com/module.git" };
  const bytes = git.blobs.get(entry.oid);
  if (raw) return bytes;
  if (view.type === "symlink") return { ...view, target: bytes.toString() };
  const large = bytes.length > LARGEST_CONTENT;
  return { ...view, encoding: large ? "none" : "base64", content: large ? "" : wrapped(bytes) };
}

/** Base64 in lines, as GitHub sends it. */
function wrapped(bytes) {
  return bytes.toString("base64").replace(/(.{60})/g, "$1\n");
}

function tree({ repository, values, query }) {
  const { git } = repository;
  const oid = resolve(repository, values.tree_sha)?.treeOid ?? values.tree_sha;
  if (!git.trees.has(oid)) throw new NotFound();
  const recursive = query.has("recursive");
  const list = (id, prefix) =>
    git.trees.get(id).flatMap((entry) => {
      const path = prefix + entry.name;
      const view = {
        path,
        mode: entry.mode.toString(8).padStart(6, "0"),
        type: entry.type,
        sha: entry.oid,
        ...(entry.type === "blob" ? { size: entry.size } : {}),
      };
      return recursive && entry.type === "tree" ? [view, ...list(entry.oid, `${path}/`)] : [view];
    });
  const entries = list(oid, "");
  const limit = repository.treeLimit ?? TREE_LIMIT;
  return { sha: oid, tree: entries.slice(0, limit), truncated: entries.length > limit };
}

function blob({ repository, values, raw }) {
  const found = object(repository, { oid: values.file_sha });
  if (found?.__typename !== "Blob") throw new NotFound();
  if (raw) return found.bytes;
  return { sha: found.oid, size: found.bytes.length, encoding: "base64", content: wrapped(found.bytes) };
}

function codeownersErrors({ repository, query }) {
  const commit = resolve(repository, query.get("ref") ?? repository.defaultBranch);
  const path = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"].find((one) => commit?.files.has(one));
  if (!path) throw new NotFound();
  return { errors: (repository.codeowners?.errors ?? []).map((error) => ({ path, suggestion: null, ...error })) };
}

function dependencies({ repository, values }) {
  const [base, head] = values.basehead.split("...").map((name) => resolve(repository, name));
  if (!base || !head) throw new NotFound();
  return (repository.dependencyChanges ?? []).map((change) => ({
    manifest: "package-lock.json",
    ecosystem: "npm",
    package_url: null,
    license: null,
    source_repository_url: null,
    vulnerabilities: [],
    scope: "runtime",
    ...change,
  }));
}

export const contentRoutes = {
  "get /repos/{owner}/{repo}/contents/{path}": { permission: "contents:read", answer: contents, whole: true },
  "get /repos/{owner}/{repo}/git/trees/{tree_sha}": { permission: "contents:read", answer: tree },
  "get /repos/{owner}/{repo}/git/blobs/{file_sha}": { permission: "contents:read", answer: blob },
  "get /repos/{owner}/{repo}/codeowners/errors": { permission: "contents:read", answer: codeownersErrors },
  "get /repos/{owner}/{repo}/dependency-graph/compare/{basehead}": { permission: "contents:read", answer: dependencies, whole: true },
};
