// What is stored, one revision after another, and what happened since when.
import { expired, Refusal } from "./status.mjs";

/** Objects by the place that they are stored under, with a history that watches and lists of the past read. */
export class Store {
  constructor({ history = 10_000 } = {}) {
    this.revision = 1;
    this.compacted = 0;
    this.limit = history;
    this.objects = new Map();
    this.history = [];
    this.watchers = new Set();
  }

  static key(storage, namespace, name) {
    return `${storage}/${namespace ?? ""}/${name}`;
  }

  get(storage, namespace, name) {
    return this.objects.get(Store.key(storage, namespace, name));
  }

  /** Stores an object that is new or changed; objects are never changed in place. */
  put(storage, object) {
    const { namespace, name } = object.metadata;
    const key = Store.key(storage, namespace, name);
    const previous = this.objects.get(key);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } };
    this.objects.set(key, stored);
    this.tell({ type: previous ? "MODIFIED" : "ADDED", storage, key, object: stored, previous });
    return stored;
  }

  remove(storage, object) {
    const key = Store.key(storage, object.metadata.namespace, object.metadata.name);
    const previous = this.objects.get(key);
    this.objects.delete(key);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } };
    this.tell({ type: "DELETED", storage, key, object: last, previous });
    return last;
  }

  tell(event) {
    const told = { ...event, revision: this.revision };
    this.history.push(told);
    while (this.history.length > this.limit) this.compacted = this.history.shift().revision;
    for (const watcher of [...this.watchers]) watcher(told);
  }

  /** Forgets what was before: who asks for it gets 410. */
  compact() {
    this.history = [];
    this.compacted = this.revision;
  }

  /** The objects of a resource as they were at a revision, by name. */
  list(storage, namespace, revision = this.revision) {
    const objects = new Map(this.objects);
    for (const event of this.history.filter((one) => one.revision > revision).reverse()) {
      if (event.previous) objects.set(event.key, event.previous);
      else objects.delete(event.key);
    }
    const prefix = namespace === undefined ? `${storage}/` : Store.key(storage, namespace, "");
    return [...objects].filter(([key]) => key.startsWith(prefix)).sort(([one], [two]) => (one < two ? -1 : 1)).map(([, object]) => object);
  }

  /** What happened to a resource after a revision; 410 where that is forgotten. */
  since(storage, revision) {
    if (revision < this.compacted) throw expired(`too old resource version: ${revision} (${this.compacted})`);
    return this.history.filter((event) => event.revision > revision && event.storage === storage);
  }

  /** Refuses a revision that is yet to come. */
  reached(revision) {
    if (revision <= this.revision) return;
    const message = `Too large resource version: ${revision}, current: ${this.revision}`;
    throw new Refusal(504, "Timeout", `Timeout: ${message}`, { details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 } });
  }
}
