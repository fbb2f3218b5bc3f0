// What a tab of the playground keeps over a reload, in a real browser. Run by .ci/browser.sh: PAGE names its folder; with SMOKE
// only the quickest part.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openPlayground } from "./visitor.mjs";

const skip = process.env.SMOKE !== undefined;
const playground = await openPlayground(process.env.PAGE);
const { design, faults, hash, page, problem, reload, tab, type, visit } = playground;
const root = fileURLToPath(new URL("../..", import.meta.url));
after(() => playground.close());
beforeEach(() => { faults.length = 0; });

const kept = () => page.evaluate(() => sessionStorage.getItem("sekisho.session"));
/** Reloads with something else in the tab's storage; the page leaves, so that it writes no more. */
async function comeBackWith(session, log) {
  await page.goto(`${playground.url}levels/index.json`);
  await page.evaluate(([text, lines]) => {
    sessionStorage.setItem("sekisho.session", text);
    if (lines !== undefined) localStorage.setItem("sekisho.log", lines);
  }, [session, log]);
  await page.goto(playground.url);
  await page.waitForSelector("[data-ready]");
}

test("a reload keeps the network and the way back and forth", async () => {
  await visit();
  const states = [await hash()];
  await type("allocate-eip eip-77 47.9.9.9");
  states.push(await hash());
  await design("direct");
  states.push(await hash());
  for (const line of ["allocate-eip eip-7 47.9.9.7", "allocate-eip eip-8 47.9.9.8", "create-ipv4-gateway ipv4gw-1 vpc-1"]) {
    await type(line);
    states.push(await hash());
  }
  await page.click("#undo");
  await page.click("#undo");
  await page.click("#tab-tables");
  await reload();
  assert.ok(await page.locator("#panel-tables").isVisible(), "another panel");
  assert.equal(await hash(), states[3]);
  // Forth, to the end.
  for (const at of [4, 5]) {
    await page.click("#redo");
    assert.equal(await hash(), states[at]);
  }
  assert.ok(await page.locator("#redo").isDisabled());
  // And back through the design before, whose lines are made again, with a reload half way.
  for (const at of [4, 3, 2, 1]) {
    await page.click("#undo");
    assert.equal(await hash(), states[at], `undo to ${at}`);
    if (at === 2) await reload();
  }
  await reload();
  await page.click("#undo");
  assert.equal(await hash(), states[0]);
  assert.ok(await page.locator("#undo").isDisabled());
  for (const at of [1, 2, 3]) await page.click("#redo");
  assert.equal(await hash(), states[3]);
  assert.deepEqual(faults, []);
});

test("a reload keeps the level, its hints and whether it is solved", { skip }, async () => {
  await visit();
  const mine = await hash();
  await page.click("#tab-learn");
  await page.click("[data-level=enable]");
  await page.click("[data-keep=hint]");
  await type("create-ipv4-gateway ipv4gw-1 vpc-1");
  const begun = await hash();
  await reload();
  await page.waitForSelector(".goals");
  assert.equal(await hash(), begun);
  assert.equal(await page.locator(".hints li").count(), 1);
  assert.equal(await page.locator(".solved").count(), 0);
  await type("enable-vpc-ipv4-gateway ipv4gw-1 vtb-1");
  await page.waitForSelector(".solved");
  await reload();
  await page.waitForSelector(".solved");
  // Another language keeps it too, and a level that began before is left for one's own design.
  await page.selectOption("#language", "ja");
  await page.waitForFunction(() => document.documentElement.lang === "ja");
  assert.ok(await page.locator(".solved").isVisible());
  await page.click("#panel-learn .back button");
  assert.equal(await hash(), mine);
  await reload();
  assert.equal(await hash(), mine);
  assert.equal(await page.locator(".goals").count(), 0);
  await page.waitForSelector("[data-level=enable].done");
  assert.deepEqual(faults, []);
});

test("a level that cannot be loaded says so and is there when it can", { skip }, async () => {
  await visit();
  await page.click("#tab-learn");
  await page.click("[data-level=enable]");
  await page.waitForSelector(".goals");
  const begun = await hash();
  await page.route("**/levels/enable.json", (route) => route.abort());
  await reload();
  await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
  assert.match(await problem(), /tutorial could not be loaded/);
  assert.equal(await hash(), begun);
  await page.unroute("**/levels/enable.json");
  await reload();
  await page.waitForSelector(".goals");
  assert.deepEqual(faults.filter((fault) => !/Failed to load resource/.test(fault)), []);
});

test("two tabs have each their own, and a new one begins with the last design", { skip }, async () => {
  await visit();
  await type("allocate-eip eip-77 47.9.9.9");
  const mine = await hash();
  const other = await tab();
  const theirs = () => other.evaluate(() => document.documentElement.dataset.hash);
  assert.equal(await theirs(), mine);
  // Nothing to take back there: it is another tab.
  assert.ok(await other.locator("#undo").isDisabled());
  await other.click("#tab-files");
  await other.click("[data-design=inspection]");
  const inspection = await theirs();
  await reload();
  assert.equal(await hash(), mine);
  await reload(other);
  assert.equal(await theirs(), inspection);
  await page.click("#undo");
  const first = await hash();
  await other.click("#undo");
  assert.equal(await theirs(), mine);
  const third = await tab();
  assert.equal(await third.evaluate(() => document.documentElement.dataset.hash), mine, "the last change of all");
  await reload();
  assert.equal(await hash(), first);
  await page.click("#redo");
  assert.equal(await hash(), mine);
  // A level in one tab is no design of one's own.
  await other.click("#tab-learn");
  await other.click("[data-level=enable]");
  await other.waitForSelector(".goals");
  await reload(third);
  assert.equal(await third.evaluate(() => document.documentElement.dataset.hash), mine);
  await third.close();
  await other.close();
  assert.deepEqual(faults, []);
});

test("what was kept and is damaged or foreign says so and loses nothing", { skip }, async () => {
  await visit();
  await type("allocate-eip eip-77 47.9.9.9");
  const mine = await hash();
  const good = await kept();
  const { design: one, ...rest } = JSON.parse(good);
  const bent = (what) => JSON.stringify({ design: one, ...rest, ...what });
  for (const text of ["{", "null", "[]", "\"x\"", good.slice(0, -3), bent({ version: 2 }), bent({ hash: "0123456789abcdef" }), bent({ hash: 5 }),
    bent({ design: { ...one, base: 99 } }), bent({ design: { ...one, log: ["nonsense"], base: 0 } }), bent({ design: { ...one, log: [7] } }),
    bent({ older: [{}] }), bent({ newer: "x" }), bent({ design: { ...one, log: [...one.log, "show vpc-1"] } })]) {
    await comeBackWith(text);
    assert.match(await problem(), /cannot be read, so the last design/, text.slice(0, 60));
    assert.equal(await hash(), mine, text.slice(0, 60));
    // All of it can be saved.
    const [saved] = await Promise.all([page.waitForEvent("download"), page.click("#problem button >> nth=0")]);
    assert.equal(readFileSync(await saved.path(), "utf8"), text);
  }
  // What is unknown beside it is left out, without a word.
  await comeBackWith(bent({ level: { id: "../../secret", hints: 1, before: [] }, tab: "nowhere" }));
  assert.equal(await problem(), "");
  assert.equal(await hash(), mine);
  // Lines of the other designs that nobody accepts leave what can be.
  await comeBackWith(bent({ older: [{ log: ["create-vpc vpc-9 vtb-9 10.9.0.0/16", "nonsense"], base: 2, undone: [] }] }));
  await page.click("#undo");
  await page.click("#undo");
  assert.ok(await page.locator(".diagram [data-id=vpc-9]").count() > 0);
  await page.click("#redo");
  await page.click("#redo");
  assert.equal(await hash(), mine);
  assert.deepEqual(faults, []);
});

test("a kept design that this version refuses in part says so and can be saved", { skip }, async () => {
  await visit();
  const lines = "create-vpc vpc-1 vtb-1 10.0.0.0/16\nmake-it-so vpc-1";
  await comeBackWith("", lines);
  assert.match(await problem(), /refuses lines .*refused: 1/);
  const [saved] = await Promise.all([page.waitForEvent("download"), page.click("#problem button >> nth=0")]);
  assert.equal(readFileSync(await saved.path(), "utf8"), lines);
  assert.ok(await page.locator(".diagram [data-id=vpc-1]").count() > 0);
  assert.deepEqual(faults, []);
});

test("a link wins over what the tab had, which undo brings back, also after reloads", { skip }, async () => {
  const [fragment, expected] = readFileSync(join(root, "wasm/tests/link-1.txt"), "utf8").trim().split(" ");
  await visit();
  await type("allocate-eip eip-77 47.9.9.9");
  const mine = await hash();
  await page.goto("about:blank");
  await page.goto(`${playground.url}${fragment}`);
  await page.waitForSelector("[data-ready]");
  assert.equal(await hash(), expected);
  await page.waitForFunction(() => /Undo brings back/.test(document.getElementById("live").textContent));
  await reload();
  assert.equal(await hash(), expected);
  assert.notEqual(await page.evaluate(() => location.hash), "");
  // What is changed is not the link's any more: a reload keeps the change.
  await type("allocate-eip eip-78 47.9.9.8");
  const changed = await hash();
  assert.equal(await page.evaluate(() => location.hash), "");
  await reload();
  assert.equal(await hash(), changed);
  await page.click("#undo");
  assert.equal(await hash(), expected);
  await page.click("#undo");
  assert.equal(await hash(), mine);
  // A damaged link leaves everything as it was.
  await page.goto("about:blank");
  await page.goto(`${playground.url}${fragment.slice(0, -9)}`);
  await page.waitForSelector("[data-ready]");
  assert.match(await problem(), /damaged/);
  assert.equal(await hash(), mine);
  await page.click("#redo");
  assert.equal(await hash(), expected);
  assert.deepEqual(faults, []);
});

test("a link that is opened in a level ends it, and the own design is not lost", { skip }, async () => {
  const [fragment, expected] = readFileSync(join(root, "wasm/tests/link-1.txt"), "utf8").trim().split(" ");
  await visit();
  await type("allocate-eip eip-77 47.9.9.9");
  const mine = await hash();
  await page.click("#tab-learn");
  await page.click("[data-level=enable]");
  await page.waitForSelector(".goals");
  await page.evaluate((hash) => { location.hash = hash; }, fragment);
  await page.waitForFunction((wanted) => document.documentElement.dataset.hash === wanted, expected);
  await page.waitForSelector("[data-level=enable]");
  await page.click("#undo");
  await page.click("#undo");
  assert.equal(await hash(), mine);
  assert.deepEqual(faults, []);
});

test("what is kept is bounded, and a storage that is full or forbidden takes nothing away", { skip }, async () => {
  await visit();
  // Three large designs, and one that is changed.
  for (const _ of [1, 2, 3]) {
    await design("large");
    await design("empty");
  }
  await design("large");
  await type("allocate-eip eip-900 48.0.0.1");
  const mine = await hash();
  const size = (await kept()).length;
  assert.ok(size > 10_000 && size <= 1 << 20, `${size} characters`);
  await reload();
  assert.equal(await hash(), mine);
  // No room for the older ones: what is shown is kept, and its way back.
  const filled = await page.evaluate(() => {
    sessionStorage.removeItem("sekisho.session");
    let text = "x".repeat(1 << 20);
    let at = 0;
    while (text.length > 60_000) {
      try {
        sessionStorage.setItem(`fill-${at}`, text);
        at += 1;
      } catch {
        text = text.slice(text.length >> 1);
      }
    }
    return at;
  });
  assert.ok(filled > 0);
  await type("allocate-eip eip-901 48.0.0.2");
  const later = await hash();
  await reload();
  assert.equal(await hash(), later);
  await page.click("#undo");
  assert.equal(await hash(), mine);
  await page.evaluate(() => sessionStorage.clear());
  // Forbidden altogether: the page works, and forgets.
  const other = await page.context().newPage();
  other.on("pageerror", (error) => faults.push(String(error)));
  await other.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }
  });
  await other.goto(playground.url);
  await other.waitForSelector("[data-ready]");
  await other.fill("#line", "allocate-eip eip-77 47.9.9.9");
  await other.press("#line", "Enter");
  await other.click("#undo");
  await other.close();
  assert.deepEqual(faults, []);
});

test("a kept design comes back whichever part of the core its lines need", { skip }, async () => {
  await visit();
  for (const line of ["allocate-eip eip-77 47.9.9.9", "release-eip eip-77", "create-route-entry vtb-1 21.0.0.0/16 peer-1", "delete-route-entry vtb-1 21.0.0.0/16", "allocate-eip eip-78 47.9.9.8"]) await type(line);
  const mine = await hash();
  // The second part comes late.
  let asked;
  const late = new Promise((resolve) => { asked = resolve; });
  await page.route("**/sekisho_answers_bg.wasm", asked, { times: 1 });
  await page.goto("about:blank");
  await page.goto(playground.url);
  await (await late).continue();
  await page.waitForSelector("[data-ready]");
  assert.equal(await hash(), mine);
  for (let press = 0; press < 5; press += 1) await page.click("#undo");
  assert.ok(await page.locator("#undo").isDisabled());
  assert.deepEqual(faults, []);
});
