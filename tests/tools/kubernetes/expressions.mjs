// Expressions in CEL: conditions of webhooks, rules of custom resources. Kubernetes' own functions are not there.
import { cel } from "./packages.mjs";

/** What is wrong with the syntax of an expression, or undefined. */
export function syntaxError(expression) {
  try {
    cel().parse(expression);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

/** Evaluates an expression that is true or false over variables; `{ error }` where it is neither. */
export function holds(expression, variables) {
  let result;
  try {
    result = cel().run(expression, variables);
  } catch (error) {
    result = error;
  }
  return typeof result === "boolean" ? { value: result } : { error: result instanceof Error ? result.message : "not a bool" };
}
