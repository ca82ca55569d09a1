// Runs queries on GitHub's own schema over a world.
import { graphql } from "./packages.mjs";
import { named, schema, WorldError } from "./schema.mjs";
import { connection, failure, limits } from "./connection.mjs";
import { nodeId } from "./ids.mjs";
import { START } from "./clock.mjs";
import { fields } from "./fields/all.mjs";
import { linked } from "./fields/link.mjs";

/** What a type's objects need: without the permission they are null, with an error. */
const PERMISSIONS = {
  Team: "members:read",
  PullRequest: "pull_requests:read",
  CheckRun: "checks:read",
  CheckSuite: "checks:read",
  StatusContext: "statuses:read",
  Commit: "contents:read",
  Blob: "contents:read",
  Tree: "contents:read",
  MergeQueue: "merge_queues:read",
};
const FIELD_PERMISSIONS = {
  "Repository.branchProtectionRules": "administration:read",
  "Ref.branchProtectionRule": "administration:read",
  "Repository.collaborators": "members:read",
  "Organization.membersWithRole": "members:read",
  "RepositoryRuleset.bypassActors": "administration:read",
  "Organization.samlIdentityProvider": "organization_administration:read",
};

/** The answer to a query: `{status, body}`. */
export async function answer(world, { query, variables = {}, operationName }) {
  if (typeof query !== "string") throw new WorldError("a GraphQL request without a query");
  const document = graphql.parse(query);
  const mistakes = graphql.validate(schema, document, undefined, { maxErrors: 5 });
  if (mistakes.length > 0) {
    throw new WorldError(`no query of GitHub's schema: ${mistakes.map((one) => one.message).join("; ")}`);
  }
  const { errors, nodes } = limits(schema, document, variables);
  if (errors.length > 0) return { errors };
  const context = { world, nodes, wrong: [] };
  const result = await graphql.execute({
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: context,
    rootValue: { __typename: "Query", key: "query" },
    fieldResolver,
    typeResolver: (value) => value.__typename,
  });
  if (result.errors?.some((error) => !error.extensions?.type && !error.path)) {
    throw new WorldError(result.errors.map((error) => error.message).join("; "));
  }
  const unexpected = result.errors?.filter((error) => !error.extensions?.type) ?? [];
  const texts = [...context.wrong, ...unexpected.map((error) => `${error.path?.join(".")}: ${error.message}`)];
  if (texts.length > 0) throw new WorldError([...new Set(texts)].slice(0, 5).join("\n"));
  return render(result);
}

/** Errors as GitHub words them, without graphql-js's own extensions. */
function render({ data, errors }) {
  if (!errors) return { data };
  const list = errors.map((error) => ({
    type: error.extensions.type,
    path: error.path,
    ...(error.extensions.type === "FORBIDDEN" ? { extensions: { saml_failure: false } } : {}),
    locations: error.locations,
    message: error.message,
  }));
  return { data, errors: list };
}

function fieldResolver(source, args, context, info) {
  const { fieldName, parentType, returnType, path } = info;
  const where = `${parentType.name}.${fieldName}`;
  require(context.world, FIELD_PERMISSIONS[where]);
  let value = own(source, args, context, parentType.name, fieldName);
  if (value === undefined) {
    const at = pathText(path);
    const text = `the world has no ${where}${at ? ` (${at})` : ""}`;
    context.wrong.push(text);
    throw new WorldError(text);
  }
  const type = named(returnType).name;
  if (Array.isArray(value) && type.endsWith("Connection")) value = page(value, args, type);
  if (Array.isArray(value)) return value.map((item) => allowed(context, linked(context.world, source, type, item), true));
  return allowed(context, linked(context.world, source, type, value), false);
}

function own(source, args, context, type, name) {
  const table = fields[type] ?? {};
  if (typeof table[name] === "function") return table[name](source, args, context);
  if (source[name] !== undefined) return source[name];
  if (name in table) return table[name];
  return usual(source, context, type, name);
}

/** Fields that every object of GitHub has. */
function usual(source, { world }, type, name) {
  if (type.endsWith("Connection") || type.endsWith("Edge")) return undefined;
  switch (name) {
    case "id": {
      if (source.key === undefined) return undefined;
      const id = nodeId(type, source.key);
      world.nodes.set(id, source);
      return id;
    }
    case "createdAt":
    case "updatedAt":
    case "publishedAt":
      return START;
    case "fullDatabaseId":
      return source.databaseId === undefined ? undefined : String(source.databaseId);
    case "resourcePath":
      return pathOf(source);
    case "url":
    case "permalink":
      return `${world.host}${pathOf(source)}`;
    case "avatarUrl":
      return `https://avatars.githubusercontent.com/u/${source.databaseId ?? 0}`;
    default:
      return undefined;
  }
}

/** The path of an object on the site. */
export function pathOf(source) {
  const repository = source.repository ? `/${source.repository.nameWithOwner}` : "";
  switch (source.__typename) {
    case "Repository":
      return `/${source.nameWithOwner}`;
    case "PullRequest":
      return `${repository}/pull/${source.number}`;
    case "Issue":
      return `${repository}/issues/${source.number}`;
    case "Commit":
      return `${repository}/commit/${source.oid}`;
    case "CheckRun":
      return `${repository}/runs/${source.databaseId}`;
    case "Team":
      return `/orgs/${source.organization.login}/teams/${source.slug}`;
    case "Bot":
      return `/apps/${source.login}`;
    default:
      return source.login ? `/${source.login}` : `${repository}/${source.__typename}/${encodeURIComponent(source.key)}`;
  }
}

function page(items, args, type) {
  const most = type === "PullRequestCommitConnection" ? 250 : type === "PullRequestChangedFileConnection" ? 3000 : Infinity;
  return { key: type, __typename: type, ...connection(items.slice(0, most), args, items.length), all: items };
}

function allowed(context, value, inList) {
  const permission = value && PERMISSIONS[value.__typename];
  if (!permission || context.world.token.may(permission)) return value;
  const refusal = failure("FORBIDDEN", "Resource not accessible by integration");
  if (inList) return refusal;
  throw refusal;
}

function require(world, permission) {
  if (permission && !world.token.may(permission)) {
    throw failure("FORBIDDEN", "Resource not accessible by integration");
  }
}

function pathText(path) {
  return path ? [pathText(path.prev), path.key].filter((part) => part !== "").join(".") : "";
}
