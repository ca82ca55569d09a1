// An authority and the certificates that it signs, made by openssl at every start.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const openssl = (folder, ...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes an authority in a folder: `ca.crt` and `ca.key`. */
export function authority(folder) {
  const extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,digitalSignature"];
  openssl(folder, "req", "-x509", ...KEY, "-days", "2", "-subj", "/CN=kubernetes", ...extensions, "-keyout", "ca.key", "-out", "ca.crt");
  return readFileSync(join(folder, "ca.crt"), "utf8");
}

/** Makes a certificate that the authority of the folder signs; `subject` as `/O=group/CN=name`, `names` for a server. */
export function certificate(folder, file, { subject, names }) {
  openssl(folder, "req", "-new", ...KEY, "-subj", subject, "-keyout", `${file}.key`, "-out", `${file}.csr`);
  const extensions = ["basicConstraints=critical,CA:FALSE", `extendedKeyUsage=${names ? "serverAuth" : "clientAuth"}`, ...(names ? [`subjectAltName=${names.join(",")}`] : [])];
  writeFileSync(join(folder, `${file}.ext`), extensions.join("\n"));
  openssl(folder, "x509", "-req", "-days", "2", "-in", `${file}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${file}.ext`, "-out", `${file}.crt`);
  return { cert: readFileSync(join(folder, `${file}.crt`), "utf8"), key: readFileSync(join(folder, `${file}.key`), "utf8") };
}

const escaped = (text) => text.replace(/[\\/+]/g, "\\$&");

/** The subject of a user's certificate: its groups as organizations, its name as common name. */
export function subjectOf({ username, organizations }) {
  return [...organizations.map((group) => `/O=${escaped(group)}`), `/CN=${escaped(username)}`].join("");
}
