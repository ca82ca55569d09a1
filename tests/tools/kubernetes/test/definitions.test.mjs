// Custom resources: a definition makes its resource available, with its schema.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "./client.mjs";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const EXCEPTIONS = "/apis/gate.example.com/v1/namespaces/default/exceptions";

function definition(schema, more = {}) {
  const spec = { type: "object", required: ["control"], properties: { control: { type: "string", pattern: "^[A-Z]+-[0-9]+$" }, days: { type: "integer", minimum: 1, default: 7 }, reason: { type: "string", nullable: true }, ...schema } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "exceptions.gate.example.com" },
    spec: {
      group: "gate.example.com", scope: "Namespaced", names: { plural: "exceptions", kind: "Exception", shortNames: ["ex"] },
      versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: { type: "object", properties: { spec, status: { type: "object", properties: { approved: { type: "boolean" } } } } } }, ...more }],
    },
  };
}

const exception = (spec, more = {}) => ({ apiVersion: "gate.example.com/v1", kind: "Exception", metadata: { name: "e" }, spec, ...more });

test("a definition is established, its resource found and used", () => withServer({}, async ({ ask, post, patch, remove, watch }) => {
  assert.equal((await ask(EXCEPTIONS)).status, 404);
  await post(DEFINITIONS, definition());
  const { status } = (await ask(`${DEFINITIONS}/exceptions.gate.example.com`)).json;
  assert.deepEqual(status.conditions.map(({ type, status: is }) => [type, is]), [["NamesAccepted", "True"], ["Established", "True"]]);
  assert.deepEqual(status.storedVersions, ["v1"]);
  const { resources } = (await ask("/apis/gate.example.com/v1")).json;
  assert.deepEqual(resources.map(({ name }) => name), ["exceptions", "exceptions/status"]);
  const made = await post(EXCEPTIONS, exception({ control: "SUP-03" }, { status: { approved: true } }));
  assert.deepEqual([made.json.spec, made.json.status], [{ control: "SUP-03", days: 7 }, undefined]);
  const approved = await patch(`${EXCEPTIONS}/e/status`, "merge", { status: { approved: true }, spec: { days: 9 } });
  assert.deepEqual([approved.json.status, approved.json.spec.days, approved.json.metadata.generation], [{ approved: true }, 7, 1]);
  assert.equal((await patch(`${EXCEPTIONS}/e?fieldManager=m`, "apply", { apiVersion: "gate.example.com/v1", kind: "Exception", spec: { days: 3, control: "SUP-03" } })).status, 409);
  assert.equal((await watch(`${EXCEPTIONS}?watch=1&timeoutSeconds=1`)).events.length, 1);
  await remove(`${DEFINITIONS}/exceptions.gate.example.com`);
  assert.equal((await ask(EXCEPTIONS)).status, 404);
}));

for (const [what, object, status, message] of [
  ["a missing field", exception({}), 422, /spec.control: Required value/],
  ["a wrong pattern", exception({ control: "x" }), 422, /spec.control in body should match/],
  ["a wrong type", exception({ control: "A-1", days: "two" }), 422, /must be of type integer/],
  ["too small", exception({ control: "A-1", days: 0 }), 422, /greater than or equal to 1/],
  ["an unknown field", exception({ control: "A-1", day: 1 }), 400, /unknown field "spec.day"/],
  ["unknown metadata", { ...exception({ control: "A-1" }), metadata: { name: "e", label: {} } }, 400, /unknown field "metadata.label"/],
  ["no kind", { metadata: { name: "e" }, spec: { control: "A-1" } }, 400, /missing/],
  ["against a rule", exception({ control: "A-1", window: { from: 3, to: 2 } }), 422, /spec.window: Invalid value: "object": the end comes first/],
  ["neither of two", exception({ control: "A-1", target: {} }), 422, /oneOf/],
]) {
  test(`refused: ${what}`, () => withServer({ objects: [definition({ window: { type: "object", "x-kubernetes-validations": [{ rule: "self.from < self.to", message: "the end comes first" }], properties: { from: { type: "integer" }, to: { type: "integer" } } }, target: { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, oneOf: [{ required: ["a"] }, { required: ["b"] }] } })] }, async ({ post }) => {
    const answer = await post(EXCEPTIONS, object);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.json.message, message);
  }));
}

test("pruning removes what the schema does not name; null stays where it may", () => withServer({ objects: [definition({ free: { type: "object", "x-kubernetes-preserve-unknown-fields": true } })] }, async ({ post, ask }) => {
  const spec = { control: "A-1", reason: null, free: { any: { thing: 1 } } };
  assert.equal((await post(`${EXCEPTIONS}?fieldValidation=Warn`, exception({ ...spec, day: 1 }))).status, 201);
  assert.deepEqual((await ask(`${EXCEPTIONS}/e`)).json.spec, { ...spec, days: 7 });
}));

test("a definition that is none is refused", () => withServer({}, async ({ post }) => {
  const untyped = definition({ target: { properties: {} } });
  assert.match((await post(DEFINITIONS, untyped)).json.message, /target\].type: Required value/);
  assert.match((await post(DEFINITIONS, { ...definition(), metadata: { name: "other" } })).json.message, /must be spec.names.plural/);
  assert.equal((await post(DEFINITIONS, definition({}, { strage: true }))).status, 400);
}));

test("two versions of one object", () => withServer({}, async ({ ask, post }) => {
  const two = definition();
  two.spec.versions.push({ ...two.spec.versions[0], name: "v2", storage: false });
  await post(DEFINITIONS, two);
  await post(EXCEPTIONS, exception({ control: "A-1" }));
  const other = (await ask(`${EXCEPTIONS.replace("/v1/", "/v2/")}/e`)).json;
  assert.deepEqual([other.apiVersion, other.spec.control], ["gate.example.com/v2", "A-1"]);
}));
