// What follows from a definition of a custom resource: its resource is there, or no longer.
import { WorldError } from "../status.mjs";
import { now } from "./metadata.mjs";

const STORAGE = "apiextensions.k8s.io/customresourcedefinitions";

/** Makes the resource of a stored definition available and says so in the definition's status. */
export function establish(cluster, definition) {
  const { names, versions, conversion, group } = definition.spec;
  if (conversion?.strategy === "Webhook") throw new WorldError("conversion by webhook is not modelled");
  cluster.resources.define(definition);
  const lastTransitionTime = now();
  const conditions = [
    { type: "NamesAccepted", status: "True", lastTransitionTime, reason: "NoConflicts", message: "no conflicts found" },
    { type: "Established", status: "True", lastTransitionTime, reason: "InitialNamesAccepted", message: "the initial names have been accepted" },
  ];
  const before = definition.status ?? {};
  const storedVersions = [...new Set([...(before.storedVersions ?? []), versions.find((one) => one.storage).name])];
  const status = { conditions: before.conditions ?? conditions, acceptedNames: names, storedVersions };
  if (JSON.stringify(status) !== JSON.stringify(before)) cluster.store.put(STORAGE, { ...definition, status });
  return `${group}/${names.plural}`;
}

/** Takes the resource of a removed definition away, with all its objects. */
export function forget(cluster, definition) {
  const { group, names } = definition.spec;
  const storage = `${group}/${names.plural}`;
  for (const object of cluster.store.list(storage)) cluster.store.remove(storage, object);
  cluster.resources.forget(definition);
}
