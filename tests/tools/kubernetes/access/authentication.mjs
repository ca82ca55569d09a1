// Who asks: bearer tokens and client certificates, and whom they act as.
import { Refusal, WorldError } from "../status.mjs";
import { requireAllowed } from "./rbac.mjs";

/** The users of a world, and the tokens that were issued to service accounts. */
export class Users {
  constructor(spec = { admin: { groups: ["system:masters"] } }, identifiers = undefined) {
    this.byName = new Map();
    this.tokens = new Map();
    this.identifiers = identifiers;
    for (const [name, { token = name, groups = [], uid = name, extra, certificate = false, ...rest }] of Object.entries(spec)) {
      if (Object.keys(rest).length) throw new WorldError(`a user has no ${Object.keys(rest)[0]}`);
      const user = accountOf(name, uid) ?? { username: name, uid, groups: [...groups, "system:authenticated"], ...(extra && { extra }) };
      this.byName.set(name, { ...user, token, certificate, organizations: groups });
      this.tokens.set(token, user);
    }
  }

  /** A token of a service account. */
  issue(namespace, name, uid) {
    const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const user = serviceAccount(namespace, name, uid);
    const token = `${encoded({ alg: "none" })}.${encoded({ sub: user.username })}.${this.identifiers.digest()}`;
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
    const certificate = request.socket.getPeerCertificate();
    if (certificate?.subject?.CN) {
      if (!request.socket.authorized) throw new Refusal(401, "Unauthorized", "Unauthorized");
      return { username: certificate.subject.CN, groups: [...[certificate.subject.O ?? []].flat(), "system:authenticated"] };
    }
    return { username: "system:anonymous", groups: ["system:unauthenticated"] };
  }
}

/** The user that a name of a service account stands for, or undefined. */
function accountOf(name, uid) {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):(.+)$/.exec(name) ?? [];
  return account && serviceAccount(namespace, account, uid);
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
  return accountOf(name) ?? { username: name, groups: [...groups, "system:authenticated"] };
}
