// The npm packages that `tests/tools/package.json` pins: `cargo xtask test` installs them below the target folder.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = process.env.SOC2GATE_TEST_TOOLS ?? fileURLToPath(new URL("../../../target/test-tools", import.meta.url));
const load = createRequire(`${folder}/package.json`);

export const graphql = load("graphql");
export const Ajv = load("ajv").default;
export const addFormats = load("ajv-formats").default;

/** The text of a file of a package. */
export function file(name) {
  return readFileSync(`${folder}/node_modules/${name}`, "utf8");
}
