// Builds the page from wasm/www and the package in out/wasm: build.mjs PACKAGE OUT

import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const [packed, out] = argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const docs = join(here, "../../core/docs");

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "levels"), { recursive: true });
mkdirSync(join(out, "texts"));

/** What to do about each error and drop, from the manual's tables: name and last column. */
const remedies = {};
for (const page of ["errors.md", "drop-reasons.md"]) {
  for (const [, name, what] of readFileSync(join(docs, page), "utf8").matchAll(/^\|.* `([\w.]+)` \| (.+) \|$/gm)) remedies[name] = what;
}
if (Object.keys(remedies).length < 90) throw new Error("the manual's tables have another form");

/** The properties that can be proved, by their words in the manual; what to do about each is said by the core. */
const properties = [...readFileSync(join(docs, "answers.md"), "utf8").split("## prove")[1].matchAll(/^\| `([^`]+)` \|/gm)]
  .map(([, words]) => words.replace(/ <[^>]+>/g, "").replaceAll(" ", "-"));
if (properties.length !== 7) throw new Error("the manual's table of properties has another form");

/** Real regions, whose English names are in the list of them. */
const regions = [...readFileSync(join(here, "src/regions.ts"), "utf8").matchAll(/\["([\w-]+)", "/g)].map(([, id]) => `region.${id}`);

/** What no console line answers here: it is about packets' bytes, readers, storage. */
const unseen = new Set(["Busy", "FLOW_TABLE_FULL", "FRAGMENT", "MALFORMED", "PORTS_EXHAUSTED", "TTL_EXPIRED", "UNSUPPORTED_PROTOCOL"]);

const scripts = {
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: false,
  legalComments: "none",
  alias: { "sekisho-wasm": join(packed, "region.js"), "sekisho-wasm/lpm": join(packed, "lpm.js"), "sekisho-wasm/import": join(packed, "import.js") },
  plugins: [{
    name: "remedies",
    setup(setup) {
      setup.onResolve({ filter: /^manual:remedies$/ }, () => ({ path: "remedies", namespace: "manual" }));
      setup.onLoad({ filter: /.*/, namespace: "manual" }, () => ({ contents: JSON.stringify(remedies), loader: "json" }));
    },
  }],
};
// What draws comes first; the panels are a file of their own, and what both have is one more.
const { metafile } = await build({ ...scripts, entryPoints: [join(here, "src/main.ts")], splitting: true, metafile: true, chunkNames: "[name]-[hash]" });
await build({ ...scripts, entryPoints: [join(here, "src/worker.ts")] });
const parts = Object.keys(metafile.outputs).map((path) => basename(path));
const shared = parts.filter((name) => name.startsWith("chunk-"));
const panels = parts.filter((name) => name.startsWith("panels-"));
if (panels.length !== 1) throw new Error(`the panels are not one file: ${parts}`);
await build({ entryPoints: [join(here, "style.css")], outfile: join(out, "style.css"), minify: true });

// All of what draws is asked for at once, and the panels behind it.
const preloads = shared.map((name) => `<link rel="modulepreload" href="${name}">`);
writeFileSync(join(out, "index.html"), readFileSync(join(here, "index.html"), "utf8")
  .replace(/<link rel="modulepreload".*>/, (line) => [line, ...preloads].join("\n"))
  .replace("</head>", `<link rel="prefetch" href="${panels[0]}">\n</head>`));
for (const file of ["sekisho_wasm_bg.wasm", "sekisho_answers_bg.wasm", "sekisho_lpm_bg.wasm", "sekisho_import_bg.wasm"]) cpSync(join(packed, file), join(out, file));

const english = JSON.parse(readFileSync(join(here, "texts/en.json"), "utf8"));
for (const tongue of ["ja", "zh"]) {
  const texts = JSON.parse(readFileSync(join(here, `texts/${tongue}.json`), "utf8"));
  // English remedies are those of the manual and the core.
  const due = [...[...Object.keys(remedies).filter((name) => !unseen.has(name)), ...properties, "ignored"].map((name) => `remedy.${name}`), ...regions];
  const known = (key) => key in english || due.includes(key);
  const strange = Object.keys(texts).filter((key) => !known(key));
  const missing = [...Object.keys(english), ...due].filter((key) => !(key in texts));
  if (strange.length + missing.length > 0) throw new Error(`${tongue}: not in English: ${strange}; missing: ${missing}`);
  writeFileSync(join(out, `texts/${tongue}.json`), JSON.stringify(texts));
}

writeFileSync(join(out, "texts/problems.json"), JSON.stringify(JSON.parse(readFileSync(join(here, "texts/problems.json"), "utf8"))));

const levels = readdirSync(join(here, "levels")).sort().map((name) => JSON.parse(readFileSync(join(here, "levels", name), "utf8")));
for (const level of levels) writeFileSync(join(out, "levels", `${level.id}.json`), JSON.stringify(level));
writeFileSync(join(out, "levels/index.json"), JSON.stringify(levels.map(({ id, title }) => ({ id, title }))));
