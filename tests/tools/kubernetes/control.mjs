// What tests ask of the server itself: what happened so far, and what is to happen.
import { Faults } from "./faults.mjs";
import { WorldError } from "./status.mjs";

const READ = {
  "/_requests": ({ requests }) => requests,
  "/_audit": ({ audit }) => audit,
};

const WRITTEN = {
  /** What goes wrong from now on. */
  "/_faults": (cluster, body) => void (cluster.faults = new Faults(body)),
  /** Where the services of webhooks listen: `{"namespace/name": "127.0.0.1:8443"}`. */
  "/_services": (cluster, body) => void Object.assign(cluster.services, body),
  /** Stores an object as it is; no webhook is asked. */
  "/_objects": (cluster, body) => cluster.load(body),
  /** Forgets the past: older revisions are answered with 410. */
  "/_compact": ({ store }) => store.compact(),
  /** Ends all watches. */
  "/_disconnect": ({ streams }) => [...streams].forEach((end) => end()),
};

/** Answers a path of the server's own. */
export async function control({ cluster }, method, url, text) {
  if (method === "GET" && READ[url.pathname]) return { status: 200, body: READ[url.pathname](cluster) };
  const write = method === "POST" && WRITTEN[url.pathname];
  if (!write) throw new WorldError(`no ${method} ${url.pathname}`);
  return { status: 200, body: write(cluster, text ? JSON.parse(text) : undefined) ?? {} };
}
