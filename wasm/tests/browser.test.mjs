// The package and the playground in a real browser. Run by .ci/browser.sh: PACKAGE and PAGE name their
// folders, SNAPSHOT a program that is linked with the C library; with SMOKE only the quickest part.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { crc32 } from "./crc.mjs";
import { byClicks, byKeys } from "./drive.mjs";
import { serveFolder } from "./serve.mjs";
import { openPlayground } from "./visitor.mjs";

const smoke = process.env.SMOKE !== undefined;
const root = fileURLToPath(new URL("../..", import.meta.url));
const levels = readdirSync(join(root, "wasm/www/levels")).sort()
  .map((name) => JSON.parse(readFileSync(join(root, "wasm/www/levels", name), "utf8")));

const scratch = mkdtempSync(join(tmpdir(), "sekisho-files-"));
const playground = await openPlayground(process.env.PAGE);
const { design, faults, hash, page, problem, type, visit } = playground;
const packed = await serveFolder(process.env.PACKAGE);
after(async () => {
  await playground.close();
  packed.close();
  rmSync(scratch, { recursive: true });
});

describe("the package in a browser", () => {
  test("answers every console vector byte for byte", async () => {
    const folder = join(root, "core/tests/vectors");
    const vectors = readdirSync(folder).filter((name) => name.endsWith(".console"))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
    assert.ok(vectors.length > 20);
    await page.goto(`${packed.url}package.json`);
    const wrong = await page.evaluate(async ([url, files]) => {
      const { default: init, Region } = await import(`${url}region.js`);
      await init();
      const found = [];
      for (const [name, text] of files) {
        const region = new Region();
        let got = "";
        for (const line of text.split("\n")) {
          if (line.startsWith("> ")) {
            if (got !== "") found.push(`${name}: more than ${got}`);
            got = region.line(line.slice(2));
          } else if (line !== "" && !line.startsWith("#")) {
            if (!got.startsWith(`${line}\n`)) found.push(`${name}: ${line} is not ${got}`);
            got = got.slice(line.length + 1);
          }
        }
        if (got !== "") found.push(`${name}: more than ${got}`);
        region.free();
      }
      return found;
    }, [packed.url, vectors]);
    assert.deepEqual(wrong, []);
  });
});

describe("the playground", () => {
  beforeEach(() => { faults.length = 0; });

  for (const [nth, level] of levels.entries()) {
    for (const [how, drive] of [["clicks", byClicks], ["keys", byKeys]]) {
      test(`level ${level.id} is solved by ${how}`, { skip: smoke && nth > 0 }, async () => {
        await visit();
        const before = await hash();
        await page.click("#tab-learn");
        if (how === "keys") {
          await page.focus(`[data-level=${level.id}]`);
          await page.keyboard.press("Enter");
        } else await page.click(`[data-level=${level.id}]`);
        await page.waitForSelector(".goals");
        assert.equal(await page.locator(".solved").count(), 0);
        for (const line of level.solution) await drive(page, line);
        await page.click("#tab-learn");
        await page.waitForSelector(".solved");
        assert.equal(await page.locator(".goals [data-met=false]").count(), 0);
        // Progress is kept, and so is the design from before.
        await page.click("#panel-learn .back button");
        await page.waitForSelector(`[data-level=${level.id}].done`);
        assert.equal(await hash(), before);
        assert.deepEqual(faults, []);
      });
    }
  }

  test("a link brings the same state back", async () => {
    await visit();
    await design("inspection");
    await type("set-appliance app-1 unhealthy");
    const made = await hash();
    await page.click("#tab-files");
    await page.click("[data-share]");
    await page.waitForFunction(() => document.querySelector("[data-link]").value !== "");
    const link = await page.inputValue("[data-link]");
    await visit(new URL(link).hash);
    assert.equal(await hash(), made);
    assert.equal(await problem(), "");
    assert.deepEqual(faults, []);
  });

  test("links of version 1 are read for ever", async () => {
    const [, fragment, expected] = /^(\S+) ([0-9a-f]{16})\s*$/.exec(readFileSync(join(root, "wasm/tests/link-1.txt"), "utf8"));
    await visit(fragment);
    assert.equal(await hash(), expected);
    assert.equal(await problem(), "");
  });

  test("malformed links say so and lose nothing", { skip: smoke }, async () => {
    await visit();
    await type("create-vpc vpc-7 vtb-77 10.7.0.0/16");
    const mine = await hash();
    const [good] = readFileSync(join(root, "wasm/tests/link-1.txt"), "utf8").split(" ");
    const bad = ["#1.", "#1.!!!!", "#x", "#1.AAAA", `${good.slice(0, -9)}`, `${good.slice(0, 40)}AAAA${good.slice(44)}`, "#%00", `#1.${"A".repeat(20000)}`];
    for (const fragment of [...bad, `#2${good.slice(2)}`]) {
      await page.evaluate((wrong) => { document.getElementById("problem").textContent = ""; location.hash = wrong; }, fragment);
      await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
      assert.match(await problem(), fragment.startsWith("#2") ? /newer version/ : /damaged/, fragment);
      assert.equal(await hash(), mine, fragment);
    }
    // Well packed, but not the state that it says, or lines that are refused.
    const made = await page.evaluate(async () => {
      const pack = async (text) => {
        const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
        const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
        return `#1.${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
      };
      return [await pack("0123456789abcdef\ncreate-vpc vpc-1 vtb-1 10.0.0.0/16"), await pack("0123456789abcdef\nnonsense"), await pack("not a hash\n"),
        await pack(`0123456789abcdef\n${"#".repeat(5 << 20)}`)];
    });
    for (const [at, wanted] of [/does not lead/, /refuses \(InvalidCommand\)/, /damaged/, /damaged/].entries()) {
      await page.evaluate((wrong) => { document.getElementById("problem").textContent = ""; location.hash = wrong; }, made[at]);
      await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
      assert.match(await problem(), wanted);
      assert.equal(await hash(), mine);
    }
    assert.deepEqual(faults, []);
  });

  test("malformed files say so and lose nothing", { skip: smoke }, async () => {
    await visit();
    const mine = await hash();
    await page.click("#tab-files");
    const told = page.locator("#panel-files .told");
    const give = (name, content) => page.setInputFiles("#panel-files [type=file]", { name, mimeType: "text/plain", buffer: Buffer.from(content) });
    for (const [name, content, wanted] of [
      ["broken.console", "create-vpc vpc-1 vtb-1 10.0.0.0/16\ncreate-vswitch vsw-1 vpc-1 10.9.0.0/24\n", /1 of 2 lines were refused/],
      ["image.png", Buffer.from([0x89, 0x50, 0xff, 0xfe, 0]), /neither text nor a snapshot/],
      ["empty.txt", "\n# nothing\n", /no lines/],
    ]) {
      await give(name, content);
      await page.waitForFunction((source) => new RegExp(source).test(document.querySelector("#panel-files .told")?.textContent ?? ""), wanted.source);
      assert.equal(await hash(), mine, name);
    }
    await give("broken.json", "{\"Vpcs\": ");
    await page.waitForFunction(() => /cannot be read.*broken\.json/.test(document.querySelector("#panel-files .told")?.textContent ?? ""));
    assert.equal(await hash(), mine);
    await give("other.json", "{\"RequestId\": \"1\"}");
    await page.waitForFunction(() => /no VPC/.test(document.querySelector("#panel-files .told")?.textContent ?? ""));
    assert.equal(await hash(), mine);
    // What can be read of a broken file is opened if one says so.
    await give("broken.console", "create-vpc vpc-1 vtb-1 10.0.0.0/16\nnonsense\n");
    await told.locator("button").click();
    await page.waitForFunction((old) => document.documentElement.dataset.hash !== old, mine);
    // A transcript, as the vectors are.
    await give("walkthrough.console", readFileSync(join(root, "core/tests/vectors/walkthrough.console")));
    await page.waitForFunction(() => /refused/.test(document.querySelector("#panel-files .told")?.textContent ?? ""));
    assert.deepEqual(faults, []);
  });

  test("snapshots pass between the page and the C library", async () => {
    await visit();
    await design("inspection");
    const made = await hash();
    await page.click("#tab-files");
    const [saved] = await Promise.all([page.waitForEvent("download"), page.click("[data-snapshot]")]);
    const file = await saved.path();
    assert.equal(execFileSync(process.env.SNAPSHOT, ["load", file], { encoding: "utf8" }).trim(), made);
    const theirs = join(scratch, "theirs.snapshot");
    const expected = execFileSync(process.env.SNAPSHOT, ["save", theirs], { encoding: "utf8", input: levels[0].start.join("\n") }).trim();
    await page.setInputFiles("#panel-files [type=file]", theirs);
    await page.waitForFunction((wanted) => document.documentElement.dataset.hash === wanted, expected);
    // It is a design like any other: it can be undone, changed, shared as lines.
    await page.click("#undo");
    assert.equal(await hash(), made);
    await page.click("#redo");
    assert.equal(await hash(), expected);
    await page.reload();
    await page.waitForSelector("[data-ready]");
    assert.equal(await hash(), expected);
    assert.deepEqual(faults, []);
  });

  test("damaged, newer and too large snapshots say so and lose nothing", { skip: smoke }, async () => {
    await visit();
    const mine = await hash();
    await page.click("#tab-files");
    const whole = join(scratch, "whole.snapshot");
    execFileSync(process.env.SNAPSHOT, ["save", whole], { input: levels[0].start.join("\n") });
    const bytes = readFileSync(whole);
    const bent = Buffer.from(bytes);
    bent[40] ^= 4;
    // The first frame as a newer version would have it, its checksum right.
    const newer = Buffer.from(bytes.subarray(0, 8 + bytes.readUInt16LE(6) + 4));
    newer[4] = 2;
    newer.writeUInt32LE(crc32(newer.subarray(0, -4)), newer.length - 4);
    for (const [content, wanted] of [[bent, /damaged.*Corrupt/], [bytes.subarray(0, -1), /damaged.*Truncated/], [Buffer.from("SKSR"), /Truncated/],
      [Buffer.concat([bytes, bytes]), /TrailingBytes/], [newer, /newer version/]]) {
      await page.evaluate(() => document.querySelector("#panel-files .told")?.remove());
      await page.setInputFiles("#panel-files [type=file]", { name: "their.snapshot", mimeType: "", buffer: content });
      await page.waitForSelector("#panel-files .told.bad");
      assert.match(await page.locator("#panel-files .told").innerText(), wanted);
      assert.equal(await hash(), mine);
    }
    // Dropped anywhere on the page.
    await page.evaluate((all) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(all)], "their.snapshot"));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    }, [...bytes]);
    await page.waitForFunction((old) => document.documentElement.dataset.hash !== old, mine);
    assert.deepEqual(faults, []);
  });

  test("the page draws before the answers are there, and waits for them where they are due", { skip: smoke }, async () => {
    let held = [];
    const hold = (route) => held.push(route);
    await page.route("**/sekisho_answers_bg.wasm", hold);
    await page.goto("about:blank");
    await page.goto(playground.url);
    await page.waitForFunction(() => performance.getEntriesByName("drawn").length > 0);
    await type("allocate-eip eip-77 47.9.9.9");
    await page.click("#tab-packet");
    await page.click("#panel-packet [type=submit]");
    assert.equal(await page.locator(".verdict").count(), 0);
    // The network fails: it says so, and nothing is lost.
    for (const route of held) await route.abort();
    held = [];
    await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
    await page.click("#problem button");
    await page.unroute("**/sekisho_answers_bg.wasm", hold);
    await page.click("#panel-packet [type=submit]");
    await page.waitForSelector(".verdict");
    assert.deepEqual(faults.filter((fault) => !/Failed to load resource/.test(fault)), []);
  });

  test("another language keeps the level, the way back and what was said", { skip: smoke }, async () => {
    await visit();
    await type("allocate-eip eip-77 47.9.9.9");
    const before = await hash();
    await page.click("#tab-learn");
    await page.click(`[data-level=${levels[0].id}]`);
    await page.waitForSelector(".goals");
    await type(levels[0].solution[0]);
    await page.click("#tab-learn");
    const now = await hash();
    await page.selectOption("#language", "ja");
    await page.waitForFunction(() => document.documentElement.lang === "ja");
    assert.ok(await page.locator(".goals").isVisible());
    assert.match(await page.locator("#panel-learn h2").innerText(), /[\u3040-\u9fff]/);
    assert.equal(await hash(), now);
    assert.ok(await page.locator("#console .entry").count() >= 2);
    await page.selectOption("#language", "zh");
    await page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
    await page.click("#undo");
    await page.click("#undo");
    assert.equal(await hash(), before);
    assert.equal(await page.locator("#tabs button").count(), 6);
    assert.equal(await page.locator("#console form").count(), 1);
    assert.equal(await page.locator("svg.diagram").count(), 1);
    await page.selectOption("#language", "en");
    await page.waitForFunction(() => document.documentElement.lang === "en");
    assert.deepEqual(faults, []);
  });

  test("the vendor's answers become a design", { skip: smoke }, async () => {
    await visit();
    const folder = join(root, "core/tests/import/shop");
    await page.click("#tab-files");
    await page.setInputFiles("#panel-files [type=file]", readdirSync(folder).map((name) => join(folder, name)));
    await page.waitForFunction(() => /Opened|refused/.test(document.querySelector("#panel-files .told")?.textContent ?? ""));
    assert.match(await page.locator("#panel-files .told").innerText(), /^Opened/);
    assert.ok(await page.locator(".diagram [data-id=vsw-3]").count() > 0);
    assert.deepEqual(faults, []);
  });

  test("undo, redo and the console do as they say", async () => {
    await visit();
    const first = await hash();
    await type("allocate-eip eip-77 47.9.9.9");
    const second = await hash();
    assert.notEqual(second, first);
    await page.click("#undo");
    assert.equal(await hash(), first);
    await page.focus("#tab-build");
    await page.keyboard.press("Control+Shift+Z");
    assert.equal(await hash(), second);
    await page.keyboard.press("Control+Z");
    assert.equal(await hash(), first);
    await type("create-vpc vpc-01 vtb-1 10.0.0.0/16");
    assert.match(await page.locator("#console .entry").last().innerText(), /error InvalidParameter/);
    assert.equal(await hash(), first);
    assert.deepEqual(faults, []);
  });

  test("undo goes back through many lines, and to the design before", { skip: smoke }, async () => {
    await visit();
    const first = await hash();
    await design("large");
    const loaded = await hash();
    for (let n = 0; n < 60; n += 1) await type(`create-route-entry vtb-5 22.${n}.0.0/16 peer-1`);
    const made = await hash();
    for (let press = 0; press < 60; press += 1) await page.click("#undo");
    assert.equal(await hash(), loaded);
    await page.click("#undo");
    assert.equal(await hash(), first);
    for (let press = 0; press < 61; press += 1) await page.click("#redo");
    assert.equal(await hash(), made);
    await page.click("#reset");
    assert.notEqual(await hash(), made);
    await page.click("#undo");
    assert.equal(await hash(), made);
    assert.deepEqual(faults, []);
  });

  test("a packet is explained, and its drop has a remedy", async () => {
    await visit();
    await page.click("#tab-packet");
    await page.selectOption("[name=from]", "i-3");
    await page.click("#panel-packet [type=submit]");
    await page.waitForSelector(".verdict.good");
    assert.match(await page.locator(".verdict").first().innerText(), /Leaves to the Internet as 47\.0\.0\.2/);
    assert.ok(await page.locator(".trails .way").count() > 0);
    assert.equal(await page.locator(".trails .runner").count(), 0, "motion, although it is not wanted");
    await page.check("[value=receive]");
    await page.selectOption("[name=public]", "47.0.0.3");
    await page.click("#panel-packet [type=submit]");
    await page.waitForSelector(".verdict.bad");
    assert.match(await page.locator(".verdict.bad").innerText(), /APPLIANCE_NOT_FORWARDING[^]*Let the next hop forward/);
    assert.deepEqual(faults, []);
  });

  test("a blackout can be played: begin, a packet lost, the remedy commits", { skip: smoke }, async () => {
    await visit();
    await design("direct");
    await type("create-ipv4-gateway ipv4gw-1 vpc-1");
    await type("region blackout=on");
    await page.locator(".diagram [data-id=ipv4gw-1]").click();
    await page.click("[data-verb=enable-vpc-ipv4-gateway]");
    await page.check("[value=vtb-1]");
    await page.waitForSelector(".diff .loses");
    assert.match(await page.locator(".diff").innerText(), /Loses \(3\)[^]*i-3 from the Internet/);
    await page.click("form.command button:has-text('Begin only')");
    await page.waitForSelector(".gate.busy");
    await page.click("#tab-packet");
    await page.selectOption("[name=from]", "i-1");
    await page.click("#panel-packet [type=submit]");
    assert.match(await page.locator(".verdict").first().innerText(), /Dropped: MODE_SWITCH/);
    await page.click(".remedy button");
    assert.match(await page.locator(".verdict").first().innerText(), /Leaves to the Internet as 47\.74\.0\.1/);
    assert.equal(await page.locator(".gate.open").count(), 1);
    assert.deepEqual(faults, []);
  });

  test("an appliance's failure can be played", { skip: smoke }, async () => {
    await visit();
    await design("inspection");
    for (const id of ["app-1", "app-2"]) {
      await page.locator(`.diagram [data-id=${id}]`).click();
      await page.click("[data-verb=set-appliance]");
      const seen = page.locator(".preview");
      await page.waitForFunction(() => document.querySelector(".preview .good") && !/Working/.test(document.querySelector(".preview").textContent));
      // The first failure hits nobody; the second everybody.
      assert.match(await seen.innerText(), id === "app-1" ? /No packet's verdict changes/ : /Loses \(/);
      await page.click("form.command [type=submit]");
    }
    assert.equal(await page.locator(".chip.app.ill").count(), 2);
    await page.click("#undo");
    assert.equal(await page.locator(".chip.app.ill").count(), 1);
    assert.deepEqual(faults, []);
  });

  test("what holds can be proved, audited and planned", { skip: smoke }, async () => {
    await visit();
    await design("direct");
    await page.click("#tab-checks");
    await page.click("#panel-checks .actions button >> nth=0");
    await page.waitForFunction(() => /9 ways, 9 of them/.test(document.querySelector("#panel-checks").textContent));
    await page.click("#panel-checks [type=submit]");
    await page.waitForSelector("#panel-checks .verdict.bad");
    await page.click("#panel-checks .actions button >> nth=1");
    await page.click("button:has-text('Do all of it')");
    assert.equal(await page.locator(".gate.open").count(), 1);
    assert.deepEqual(faults, []);
  });

  test("a lookup shows the longest match and those that lose", async () => {
    await visit();
    await page.click("#tab-tables");
    await page.selectOption("[data-keep=table]", "vtb-2");
    await page.locator("[data-keep=address]").pressSequentially("172.16.5.5");
    assert.match(await page.locator("tr.won").innerText(), /172\.16\.0\.0\/12/);
    assert.match(await page.locator("tr.also").innerText(), /0\.0\.0\.0\/0/);
    await page.fill("[data-keep=address]", "999.1.1.1");
    assert.equal(await page.locator("tr.won").count(), 0);
    assert.deepEqual(faults, []);
  });

  test("what is chosen in the drawing answers in sight, and the console helps", { skip: smoke }, async () => {
    await page.setViewportSize({ width: 375, height: 700 });
    await visit();
    await page.locator(".diagram [data-id=i-3]").click();
    const top = await page.locator("#side").evaluate((side) => side.getBoundingClientRect().top);
    assert.ok(top >= -1 && top < 350, `the panel is at ${top}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than the window");
    await page.setViewportSize({ width: 1280, height: 900 });
    await type("help");
    const told = await page.locator("#console .entry").last().innerText();
    for (const verb of ["send", "explain", "create-vpc", "enable-vpc-ipv4-gateway"]) assert.ok(told.includes(verb), verb);
    // In Direct mode a table does not make a vSwitch private.
    await design("direct");
    assert.match(await page.locator("svg.diagram").textContent(), /open by address/);
    assert.deepEqual(faults, []);
  });

  test("the benchmark measures a million routes", { skip: smoke }, async () => {
    await visit();
    await page.click("#tab-tables");
    await page.click(".bench button");
    await page.waitForFunction(() => /Million lookups/.test(document.querySelector(".measured").value), null, { timeout: 60_000 });
    console.log(`# ${await page.locator(".measured").innerText()}`);
  });

  test("the drawing has its words", async () => {
    await visit();
    await page.click(".astext summary");
    await page.waitForFunction(() => document.querySelector(".words").textContent !== "");
    const words = await page.locator(".words").innerText();
    for (const id of ["vpc-1", "ipv4gw-1", "vsw-1", "vsw-2", "vsw-3", "i-1", "i-2", "i-3", "i-4", "ngw-1", "47.0.0.1"]) assert.ok(words.includes(id), id);
  });

  test("axe finds nothing", async () => {
    for (const theme of smoke ? ["light"] : ["light", "dark"]) {
      for (const width of smoke ? [1280] : [375, 900, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        await visit("", { theme });
        for (const tab of ["build", "packet", "tables", "checks", "learn", "files"]) {
          await page.click(`#tab-${tab}`);
          if (tab === "packet") await page.click("#panel-packet [type=submit]");
          if (tab === "build") await page.locator(".diagram [data-id=ipv4gw-1]").click();
          if (tab === "tables") await page.fill("[data-keep=address]", "8.8.8.8");
          const found = await violations();
          assert.deepEqual(found, [], `${theme} ${width} ${tab}`);
        }
        await page.click("#tab-build");
        await page.locator("[data-verb^=delete-ipv4-gateway]").click();
        assert.deepEqual(await violations(), [], `${theme} ${width} form`);
        await page.click("#keys");
        assert.deepEqual(await violations(), [], `${theme} ${width} keys`);
        await page.keyboard.press("Escape");
        await page.click("#reset");
        await page.waitForSelector(".toast:not(:empty)");
        await page.evaluate(() => { location.hash = "x"; });
        await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
        assert.deepEqual(await violations(), [], `${theme} ${width} empty`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

async function violations() {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(" | ")}`);
}
