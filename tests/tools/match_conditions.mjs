// Evaluates match conditions of webhooks as the API server does, with the variable `request`. Reads a list of
// {"expression", "request"} from standard input and writes the list of what they are: true, false, or "error", which an
// API server takes for a refusal or passes over, as the failure policy says.
import { readFileSync } from "node:fs";

import { holds } from "./kubernetes/expressions.mjs";

const cases = JSON.parse(readFileSync(0, "utf8"));
const results = cases.map(({ expression, request }) => holds(expression, { request }).value ?? "error");
process.stdout.write(JSON.stringify(results));
