// Organisations over REST.
import { number } from "../ids.mjs";
import { START } from "../clock.mjs";
import { NotFound, Refusal } from "./errors.mjs";
import { repository as repositoryView, user } from "./views.mjs";

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
  members_can_create_internal_repositories: true,
  members_can_fork_private_repositories: false,
  members_can_change_repo_visibility: false,
  members_can_delete_repositories: false,
  members_can_invite_outside_collaborators: false,
  members_can_create_public_pages: false,
  web_commit_signoff_required: false,
};

function administers({ world }) {
  return world.token.may("organization_administration:read");
}

function organization(request) {
  const found = find(request);
  const { without2fa: _, insecure2fa: __, ...settings } = found.settings;
  const repositories = [...request.world.repositories.values()].filter((one) => one.owner === found);
  const hidden = repositories.filter((one) => one.isPrivate).length;
  return {
    login: found.login,
    id: found.databaseId,
    description: found.description,
    name: found.name,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: repositories.length - hidden,
    public_gists: 0,
    followers: 0,
    following: 0,
    type: "Organization",
    html_url: `https://github.com/${found.login}`,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    archived_at: null,
    is_verified: false,
    ...(administers(request) ? { ...SETTINGS, total_private_repos: hidden, owned_private_repos: hidden, ...settings } : {}),
  };
}

function members(request) {
  const { query, world } = request;
  const { members: all, settings } = find(request);
  const role = query.get("role") ?? "all";
  const logins = Object.keys(all).filter((login) => role === "all" || (role === "admin") === (all[login] === "ADMIN"));
  const filter = query.get("filter") ?? "all";
  if (filter !== "all" && !administers(request)) throw new Refusal(422, "Only owners can use this filter.");
  const listed = { "2fa_disabled": settings.without2fa ?? [], "2fa_insecure": settings.insecure2fa ?? [] }[filter];
  const shown = listed ? logins.filter((login) => listed.includes(login)) : logins;
  return shown.map((login) => user(world.actors.actor(login)));
}

function invitation({ login = null, role = "direct_member", inviter = "olga", ...spec }, at) {
  const team = { team_count: 0, invitation_source: "member", email: null };
  return { id: at + 1, login, role, created_at: START, inviter, ...team, ...spec };
}

function installation(found, { app, permissions = { metadata: "read" }, suspended = false }, { actors }) {
  const { slug, databaseId } = actors.app(app);
  return {
    id: number("Installation", found.login, slug),
    account: user(found),
    app_id: databaseId,
    app_slug: slug,
    target_id: found.databaseId,
    target_type: "Organization",
    repository_selection: "all",
    permissions,
    events: [],
    single_file_name: null,
    created_at: START,
    updated_at: START,
    suspended_at: suspended ? START : null,
    suspended_by: null,
  };
}

export const organizations = {
  "get /orgs/{org}/repos": {
    permission: "metadata:read",
    answer: (request) => {
      const found = find(request);
      const all = [...request.world.repositories.values()].filter((one) => one.owner === found);
      return all.filter((one) => request.world.token.sees(one.nameWithOwner)).map(repositoryView);
    },
  },
  "get /orgs/{org}/invitations": {
    permission: "members:read",
    answer: (request) =>
      find(request).invitations.map((one, at) => {
        const made = invitation(one, at);
        return { ...made, inviter: user(request.world.actors.actor(made.inviter)) };
      }),
  },
  "get /orgs/{org}/installations": {
    permission: "organization_administration:read",
    list: "installations",
    answer: (request) => {
      const found = find(request);
      const installations = found.installations.map((one) => installation(found, one, request.world));
      return { total_count: installations.length, installations };
    },
  },
  "get /orgs/{org}/actions/permissions": {
    permission: "organization_administration:read",
    answer: (request) => {
      const { workflow: _, selected: __, ...actions } = find(request).actions;
      return { enabled_repositories: "all", allowed_actions: "all", sha_pinning_required: false, ...actions };
    },
  },
  "get /orgs/{org}/actions/permissions/selected-actions": {
    permission: "organization_administration:read",
    answer: (request) => ({ github_owned_allowed: true, verified_allowed: false, patterns_allowed: [], ...find(request).actions.selected }),
  },
  "get /orgs/{org}/actions/permissions/workflow": {
    permission: "organization_administration:read",
    answer: (request) => ({
      default_workflow_permissions: "read",
      can_approve_pull_request_reviews: false,
      ...find(request).actions.workflow,
    }),
  },
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
