// Identifiers that are the same in every run: made of a counter.
import { createHash } from "node:crypto";

/** Makes uids, tokens and the ends of generated names. */
export class Identifiers {
  constructor() {
    this.count = 0;
  }

  digest() {
    this.count += 1;
    return createHash("sha256").update(`identifier ${this.count}`).digest("hex");
  }

  uid() {
    const text = this.digest();
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-8${text.slice(17, 20)}-${text.slice(20, 32)}`;
  }

  /** Five characters, of those that Kubernetes ends generated names with. */
  suffix() {
    const letters = "bcdfghjklmnpqrstvwxz2456789";
    return [...this.digest().matchAll(/../g)].slice(0, 5).map(([pair]) => letters[parseInt(pair, 16) % letters.length]).join("");
  }
}
