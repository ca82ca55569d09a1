// Prints the path of a program: `node program.mjs kubectl` or `node program.mjs helm`.
import { program } from "./packages.mjs";

const [name] = process.argv.slice(2);
if (!["kubectl", "helm"].includes(name)) throw new Error("kubectl or helm");
process.stdout.write(`${program(name)}\n`);
