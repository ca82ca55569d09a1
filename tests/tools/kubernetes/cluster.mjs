// The state of a cluster, from what a specification says about it.
import { Users } from "./access/authentication.mjs";
import { bootstrap } from "./access/rbac.mjs";
import { Faults } from "./faults.mjs";
import { Identifiers } from "./identifiers.mjs";
import { requireValid } from "./objects/answers.mjs";
import { check } from "./objects/structure.mjs";
import { setDefaults } from "./objects/defaults.mjs";
import { establish } from "./objects/definitions.mjs";
import { now } from "./objects/metadata.mjs";
import { stored } from "./objects/versions.mjs";
import { Resources } from "./resources.mjs";
import { WorldError } from "./status.mjs";
import { Store } from "./store.mjs";

const KEYS = ["users", "namespaces", "objects", "services", "faults", "history", "bookmarkSeconds"];
const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Everything that a server knows and remembers. */
export class Cluster {
  constructor(spec = {}) {
    for (const key of Object.keys(spec)) if (!KEYS.includes(key)) throw new WorldError(`a cluster has no ${key}`);
    this.identifiers = new Identifiers();
    this.users = new Users(spec.users, this.identifiers);
    this.resources = new Resources();
    this.store = new Store({ history: spec.history, check: requireValid });
    this.services = spec.services ?? {};
    this.faults = new Faults(spec.faults);
    this.bookmarkSeconds = spec.bookmarkSeconds ?? 30;
    this.requests = [];
    this.audit = [];
    this.streams = new Set();
    for (const name of [...NAMESPACES, ...(spec.namespaces ?? [])]) this.load({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const object of [...bootstrap, ...(spec.objects ?? [])]) this.load(object);
  }

  /** Stores an object that is there from the beginning, as it is given; no webhook is asked. */
  load(given) {
    const resource = this.resources.ofKind(given.apiVersion ?? "", given.kind);
    if (!resource) throw new WorldError(`no resource for ${given.apiVersion} ${given.kind}`);
    const object = JSON.parse(JSON.stringify(given));
    const { unknown, problems, types } = check(object, resource.schema);
    if (unknown.length || problems.length || types.length) throw new WorldError(`${given.kind} ${given.metadata?.name}: ${JSON.stringify({ unknown, problems, types })}`);
    object.metadata = { ...object.metadata, uid: object.metadata.uid ?? this.identifiers.uid(), creationTimestamp: object.metadata.creationTimestamp ?? now() };
    if (resource.counts) object.metadata.generation ??= 1;
    setDefaults(object, resource);
    if (object.kind === "Namespace") object.status ??= { phase: "Active" };
    const kept = this.store.put(resource.storage, stored(object, resource));
    if (object.kind === "CustomResourceDefinition") establish(this, kept);
    return kept;
  }
}
