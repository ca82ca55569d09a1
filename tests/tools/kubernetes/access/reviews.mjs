// Reviews: who a token belongs to, and what somebody may do.
import { isAllowed, rulesFor } from "./rbac.mjs";

function attributes({ resourceAttributes: asked, nonResourceAttributes: path }) {
  if (path) return { verb: path.verb, path: path.path };
  const { verb = "*", group = "", resource: plural = "*", subresource, namespace, name } = asked ?? {};
  return { verb, group, plural, subresource, namespace, name };
}

const told = (allowed) => ({ allowed, ...(!allowed && { reason: "no RBAC policy matched" }) });

/** Answers a review by its kind. */
export function review({ cluster, user, object, namespace }) {
  const { store, users } = cluster;
  const answer = (status) => ({ ...object, metadata: { ...object.metadata }, status });
  const { spec } = object;
  if (object.kind === "TokenReview") {
    const found = users.tokens.get(spec.token);
    return answer(found ? { authenticated: true, user: found, audiences: spec.audiences ?? ["https://kubernetes.default.svc"] } : { user: {}, error: "invalid bearer token" });
  }
  if (object.kind === "SelfSubjectReview") return answer({ userInfo: user });
  if (object.kind === "SelfSubjectAccessReview") return answer(told(isAllowed(store, user, attributes(spec))));
  if (object.kind === "SelfSubjectRulesReview") {
    const rules = rulesFor(store, user, spec.namespace);
    const nonResourceRules = rules.filter((rule) => rule.nonResourceURLs).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
    return answer({ resourceRules: rules.filter((rule) => rule.resources), nonResourceRules, incomplete: false });
  }
  const subject = { username: spec.user ?? "", groups: spec.groups ?? [] };
  const wanted = attributes(spec);
  if (object.kind === "LocalSubjectAccessReview") wanted.namespace = namespace;
  return answer(told(isAllowed(store, subject, wanted)));
}
