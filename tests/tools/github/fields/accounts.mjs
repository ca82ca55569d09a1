// Fields of accounts, teams and organisations.
import { childTeams, teamMembers } from "../model/actors.mjs";

const edge = (world, login, more) => {
  const actor = world.actors.actor(login);
  return Object.assign(Object.create(actor), actor, { edge: more });
};

export const accountFields = {
  User: {
    company: null,
    bio: null,
    organizationVerifiedDomainEmails: () => [],
    organizations: (user, _, { world }) =>
      [...world.actors.byLogin.values()].filter((one) => one.members && user.login in one.members),
    organization: (user, { login }, { world }) => {
      const organization = world.actors.byLogin.get(login.toLowerCase());
      return organization?.members && user.login in organization.members ? organization : null;
    },
  },
  Organization: {
    team: (one, { slug }, { world }) => visible(one, world).find((team) => team.slug === slug) ?? null,
    teams: (one, { rootTeamsOnly, query, userLogins }, { world }) =>
      visible(one, world).filter(
        (team) =>
          (!rootTeamsOnly || team.parentTeam === null) &&
          (!query || team.slug.includes(query)) &&
          (!userLogins || userLogins.some((login) => teamMembers(team).includes(login))),
      ),
    membersWithRole: (one, _, { world }) =>
      Object.entries(one.members).map(([login, role]) =>
        edge(world, login, { role: role === "ADMIN" ? "ADMIN" : "MEMBER", hasTwoFactorEnabled: !one.settings.without2fa?.includes(login) }),
      ),
    repository: (one, { name }, { world }) => world.repository(one.login, name),
    repositories: (one, _, { world }) => [...world.repositories.values()].filter((it) => it.owner === one),
    rulesets: (one) => one.rulesetList ?? [],
    requiresTwoFactorAuthentication: (one) => one.settings.two_factor_requirement_enabled ?? null,
    samlIdentityProvider: ({ login, identityProvider }) =>
      identityProvider && {
        __typename: "OrganizationIdentityProvider",
        key: login,
        issuer: identityProvider.issuer ?? null,
        externalIdentities: identityProvider.members.map((user) => ({ __typename: "ExternalIdentity", key: user, user })),
      },
    isVerified: false,
    email: null,
    location: null,
    archivedAt: null,
    viewerIsAMember: false,
  },
  Team: {
    members: (team, { membership, query }, { world }) =>
      teamMembers(team, membership)
        .filter((login) => !query || login.includes(query))
        .map((login) => edge(world, login, { role: "MEMBER" })),
    childTeams: (team, { immediateOnly }) => childTeams(team, immediateOnly),
    ancestors: (team) => (team.parentTeam ? [team.parentTeam] : []),
    repositories: (team, { query }, { world }) =>
      Object.entries(team.grants).filter(([name]) => !query || name.includes(query)).map(([name, permission]) => {
        const repository = world.repository(team.organization.login, name.split("/").at(-1));
        return Object.assign(Object.create(repository), repository, { edge: { permission } });
      }),
  },
};

/** The teams that the token sees: it is in none of them, so secret ones only where the world says so. */
function visible(organization, { token }) {
  return organization.teamList.filter((team) => team.privacy !== "SECRET" || token.seesSecretTeams);
}

