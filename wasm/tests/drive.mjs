// Does console lines on the page by its forms: with the pointer, or with the keyboard alone.

import assert from "node:assert/strict";

/** A line taken apart: its words and its options. */
function parts(line) {
  const [verb, ...rest] = line.split(" ");
  return { verb, words: rest.filter((word) => !word.includes("=")), options: rest.filter((word) => word.includes("=")).map((word) => word.split("=")) };
}

/** What a line names: an object in the drawing, and a table, which only the lists have. */
async function subject(page, { words }) {
  const table = words.find((word) => word.startsWith("vtb-"));
  for (const word of words.toReversed()) {
    if (await page.locator(`.diagram [data-id="${word}"]`).count() > 0) return { drawn: word, table };
  }
  return { drawn: undefined, table };
}

/** With the pointer. */
export async function byClicks(page, line) {
  const { verb, words, options } = parts(line);
  await page.click("#tab-build");
  const button = page.locator(`#panel-build [data-verb="${verb}"]`).first();
  const { drawn, table } = await subject(page, { words });
  if (drawn !== undefined) await page.locator(`.diagram [data-id="${drawn}"]`).first().click();
  if (await button.count() === 0) {
    await overview(page);
    if (await button.count() === 0) await page.click(`[data-select="${table}"]`);
    // What is to be added lies in groups, some of which are closed.
    if (await button.count() > 0 && !await button.isVisible()) await button.evaluate((element) => { element.closest("details").open = true; });
  }
  await button.click();
  if (options.length > 0) await page.locator("form.command details.more").evaluateAll((all) => all.forEach((more) => { more.open = true; }));
  const fields = page.locator("form.command .field :is(input, select)");
  for (const [at, word] of words.entries()) {
    if (at < await fields.count()) await fill(fields.nth(at), word);
  }
  for (const box of await page.locator("form.command input[type=checkbox]").all()) {
    await box.setChecked(words.includes(await box.getAttribute("value")));
  }
  for (const [key, value] of options) await fill(page.locator(`form.command [name="${key}"]`), value);
  await expectLine(page, line);
  await page.click("form.command [type=submit]");
  await page.locator("form.command").waitFor({ state: "detached" });
}

async function overview(page) {
  const back = page.locator("#panel-build .back button");
  if (await back.count() > 0) await back.click();
}

async function fill(field, value) {
  if (await field.evaluate((element) => element.tagName) === "SELECT") await field.selectOption(value);
  else await field.fill(value);
}

async function expectLine(page, line) {
  const made = await page.locator("form.command output.line").innerText();
  const sorted = (text) => text.split(" ").sort().join(" ");
  assert.equal(sorted(made), sorted(line));
}

/** Presses Tab until what has the focus is wanted. */
async function tabTo(page, selector, key = "Tab") {
  for (let press = 0; press < 150; press += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`the keyboard does not get to ${selector}`);
}

const here = (page, selector) => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

/** With the keyboard alone. */
export async function byKeys(page, line) {
  const { verb, words, options } = parts(line);
  const { drawn, table } = await subject(page, { words });
  if (drawn !== undefined) {
    await tabTo(page, ".diagram .choice");
    await page.keyboard.press("Home");
    for (let press = 0; press < 100 && !await here(page, `[data-id="${drawn}"]`); press += 1) await page.keyboard.press("PageDown");
    assert.ok(await here(page, `[data-id="${drawn}"]`), `the keyboard does not get to ${drawn}`);
    await page.keyboard.press("Enter");
  }
  const offered = () => page.locator(`#panel-build [data-verb="${verb}"]`).first();
  await tabTo(page, "[role=tab][aria-selected=true]");
  await page.keyboard.press("Home");
  if (await offered().count() === 0) {
    if (await page.locator("#panel-build .back button").count() > 0) {
      await tabTo(page, "#panel-build .back button");
      await page.keyboard.press("Enter");
    }
    if (await offered().count() === 0) {
      await tabTo(page, `[data-select="${table}"]`);
      await page.keyboard.press("Enter");
    }
  }
  if (!await offered().isVisible()) {
    const group = await offered().evaluate((element) => element.closest("details").querySelector("summary").textContent);
    for (let press = 0; press < 150; press += 1) {
      if (await page.evaluate((text) => document.activeElement?.tagName === "SUMMARY" && document.activeElement.textContent === text, group)) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
  }
  await tabTo(page, `#panel-build [data-verb="${verb}"]`);
  await page.keyboard.press("Enter");
  await page.locator("form.command").waitFor();
  const names = await page.locator("form.command .field:not([hidden]) :is(input, select)").evaluateAll((all) => all.map((one) => one.name));
  for (const [at, word] of words.entries()) {
    if (at < names.length) await type(page, names[at], word);
  }
  for (const box of await page.locator("form.command input[type=checkbox]").all()) {
    const value = await box.getAttribute("value");
    if (await box.isChecked() === words.includes(value)) continue;
    await tabTo(page, `form.command input[type=checkbox][value="${value}"]`);
    await page.keyboard.press("Space");
  }
  for (const [key, value] of options) await type(page, key, value);
  await expectLine(page, line);
  await tabTo(page, "form.command [type=submit]");
  await page.keyboard.press("Enter");
  await page.locator("form.command").waitFor({ state: "detached" });
}

async function type(page, name, value) {
  const selector = `form.command [name="${name}"]`;
  if (await page.locator(selector).inputValue() === value) return;
  // From the start of the form, whichever field has the focus now.
  await tabTo(page, selector, await later(page, selector) ? "Tab" : "Shift+Tab");
  if (await here(page, "select")) {
    // Typing chooses by what the choices are called.
    await page.keyboard.type(await page.locator(`${selector} option[value="${value}"]`).innerText());
  } else {
    await page.keyboard.press("Control+A");
    await page.keyboard.type(value);
  }
}

/** Whether an element comes after the one that has the focus. */
function later(page, selector) {
  return page.evaluate((wanted) => {
    const target = document.querySelector(wanted);
    return (document.activeElement.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 || document.activeElement === target;
  }, selector);
}
