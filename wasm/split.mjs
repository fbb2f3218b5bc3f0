// Splits a module in two: what is loaded first, and what some of its functions alone need, which is loaded
// later into the same memory and tables: split.mjs LINKED IN FIRST SECOND NAME...
//
// LINKED is the module as the linker made it, IN what wasm-bindgen made of that, and the two parts are written
// as text with names. A NAME is a regular expression for the functions at which the second part begins. Whatever
// only these lead to is in the second part too, data as well, so NAME need not follow what the core is made of.
// The first part has a table, `later`, in place of each such function that it calls itself, and empty places in
// the table of functions; the second one fills them. What it needs of the first it finds in the table `shared`.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

import { linkedOf, namesOf, unlinked } from "./linked.mjs";

const [linkedFile, input, first, second, ...patterns] = argv.slice(2);
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

const bytes = readFileSync(input);
const text = execFileSync(fileURLToPath(new URL("node_modules/.bin/wasm-dis", import.meta.url)), [
  "--all-features", "-"], { encoding: "utf8", input: unlinked(bytes), maxBuffer: 1 << 28 });
const fields = fieldsOf(text);
const functions = new Map(fields.map((field) => [named(field, "func"), field]).filter(([name]) => name !== undefined));
const imported = new Map(fields.filter((field) => /^\(import .*\(func/.test(field)).map((field) => [named(field.slice(field.indexOf("(func")), "func"), field]));

// The text gives functions of one name different ones, in the order of their numbers.
const linkedNames = namesOf(bytes);
const linkedName = new Map([...imported.keys(), ...functions.keys()].map((name, number) => [name, linkedNames[number]]));
const ofLinkedName = new Map();
for (const name of functions.keys()) {
  const linked = linkedName.get(name);
  ofLinkedName.set(linked, [...ofLinkedName.get(linked) ?? [], name]);
}
const linked = linkedOf(readFileSync(linkedFile));

/** What a function or a piece of data leads to: names of functions, numbers of pieces. */
function leadsTo(node) {
  const known = typeof node === "number" ? linked.pieces[node] : linked.functions.get(linkedName.get(node));
  const called = typeof node === "number" ? [] : uses(functions.get(node), "call|return_call|ref\\.func").filter((name) => functions.has(name));
  const others = [...known?.functions ?? []].flatMap((name) => ofLinkedName.get(name) ?? []);
  return [...called, ...others, ...known?.pieces ?? []];
}

/** What some functions lead to, these included; not beyond those that `stop` names. */
function reach(from, stop) {
  const reached = new Set();
  const todo = from.filter((name) => functions.has(name) && !stop(name));
  while (todo.length > 0) {
    const node = todo.pop();
    if (reached.has(node)) continue;
    reached.add(node);
    todo.push(...leadsTo(node).filter((found) => !stop(found)));
  }
  return reached;
}

const exported = fields.filter((field) => field.startsWith("(export ")).flatMap((field) => uses(field, "func"));
const begins = (node) => typeof node === "string" && wanted.test(linkedName.get(node));
const early = reach(exported, begins);
const all = reach([...functions.keys()].filter((name) => exported.includes(name) || begins(name)), () => false);
const late = new Set([...all].filter((node) => !early.has(node) && typeof node === "string"));
if (late.size === 0) {
  console.error(`split: no function of ${input} is called ${wanted}`);
  exit(1);
}

/** What a function takes and gives, without names. */
function signature(field) {
  const parts = field.split("\n", 1)[0].match(/\((?:param|result)[^()]*\)/g) ?? [];
  return parts.map((part) => part.replace(/\(param \$\S+ /, "(param ")).join(" ");
}
const isFunction = (node) => typeof node === "string";
const called = new Set([...early].filter(isFunction).flatMap((name) => uses(functions.get(name), "call|return_call|ref\\.func")));
const stubs = [...late].filter((name) => called.has(name) || exported.includes(name));
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

/** The functions of a part that stand in a table from the start, with all that stand side by side in one field. */
function elements(isOfPart) {
  return fields.filter((field) => field.startsWith("(elem ")).flatMap((field) => {
    const [, table, start, rest] = /^\(elem \S+ (?:\(table (\S+)\) )?\(i32\.const (\d+)\)(?: func)?(.*)\)$/s.exec(field);
    const names = rest.match(new RegExp(NAME, "g")) ?? [];
    const runs = [];
    names.forEach((name, n) => {
      if (!isOfPart(name)) return;
      if (n > 0 && isOfPart(names[n - 1])) runs.at(-1).names.push(name);
      else runs.push({ at: Number(start) + n, names: [name] });
    });
    return runs.map((run) => `(elem (table ${table ?? named(tables[0], "table")}) (i32.const ${run.at}) func ${run.names.join(" ")})`);
  });
}

/** The data of a part. Between pieces that are near each other stands what aligns them. */
function dataOf(isOfPart) {
  const runs = [];
  linked.pieces.forEach(({ address, bytes }, number) => {
    if (!isOfPart(number)) return;
    const run = runs.at(-1);
    const gap = run === undefined ? Infinity : address - run.address - run.bytes.length;
    const aligns = gap < 16 && linked.pieces[number - 1].address + linked.pieces[number - 1].bytes.length === address - gap;
    if (aligns) run.bytes = Buffer.concat([run.bytes, Buffer.alloc(gap), bytes]);
    else runs.push({ address, bytes: Buffer.from(bytes) });
  });
  return runs.map((run) => `(data (i32.const ${run.address}) "${run.bytes.toString("hex").replace(/../g, "\\$&")}")`);
}

const body = [...late].map((name) => functions.get(name));
const lateElements = elements((name) => late.has(name));
const mentions = (name) => [...body, ...lateElements].some((field) => new RegExp(String.raw` ${name.replace(/[$]/g, "\\$")}[\s)]`).test(field));
const sharedFunctions = [...wants];
const imports = [
  ...sharedFunctions.map((name, number) => `(import "first" "${number}" (func ${name} ${signature(functions.get(name) ?? imported.get(name))}))`),
  ...globals.filter((field) => mentions(named(field, "global"))).map((field) => share("global", named(field, "global"), `${/^\(global \S+ (?:\(mut \w+\)|\w+)/.exec(field)[0]})`)),
  ...tables.filter((field) => mentions(named(field, "table"))).map((field) => share("table", named(field, "table"), field)),
  share("memory", named(memory, "memory"), memory),
  share("table", "$later", `(table $later ${stubs.length} ${stubs.length} funcref)`),
];
const types = fields.filter((field) => /^\((type|rec) /.test(field));

const firstFields = fields.filter((field) => !/^\((?:data|elem) /.test(field)).map((field) => {
  const name = named(field, "func");
  if (!late.has(name)) return field;
  return stubs.includes(name) ? stub(name, stubs.indexOf(name)) : "";
});
writeFileSync(first, `(module\n${[
  ...firstFields,
  ...elements((name) => !late.has(name)),
  ...dataOf((piece) => early.has(piece)),
  `(table $later ${stubs.length} ${stubs.length} funcref)`,
  `(table $shared ${sharedFunctions.length} ${sharedFunctions.length} funcref)`,
  `(elem (table $shared) (i32.const 0) func ${sharedFunctions.join(" ")})`,
  "(export \"shared\" (table $shared))",
  ...shared,
].join("\n")}\n)\n`);
writeFileSync(second, `(module\n${[
  ...types,
  ...imports,
  `(elem (table $later) (i32.const 0) func ${stubs.join(" ")})`,
  ...lateElements,
  ...dataOf((piece) => all.has(piece) && !early.has(piece)),
  ...body,
].join("\n")}\n)\n`);
console.log(`split: ${late.size} of ${functions.size} functions are loaded later, by ${stubs.length} ways in`);
