// A world: what GitHub holds, built from a compact description in which every usual value may be left out.
import { WorldError } from "./schema.mjs";
import { NOW } from "./clock.mjs";
import { Actors } from "./model/actors.mjs";
import { addRepository } from "./model/repository.mjs";
import { ruleset } from "./model/rules.mjs";
import { Token } from "./token.mjs";

const KEYS = ["now", "host", "token", "rateLimit", "users", "bots", "apps", "organizations", "repositories", "faults"];

/** Everything the server answers from. */
export class World {
  constructor(spec) {
    for (const key of Object.keys(spec)) if (!KEYS.includes(key)) throw new WorldError(`a world has no ${key}`);
    this.now = spec.now ?? NOW;
    this.host = spec.host ?? "https://github.com";
    this.api = "https://api.github.com";
    this.token = new Token(spec.token ?? {});
    this.rateLimit = { limit: 5000, used: 0, ...spec.rateLimit };
    this.nodes = new Map();
    this.repositories = new Map();
    this.actors = new Actors(this, spec);
    for (const actor of [...this.actors.byLogin.values()]) {
      if (actor.rulesets) actor.rulesetList = actor.rulesets.map((set, at) => ruleset(actor, set, at));
    }
    for (const [name, repository] of Object.entries(spec.repositories ?? {})) addRepository(this, name, repository);
    this.written = [];
  }

  repository(owner, name) {
    const found = this.repositories.get(`${owner}/${name}`.toLowerCase());
    return found && this.token.sees(found.nameWithOwner) ? found : null;
  }
}
