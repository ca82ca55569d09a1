// What changed between two sets of files, as the list of changed files and patches shows it.

/** The changed files from one commit to another; `renames` are new path to old path. */
export function changedFiles(git, before, after, renames = {}) {
  const old = before?.files ?? new Map();
  const items = [];
  const gone = new Set([...old.keys()].filter((path) => !after.files.has(path)));
  for (const [path, entry] of after.files) {
    const from = renames[path] !== undefined && gone.has(renames[path]) && !old.has(path) ? renames[path] : null;
    const previous = old.get(from ?? path);
    if (!from && previous?.oid === entry.oid && previous.mode === entry.mode) continue;
    if (from) gone.delete(from);
    const status = from ? "renamed" : previous ? "modified" : "added";
    items.push({ path, status, previousPath: from, sha: entry.oid, ...compare(git, previous, entry) });
  }
  for (const path of gone) {
    const previous = old.get(path);
    items.push({ path, status: "removed", previousPath: null, sha: previous.oid, ...compare(git, previous, null) });
  }
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function compare(git, before, after) {
  const bytes = [before, after].map((entry) => (entry ? git.blobs.get(entry.oid) : null) ?? Buffer.alloc(0));
  if (bytes.some((one) => one.includes(0))) return { additions: 0, deletions: 0, patch: undefined };
  const [old, now] = bytes.map((one) => lines(one.toString()));
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const deletions = old.slice(start, old.length - end);
  const additions = now.slice(start, now.length - end);
  if (deletions.length + additions.length === 0) return { additions: 0, deletions: 0, patch: undefined };
  const lead = old.slice(Math.max(0, start - 3), start);
  const trail = old.slice(old.length - end, old.length - end + 3);
  const first = start - lead.length + 1;
  const size = (changed) => changed.length + lead.length + trail.length;
  const head = `@@ -${old.length ? first : 0},${size(deletions)} +${now.length ? first : 0},${size(additions)} @@`;
  const body = [
    ...lead.map((line) => ` ${line}`),
    ...deletions.map((line) => `-${line}`),
    ...additions.map((line) => `+${line}`),
    ...trail.map((line) => ` ${line}`),
  ];
  return { additions: additions.length, deletions: deletions.length, patch: [head, ...body].join("\n") };
}

function lines(text) {
  return text.replace(/\n$/, "").split("\n").filter((line, at, all) => all.length > 1 || line !== "");
}
