"use strict";
// Says which lines of CODEOWNERS files decide on paths, by @snyk/github-codeowners (gitignore's rules by node-ignore).
//
// Standard input: a JSON list of {"file": text, "paths": [...]}. Standard output: for each a list of lines, counted from
// 1, null where none decides; or null instead of the list where the whole file is refused.

const fs = require("fs");
const os = require("os");
const path = require("path");

const library = path.resolve(process.argv[2], "node_modules/@snyk/github-codeowners/dist/lib");
const { OwnershipEngine } = require(path.join(library, "ownership/OwnershipEngine.js"));
require(path.join(library, "logger")).log.error = () => {};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "code-owners-"));
const file = path.join(folder, "CODEOWNERS");

/** The lines that the library makes rules of, in their order. */
function lines(text) {
  const rules = [];
  text.replace(/\r/g, "").split("\n").forEach((line, index) => {
    if (line && !line.startsWith("#")) rules.push(index + 1);
  });
  return rules;
}

/** The library gives owners only, but counts for each rule how often it decided. */
function decide(engine, numbers, wanted) {
  const before = engine.getRules().map((rule) => rule.matched);
  engine.calcFileOwnership(wanted);
  const rule = engine.getRules().findIndex((rule, index) => rule.matched > before[index]);
  return rule < 0 ? null : numbers[rule];
}

function answer({ file: text, paths }) {
  fs.writeFileSync(file, text);
  let engine;
  try {
    engine = OwnershipEngine.FromCodeownersFile(file);
  } catch {
    return null;
  }
  const numbers = lines(text);
  return paths.map((wanted) => decide(engine, numbers, wanted));
}

const cases = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(answer)));
fs.rmSync(folder, { recursive: true });
