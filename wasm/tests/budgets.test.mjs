// How quick the playground is. Run by .ci/browser.sh: PAGE names its folder.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openPlayground } from "./visitor.mjs";

const playground = await openPlayground(process.env.PAGE);
const { design, page, url, visit } = playground;
after(() => playground.close());

test("the first render takes less than a second on a processor four times slower", async () => {
  const session = await playground.session();
  await visit();
  // Other work on this machine only makes it slower, so a few quick runs are enough.
  const times = [];
  const wholes = [];
  const quick = () => times.filter((time) => time < 1000).length;
  while (times.length < 12 && quick() < 3) {
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.goto("about:blank");
    await page.goto(url);
    await page.waitForSelector("[data-ready]");
    const [drawn, whole] = await page.evaluate(() => ["drawn", "whole"].map((name) => performance.getEntriesByName(name)[0].startTime));
    times.push(drawn);
    wholes.push(whole);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  }
  console.log(`# first render, throttled 4 times: ${times.map(Math.round).join(", ")} ms; with its panels ${wholes.map(Math.round).join(", ")} ms`);
  assert.ok(quick() >= 3);
});

/** Milliseconds of processor time that the page's own thread spends on what `act` does there, style, layout and
 * painting included: the median of five. The time that other programs take is no part of it. */
async function costs(session, act, prepare) {
  const spent = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
  const all = [];
  for (let run = 0; run < 5; run += 1) {
    if (prepare !== undefined) await page.evaluate(prepare);
    await frames();
    const before = await spent();
    await page.evaluate(act);
    await frames();
    all.push(await spent() - before);
  }
  return all.sort((a, b) => a - b)[2];
}

test("every interaction with the large VPC takes less than 50 ms", async () => {
  await visit();
  await design("large");
  const session = await playground.session();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate(() => {
    globalThis.press = (selector) => document.querySelector(selector).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    globalThis.enter = (line) => {
      document.querySelector("#line").value = line;
      document.querySelector("#console form").requestSubmit();
    };
    globalThis.port = 0;
  });
  const measured = [];
  // Other work on this machine takes caches away, too; what is slow itself is slow each time.
  const measure = async (name, act, prepare) => {
    let least = Infinity;
    for (let round = 0; round < 3 && least >= 50; round += 1) least = Math.min(least, await costs(session, act, prepare));
    measured.push([name, Math.round(least * 10) / 10]);
  };
  for (const tab of ["packet", "tables", "checks", "learn", "files", "build"]) await measure(`tab ${tab}`, `press("#tab-${tab}")`);
  await measure("choose a vSwitch", 'press(".diagram [data-id=vsw-77]")');
  await measure("choose a host", 'press(".diagram [data-id=i-9]")');
  await measure("find a host", `{
    document.querySelector(".finder input").value = "i-2" + globalThis.port++ % 10;
    document.querySelector(".finder").requestSubmit();
  }`);
  await measure("open a form", 'press("#panel-build [data-verb=associate-eip]")', 'document.querySelector("form.command .quiet")?.click()');
  await measure("a change by line", "enter(`allocate-eip eip-${1000 + port} 48.0.0.${port++}`)");
  await measure("a route by line", "enter(`create-route-entry vtb-4 21.${port++}.0.0/16 peer-1`)");
  await measure("undo", 'press("#undo")');
  await measure("redo", 'press("#redo")');
  await page.click("#tab-packet");
  await measure("send a packet", 'document.querySelector("form.packet").requestSubmit()');
  await measure("a change while a packet is shown", "enter(`allocate-eip eip-${1000 + port} 48.0.1.${port++}`)");
  await page.click("#tab-tables");
  await measure("look an address up", `{
    const field = document.querySelector("[data-keep=address]");
    field.value = "20.3.4.5";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }`);
  // What is slow is seen: work for a click, several times what is allowed.
  await page.evaluate(() => document.addEventListener("click", () => {
    globalThis.sum = 0;
    for (let turn = 0; turn < 6e7; turn += 1) globalThis.sum += turn;
  }));
  const slow = await costs(session, 'press("#tab-build")');
  console.log(`# large VPC, milliseconds: ${measured.map((pair) => pair.join(" ")).join(", ")}; slowed down: ${Math.round(slow)}`);
  for (const [name, milliseconds] of measured) assert.ok(milliseconds < 50, `${name}: ${milliseconds} ms`);
  assert.ok(slow > 100, "what is slow is not seen");
});
