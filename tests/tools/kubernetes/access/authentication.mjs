// Who asks: bearer tokens and client certificates, and whom they act as.
import { randomUUID } from "node:crypto";
import { Refusal, WorldError } from "../status.mjs";
import { requireAllowed } from "./rbac.mjs";

/** The users of a world, and the tokens that were issued to service accounts. */
export class Users {
  constructor(spec = { admin: { groups: ["system:masters"] } }) {
    this.byName = new Map();
    this.tokens = new Map();
    for (const [name, { token = name, groups = [], uid = name, extra, ...rest }] of Object.entries(spec)) {
      if (Object.keys(rest).length) throw new WorldError(`a user has no ${Object.keys(rest)[0]}`);
      const user = { username: name, uid, groups: [...groups, "system:authenticated"], ...(extra && { extra }) };
      this.byName.set(name, { ...user, token });
      this.tokens.set(token, user);
    }
  }

  /** A token of a service account. */
  issue(namespace, name, uid) {
    const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const user = serviceAccount(namespace, name, uid);
    const token = `${encoded({ alg: "none" })}.${encoded({ sub: user.username })}.${randomUUID()}`;
    this.tokens.set(token, user);
    return token;
  }

  /** The user of a request; without credentials nobody in particular. */
  of(request) {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token) {
      const user = this.tokens.get(token);
      if (!user) throw new Refusal(401, "Unauthorized", "Unauthorized");
      return user;
    }
    const certificate = request.socket.authorized ? request.socket.getPeerCertificate() : undefined;
    if (certificate?.subject?.CN) {
      return { username: certificate.subject.CN, groups: [...[certificate.subject.O ?? []].flat(), "system:authenticated"] };
    }
    return { username: "system:anonymous", groups: ["system:unauthenticated"] };
  }
}

/** A service account as a user. */
export function serviceAccount(namespace, name, uid) {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { username: `system:serviceaccount:${namespace}:${name}`, uid, groups };
}

/** The user that a request acts as, where it asks to and may. */
export function acting(user, headers, store) {
  const name = headers["impersonate-user"];
  if (!name) return user;
  const groups = [headers["impersonate-group"] ?? []].flat().flatMap((text) => text.split(/,\s*/));
  requireAllowed(store, user, { verb: "impersonate", group: "", plural: "users", name });
  for (const group of groups) requireAllowed(store, user, { verb: "impersonate", group: "", plural: "groups", name: group });
  const [, namespace, account] = /^system:serviceaccount:([^:]+):(.+)$/.exec(name) ?? [];
  if (account) return serviceAccount(namespace, account);
  return { username: name, groups: [...groups, "system:authenticated"] };
}
