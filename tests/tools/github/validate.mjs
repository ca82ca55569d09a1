// Checks query files against GitHub's published schema alone: `node validate.mjs FILE.graphql...`. Says what is wrong on
// standard error and ends with 1.
import { readFileSync } from "node:fs";
import { graphql } from "./packages.mjs";
import { schema } from "./schema.mjs";

/** What is wrong with a query file: mistakes by the schema, fields that GitHub is to remove, operations without a name. */
export function mistakes(text) {
  try {
    const document = graphql.parse(text);
    const rules = [...graphql.specifiedRules, graphql.NoDeprecatedCustomRule];
    const found = graphql.validate(schema, document, rules).map(describe);
    const operations = document.definitions.filter((one) => one.kind === "OperationDefinition");
    const named = operations.length === 1 && operations[0].name;
    return named ? found : [...found, "a file holds one operation, with a name"];
  } catch (error) {
    return [describe(error)];
  }
}

function describe({ message, locations }) {
  const [{ line, column } = {}] = locations ?? [];
  return line ? `${line}:${column} ${message}` : message;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const files = process.argv.slice(2);
  const found = files.flatMap((file) => mistakes(readFileSync(file, "utf8")).map((text) => `${file}:${text}`));
  for (const text of files.length > 0 ? found : ["no file to validate"]) process.stderr.write(`${text}\n`);
  process.exit(found.length > 0 || files.length === 0 ? 1 : 0);
}
