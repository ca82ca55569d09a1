// Who asks, and what they may do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { client, configMap, MAPS, withServer } from "./client.mjs";

const RBAC = "rbac.authorization.k8s.io";
const role = (name, rules, namespace) => ({ apiVersion: `${RBAC}/v1`, kind: namespace ? "Role" : "ClusterRole", metadata: { name, namespace }, rules });
const binding = (name, ref, subject, namespace) => ({
  apiVersion: `${RBAC}/v1`, kind: namespace ? "RoleBinding" : "ClusterRoleBinding", metadata: { name, namespace },
  roleRef: { apiGroup: RBAC, ...ref }, subjects: [subject],
});
const world = {
  users: {
    admin: { groups: ["system:masters"] },
    alice: { groups: ["developers"], certificate: true },
    "system:serviceaccount:default:gate": { token: "gate" },
  },
  objects: [
    role("reader", [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }], "default"),
    binding("readers", { kind: "Role", name: "reader" }, { kind: "Group", name: "developers", apiGroup: RBAC }, "default"),
    role("lease", [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["gate"], verbs: ["update", "get"] }]),
    binding("lease", { kind: "ClusterRole", name: "lease" }, { kind: "ServiceAccount", name: "gate", namespace: "default" }),
    configMap("a", {}, { namespace: "default" }),
  ],
};

test("tokens: known, unknown, none", () => withServer(world, async ({ ask, address, authority }) => {
  const { json } = await ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", { method: "POST", body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } });
  assert.deepEqual(json.status.userInfo, { username: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"] });
  assert.equal((await client(address, authority, "wrong").ask("/version")).status, 401);
  const nobody = client(address, authority, "");
  assert.equal((await nobody.ask("/version")).status, 200);
  assert.match((await nobody.ask(MAPS)).json.message, /User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"/);
}));

test("client certificates name a user and its groups", () => withServer(world, async ({ address, authority, kubeconfig }) => {
  const config = JSON.parse(readFileSync(kubeconfig, "utf8"));
  const { user } = config.users.find(({ name }) => name === "alice");
  const read = (name) => Buffer.from(user[name], "base64").toString();
  const { ask } = client(address, authority, "");
  const options = { cert: read("client-certificate-data"), key: read("client-key-data") };
  assert.equal((await ask(`${MAPS}/a`, options)).status, 200);
  assert.equal((await ask("/api/v1/namespaces/default/secrets", options)).status, 403);
}));

test("roles hold for their namespace, verbs, names", () => withServer(world, async ({ address, authority, ask }) => {
  const alice = client(address, authority, "alice");
  assert.equal((await alice.ask(MAPS)).status, 200);
  assert.equal((await alice.ask("/api/v1/configmaps")).status, 403);
  assert.equal((await alice.ask(`${MAPS}?watch=1`)).status, 403);
  assert.equal((await alice.post(MAPS, configMap("b"))).status, 403);
  const gate = client(address, authority, "gate");
  const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  assert.equal((await gate.ask(`${leases}/gate`)).status, 404);
  const refused = await gate.ask(`${leases}/other`);
  assert.deepEqual([refused.status, refused.json.reason], [403, "Forbidden"]);
  assert.match(refused.json.message, /leases.coordination.k8s.io "other" is forbidden: User "system:serviceaccount:default:gate" cannot get/);
  assert.equal((await ask(MAPS, { headers: { "impersonate-user": "bob" } })).status, 403);
  assert.equal((await ask(MAPS, { headers: { "impersonate-user": "bob", "impersonate-group": "developers" } })).status, 200);
}));

test("reviews of tokens and access", () => withServer(world, async ({ post, address, authority }) => {
  const token = (text) => post("/apis/authentication.k8s.io/v1/tokenreviews", { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: text } });
  assert.deepEqual((await token("gate")).json.status.user.username, "system:serviceaccount:default:gate");
  assert.notEqual((await token("none")).json.status.authenticated, true);
  const attributes = { verb: "get", group: "", resource: "configmaps", namespace: "default" };
  const review = (kind, spec) => ({ apiVersion: "authorization.k8s.io/v1", kind, spec });
  const may = await post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review("SubjectAccessReview", { user: "x", groups: ["developers"], resourceAttributes: attributes }));
  assert.equal(may.json.status.allowed, true);
  const alice = client(address, authority, "alice");
  const own = (verb) => alice.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review("SelfSubjectAccessReview", { resourceAttributes: { ...attributes, verb } }));
  assert.equal((await own("get")).json.status.allowed, true);
  assert.equal((await own("delete")).json.status.allowed, false);
  const rules = await alice.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review("SelfSubjectRulesReview", { namespace: "default" }));
  assert.ok(rules.json.status.resourceRules.some(({ resources }) => resources.includes("configmaps")));
}));
