// Connections: pages of a list, with GitHub's limits.
import { graphql } from "./packages.mjs";

/** An error that GitHub puts into the list of errors of an answer. */
export function failure(type, message) {
  return new graphql.GraphQLError(message, { extensions: { type } });
}

/** A page of a list; the cursor of an item is its place. */
export function connection(items, args, total = items.length) {
  const from = place(args.after) ?? 0;
  const to = place(args.before) === null ? items.length : place(args.before) - 1;
  const range = items.slice(from, Math.max(from, to));
  const first = args.first ?? (args.last == null ? range.length : null);
  const start = first === null ? Math.max(0, range.length - args.last) : 0;
  const nodes = range.slice(start, first === null ? undefined : first);
  const at = from + start;
  const cursor = (index) => Buffer.from(`cursor:${index + 1}`).toString("base64");
  return {
    nodes,
    edges: nodes.map((node, index) => ({ ...(node?.edge ?? {}), cursor: cursor(at + index), node })),
    totalCount: total,
    filteredCount: total,
    pageCount: nodes.length,
    pageInfo: {
      hasNextPage: at + nodes.length < items.length,
      hasPreviousPage: at > 0,
      startCursor: nodes.length ? cursor(at) : null,
      endCursor: nodes.length ? cursor(at + nodes.length - 1) : null,
    },
  };
}

function place(cursor) {
  if (cursor === null || cursor === undefined) return null;
  const index = /^cursor:(\d+)$/.exec(Buffer.from(cursor, "base64").toString())?.[1];
  if (!index) throw failure("INVALID_CURSOR_ARGUMENTS", `\`${cursor}\` does not appear to be a valid cursor.`);
  return Number(index);
}

const MOST_NODES = 500_000;
const LARGEST_PAGE = 100;

/** What GitHub refuses before it runs a query: pages that are too large or have no size, and too many nodes. */
export function limits(schema, document, variables) {
  const errors = [];
  let nodes = 0;
  const fragments = new Map(
    document.definitions.filter((one) => one.kind === "FragmentDefinition").map((one) => [one.name.value, one]),
  );
  const walk = (selections, parent, times) => {
    for (const selection of selections) {
      if (leftOut(selection, variables)) continue;
      if (selection.kind === "FragmentSpread") {
        const fragment = fragments.get(selection.name.value);
        walk(fragment.selectionSet.selections, schema.getType(fragment.typeCondition.name.value), times);
        continue;
      }
      if (selection.kind === "InlineFragment") {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
        walk(selection.selectionSet.selections, type, times);
        continue;
      }
      if (!selection.selectionSet) continue;
      const field = parent.getFields?.()[selection.name.value];
      if (!field) continue;
      const type = graphql.getNamedType(field.type);
      const size = type.name.endsWith("Connection") ? page(selection, errors, variables) : 1;
      if (type.name.endsWith("Connection")) nodes += times * size;
      walk(selection.selectionSet.selections, type, times * size);
    }
  };
  const operation = document.definitions.find((one) => one.kind === "OperationDefinition");
  const root = operation.operation === "mutation" ? schema.getMutationType() : schema.getQueryType();
  walk(operation.selectionSet.selections, root, 1);
  if (nodes > MOST_NODES) {
    const text = `This query requests up to ${nodes.toLocaleString("en-US")} possible nodes which exceeds the maximum limit of 500,000.`;
    errors.push({ type: "MAX_NODE_LIMIT_EXCEEDED", message: text });
  }
  return { errors, nodes };
}

/** Whether `@include` or `@skip` takes a part of a query away. */
function leftOut({ directives = [] }, variables) {
  return directives.some(({ name, arguments: [condition] }) => {
    const { value } = condition;
    const holds = value.kind === "Variable" ? variables[value.name.value] : value.value;
    return name.value === "include" ? !holds : holds;
  });
}

function page(selection, errors, variables) {
  const name = selection.name.value;
  for (const argument of ["first", "last"]) {
    const given = selection.arguments.find((one) => one.name.value === argument);
    if (!given) continue;
    const size = given.value.kind === "Variable" ? variables[given.value.name.value] : Number(given.value.value);
    if (size === null || size === undefined) continue;
    if (size > LARGEST_PAGE) {
      const text = `Requesting ${size} records on the \`${name}\` connection exceeds the \`${argument}\` limit of 100 records.`;
      errors.push({ type: "EXCESSIVE_PAGINATION", message: text });
    }
    return size;
  }
  const asks = selection.selectionSet.selections.some((one) => ["nodes", "edges"].includes(one.name?.value));
  if (asks) {
    const text = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`;
    errors.push({ type: "MISSING_PAGINATION_BOUNDARIES", message: text });
  }
  return 0;
}
