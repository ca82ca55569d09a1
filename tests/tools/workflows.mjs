// Parses workflows and definitions of actions with GitHub's own parser: `node workflows.mjs FILE...`. Ends with 1 where it
// finds an error, and says where.
import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

// The parser imports JSON as bundlers do; Node wants to be told that it is JSON.
const hook = `export async function load(url, context, next) {
  const importAttributes = url.endsWith(".json") ? { type: "json" } : context.importAttributes;
  return next(url, { ...context, importAttributes });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const packages = createRequire(`${process.env.SOC2GATE_TEST_TOOLS ?? process.cwd()}/`);
const folder = packages.resolve.paths("@actions/workflow-parser")[0];
const module = (name) => import(pathToFileURL(`${folder}/@actions/workflow-parser/dist/${name}.js`).href);
const { parseWorkflow, NoOperationTraceWriter } = await module("index");
const { parseAction } = await module("actions/action-parser");

for (const path of process.argv.slice(2)) {
  const file = { name: path, content: readFileSync(path, "utf8") };
  const parse = /^action\.ya?ml$/.test(basename(path)) ? parseAction : parseWorkflow;
  const { context } = parse(file, new NoOperationTraceWriter());
  for (const error of context.errors.getErrors()) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
