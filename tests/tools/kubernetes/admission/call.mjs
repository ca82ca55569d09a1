// Sends a review to a webhook and reads what it answers, as strictly as the API server does.
import { request as httpsRequest } from "node:https";
import { check } from "../objects/structure.mjs";
import { builtIn, resolved } from "../schemas.mjs";

const LIMIT = 3 * 1024 * 1024;
const text = { type: "string" };
const RESPONSE = {
  type: "object",
  properties: {
    uid: text,
    allowed: { type: "boolean" },
    status: resolved(builtIn({ group: "", version: "v1", kind: "Status" })),
    patch: text,
    patchType: text,
    auditAnnotations: { type: "object", additionalProperties: text },
    warnings: { type: "array", items: text },
  },
};

/** A webhook could not be asked, or answered what is no answer. */
export class CallError extends Error {}

/** Where a webhook listens: its URL, or the address that the world gives its service. */
export function target(clientConfig, services) {
  if (clientConfig.url) {
    const url = new URL(clientConfig.url);
    return { url, host: url.host };
  }
  const { namespace, name, port = 443, path = "/" } = clientConfig.service;
  const servername = `${name}.${namespace}.svc`;
  const host = `${servername}:${port}`;
  const url = new URL(`https://${host}${path.startsWith("/") ? path : `/${path}`}`);
  const address = services[`${namespace}/${name}:${port}`] ?? services[`${namespace}/${name}`];
  if (!address) throw new CallError(`failed to call webhook: Post "${url}": service "${name}" not found`);
  const [hostname, connectPort] = address.split(":");
  return { url, host, connect: { hostname, port: Number(connectPort) }, servername };
}

/** The review that a webhook answers to a review. */
export async function call(hook, review, services) {
  const { url, host, connect, servername } = target(hook.clientConfig, services);
  url.searchParams.set("timeout", `${hook.timeoutSeconds}s`);
  const shown = `https://${host}${url.pathname}${url.search}`;
  const failed = (why) => new CallError(`failed to call webhook: ${why}`);
  const bytes = Buffer.from(JSON.stringify(review));
  const answer = await new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      agent: false,
      ...connect,
      ...(servername && { servername }),
      ca: hook.clientConfig.caBundle ? Buffer.from(hook.clientConfig.caBundle, "base64") : undefined,
      headers: { host, accept: "application/json, */*", "content-type": "application/json", "content-length": bytes.length, "user-agent": "kube-apiserver-admission" },
      signal: AbortSignal.timeout(hook.timeoutSeconds * 1000),
    };
    const refuse = (error) => {
      const why = error.name === "TimeoutError" || error.name === "AbortError" ? "context deadline exceeded" : words(error, connect ?? url);
      reject(failed(`Post "${shown}": ${why}`));
    };
    const sent = httpsRequest(url, options, (response) => {
      const parts = [];
      let size = 0;
      response.on("data", (part) => {
        parts.push(part);
        size += part.length;
        if (size > LIMIT) response.destroy(new Error(`http: response body too large`));
      });
      response.on("end", () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }));
      response.on("error", refuse);
    });
    sent.on("error", refuse);
    sent.end(bytes);
  });
  if (answer.status < 200 || answer.status > 206) {
    throw failed(answer.text ? `an error on the server (${JSON.stringify(answer.text.slice(0, 2048))}) has prevented the request from succeeding` : `the server responded with the status code ${answer.status} but did not return more information`);
  }
  let body;
  try {
    body = JSON.parse(answer.text);
  } catch (error) {
    throw failed(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  return response(body, review.request.uid);
}

function words(error, { hostname, port }) {
  if (error.code === "ECONNREFUSED") return `dial tcp ${hostname}:${port}: connect: connection refused`;
  if (error.code === "ECONNRESET") return "EOF";
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(error.code ?? "")) return `tls: failed to verify certificate: x509: ${error.message}`;
  return error.message;
}

/** What a webhook decided, once its answer is one. */
function response(body, uid) {
  const invalid = (why) => new CallError(`received invalid webhook response: ${why}`);
  const got = `${body.apiVersion ?? ""}, Kind=${body.kind ?? ""}`;
  if (body.kind !== "AdmissionReview" || body.apiVersion !== "admission.k8s.io/v1") {
    throw invalid(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${got}`);
  }
  if (!body.response) throw new CallError("webhook response was absent");
  const given = structuredClone(body.response);
  const { unknown, types } = check(given, RESPONSE);
  if (types.length) throw wrongType(types[0]);
  if (given.uid !== uid) throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given.uid ?? "")}`);
  if (given.patch || given.patchType) throw new CallError("ValidatingWebhook may not return a patch: webhook returned response.patch");
  return { ...given, allowed: given.allowed ?? false, ...(unknown.length && { unknownFields: unknown }) };
}

function wrongType({ path, expected, value }) {
  const type = Array.isArray(value) ? "array" : typeof value;
  return new CallError(`failed to call webhook: json: cannot unmarshal ${type} into Go struct field AdmissionResponse.response.${path} of type ${expected}`);
}
