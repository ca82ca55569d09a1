// GitHub's published GraphQL schema.
import { file, graphql } from "./packages.mjs";

export const schema = graphql.buildSchema(file("@octokit/graphql-schema/schema.graphql"), {
  assumeValid: true,
  noLocation: true,
});

/** A mistake in a world or in the server: it fails a test, it is no answer of GitHub. */
export class WorldError extends Error {}

/** The name of a type without its list and non-null wrappers. */
export function named(type) {
  return graphql.getNamedType(type);
}

/** The fields of an object type. */
export function fieldsOf(name) {
  const type = schema.getType(name);
  if (!type?.getFields) throw new WorldError(`GitHub has no type ${name}`);
  return type.getFields();
}

/** Refuses what a world says of a type that has no such field; `more` are keys of the world alone. */
export function checkKeys(name, value, more = []) {
  const fields = fieldsOf(name);
  for (const key of Object.keys(value)) {
    if (!(key in fields) && !more.includes(key)) throw new WorldError(`${name} has no field ${key}`);
  }
}
