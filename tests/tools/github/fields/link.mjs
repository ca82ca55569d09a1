// What a world names by text (a login, a commit, a branch) becomes the object, by the type that the schema asks for.
import { schema, WorldError } from "../schema.mjs";
import { graphql } from "../packages.mjs";
import { label } from "../model/repository.mjs";
import { ref } from "./git.mjs";

/** The value of a field as graphql-js wants it. */
export function linked(world, source, type, value) {
  if (value === null || value instanceof Error) return value;
  if (typeof value === "string" || typeof value === "number") return byName(world, source, type, value);
  if (typeof value !== "object" || value.__typename) return value;
  const found = schema.getType(type);
  if (graphql.isObjectType(found)) return { __typename: type, repository: source.repository, ...value };
  return value;
}

function byName(world, source, type, name) {
  const found = schema.getType(type);
  if (graphql.isLeafType(found)) return name;
  const repository = source.__typename === "Repository" ? source : source.repository;
  switch (type) {
    case "User":
    case "Actor":
    case "Bot":
      return world.actors.actor(name);
    case "RequestedReviewer":
    case "BranchActorAllowanceActor":
    case "BypassActor":
      return name.includes("/") ? world.actors.team(name) : type === "BypassActor" ? world.actors.app(name) : world.actors.actor(name);
    case "Team":
      return world.actors.team(name);
    case "App":
      return world.actors.app(name);
    case "Organization":
      return world.actors.actor(name);
    case "Commit":
    case "GitObject":
      return repository.git.commit(name);
    case "Ref":
      return ref(repository, name);
    case "Label":
      return label(repository, name);
    case "PullRequest":
      return repository.pullRequests.find((one) => one.number === name);
    case "PullRequestReview":
      return source.pullRequest.reviewList[name];
    default:
      throw new WorldError(`the world names a ${type} by ${JSON.stringify(name)}`);
  }
}
