// Accounts: users, bots, apps, organisations with their teams.
import { checkKeys, WorldError } from "../schema.mjs";
import { number } from "../ids.mjs";
import { START } from "../clock.mjs";

/** All accounts of a world, by login. An account that is only mentioned is a user, or a bot where it ends in `[bot]`. */
export class Actors {
  constructor(world, spec) {
    this.world = world;
    this.byLogin = new Map();
    this.apps = new Map();
    for (const [slug, app] of Object.entries(spec.apps ?? {})) this.addApp(slug, app);
    for (const [login, user] of Object.entries(spec.users ?? {})) this.add(user.__typename ?? "User", login, user);
    for (const [login, bot] of Object.entries(spec.bots ?? {})) this.add("Bot", login, bot);
    for (const [login, organization] of Object.entries(spec.organizations ?? {})) {
      this.addOrganization(login, organization);
    }
  }

  add(type, login, spec = {}) {
    checkKeys(type, spec, ["__typename"]);
    const actor = {
      __typename: type,
      key: login,
      login,
      databaseId: number(type, login),
      name: type === "User" ? login : null,
      email: "",
      isSiteAdmin: false,
      ...spec,
    };
    this.byLogin.set(login.toLowerCase(), actor);
    return actor;
  }

  /** The account of a login; null is a deleted account. */
  actor(login) {
    if (login === null || login === undefined) return null;
    if (typeof login !== "string") throw new WorldError(`no login: ${JSON.stringify(login)}`);
    const name = login.replace(/\[bot\]$/, "");
    const known = this.byLogin.get(name.toLowerCase());
    if (known) return known;
    return this.add(name === login ? "User" : "Bot", name);
  }

  addApp(slug, spec = {}) {
    checkKeys("App", spec, ["owner"]);
    const app = {
      __typename: "App",
      key: slug,
      slug,
      name: slug,
      databaseId: slug === "github-actions" ? 15368 : number("App", slug),
      description: null,
      clientId: null,
      createdAt: START,
      updatedAt: START,
      ...spec,
    };
    this.apps.set(slug, app);
    return app;
  }

  app(slug) {
    if (slug === null || slug === undefined) return null;
    return this.apps.get(slug) ?? this.addApp(slug);
  }

  addOrganization(login, spec) {
    const { teams = {}, members = {}, outsideCollaborators = [], settings = {}, rulesets = [], ...more } = spec;
    const { invitations = [], installations = [], actions = {}, identityProvider = null, ...fields } = more;
    checkKeys("Organization", fields);
    const organization = this.add("Organization", login, { name: login, description: null, ...fields });
    Object.assign(organization, { members, outsideCollaborators, settings, rulesets, teamList: [] });
    Object.assign(organization, { invitations, installations, actions, identityProvider });
    for (const [slug, team] of Object.entries(teams)) this.addTeam(organization, slug, team, null);
    return organization;
  }

  addTeam(organization, slug, spec, parentTeam) {
    const { members = [], teams = {}, repositories = {}, ...fields } = Array.isArray(spec) ? { members: spec } : spec;
    checkKeys("Team", fields);
    const team = {
      __typename: "Team",
      key: `${organization.login}/${slug}`,
      slug,
      name: slug,
      combinedSlug: `${organization.login}/${slug}`,
      databaseId: number("Team", organization.login, slug),
      description: null,
      privacy: "VISIBLE",
      createdAt: START,
      updatedAt: START,
      ...fields,
      organization,
      parentTeam,
      memberLogins: members,
      grants: repositories,
    };
    organization.teamList.push(team);
    for (const [child, childSpec] of Object.entries(teams)) this.addTeam(organization, child, childSpec, team);
    return team;
  }

  /** A team by `organisation/slug`. */
  team(name) {
    const [login, slug] = name.replace(/^@/, "").split("/");
    const organization = this.byLogin.get(login.toLowerCase());
    const team = organization?.teamList?.find((one) => one.slug === slug);
    if (!team) throw new WorldError(`the world has no team ${name}`);
    return team;
  }
}

/** The members of a team: its own, and those of the teams below it. */
export function teamMembers(team, membership = "ALL") {
  const direct = new Set(team.memberLogins);
  const below = new Set(childTeams(team, false).flatMap((child) => child.memberLogins));
  const logins = {
    ALL: new Set([...direct, ...below]),
    IMMEDIATE: direct,
    CHILD_TEAM: below,
  }[membership];
  return [...logins];
}

/** The teams below a team. */
export function childTeams(team, immediateOnly = true) {
  const children = team.organization.teamList.filter((one) => one.parentTeam === team);
  return immediateOnly ? children : children.flatMap((child) => [child, ...childTeams(child, false)]);
}
