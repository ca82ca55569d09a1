// The body of a request: read within a limit, decoded, and checked as strict field validation does.
import { yaml } from "../packages.mjs";
import { check } from "../objects/structure.mjs";
import { logic } from "../objects/answers.mjs";
import { badRequest, invalid, Refusal, unsupported } from "../status.mjs";
import { apiVersion } from "../resources.mjs";

const LIMIT = 3 * 1024 * 1024;
const OBJECTS = ["application/json", "application/yaml"];

/** The bytes of a body; 413 beyond 3 MiB. */
export async function read(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= LIMIT) parts.push(part);
  }
  if (size > LIMIT) throw new Refusal(413, "RequestEntityTooLarge", `Request entity too large: limit is ${LIMIT}`, { details: {} });
  return Buffer.concat(parts).toString();
}

/** The media type of a body, without its parameters. */
export const mediaType = (headers) => (headers["content-type"] ?? "application/json").split(";")[0].trim().toLowerCase();

/** The value of a body by its media type, one of those that are accepted. */
export function decode(text, type, accepted = OBJECTS) {
  if (!accepted.includes(type)) throw unsupported(accepted.join(", "));
  if (!text) return undefined;
  try {
    return type.endsWith("yaml") ? yaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`the object provided is unrecognized (must be of type ${type}): couldn't get version/kind; json parse error: ${error.message}`);
  }
}

/** An object of a request as a resource takes it: of its kind, its unknown fields refused or told, its types right. */
export function requireObject(object, { resource, mode, warnings }) {
  if (object === null || typeof object !== "object" || Array.isArray(object)) throw badRequest("the object provided is unrecognized: it is no object");
  const wanted = apiVersion(resource);
  const isMissing = object.kind === undefined || object.apiVersion === undefined;
  if (isMissing && resource.custom) throw badRequest(`Object 'Kind' or 'apiVersion' is missing in the object provided`);
  const typed = { ...structuredClone(object), kind: object.kind ?? resource.kind, apiVersion: object.apiVersion ?? wanted };
  if (typed.kind !== resource.kind || typed.apiVersion !== wanted) {
    throw badRequest(`${typed.kind} in version ${JSON.stringify(typed.apiVersion)} cannot be handled as a ${resource.kind}: the API version in the data (${typed.apiVersion}) does not match the expected API version (${wanted})`);
  }
  const { unknown, problems, types } = check(typed, resource.schema);
  const name = typed.metadata?.name ?? "";
  if (types.length) throw typeRefusal(types, resource, name);
  told(unknown, mode, warnings);
  const wrong = [...problems, ...(resource.custom && !problems.length ? logic(typed, resource.schema) : [])];
  if (wrong.length) throw invalid(resource, name, wrong);
  return typed;
}

/** Refuses unknown fields, or warns of them: a request that says nothing is taken strictly, so that a wrong name fails a test. */
function told(unknown, mode, warnings) {
  if (!unknown.length || mode === "Ignore") return;
  const texts = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (mode === "Warn") warnings.push(...texts);
  else throw badRequest(`strict decoding error: ${texts.join(", ")}`);
}

const goType = (value) => (Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value);

function typeRefusal(types, resource, name) {
  const [{ path, expected, value }] = types;
  if (resource.custom) {
    const problems = types.map((one) => ({ cause: "type", field: one.path, message: `Invalid value: ${JSON.stringify(goType(one.value))}: ${one.path} in body must be of type ${one.expected}: ${JSON.stringify(goType(one.value))}` }));
    return invalid(resource, name, problems);
  }
  const version = JSON.stringify(resource.version);
  return badRequest(`${resource.kind} in version ${version} cannot be handled as a ${resource.kind}: json: cannot unmarshal ${goType(value)} into Go struct field ${resource.kind}.${path} of type ${expected}`);
}
