// The vendor's answers that the host program is tested with give the same lines here, and each is
// accepted. Run by .ci/wasm.sh.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const { importAnswers } = await import(join(process.env.PACKAGE, "import.node.js"));
const { Region } = await import(join(process.env.PACKAGE, "region.node.js"));
const folder = fileURLToPath(new URL("../../core/tests/import", import.meta.url));

for (const name of readdirSync(folder).filter((each) => !each.includes("."))) {
  test(name, () => {
    const documents = readdirSync(join(folder, name)).filter((file) => file.endsWith(".json")).sort()
      .map((file) => ({ name: file, text: readFileSync(join(folder, name, file), "utf8") }));
    assert.ok(documents.length > 0);
    const { lines, text, problems } = importAnswers(documents);
    // What --forward adds is not said here.
    const golden = readFileSync(join(folder, `${name}.console`), "utf8").split("\n");
    const made = new Set(golden.map((line) => line.replace(" forward=on", "")));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.ok(made.has(line), line);
    assert.equal(problems.length, text.match(/^# (unsupported|unknown|incomplete):/gm)?.length ?? 0);
    const region = new Region();
    for (const line of lines) assert.equal(region.line(line), "ok\n", line);
    region.free();
  });
}

test("what is no answer is refused by kind", () => {
  for (const wrong of [undefined, null, "", {}, [{ name: 1, text: "" }], [{ name: "", text: null }], [null]]) {
    assert.throws(() => importAnswers(wrong), TypeError);
  }
  assert.throws(() => importAnswers([], 1), TypeError);
  for (const text of ["", "{", "[1,", "nonsense"]) assert.throws(() => importAnswers([{ name: "a.json", text }]), /a\.json/);
  for (const text of ["{}", "[]", "1", "null", "{\"Vpcs\": 3}", `${"[".repeat(5000)}`]) {
    try {
      assert.deepEqual(importAnswers([{ name: "a", text }]).lines.filter((line) => !line.startsWith("region")), []);
    } catch (error) {
      assert.equal(error.name, "Error", text.slice(0, 20));
    }
  }
});
