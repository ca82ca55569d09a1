// What goes wrong in a world: requests that are answered with an error, late, cut short or not at all.
import { WorldError } from "./status.mjs";

const KEYS = ["match", "nth", "times", "status", "reason", "message", "headers", "body", "delay", "cut", "close", "dropAfter"];

/** The faults of a world. */
export class Faults {
  constructor(specs = []) {
    this.list = specs.map((spec) => {
      for (const key of Object.keys(spec)) if (!KEYS.includes(key)) throw new WorldError(`a fault has no ${key}`);
      if (!spec.match) throw new WorldError("a fault needs match");
      return { ...spec, seen: 0 };
    });
  }

  /** The fault that a request meets, or undefined: `nth` and the `times - 1` matches after it, or every match. */
  meet(method, path) {
    return this.list.find((fault) => {
      if (!pattern(fault.match).test(`${method} ${path}`)) return false;
      fault.seen += 1;
      if (fault.nth === undefined) return fault.times === undefined || fault.seen <= fault.times;
      return fault.seen >= fault.nth && fault.seen < fault.nth + (fault.times ?? 1);
    });
  }
}

/** `GET /api/v1/pods?*watch=*` with any text for each star. */
function pattern(text) {
  return new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`);
}
