// Where the keyboard is after what it did: never lost, and on what comes next. Run by .ci/browser.sh: PAGE names
// the page's folder.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openPlayground } from "./visitor.mjs";

const playground = await openPlayground(process.env.PAGE);
const { design, faults, page, type, visit } = playground;
after(() => playground.close());

/** Presses Enter on the first element that a selector has, and waits for the keyboard to be where it should. */
async function enter(selector, where) {
  await page.locator(selector).first().focus();
  await page.keyboard.press("Enter");
  await onto(where, selector);
}

async function onto(where, what) {
  await page.waitForFunction((wanted) => document.activeElement.matches(wanted), where, { timeout: 5000 })
    .catch(async () => assert.fail(`${what}: not on ${where}, but on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}`));
}

const foreseen = () => page.waitForSelector(".preview[data-known]");

test("forms give the keyboard back to what they were about", async () => {
  await visit();
  await enter(".diagram [data-id=i-1]", ".diagram [data-id=i-1]");
  await enter("#panel-build [data-verb=delete-instance]", "form.command select");
  await enter("form.command .quiet", "#panel-build h2");
  await enter("#panel-build .small[data-verb=unassociate-eip]", "form.command select");
  await foreseen();
  await enter("form.command [type=submit]", "#panel-build h2");
  await enter("#panel-build .link", "#panel-build h2");
  await enter("#panel-build .back button", "#panel-build h2");
  // Opened from another panel, too.
  await design("empty");
  await page.click("#tab-packet");
  await enter(".welcome .primary", "form.command input");
  await page.keyboard.press("Escape");
  await onto("#panel-build .heading", "Escape");
  await enter(".welcome .buttons:last-child button", ".diagram .choice");
  assert.deepEqual(faults, []);
});

test("undo and redo stay under the keyboard as long as there is one of them", async () => {
  await visit();
  await type("delete-instance i-4");
  await enter("#undo", "#redo");
  await enter("#redo", "#undo");
  await enter("#reset", "#undo");
  await enter("#undo", "#undo");
  assert.deepEqual(faults, []);
});

test("answers of a panel keep the keyboard in it", async () => {
  await visit();
  await page.click("#tab-checks");
  await page.focus("[data-keep=property]");
  await page.keyboard.press("ArrowUp");
  await onto("[data-keep=property]", "ArrowUp");
  assert.equal(await page.locator("[data-keep=property]").inputValue(), "no-egress");
  await page.locator("#panel-checks [type=submit]").focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("#panel-checks .verdict.bad button");
  await enter("#panel-checks .verdict button", "#panel-packet .verdict");
  await type("delete-route-entry vtb-2 0.0.0.0/0");
  await page.click("#tab-packet");
  await page.selectOption("#panel-packet [name=from]", "i-3");
  await enter("#panel-packet [type=submit]", "#panel-packet [type=submit]");
  await enter(".remedy button", "#panel-packet .verdict.good");
  await design("direct");
  await page.click("#tab-checks");
  await page.locator("#panel-checks .actions button").nth(1).click();
  await enter("#panel-checks ol ~ .primary", "#panel-checks h2");
  assert.deepEqual(faults, []);
});

test("the tutorial leads the keyboard on", async () => {
  await visit();
  await enter(".newcomer button:last-child", "#tab-learn");
  await enter("[data-level=enable]", "#panel-learn h2");
  while (await page.locator("[data-keep=hint]").count() > 0) await enter("[data-keep=hint]", "[data-keep=hint], .hints > :last-child");
  await onto(".hints > :last-child", "the last hint");
  await enter("#panel-learn .buttons button", "#panel-learn .solved");
  await enter(".solved button", "#panel-learn h2");
  await enter("#panel-learn .back button", "#panel-learn h2");
  assert.deepEqual(faults, []);
});

test("a message that is closed gives the keyboard back", async () => {
  await visit();
  await page.focus("#line");
  await page.evaluate(() => { location.hash = "1.AAAA"; });
  await page.waitForSelector("#problem p");
  await enter("#problem button", "#line");
  await enter("#keys", "dialog button");
  await page.keyboard.press("Escape");
  await onto("#keys", "Escape");
  assert.deepEqual(faults, []);
});
