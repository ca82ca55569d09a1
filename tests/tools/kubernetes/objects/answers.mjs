// Checks what is stored and answered against the published schemas: what they do not allow is a mistake of this server.
import { definitionName, typeOf } from "../schemas.mjs";
import { definitions, formats, validator } from "../packages.mjs";
import { WorldError } from "../status.mjs";

let compiler;
const compiled = new Map();

function start() {
  const Ajv = validator();
  compiler = new Ajv({ strict: false, allErrors: false, logger: false });
  formats(compiler);
  for (const name of ["byte", "double", "float", "int32", "int64", "int-or-string"]) compiler.addFormat(name, true);
  compiler.addSchema({ $id: "strict", $defs: definitions({ strict: true }).$defs });
}

function validate(name) {
  if (!compiler) start();
  if (!compiled.has(name)) compiled.set(name, compiler.compile({ $ref: `strict#/$defs/${name}` }));
  return compiled.get(name);
}

function requireSchema(value, name, what) {
  const check = validate(name);
  if (check(value)) return;
  const [{ instancePath, message, params }] = check.errors;
  throw new WorldError(`${what} is not as Kubernetes' schema has it: ${instancePath} ${message} ${JSON.stringify(params)}`);
}

const LOOSE = new Map([["meta.k8s.io/v1/PartialObjectMetadata", true], ["meta.k8s.io/v1/PartialObjectMetadataList", true], ["meta.k8s.io/v1/Table", true], ["apidiscovery.k8s.io/v2/APIGroupDiscoveryList", true]]);
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Refuses an object that its schema does not allow; of custom resources the metadata alone, the rest was checked when it was written. */
export function requireValid(object) {
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== "string" || typeof kind !== "string") throw new WorldError("an object without apiVersion or kind");
  const [version, group = ""] = apiVersion.split("/").reverse();
  const name = definitionName({ group, version, kind });
  if (name) return requireSchema(object, name, `${apiVersion} ${kind}`);
  if (kind.endsWith("List") && Array.isArray(object.items)) return requireSchema(object.metadata, `${META}.ListMeta`, `${kind}.metadata`);
  if (!LOOSE.has(`${apiVersion}/${kind}`)) requireSchema(object.metadata, `${META}.ObjectMeta`, `${kind}.metadata`);
}

/** The envelope of a list alone: its items were checked as they were stored. */
export function requireList(list) {
  requireValid({ ...list, items: [] });
}

/** What the logic of a custom resource's schema (`oneOf`, `anyOf`, `allOf`, `not`) has against an object. */
export function logic(object, schema) {
  if (!compiler) start();
  if (!compiled.has(schema)) compiled.set(schema, compiler.compile(alone(schema)));
  const check = compiled.get(schema);
  if (check(object)) return [];
  const wanted = check.errors.find(({ keyword }) => ["oneOf", "anyOf", "allOf", "not"].includes(keyword)) ?? check.errors[0];
  const field = wanted.instancePath.split("/").slice(1).join(".");
  return [{ cause: "invalid", field: field || "<nil>", message: `Invalid value: must validate ${wanted.keyword === "not" ? "not" : `${wanted.keyword} of`} the schema (${wanted.keyword})` }];
}

/** A schema in JSON Schema's words: `nullable` is a type, references to Kubernetes' definitions hold anything. */
function alone(schema) {
  if (Array.isArray(schema)) return schema.map(alone);
  if (schema === null || typeof schema !== "object") return schema;
  const { $ref, nullable, properties, default: usual, ...rest } = schema;
  if ($ref) return {};
  const plain = ["enum", "example", "required"];
  const result = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, plain.includes(name) ? value : alone(value)]));
  if (properties) result.properties = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, alone(value)]));
  if (nullable && typeOf(schema)) result.type = [typeOf(schema), "null"];
  if (nullable && schema.enum) result.enum = [...schema.enum, null];
  return result;
}
