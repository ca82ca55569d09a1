// What there is to ask for: versions, groups, resources, the aggregated form that kubectl asks for.
import { apiVersion } from "../resources.mjs";

export const VERSION = {
  major: "1", minor: "36", emulationMajor: "1", emulationMinor: "36", minCompatibilityMajor: "1", minCompatibilityMinor: "35",
  gitVersion: "v1.36.0", gitCommit: "0".repeat(40), gitTreeState: "clean", buildDate: "2026-04-22T00:00:00Z", goVersion: "go1.26.1", compiler: "gc", platform: "linux/amd64",
};

/** The answer to a path of discovery, or undefined. */
export function discovery(path, resources, accept) {
  const groups = [...new Set(resources.list.map((one) => one.group))];
  const versions = (group) => [...new Set(resources.list.filter((one) => one.group === group).map((one) => one.version))];
  const aggregated = /as=APIGroupDiscoveryList/.test(accept) && /v=v2\b/.test(accept);
  const group = (name) => {
    const list = versions(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: list, preferredVersion: list[0] };
  };
  if (path === "/api" || path === "/apis") {
    const wanted = groups.filter((name) => (name === "") === (path === "/api"));
    if (aggregated) return aggregate(wanted, versions, resources);
    if (path === "/api") return { body: { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] } };
    return { body: { kind: "APIGroupList", apiVersion: "v1", groups: wanted.map(group) } };
  }
  const [, first, name, version] = path.split("/");
  if (first === "apis" && !version && groups.includes(name)) return { body: { kind: "APIGroup", apiVersion: "v1", ...group(name) } };
  const [wantedGroup, wantedVersion] = first === "api" ? ["", name] : [name, version];
  if (!["api", "apis"].includes(first) || !groups.includes(wantedGroup) || !versions(wantedGroup).includes(wantedVersion)) return undefined;
  if (path.split("/").length !== (first === "api" ? 3 : 4)) return undefined;
  const list = resources.list.filter((one) => one.group === wantedGroup && one.version === wantedVersion);
  return { body: { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion({ group: wantedGroup, version: wantedVersion }), resources: list.flatMap(described) } };
}

function described(one) {
  const { plural, singular, namespaced, kind, verbs, short, categories } = one;
  const own = { name: plural, singularName: singular, namespaced, kind, verbs, ...(short.length && { shortNames: short }), ...(categories.length && { categories }) };
  const below = Object.entries(one.subresources).map(([name, sub]) => {
    const other = sub.group !== one.group || sub.version !== one.version;
    return { name: `${plural}/${name}`, singularName: "", namespaced, ...(other && { group: sub.group, version: sub.version }), kind: sub.kind, verbs: sub.verbs };
  });
  return [own, ...below];
}

function aggregate(groups, versions, resources) {
  const kindOf = ({ group, version, kind }) => ({ group, version, kind });
  const items = groups.map((group) => ({
    metadata: { ...(group && { name: group }), creationTimestamp: null },
    versions: versions(group).map((version) => ({
      version,
      freshness: "Current",
      resources: resources.list.filter((one) => one.group === group && one.version === version).map((one) => ({
        resource: one.plural,
        responseKind: kindOf(one),
        scope: one.namespaced ? "Namespaced" : "Cluster",
        singularResource: one.singular,
        verbs: one.verbs,
        shortNames: one.short,
        categories: one.categories,
        subresources: Object.entries(one.subresources).map(([subresource, sub]) => ({ subresource, responseKind: kindOf(sub), verbs: sub.verbs })),
      })),
    })),
  }));
  return {
    headers: { "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" },
    body: { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items },
  };
}
