// Refusals as the REST API words them.

/** What is not there, or not for this token. */
export class NotFound extends Error {}

/** An answer that is a refusal. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The body of a refusal. */
export function refusal(status, message) {
  return { message, documentation_url: "https://docs.github.com/rest", status: String(status) };
}
