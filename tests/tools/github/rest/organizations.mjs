// Organisations over REST.
import { NotFound } from "./errors.mjs";
import { user } from "./views.mjs";

function find({ world, values }) {
  const found = world.actors.byLogin.get(values.org.toLowerCase());
  if (found?.__typename !== "Organization") throw new NotFound();
  return found;
}

/** Settings that only an owner or `organization_administration:read` sees. */
const SETTINGS = {
  two_factor_requirement_enabled: true,
  default_repository_permission: "read",
  members_can_create_repositories: true,
  members_can_create_public_repositories: false,
  members_can_create_private_repositories: true,
  members_can_fork_private_repositories: false,
  web_commit_signoff_required: false,
};

function organization(request) {
  const found = find(request);
  const { without2fa: _, ...settings } = found.settings;
  const administers = request.world.token.may("organization_administration:read");
  return {
    login: found.login,
    id: found.databaseId,
    description: found.description,
    name: found.name,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    type: "Organization",
    html_url: `https://github.com/${found.login}`,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    archived_at: null,
    is_verified: false,
    ...(administers ? { ...SETTINGS, ...settings } : {}),
  };
}

function members(request) {
  const { query, world } = request;
  const { members: all, settings } = find(request);
  const role = query.get("role") ?? "all";
  const logins = Object.keys(all).filter((login) => role === "all" || (role === "admin") === (all[login] === "ADMIN"));
  const shown = query.get("filter") === "2fa_disabled" ? logins.filter((login) => settings.without2fa?.includes(login)) : logins;
  return shown.map((login) => user(world.actors.actor(login)));
}

export const organizations = {
  "get /orgs/{org}": { permission: "metadata:read", answer: organization },
  "get /orgs/{org}/members": { permission: "members:read", answer: members },
  "get /orgs/{org}/outside_collaborators": {
    permission: "members:read",
    answer: (request) => {
      const { outsideCollaborators, settings } = find(request);
      const without = request.query.get("filter") === "2fa_disabled";
      const shown = outsideCollaborators.filter((login) => !without || settings.without2fa?.includes(login));
      return shown.map((login) => user(request.world.actors.actor(login)));
    },
  },
};
