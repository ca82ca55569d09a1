// Asks a server over a world, as a client would.
import { serve } from "../server.mjs";

/** Runs a test with a server over a world; afterwards the server is gone. */
export async function withServer(spec, test) {
  const { server, address, world, requests } = await serve(spec);
  try {
    return await test({ ...client(address), world, requests, address });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function client(address) {
  const headers = { authorization: "Bearer secret", "user-agent": "test" };
  const ask = async (path, options = {}) => {
    const answer = await fetch(address + path, { ...options, headers: { ...headers, ...options.headers } });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null };
  };
  const write = (method) => (path, body) => ask(path, { method, body: JSON.stringify(body) });
  const graphql = (query, variables = {}) => write("POST")("/graphql", { query, variables });
  return { ask, post: write("POST"), patch: write("PATCH"), graphql };
}

/** A world with one ordinary pull request; `pullRequest` and `more` change it. */
export function ordinary(pullRequest = {}, more = {}) {
  return {
    organizations: { acme: { members: { alice: "MEMBER", bob: "MEMBER", olga: "ADMIN" }, teams: { web: ["bob"] } } },
    repositories: {
      "acme/shop": {
        collaborators: { alice: "WRITE", bob: "WRITE" },
        pullRequests: [{ number: 42, reviews: [{}], checks: [{ name: "build" }], ...pullRequest }],
        ...more.repository,
      },
    },
    ...more.world,
  };
}
