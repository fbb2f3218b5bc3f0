// That the page speaks the language that it is shown in, also where the core speaks English. Run by
// .ci/browser.sh: PAGE names the page's folder.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openPlayground } from "./visitor.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const playground = await openPlayground(process.env.PAGE);
const { design, faults, page, type, visit } = playground;
after(() => playground.close());

for (const tongue of ["ja", "zh"]) {
  test(`speaks ${tongue}`, async () => {
    await visit("", { language: tongue });
    assert.match(await page.evaluate(() => document.documentElement.lang), new RegExp(`^${tongue}`));
    assert.match(await page.locator("#tabs").innerText(), /[\u4e00-\u9fff]/);
    // What the core says in English, too: of each property that does not hold, and of routes that are not obeyed.
    await design("direct");
    await type("create-route-entry vtb-1 30.0.0.0/16 vpn-1");
    await page.click("#tab-checks");
    await page.locator("#panel-checks .actions button").first().click();
    await page.waitForSelector("#panel-checks .rows li");
    for (const said of (await page.locator("#panel-checks .rows li").allInnerTexts()).slice(-2)) assert.match(said, /[\u3040-\u9fff]{2}/);
    const wrong = [];
    for (const property of await page.locator("[data-keep=property] option").evaluateAll((all) => all.map(({ value }) => value))) {
      await page.selectOption("[data-keep=property]", property);
      await page.click("#panel-checks [type=submit]");
      await page.waitForSelector("#panel-checks .verdict");
      if (await page.locator("#panel-checks .verdict.good").count() > 0) continue;
      wrong.push(property);
      assert.match(await page.locator("#panel-checks .verdict p.small").last().innerText(), /[\u3040-\u9fff]{2}/, property);
    }
    assert.ok(wrong.length >= 5, `${wrong}`);
    // What the importer cannot make, but for a key that it does not know.
    await page.click("#tab-files");
    await page.setInputFiles("#panel-files [type=file]", join(root, "core/tests/import/odd/answers.json"));
    await page.waitForSelector("#panel-files .told details");
    const left = await page.locator("#panel-files .told li").evaluateAll((all) => all.map(({ textContent }) => textContent));
    assert.ok(left.length > 20);
    assert.deepEqual(left.filter((text) => !/[\u3040-\u9fff]{2}/.test(text)), ["answers.json: PrefixLists"]);
    assert.ok(left.some((text) => /^vtb-2ze0000000000000sys .+ ::\/0[:：]/.test(text)), `${left}`);
    assert.deepEqual(faults, []);
  });
}

test("every sentence of the importer that is translated is one of its sentences", () => {
  const sources = join(root, "core/examples/support/import");
  const said = readdirSync(sources).map((name) => readFileSync(join(sources, name), "utf8")).join("\n").replace(/\{[^{}"\n]*\}/g, "{}");
  for (const sentence of Object.keys(JSON.parse(readFileSync(join(root, "wasm/www/texts/problems.json"), "utf8")))) {
    assert.ok(sentence === "in no {1}" || said.includes(`"${sentence.replace(/\{\d\}/g, "{}")}"`), sentence);
  }
});
