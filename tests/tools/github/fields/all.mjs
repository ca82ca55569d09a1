// How each field of GitHub's schema is answered from a world: by type and field, a function or the usual value. What is
// in no table is read from the object itself.
import { failure } from "../connection.mjs";
import { accountFields } from "./accounts.mjs";
import { checkFields } from "./checks.mjs";
import { gitFields } from "./git.mjs";
import { pullRequestFields } from "./pull_request.mjs";
import { repositoryFields } from "./repository.mjs";

function rateLimit(_, __, { world, nodes }) {
  const { limit, used } = world.rateLimit;
  return { limit, used, remaining: limit - used, cost: 1, nodeCount: nodes, resetAt: "2026-11-23T10:00:00Z" };
}

const queryFields = {
  Query: {
    repository: (_, { owner, name }, { world }) => {
      const found = world.token.may("metadata:read") && world.repository(owner, name);
      if (found) return found;
      throw failure("NOT_FOUND", `Could not resolve to a Repository with the name '${owner}/${name}'.`);
    },
    organization: (_, { login }, { world }) => {
      const found = world.actors.byLogin.get(login.toLowerCase());
      if (found?.__typename === "Organization") return found;
      throw failure("NOT_FOUND", `Could not resolve to an Organization with the login of '${login}'.`);
    },
    user: (_, { login }, { world }) => {
      const found = world.actors.byLogin.get(login.toLowerCase());
      if (found?.__typename === "User") return found;
      throw failure("NOT_FOUND", `Could not resolve to a User with the login of '${login}'.`);
    },
    node: (_, { id }, context) => node(id, context),
    nodes: (_, { ids }, context) => ids.map((id) => node(id, context)),
    viewer: (_, __, { world }) => ({ ...world.actors.actor(world.token.login), __typename: "User" }),
    rateLimit,
  },
};

function node(id, { world }) {
  const found = world.nodes.get(id);
  if (!found) throw failure("NOT_FOUND", `Could not resolve to a node with the global id of '${id}'`);
  return found;
}

export const fields = {
  ...queryFields,
  ...accountFields,
  ...checkFields,
  ...gitFields,
  ...pullRequestFields,
  ...repositoryFields,
};
