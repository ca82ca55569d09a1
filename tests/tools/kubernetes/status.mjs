// Refusals, in the shape of Kubernetes' Status.

/** A Status of failure, to be thrown. */
export class Refusal extends Error {
  constructor(code, reason, message, { details, continueToken } = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.continueToken = continueToken;
  }

  body() {
    const metadata = this.continueToken ? { continue: this.continueToken } : {};
    const status = { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message: this.message };
    if (this.reason) status.reason = this.reason;
    if (this.details) status.details = this.details;
    return { ...status, code: this.code };
  }
}

/** A mistake in a world, or a part of Kubernetes that is not modelled: it fails a test. */
export class WorldError extends Error {}

/** `deployments.apps`, or `pods` of the core group. */
export const qualified = ({ group, plural }) => (group ? `${plural}.${group}` : plural);

const named = (resource, name) => ({ ...(name && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural });

export function notFound(resource, name) {
  return new Refusal(404, "NotFound", `${qualified(resource)} "${name}" not found`, { details: named(resource, name) });
}

export function noPath() {
  return new Refusal(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

export function alreadyExists(resource, name) {
  return new Refusal(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, { details: named(resource, name) });
}

export function conflict(resource, name, why = "the object has been modified; please apply your changes to the latest version and try again") {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new Refusal(409, "Conflict", message, { details: named(resource, name) });
}

export function forbidden(resource, name, why, causes) {
  const message = `${qualified(resource)}${name ? ` "${name}"` : ""} is forbidden: ${why}`;
  return new Refusal(403, "Forbidden", message, { details: { ...named(resource, name), ...(causes && { causes }) } });
}

export const badRequest = (message) => new Refusal(400, "BadRequest", message);

export function internal(message) {
  return new Refusal(500, "InternalError", `Internal error occurred: ${message}`, { details: { causes: [{ message }] } });
}

export function expired(message, continueToken) {
  return new Refusal(410, "Expired", message, { continueToken });
}

export function methodNotAllowed() {
  return new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", { details: {} });
}

export function unsupported(accepted) {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new Refusal(415, "UnsupportedMediaType", message);
}

const CAUSES = { required: "FieldValueRequired", invalid: "FieldValueInvalid", unsupported: "FieldValueNotSupported", forbidden: "FieldValueForbidden", type: "FieldValueTypeInvalid" };

/** 422 with one cause for each field: `{cause, field, message}`. */
export function invalid({ group, kind }, name, problems) {
  const told = problems.map(({ field, message }) => `${field}: ${message}`);
  const list = told.length === 1 ? told[0] : `[${told.join(", ")}]`;
  const causes = problems.map(({ cause, field, message }) => ({ reason: CAUSES[cause], message, field }));
  const message = `${group ? `${kind}.${group}` : kind} "${name}" is invalid: ${list}`;
  return new Refusal(422, "Invalid", message, { details: { name, ...(group && { group }), kind, causes } });
}
