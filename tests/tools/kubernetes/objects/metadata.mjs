// The metadata that the API server sets.
import { badRequest, invalid } from "../status.mjs";

/** The time as Kubernetes writes it. */
export const now = () => new Date().toISOString().replace(/\.\d+/, "");

const SERVER = ["generateName", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

/** The metadata of a new object: who it is, when it came about. */
export function begin(object, { identifiers, resource, namespace }) {
  const { generateName, name } = object.metadata;
  const given = Object.entries(object.metadata).filter(([key]) => !["name", "namespace", "selfLink", "managedFields", ...SERVER].includes(key));
  const named = name || (generateName && `${generateName.slice(0, 58)}${identifiers.suffix()}`);
  return {
    ...object,
    metadata: {
      name: named,
      ...(generateName && { generateName }),
      ...(namespace && { namespace }),
      uid: identifiers.uid(),
      ...(resource.counts && { generation: 1 }),
      creationTimestamp: now(),
      ...Object.fromEntries(given),
    },
  };
}

/** The metadata of a changed object: what the server keeps is as it was. */
export function keep(object, old) {
  const { name, namespace } = old.metadata;
  const kept = SERVER.filter((key) => old.metadata[key] !== undefined).map((key) => [key, old.metadata[key]]);
  const given = Object.entries(object.metadata).filter(([key]) => !["name", "namespace", "selfLink", ...SERVER].includes(key));
  return { ...object, metadata: { name, ...(namespace && { namespace }), ...Object.fromEntries([...kept, ...given]) } };
}

/** Refuses metadata that contradicts the path of a request. */
export function requirePlace(object, { resource, namespace, name }) {
  const { metadata } = object;
  if (metadata === undefined || metadata === null || typeof metadata !== "object") throw invalid(resource, "", [{ cause: "required", field: "metadata", message: "Required value" }]);
  if (resource.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  if (!resource.namespaced && metadata.namespace) throw badRequest("namespace should not be set on objects of the cluster");
  if (name !== undefined && metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}
