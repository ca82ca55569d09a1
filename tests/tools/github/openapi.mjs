// GitHub's published description of its REST API: which operations there are, what they take, and what they answer.
import { addFormats, Ajv, file } from "./packages.mjs";
import { WorldError } from "./schema.mjs";

const description = JSON.parse(file("@octokit/openapi/generated/api.github.com.json"));
/** Parameters that hold slashes: GitHub takes them as they are. */
const WITH_SLASHES = ["path", "branch", "ref", "basehead"];
const METHODS = ["get", "post", "patch", "put", "delete"];

/** Where GitHub is known to answer otherwise than it describes: fields that are null for deleted accounts and forks. */
const ALSO_NULL = [
  ["pull-request", "user"],
  ["pull-request-simple", "user"],
  ["pull-request", "head", "repo"],
  ["pull-request", "head", "user"],
  ["pull-request-simple", "head", "repo"],
  ["pull-request-simple", "head", "user"],
];
for (const [name, ...path] of ALSO_NULL) {
  let schema = description.components.schemas[name];
  for (const key of path) {
    if (key !== path.at(-1)) schema = schema.properties[key];
    else schema.properties[key] = { nullable: true, allOf: [schema.properties[key]] };
  }
}

/** Fields that GitHub answers although it does not describe them. */
const ALSO_GIVEN = [["environment", "can_admins_bypass", { type: "boolean" }]];
for (const [name, field, schema] of ALSO_GIVEN) description.components.schemas[name].properties[field] = schema;

/** What a reference points to. */
function follow(value) {
  if (!value?.$ref) return value;
  const parts = value.$ref.split("/").slice(1);
  return follow(parts.reduce((at, part) => at[part.replace(/~1/g, "/").replace(/~0/g, "~")], description));
}

/** Described twice: as `{basehead}` too. */
const TWICE = "/repos/{owner}/{repo}/compare/{base}...{head}";

const operations = Object.entries(description.paths)
  .filter(([path]) => path !== TWICE)
  .flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })))
  .map((operation) => ({ ...operation, ...pattern(operation.path) }))
  .sort((a, b) => b.literal - a.literal);

function pattern(path) {
  const names = [];
  const text = path.replace(/[.+^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, (_, name) => {
    names.push(name);
    return WITH_SLASHES.includes(name) ? "(.+)" : "([^/]+)";
  });
  return { names, regular: new RegExp(`^${text}$`), literal: path.replace(/\{\w+\}/g, "").length };
}

/** The operation of a request with the values in its path, or a loud error: GitHub has no such address. */
export function operation(method, path) {
  for (const one of operations) {
    const match = one.method === method.toLowerCase() && one.regular.exec(path);
    if (match) {
      const values = match.slice(1).map(decodeURIComponent);
      return { ...one, values: Object.fromEntries(one.names.map((name, at) => [name, values[at]])) };
    }
  }
  throw new WorldError(`GitHub's REST API has no ${method} ${path}`);
}

/** Refuses query parameters that the operation does not have, and values that they do not take. */
export function checkQuery(operation, query) {
  const known = new Map((operation.parameters ?? []).map(follow).filter((one) => one.in === "query").map((one) => [one.name, one]));
  for (const [name, value] of query) {
    const parameter = known.get(name);
    const where = `${operation.method} ${operation.path}`;
    if (!parameter) throw new WorldError(`${where} has no query parameter ${name}`);
    const schema = follow(parameter.schema);
    const number = ["integer", "number"].includes(schema.type) ? Number(value) : value;
    const typed = schema.type === "boolean" ? value === "true" || (value === "false" ? false : value) : number;
    const check = compile(schema, `${where} ?${name}`);
    if (!check(typed)) throw new WorldError(`${where}: ${name}=${value} is not what it takes: ${reason(check)}`);
  }
}

/** Refuses a request body that the operation does not take. */
export function checkBody(operation, body) {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const where = `${operation.method} ${operation.path}`;
  if (!schema) throw new WorldError(`${where} takes no body`);
  const check = compile(schema, `${where} body`);
  if (!check(body)) throw new WorldError(`${where}: a body that it does not take: ${reason(check)}`);
  const unknown = strangers(schema, body);
  if (unknown.length > 0) throw new WorldError(`${where}: a body with fields that it does not take: ${unknown.join(", ")}`);
}

/** An answer as the operation describes it: without fields that it does not name, with addresses filled in, valid. */
export function shaped(operation, status, value, world) {
  const where = `${operation.method} ${operation.path} ${status}`;
  const response = follow(operation.responses[status]);
  if (!response) throw new WorldError(`${where}: GitHub describes no such answer`);
  const schema = response.content?.["application/json"]?.schema;
  if (!schema) return undefined;
  const shape = fit(schema, value, world);
  const check = compile(schema, where);
  if (!check(shape)) throw new WorldError(`${where}: the answer is not what GitHub describes: ${reason(check)}`);
  return shape;
}

const ajv = addFormats(new Ajv({ strict: false, allErrors: false, validateFormats: true, logger: false }));
const compiled = new Map();

function compile(schema, name) {
  if (!compiled.has(name)) {
    const definitions = {};
    const root = translate(schema, definitions);
    compiled.set(name, ajv.compile({ ...root, definitions }));
  }
  return compiled.get(name);
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type. */
function translate(schema, definitions) {
  if (Array.isArray(schema)) return schema.map((one) => translate(one, definitions));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    if (!(name in definitions)) {
      definitions[name] = true;
      definitions[name] = translate(follow(schema), definitions);
    }
    return { $ref: `#/definitions/${name}` };
  }
  const { nullable, example, examples, discriminator, description: _, ...rest } = schema;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, key === "enum" ? value : translate(value, definitions)]));
  return nullable ? { anyOf: [{ type: "null" }, plain] } : plain;
}

function reason(check) {
  return check.errors
    .slice(0, 3)
    .map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
    .join("; ");
}

/** All properties that a schema names, in all its alternatives. */
function properties(schema, found = new Map()) {
  const plain = follow(schema);
  for (const [name, property] of Object.entries(plain.properties ?? {})) {
    found.set(name, [...(found.get(name) ?? []), property]);
  }
  for (const part of ["allOf", "oneOf", "anyOf"]) for (const one of plain[part] ?? []) properties(one, found);
  return found;
}

function items(schema) {
  const plain = follow(schema);
  const parts = ["allOf", "oneOf", "anyOf"].flatMap((part) => plain[part] ?? []);
  return [plain.items, ...parts.flatMap(items)].filter(Boolean);
}

/** What a value must have: of alternatives, what the first one wants that the value can meet. */
function required(schema, value) {
  const plain = follow(schema);
  const all = (plain.allOf ?? []).flatMap((one) => required(one, value));
  const meets = (one) => follow(one).type !== "array" && required(one, value).every((name) => name in value || fillable(name));
  const chosen = [...(plain.oneOf ?? []), ...(plain.anyOf ?? [])].find(meets);
  return [...(plain.required ?? []), ...all, ...(chosen ? required(chosen, value) : [])];
}

function fillable(name) {
  return /(^|_)url$/.test(name) || ["href", "node_id", "gravatar_id", "_links"].includes(name);
}

/** Drops what the schema does not name, and fills in addresses, which no control reads. */
function fit(schema, value, world) {
  if (Array.isArray(value)) {
    const alternatives = items(schema);
    const each = alternatives.length === 1 ? alternatives[0] : { anyOf: alternatives };
    return value.map((one) => (alternatives.length ? fit(each, one, world) : one));
  }
  if (value === null || typeof value !== "object") return value;
  const known = properties(schema);
  if (known.size === 0) return value;
  const shape = {};
  for (const [name, one] of Object.entries(value)) {
    const schemas = known.get(name);
    if (schemas && one !== undefined) shape[name] = fit(schemas.length === 1 ? schemas[0] : { anyOf: schemas }, one, world);
  }
  for (const name of required(schema, value)) {
    if (name in shape) continue;
    if (/(^|_)url$/.test(name) || name === "href") shape[name] = `${world.api}/${name}`;
    else if (name === "node_id") shape[name] = Buffer.from(`node:${value.id ?? value.sha ?? ""}`).toString("base64");
    else if (name === "gravatar_id") shape[name] = "";
    else if (name === "_links") shape[name] = links(known.get(name)[0], world);
  }
  return shape;
}

function links(schema, world) {
  const entries = Object.entries(follow(schema).properties ?? {});
  return Object.fromEntries(
    entries.map(([name, link]) => [name, follow(link).type === "object" ? { href: `${world.api}/${name}` } : `${world.api}/${name}`]),
  );
}

function strangers(schema, value, at = "") {
  if (Array.isArray(value)) return value.flatMap((one) => strangers({ anyOf: items(schema) }, one, `${at}[]`));
  if (value === null || typeof value !== "object") return [];
  const known = properties(schema);
  if (known.size === 0) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    known.has(name) ? strangers({ anyOf: known.get(name) }, one, `${at}.${name}`) : [`${at}.${name}`],
  );
}
