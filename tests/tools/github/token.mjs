// What a token may do.

/** Everything that the collector may ever ask for. */
const ALL = [
  "metadata:read", "contents:read", "pull_requests:write", "checks:write", "statuses:read", "issues:write",
  "actions:read", "administration:read", "members:read", "organization_administration:read", "environments:read",
  "vulnerability_alerts:read", "merge_queues:read", "security_events:read",
];

/** A token: the account it acts for, its permissions, and the value that it must have where the world gives one. */
export class Token {
  constructor({ login = "soc2gate[bot]", permissions = ALL, without = [], value = null, seesSecretTeams = false, repositories = null }) {
    this.login = login;
    this.value = value;
    this.seesSecretTeams = seesSecretTeams;
    this.repositories = repositories;
    this.permissions = new Map(
      permissions.map((one) => one.split(":")).filter(([name]) => !without.includes(name)),
    );
  }

  /** Whether `name:read` or `name:write` is granted; write includes read. */
  may(wanted) {
    const [name, level] = wanted.split(":");
    const granted = this.permissions.get(name);
    return granted === "write" || granted === level;
  }

  /** Whether a repository, `owner/name`, is shown to it. */
  sees(name) {
    return this.repositories === null || this.repositories.includes(name);
  }

  /** What is wrong with the Authorization header of a request, or null. */
  refuses(header) {
    if (!header) return "missing";
    const value = /^(?:bearer|token) (.+)$/i.exec(header)?.[1];
    if (!value || (this.value !== null && value !== this.value)) return "bad";
    return null;
  }
}
