// Snapshots go from this package to the C library and back. Run by .ci/wasm.sh: PACKAGE names the package,
// SNAPSHOT a program that is linked with the C library.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const { Region } = await import(join(process.env.PACKAGE, "region.node.js"));
const vectors = fileURLToPath(new URL("../../core/tests/vectors", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sekisho-snapshot-"));
after(() => rmSync(folder, { recursive: true }));
const c = (how, file, input = "") => execFileSync(process.env.SNAPSHOT, [how, file], { encoding: "utf8", input }).trim();

for (const name of readdirSync(vectors).filter((file) => file.endsWith(".console"))) {
  test(name, () => {
    const region = new Region();
    for (const line of readFileSync(join(vectors, name), "utf8").split("\n")) {
      if (line.startsWith("> ")) region.line(line.slice(2));
    }
    const ours = join(folder, "ours");
    writeFileSync(ours, region.snapshot());
    assert.equal(c("load", ours), region.hash());
    const theirs = join(folder, "theirs");
    assert.equal(c("save", theirs, `${region.script().join("\n")}\n`), region.hash());
    const copy = new Region();
    copy.restore(readFileSync(theirs));
    assert.equal(copy.hash(), region.hash());
    // The same configuration has the same bytes, wherever they are written.
    assert.deepEqual(readFileSync(theirs), readFileSync(ours));
    region.free();
    copy.free();
  });
}
