// What goes wrong in a world: requests that are answered with an error, late, cut short or not at all.
import { WorldError } from "./schema.mjs";

const KEYS = ["match", "operation", "nth", "times", "status", "headers", "body", "delay", "cut", "close"];

/** The faults of a world. */
export class Faults {
  constructor(specs = []) {
    this.list = specs.map((spec) => {
      for (const key of Object.keys(spec)) if (!KEYS.includes(key)) throw new WorldError(`a fault has no ${key}`);
      if (!spec.match && !spec.operation) throw new WorldError("a fault needs match or operation");
      return { ...spec, seen: 0 };
    });
  }

  /** The fault that a request meets, or undefined: `nth` and the `times - 1` matches after it, or every match. */
  meet({ method, path, operation }) {
    return this.list.find((fault) => {
      if (fault.operation ? fault.operation !== operation : !pattern(fault.match).test(`${method} ${path}`)) return false;
      fault.seen += 1;
      if (fault.nth === undefined) return fault.times === undefined || fault.seen <= fault.times;
      return fault.seen >= fault.nth && fault.seen < fault.nth + (fault.times ?? 1);
    });
  }
}

/** `GET /repos/*` with any text for each star. */
function pattern(text) {
  return new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`);
}
