// Checks values against schemas: unknown fields are told and removed, defaults are set, what is wrong is told by field.
import { holds } from "../expressions.mjs";
import { fieldSchema, isOpen, resolved, typeOf } from "../schemas.mjs";

/** What is wrong with an object: `unknown` fields (which are removed from it), `problems`, and mistakes of `types`. */
export function check(object, schema) {
  const found = { unknown: [], problems: [], types: [] };
  walk(object, resolved(schema), "", found);
  return found;
}

function walk(value, schema, path, found) {
  const wrong = (cause, message) => found.problems.push({ cause, field: path || "<nil>", message });
  if (value === null) return;
  const type = typeOf(schema);
  if (!hasType(value, schema, type)) {
    found.types.push({ path, expected: type ?? "string", value });
    return;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    wrong("unsupported", `Unsupported value: ${JSON.stringify(value)}: supported values: ${schema.enum.filter((one) => one !== null).map((one) => JSON.stringify(one)).join(", ")}`);
  }
  const body = (text) => wrong("invalid", `Invalid value: ${JSON.stringify(value)}: ${path} in body ${text}`);
  if (typeof value === "string") {
    if (schema.pattern && !new RegExp(schema.pattern, "u").test(value)) body(`should match '${schema.pattern}'`);
    if (value.length < schema.minLength) body(`should be at least ${schema.minLength} chars long`);
    if (value.length > schema.maxLength) wrong("invalid", `Too long: may not be more than ${schema.maxLength} bytes`);
    if (schema.format === "date-time" && Number.isNaN(Date.parse(value))) body(`must be of type date-time: ${JSON.stringify(value)}`);
  }
  if (typeof value === "number") {
    if (value < schema.minimum) body(`should be greater than or equal to ${schema.minimum}`);
    if (value > schema.maximum) body(`should be less than or equal to ${schema.maximum}`);
  }
  for (const { rule, message } of schema["x-kubernetes-validations"] ?? []) {
    const { value: isMet, error } = /\boldSelf\b/.test(rule) ? { value: true } : holds(rule, { self: value });
    if (!isMet) wrong("invalid", `Invalid value: ${JSON.stringify(typeOf(schema))}: ${error ? `${error} evaluating rule: ${rule}` : (message ?? `failed rule: ${rule}`)}`);
  }
  if (Array.isArray(value)) {
    if (value.length < schema.minItems) body(`should have at least ${schema.minItems} items`);
    if (value.length > schema.maxItems) wrong("invalid", `Too many: ${value.length}: must have at most ${schema.maxItems} items`);
    if (schema.items) value.forEach((one, index) => walk(one, resolved(schema.items), `${path}[${index}]`, found));
  } else if (typeof value === "object") {
    walkObject(value, schema, path, found);
  }
}

function walkObject(value, schema, path, found) {
  const below = (name) => (path ? `${path}.${name}` : name);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const usual = resolved(field).default;
    if (usual !== undefined && (value[name] === undefined || (value[name] === null && !field.nullable))) value[name] = structuredClone(usual);
  }
  for (const name of schema.required ?? []) {
    if (value[name] === undefined || value[name] === null) found.problems.push({ cause: "required", field: below(name), message: "Required value" });
  }
  for (const name of Object.keys(value)) {
    const field = fieldSchema(schema, name);
    if (field) walk(value[name], field, schema.properties?.[name] ? below(name) : `${path}[${name}]`, found);
    else if (!isOpen(schema) && schema.additionalProperties !== true) {
      found.unknown.push(below(name));
      delete value[name];
    }
  }
}

function hasType(value, schema, type) {
  if (schema["x-kubernetes-int-or-string"]) return typeof value === "string" || Number.isInteger(value);
  if (schema.oneOf || !type) return true;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && !Array.isArray(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}
