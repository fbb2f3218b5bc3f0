// Replays every console vector of core/tests/vectors through the WebAssembly build, byte for byte,
// then misuses it. Run by .ci/wasm.sh, which builds the package that PACKAGE names.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vectors = join(root, "core/tests/vectors");

// The package keeps its instance to itself; the tests want to see its memory.
let instance;
const { Instance } = WebAssembly;
WebAssembly.Instance = function (...given) {
  instance = new Instance(...given);
  return instance;
};
const wasm = createRequire(import.meta.url)(process.env.PACKAGE);
WebAssembly.Instance = Instance;
const pages = () => instance.exports.memory.buffer.byteLength / 65536;

/** The steps of a vector file: a command and the answer expected, verbatim. */
function steps(text) {
  const found = [];
  text.split("\n").forEach((line, index) => {
    if (line.startsWith("> ")) {
      found.push({ at: index + 1, command: line.slice(2), answer: "" });
    } else if (line !== "" && !line.startsWith("#")) {
      assert.ok(found.length > 0, `line ${index + 1}: an answer before the first command`);
      found.at(-1).answer += `${line}\n`;
    }
  });
  return found;
}

/** A fresh region that answers as the text says. */
function replay(name, text) {
  const all = steps(text);
  assert.ok(all.length > 0, "no command");
  const region = new wasm.Console();
  for (const { at, command, answer } of all) {
    assert.equal(region.line(command), answer, `${name}:${at}: ${command}`);
  }
  region.free();
}

const files = readdirSync(vectors).filter((name) => name.endsWith(".console")).sort();

test("there are vectors", () => assert.ok(files.length > 0));

for (const name of files) {
  test(name, () => replay(name, readFileSync(join(vectors, name), "utf8")));
}

test("the README's console example", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```console\n([^]*?)^```$/gm)];
  assert.equal(blocks.length, 1);
  replay("README.md", blocks[0][1]);
});

test("what is not a string is a TypeError and changes nothing", () => {
  const region = new wasm.Console();
  const hash = region.line("hash");
  const hostile = [undefined, null, 0, -1, NaN, 1n, true, Symbol("x"), {}, [], ["hash"], () => "hash",
    new Uint8Array(8), new String("hash"), { toString: () => "hash" }];
  for (const value of hostile) {
    assert.throws(() => region.line(value), TypeError);
  }
  assert.throws(() => region.line(), TypeError);
  assert.equal(region.line("hash"), hash);
  region.free();
});

test("odd strings are answered, in any encoding", () => {
  const region = new wasm.Console();
  assert.equal(region.line(""), "");
  assert.equal(region.line(" \t "), "");
  assert.equal(region.line("# 関所"), "");
  assert.equal(region.line("hash\r\n"), region.line("hash"));
  for (const text of ["関所", "\ud800", "\0", "hash\0", "\u{1f6a7}".repeat(200), "=", "-", "vpc-"]) {
    assert.match(region.line(text), /^error Invalid(Command|Parameter)\n$/, JSON.stringify(text));
  }
  region.free();
});

test("a line over 512 bytes is refused, and is not copied", () => {
  const region = new wasm.Console();
  region.line("hash");
  const before = pages();
  assert.equal(region.line("#".padEnd(512, " ")), "");
  assert.equal(region.line("#".padEnd(512, " ") + "\r\n"), "");
  for (const length of [513, 514, 515, 516, 1 << 20, 1 << 26]) {
    assert.equal(region.line("#".padEnd(length, " ")), "error InvalidCommand\n", `${length}`);
  }
  assert.equal(region.line("関".repeat(171)), "error InvalidCommand\n");
  assert.ok(pages() - before <= 2, "memory grew");
  region.free();
});

test("10,000 lines keep the region sound and the memory as it is", () => {
  const region = new wasm.Console();
  const empty = region.line("hash");
  let before = 0;
  for (let i = 0; i < 2500; i += 1) {
    assert.equal(region.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"), "ok\n");
    assert.equal(region.line("create-vswitch vsw-1 vpc-1 10.0.0.0/24"), "ok\n");
    assert.equal(region.line("delete-vswitch vsw-1"), "ok\n");
    assert.equal(region.line("delete-vpc vpc-1"), "ok\n");
    if (i === 100) before = pages();
  }
  assert.equal(region.line("hash"), empty);
  assert.equal(pages(), before);
  region.free();
});

test("regions are independent, freed memory is used again, and a freed region throws", () => {
  const one = new wasm.Console();
  const two = new wasm.Console();
  assert.equal(one.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"), "ok\n");
  assert.equal(two.line("show vpc-1"), "error ResourceNotFound.Vpc\n");
  one.free();
  two.free();
  const before = pages();
  for (let i = 0; i < 200; i += 1) new wasm.Console().free();
  assert.equal(pages(), before);
  assert.throws(() => one.line("hash"));
});
