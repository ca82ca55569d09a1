// The kubeconfig file of a server: one context for each of its users, named as they are. JSON is YAML.

/** The text of a kubeconfig; the first user's context is the current one. */
export function kubeconfig({ address, authority, users }) {
  const encoded = (text) => Buffer.from(text).toString("base64");
  const cluster = { server: address, "certificate-authority-data": encoded(authority) };
  const credentials = ({ token, certificate }) => (certificate ? { "client-certificate-data": encoded(certificate.cert), "client-key-data": encoded(certificate.key) } : { token });
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "stand-in", cluster }],
    users: users.map((user) => ({ name: user.username, user: credentials(user) })),
    contexts: users.map(({ username }) => ({ name: username, context: { cluster: "stand-in", user: username } })),
    "current-context": users[0]?.username ?? "",
  }, null, 2);
}
