// Every level begins unsolved, is solved by its solution, and its goals are questions that the core
// can answer. Run by .ci/playground.sh; PACKAGE names the package.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const { Region } = await import(join(process.env.PACKAGE, "region.node.js"));
const folder = fileURLToPath(new URL("../www/levels", import.meta.url));
const proves = new Region("firmware").ask("prove no-egress vpc-1").words[0] !== "InvalidCommand";

/** Whether a goal is reached: by its questions, and if the core proves things by its proof. */
function reached(region, { prove, ask = [] }) {
  const asked = ask.every(([line, answer]) => region.line(line).startsWith(answer));
  if (prove === undefined || !proves) return asked;
  const proof = region.ask(`prove ${prove}`);
  assert.equal(proof.status, "ok", prove);
  return proof.fields.proved === "yes";
}

for (const name of readdirSync(folder)) {
  test(name, () => {
    const level = JSON.parse(readFileSync(join(folder, name), "utf8"));
    assert.match(name, new RegExp(`^\\d\\d-${level.id}\\.json$`));
    for (const text of [level.title, level.story, ...level.hints, ...level.goals.map((goal) => goal.text)]) {
      for (const language of ["en", "ja", "zh"]) assert.ok(text[language]?.length > 3, `no ${language}: ${JSON.stringify(text)}`);
    }
    const region = new Region();
    for (const line of level.start) assert.equal(region.line(line), "ok\n", line);
    assert.ok(!level.goals.every((goal) => reached(region, goal)), "solved before it begins");
    for (const line of level.solution) assert.equal(region.line(line), "ok\n", line);
    for (const goal of level.goals) {
      assert.ok(reached(region, goal), goal.text.en);
      for (const [line, answer] of goal.ask ?? []) assert.ok(region.line(line).startsWith(answer), `${line}: ${region.line(line)}`);
    }
    region.free();
  });
}
