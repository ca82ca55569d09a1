// What is stored, one revision after another, and what happened since when.
import { expired, Refusal } from "./status.mjs";

/** Objects by the place that they are stored under, with a history that watches and lists of the past read. */
export class Store {
  constructor({ history = 10_000, check = () => {} } = {}) {
    this.revision = 1;
    this.compacted = 0;
    this.limit = history;
    this.check = check;
    this.places = new Map();
    this.owned = new Map();
    this.history = [];
    this.watchers = new Set();
  }

  static key(namespace, name) {
    return `${namespace ?? ""}/${name}`;
  }

  /** The objects of one place by key, with the sorted keys as far as nothing was added or removed since. */
  place(storage) {
    if (!this.places.has(storage)) this.places.set(storage, { objects: new Map(), sorted: undefined });
    return this.places.get(storage);
  }

  get(storage, namespace, name) {
    return this.place(storage).objects.get(Store.key(namespace, name));
  }

  /** Stores an object that is new or changed; objects are never changed in place. */
  put(storage, object) {
    const place = this.place(storage);
    const { namespace, name } = object.metadata;
    const key = Store.key(namespace, name);
    const previous = place.objects.get(key);
    const stored = versioned(object, this.revision + 1);
    this.check(stored);
    this.revision += 1;
    if (!previous) place.sorted = undefined;
    place.objects.set(key, stored);
    this.count(previous, stored);
    this.tell({ type: previous ? "MODIFIED" : "ADDED", storage, key, object: stored, previous });
    return stored;
  }

  remove(storage, object) {
    const place = this.place(storage);
    const key = Store.key(object.metadata.namespace, object.metadata.name);
    const previous = place.objects.get(key);
    place.objects.delete(key);
    place.sorted = undefined;
    this.count(previous, undefined);
    this.revision += 1;
    const last = versioned(object, this.revision);
    this.tell({ type: "DELETED", storage, key, object: last, previous });
    return last;
  }

  /** How many objects name each owner, so that a removal need not look at all of them. */
  count(before, after) {
    for (const [object, change] of [[before, -1], [after, 1]]) {
      for (const { uid } of object?.metadata.ownerReferences ?? []) {
        const number = (this.owned.get(uid) ?? 0) + change;
        if (number) this.owned.set(uid, number);
        else this.owned.delete(uid);
      }
    }
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

  /** The objects of a resource as they were at a revision, by namespace and name. */
  list(storage, namespace, revision = this.revision) {
    const { objects, keys, from, to } = this.range(storage, namespace, revision);
    return keys.slice(from, to).map((key) => objects.get(key));
  }

  /** Objects by their keys, the sorted keys, and which of these are of a namespace and beyond a key. */
  range(storage, namespace, revision, beyond) {
    const { objects, keys } = this.at(storage, revision);
    const prefix = namespace ?? "";
    const from = beyond === undefined ? first(keys, (key) => namespace === undefined || key >= `${prefix}/`) : first(keys, (key) => key > beyond);
    const to = namespace === undefined ? keys.length : first(keys, (key) => key >= `${prefix}0`);
    return { objects, keys, from, to };
  }

  at(storage, revision) {
    const place = this.place(storage);
    place.sorted ??= [...place.objects.keys()].sort();
    const later = this.history.filter((event) => event.revision > revision && event.storage === storage);
    if (!later.length) return { objects: place.objects, keys: place.sorted };
    const objects = new Map(place.objects);
    for (const event of later.reverse()) {
      if (event.previous) objects.set(event.key, event.previous);
      else objects.delete(event.key);
    }
    return { objects, keys: [...objects.keys()].sort() };
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

/** The first place of sorted keys that a test holds for; it holds for all after it. */
function first(keys, holds) {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(keys[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** An object with its revision, its metadata in the order that the API server writes. */
function versioned(object, revision) {
  const { name, generateName, namespace, uid, ...rest } = object.metadata;
  const first = Object.entries({ name, generateName, namespace, uid }).filter(([, value]) => value !== undefined);
  return { ...object, metadata: { ...Object.fromEntries(first), ...rest, resourceVersion: String(revision) } };
}
