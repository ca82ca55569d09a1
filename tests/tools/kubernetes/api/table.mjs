// The forms that a client may ask for: objects, their metadata alone, or a table of them.

/** The first form of an Accept header that is known: `Table`, `PartialObjectMetadata`, or undefined for objects. */
export function formOf(accept = "") {
  const wanted = /as=(Table|PartialObjectMetadata(?:List)?);|;as=(Table|PartialObjectMetadata(?:List)?)\b/.exec(accept);
  const form = wanted?.[1] ?? wanted?.[2];
  return form?.replace(/List$/, "");
}

const COLUMNS = [
  { name: "Name", type: "string", format: "name", description: "Name must be unique within a namespace.", priority: 0 },
  { name: "Age", type: "string", format: "", description: "When the object was created.", priority: 0 },
];

/** Age as kubectl shows it. */
function age(time) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

const partial = ({ metadata }) => ({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata });

/** The value of a simple JSON path: `.spec.suspend`. */
function cell(object, path) {
  const value = path.split(".").filter(Boolean).reduce((at, name) => at?.[name.replace(/\\/g, "")], object);
  return value === undefined || typeof value === "object" ? null : value;
}

function table(items, metadata, resource, include) {
  const more = (resource.columns ?? []).filter(({ jsonPath }) => /^(\.[\w-]+)+$/.test(jsonPath) && jsonPath !== ".metadata.creationTimestamp");
  const columns = [COLUMNS[0], ...more.map(({ name, type, format = "", description = "", priority = 0 }) => ({ name, type, format, description, priority })), COLUMNS[1]];
  const rows = items.map((object) => {
    const shown = include === "None" ? {} : { object: include === "Object" ? object : partial(object) };
    return { cells: [object.metadata.name, ...more.map(({ jsonPath }) => cell(object, jsonPath)), age(object.metadata.creationTimestamp)], ...shown };
  });
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: columns, rows };
}

/** One object in the form that was asked for. */
export function one(object, form, resource, include) {
  if (form === "Table") return table([object], { resourceVersion: object.metadata.resourceVersion }, resource, include);
  return form ? partial(object) : object;
}

/** A list in the form that was asked for. */
export function many(items, metadata, form, resource, include) {
  if (form === "Table") return table(items, metadata, resource, include);
  if (form) return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: items.map(partial) };
  const group = resource.group ? `${resource.group}/${resource.version}` : resource.version;
  return { kind: `${resource.kind}List`, apiVersion: group, metadata, items };
}
