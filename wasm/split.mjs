// Splits a module in two: what is loaded first, and what some of its functions alone need, which is loaded
// later into the same memory and tables: split.mjs IN FIRST SECOND NAME...
//
// Both are written as text with names. A NAME is a regular expression for the functions at which the second
// part begins, and for those that only this part can find in a table, through a vtable of its own. Whatever
// else only these lead to is in the second part too, so NAME need not follow what the core is made of. The
// first part has a table, `later`, in place of each such function that it calls itself; the second one fills it.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const [input, first, second, ...patterns] = argv.slice(2);
const wanted = new RegExp(patterns.join("|"));

/** The fields of a module's text: each begins behind two blanks or a new line, and ends where its bracket does. */
function fieldsOf(text) {
  const fields = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "\"") {
      for (at += 1; text[at] !== "\""; at += 1) if (text[at] === "\\") at += 1;
    } else if (letter === ";" && text[at + 1] === ";") {
      at = text.indexOf("\n", at);
    } else if (letter === "(") {
      depth += 1;
      if (depth === 2) start = at;
    } else if (letter === ")") {
      depth -= 1;
      if (depth === 1) fields.push(text.slice(start, at + 1));
    }
  }
  return fields;
}

const NAME = String.raw`\$(?:"(?:[^"\\]|\\.)*"|[^\s()"]+)`;
const named = (field, kind) => new RegExp(String.raw`^\(${kind} (${NAME})`).exec(field)?.[1];
const uses = (text, words) => [...text.matchAll(new RegExp(String.raw`\((?:${words}) (${NAME})`, "g"))].map((found) => found[1]);
const plain = (name) => name.replace(/\[[0-9a-f]+\]/g, "");

const text = execFileSync(fileURLToPath(new URL("node_modules/.bin/wasm-dis", import.meta.url)), [
  "--all-features", input], { encoding: "utf8", maxBuffer: 1 << 28 });
const fields = fieldsOf(text);
const functions = new Map(fields.map((field) => [named(field, "func"), field]).filter(([name]) => name !== undefined));
const imported = new Map(fields.filter((field) => field.startsWith("(import ")).map((field) => [named(field.slice(field.indexOf("(func")), "func"), field]));
const callees = (field) => uses(field, "call|return_call|ref\\.func").filter((name) => functions.has(name));
const inTables = fields.filter((field) => field.startsWith("(elem ")).flatMap((field) => field.match(new RegExp(NAME, "g"))).filter((name) => functions.has(name));
const exported = fields.filter((field) => field.startsWith("(export ")).flatMap((field) => uses(field, "func"));

/** The functions that some lead to, these included; not beyond those that `stop` names. */
function reach(from, stop) {
  const reached = new Set();
  const todo = from.filter((name) => functions.has(name) && !stop(name));
  while (todo.length > 0) {
    const name = todo.pop();
    if (reached.has(name)) continue;
    reached.add(name);
    todo.push(...callees(functions.get(name)).filter((callee) => !stop(callee)));
  }
  return reached;
}

const begins = (name) => wanted.test(plain(name));
const early = reach([...exported, ...inTables], begins);
const late = new Set([...reach([...functions.keys()].filter(begins), () => false)].filter((name) => !early.has(name)));
if (late.size === 0) {
  console.error(`split: no function of ${input} is called ${wanted}`);
  exit(1);
}

/** What a function takes and gives, without names. */
function signature(field) {
  const parts = field.split("\n", 1)[0].match(/\((?:param|result)[^()]*\)/g) ?? [];
  return parts.map((part) => part.replace(/\(param \$\S+ /, "(param ")).join(" ");
}
const called = new Set([...early].flatMap((name) => callees(functions.get(name))));
const stubs = [...late].filter((name) => called.has(name) || inTables.includes(name) || exported.includes(name));
const wants = new Set([...late].flatMap((name) => uses(functions.get(name), "call|return_call|ref\\.func")).filter((name) => !late.has(name)));
const globals = fields.filter((field) => field.startsWith("(global "));
const tables = fields.filter((field) => field.startsWith("(table "));
const memory = fields.find((field) => field.startsWith("(memory "));

// Short names, as they are part of what is loaded.
let serial = 0;
const shared = [];
function share(kind, name, declaration) {
  const short = `_${(serial += 1).toString(36)}`;
  shared.push(`(export "${short}" (${kind} ${name}))`);
  return `(import "first" "${short}" ${declaration})`;
}

/** What stands in the first part for a function of the second. */
function stub(name, slot) {
  const field = functions.get(name);
  const parameters = signature(field).match(/\(param/g)?.map((_, at) => `(local.get ${at})`) ?? [];
  return `(func ${name} ${signature(field)} (call_indirect $later ${signature(field)} ${parameters.join(" ")} (i32.const ${slot})))`;
}

const body = [...late].map((name) => functions.get(name));
const mentions = (name) => body.some((field) => field.includes(` ${name})`) || field.includes(` ${name} `) || field.includes(` ${name}\n`));
const imports = [
  ...[...wants].map((name) => share("func", name, `(func ${name} ${signature(functions.get(name) ?? imported.get(name))})`)),
  ...globals.filter((field) => mentions(named(field, "global"))).map((field) => share("global", named(field, "global"), `${/^\(global \S+ (?:\(mut \w+\)|\w+)/.exec(field)[0]})`)),
  ...tables.filter((field) => mentions(named(field, "table"))).map((field) => share("table", named(field, "table"), field)),
  share("memory", named(memory, "memory"), memory),
  share("table", "$later", `(table $later ${stubs.length} ${stubs.length} funcref)`),
];
const types = fields.filter((field) => /^\((type|rec) /.test(field));

const firstFields = fields.map((field) => {
  const name = named(field, "func");
  if (!late.has(name)) return field;
  return stubs.includes(name) ? stub(name, stubs.indexOf(name)) : "";
});
writeFileSync(first, `(module\n${[...firstFields, `(table $later ${stubs.length} ${stubs.length} funcref)`, ...shared].join("\n")}\n)\n`);
writeFileSync(second, `(module\n${[...types, ...imports, `(elem (table $later) (i32.const 0) func ${stubs.join(" ")})`, ...body].join("\n")}\n)\n`);
console.log(`split: ${late.size} of ${functions.size} functions are loaded later, by ${stubs.length} ways in`);
