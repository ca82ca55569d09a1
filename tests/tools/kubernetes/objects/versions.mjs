// One object under the groups and versions that it can be asked for.
import { apiVersion } from "../resources.mjs";

const EVENT = [
  ["involvedObject", "regarding"], ["message", "note"], ["reportingComponent", "reportingController"],
  ["source", "deprecatedSource"], ["firstTimestamp", "deprecatedFirstTimestamp"], ["lastTimestamp", "deprecatedLastTimestamp"], ["count", "deprecatedCount"],
];

function renamed(object, names) {
  const map = new Map(names);
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [map.get(name) ?? name, value]));
}

const shown = new WeakMap();

/** An object as a resource shows it; what is stored never changes, so each form of it is made once. */
export function as(object, resource) {
  if (!shown.has(object)) shown.set(object, new Map());
  const forms = shown.get(object);
  if (!forms.has(resource)) forms.set(resource, converted(object, resource));
  return forms.get(resource);
}

/** The kind and version come first. */
function converted(object, resource) {
  const { kind, apiVersion: version, ...rest } = object;
  const isEvent = resource.storage === "/events";
  const to = isEvent && resource.group && version === "v1" ? EVENT : isEvent && !resource.group && version !== "v1" ? EVENT.map(([one, two]) => [two, one]) : [];
  return { kind: resource.kind, apiVersion: apiVersion(resource), ...(to.length ? renamed(rest, to) : rest) };
}

/** An object as it is stored. */
export function stored(object, resource) {
  if (resource.storage === "/events") return as(object, { ...resource, group: "", version: "v1", kind: "Event" });
  return { ...object, apiVersion: apiVersion({ group: resource.group, version: resource.storedVersion ?? resource.version }) };
}
