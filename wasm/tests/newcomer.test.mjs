// The playground as a newcomer goes about it, in a real browser: from nothing to a gateway and back, with mistakes,
// and what helps to understand and to pass on. Run by .ci/browser.sh: PAGE names its folder.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { openPlayground } from "./visitor.mjs";

const playground = await openPlayground(process.env.PAGE);
const { design, faults, hash, page, type, visit } = playground;
after(() => playground.close());
beforeEach(() => { faults.length = 0; });

const build = (verb) => page.click(`#panel-build [data-verb="${verb}"]`);
const foreseen = () => page.waitForSelector(".preview[data-known]");
const submit = async () => {
  await page.click("form.command [type=submit]");
  await page.locator("form.command").waitFor({ state: "detached" });
};
const send = async () => {
  await page.click("#tab-packet");
  await page.click("#panel-packet [type=submit]");
  await page.waitForSelector(".outcome > *");
};
const verdict = () => page.locator(".outcome .verdict").first().innerText();
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

test("from nothing to a gateway and back, with the mistakes of a newcomer", async () => {
  await visit();
  await page.click("#reset");
  const empty = await hash();
  // Only what is possible is offered.
  assert.equal(await page.locator("#panel-build [data-verb=create-vswitch]").count(), 0);
  await page.click("#tab-packet");
  assert.match(await page.locator(".missing").innerText(), /no host yet/);
  await page.click(".welcome .primary");
  await page.fill("form.command [name=cidr] >> nth=0", "10.0.0.1/16");
  await foreseen();
  assert.match(await page.locator(".preview").innerText(), /IllegalParam\.CidrBlock Write a canonical prefix/);
  await page.click("form.command [type=submit]");
  assert.equal(await hash(), empty);
  await page.fill("form.command [name=cidr] >> nth=0", "10.0.0.0/16");
  await submit();
  for (const verb of ["create-vswitch", "create-instance"]) {
    await build(verb);
    await submit();
  }
  // Nothing to take but one step at a time: the host has no way out yet.
  await send();
  assert.match(await verdict(), /Dropped: NO_ROUTE/);
  await page.check("[value=receive]");
  await page.click(".missing button");
  await submit();
  await page.locator(".diagram [data-id=i-1]").click();
  await build("associate-eip");
  await foreseen();
  assert.match(await page.locator(".diff").innerText(), /Gains \(\d+\)[^]*i-1 to the Internet[^]*Dropped: NO_ROUTE → Leaves to the Internet as 47\.0\.0\.1/);
  await submit();
  await send();
  assert.match(await verdict(), /Leaves to the Internet as 47\.0\.0\.1/);
  await page.check("[value=receive]");
  await send();
  assert.match(await verdict(), /Delivered to i-1/);
  const direct = await hash();
  // The gateway, with foresight; what was sent is judged again by what there is now.
  await page.click("#tab-build");
  await page.locator(".diagram [data-id=vpc-1]").click();
  await page.click("#tab-build");
  await build("create-ipv4-gateway");
  await submit();
  assert.equal(await page.locator("#panel-build [data-verb=create-ipv4-gateway]").count(), 0, "a second gateway is offered");
  await page.locator(".diagram [data-id=ipv4gw-1]").click();
  await build("enable-vpc-ipv4-gateway");
  await page.check("[value=vtb-1]");
  await page.waitForFunction(() => /Loses \(1\)/.test(document.querySelector(".preview[data-known]")?.textContent ?? ""));
  await submit();
  await page.click("#tab-packet");
  assert.match(await verdict(), /Dropped: NO_INGRESS_ROUTE/);
  // Back, by the command and by undo.
  await page.locator(".diagram [data-id=ipv4gw-1]").click();
  await page.click("#tab-build");
  await build("delete-ipv4-gateway");
  await page.selectOption("form.command [name=mode]", "public");
  await page.waitForFunction(() => /Gains \(1\)/.test(document.querySelector(".preview[data-known]")?.textContent ?? ""));
  await submit();
  assert.equal(await hash(), direct);
  await page.click("#tab-packet");
  assert.match(await verdict(), /Delivered to i-1/);
  for (let press = 0; press < 3; press += 1) await page.click("#undo");
  assert.equal(await hash(), direct);
  assert.equal(await page.locator(".gate").count(), 0);
  assert.deepEqual(faults, []);
});

test("a packet's explanation is copied as text, and a link sends it again", async () => {
  await visit();
  await page.click("#tab-packet");
  await page.selectOption("[name=from]", "i-3");
  await page.click(".more summary");
  await page.selectOption("[name=proto]", "udp");
  await page.fill("[name=dport]", "53");
  await send();
  const shown = await verdict();
  await page.click("[data-copy=text]");
  await page.waitForFunction(() => /clipboard/.test(document.getElementById("live").textContent));
  const text = await clipboard();
  for (const part of [/^> explain send i-3 8\.8\.8\.8 proto=udp dport=53\nLeaves to the Internet as 47\.0\.0\.2\n/, /\n {2}vtb-2, the table of vsw-3, is asked for 8\.8\.8\.8\.\n/, /\nIts answer: Delivered to ngw-1\n/, /Both ways pass the same hops\.\n$/]) assert.match(text, part);
  const made = await hash();
  await page.click("[data-copy=link]");
  await page.waitForFunction(() => /link is in the clipboard/.test(document.getElementById("live").textContent));
  const link = await clipboard();
  assert.match(link, /#1\.[\w-]+:send\+i-3\+8\.8\.8\.8\+proto=udp\+dport=53$/);
  await visit();
  await design("direct");
  await page.evaluate((fragment) => { location.hash = fragment; }, new URL(link).hash);
  await page.waitForSelector(".outcome .verdict");
  assert.equal(await hash(), made);
  assert.equal(await verdict(), shown);
  assert.ok(await page.locator(".trails .way").count() > 0);
  assert.equal(await page.inputValue("[name=dport]"), "53");
  // A link with something else behind the colon is no link.
  for (const wrong of ["reset", "send+i-3", "send+i-3+8.8.8.8+proto=udp;x", "explain+send+i-3+8.8.8.8", "%3Cb%3E"]) {
    await page.evaluate((fragment) => { document.getElementById("problem").textContent = ""; location.hash = fragment; }, new URL(link).hash.replace(/:.*/, `:${wrong}`));
    await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
    assert.match(await playground.problem(), /damaged/, wrong);
    assert.equal(await hash(), made);
  }
  assert.deepEqual(faults, []);
});

test("a step marks what it speaks of, and its table shows the same lookup", async () => {
  await visit();
  await page.click("#tab-packet");
  await page.selectOption("[name=from]", "i-3");
  await send();
  await page.hover(".step.win >> nth=0");
  assert.equal(await page.locator(".choice.lit").getAttribute("data-id"), "ngw-1");
  const rule = page.locator(".steps button.rule").first();
  await rule.click();
  assert.equal(await rule.getAttribute("aria-expanded"), "true");
  assert.match(await page.locator(".steps .note:visible").first().innerText(), /the table of the vSwitch decides/);
  await page.click(".steps .link >> nth=0");
  assert.ok(await page.locator("#panel-tables").isVisible());
  assert.equal(await page.inputValue("[data-keep=address]"), "8.8.8.8");
  assert.match(await page.locator("tr.won").innerText(), /0\.0\.0\.0\/0\s+ngw-1/);
  assert.equal(await page.locator(".choice.lit").count(), 0);
  // After a change the packet that is shown is judged again, and one whose sender is gone is not shown.
  await page.click("#tab-packet");
  await type("delete-route-entry vtb-2 0.0.0.0/0");
  assert.match(await verdict(), /Dropped: NO_ROUTE/);
  await page.click("#undo");
  assert.match(await verdict(), /Leaves to the Internet/);
  await type("delete-instance i-3");
  assert.equal(await page.locator(".outcome > *").count(), 0);
  assert.equal(await page.locator(".trails .way").count(), 0);
  assert.deepEqual(faults, []);
});

test("the keys do as their sheet says", async () => {
  await visit();
  await page.click("#diagram .canvas", { position: { x: 5, y: 5 } });
  await page.keyboard.press("?");
  assert.match(await page.locator("dialog").innerText(), /Keyboard shortcuts[^]*Type a console line/);
  await page.keyboard.press("3");
  assert.ok(await page.locator("#panel-build").isVisible(), "keys work behind the sheet");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  for (const [key, tab] of [["2", "packet"], ["6", "files"], ["1", "build"]]) {
    await page.keyboard.press(key);
    assert.ok(await page.locator(`#panel-${tab}`).isVisible(), tab);
  }
  await page.keyboard.press("/");
  await page.keyboard.type("release-eip 1?/");
  assert.equal(await page.inputValue("#line"), "release-eip 1?/");
  assert.equal(await page.locator("dialog").count(), 0);
  // A line to begin with is one press away.
  await page.fill("#line", "");
  await page.click(".examples button >> nth=0");
  assert.match(await page.locator("#console .entry").innerText(), /send i-1 8\.8\.8\.8\s+egress/);
  assert.equal(await page.locator(".examples").count(), 0);
  assert.deepEqual(faults, []);
});

test("what is in a large drawing is found, and the drawing scrolls to it", async () => {
  await visit();
  assert.ok(!await page.locator(".finder").isVisible());
  await design("large");
  const inSight = (id) => page.locator(`.diagram [data-id=${id}]`).evaluate((group) => {
    const box = group.getBoundingClientRect();
    const around = group.closest(".canvas").getBoundingClientRect();
    return box.top >= around.top - 1 && box.bottom <= around.bottom + 1;
  });
  for (const [text, id] of [["vsw-150", "vsw-150"], ["10.0.70.10", "i-71"], ["47.0.1.22", "i-151"], ["vsw-14", "vsw-14"]]) {
    await page.fill(".finder input", text);
    await page.press(".finder input", "Enter");
    assert.equal(await page.locator(".choice.chosen").getAttribute("data-id"), id);
    assert.ok(await inSight(id), `${id} is out of sight`);
    assert.match(await page.locator("#panel-build h2").innerText(), new RegExp(id));
  }
  await page.fill(".finder input", "i-999");
  await page.press(".finder input", "Enter");
  await page.waitForFunction(() => /nothing that is called i-999/.test(document.getElementById("live").textContent));
  // The console stays in sight.
  assert.ok(await page.locator("#line").evaluate((line) => line.getBoundingClientRect().bottom <= innerHeight));
  // A long table shows what wins, and so does its walk.
  await page.click("#tab-tables");
  await page.selectOption("[data-keep=table]", "vtb-3");
  await page.fill("[data-keep=address]", "20.77.1.1");
  assert.ok(await page.locator("tr.won").evaluate((row) => {
    const box = row.getBoundingClientRect();
    const around = row.closest(".scroll").getBoundingClientRect();
    return box.top >= around.top && box.bottom <= around.bottom;
  }));
  assert.equal(await page.locator(".trie .mono.won").textContent(), "20.77.0.0/16 → peer-1");
  assert.deepEqual(faults, []);
});

test("panels that cannot be loaded say so, and a reload brings them", async () => {
  await visit();
  await type("allocate-eip eip-77 47.9.9.9");
  const mine = await hash();
  await page.route("**/panels-*.js", (route) => route.abort());
  await page.goto("about:blank");
  await page.goto(playground.url);
  await page.waitForFunction(() => document.getElementById("problem").textContent !== "");
  assert.match(await playground.problem(), /could not be loaded/);
  assert.equal(await hash(), mine);
  assert.ok(await page.locator(".diagram [data-id=i-1]").count() > 0);
  await page.unroute("**/panels-*.js");
  await playground.reload();
  await type("release-eip eip-77");
  assert.notEqual(await hash(), mine);
  assert.deepEqual(faults.filter((fault) => !/Failed to load resource/.test(fault)), []);
});

test("a file that is dropped while something else is shown is answered in sight", async () => {
  await visit();
  await page.click("#tab-learn");
  await page.click("[data-level=enable]");
  await page.waitForSelector(".goals");
  const drop = (name, text) => page.evaluate(([file, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], file));
    document.body.dispatchEvent(new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: data }));
    const seen = document.documentElement.classList.contains("dropping");
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    return seen && !document.documentElement.classList.contains("dropping");
  }, [name, text]);
  const before = await hash();
  assert.ok(await drop("notes.txt", "buy milk\ncall Bob\n"), "where it may be dropped is not shown");
  await page.waitForSelector("#panel-files .told.bad:visible");
  assert.match(await page.locator("#panel-files .told").innerText(), /None of these 2 lines is one of the console[^]*buy milk\s+InvalidCommand/);
  assert.equal(await hash(), before);
  await drop("mine.console", "# mine\ncreate-vpc vpc-5 vtb-5 10.5.0.0/16\n");
  await page.waitForSelector("#panel-files .told.good:visible");
  assert.match(await page.locator("#panel-files .told").innerText(), /Opened: 1 line\./);
  assert.ok(await page.locator(".diagram [data-id=vpc-5]").count() > 0);
  // It is no level's design.
  await page.click("#tab-learn");
  assert.equal(await page.locator(".goals").count(), 0);
  await page.click("#undo");
  assert.equal(await hash(), before);
  assert.deepEqual(faults, []);
});

test("several VPCs are drawn one at a time, and a packet is followed into its own", async () => {
  await visit();
  for (const line of ["create-vpc vpc-2 vtb-20 10.1.0.0/16", "create-vswitch vsw-20 vpc-2 10.1.0.0/24", "create-instance i-20 vsw-20 10.1.0.10 public=eip-20:47.2.0.1"]) await type(line);
  const drawn = () => page.locator(".pill[aria-pressed=true]").innerText();
  assert.equal(await drawn(), "vpc-1");
  await page.locator(".diagram [data-id=i-1]").click();
  await page.click(".pill >> nth=1");
  assert.match(await page.locator("#panel-build h2").innerText(), /VPC vpc-2/);
  await page.click("#tab-packet");
  await page.selectOption("[name=from]", "i-1");
  await send();
  assert.equal(await drawn(), "vpc-1");
  assert.ok(await page.locator(".trails .way").count() > 0);
  // The other one can be looked at, though the packet is still shown.
  await page.click(".pill >> nth=1");
  assert.equal(await drawn(), "vpc-2");
  assert.equal(await page.locator(".trails .way").count(), 0);
  await page.click(".pill >> nth=0");
  assert.ok(await page.locator(".trails .way").count() > 0);
  await page.selectOption("[name=from]", "i-20");
  await send();
  assert.equal(await drawn(), "vpc-2");
  assert.match(await verdict(), /Leaves to the Internet as 47\.2\.0\.1/);
  assert.deepEqual(faults, []);
});

/** Long names and addresses, more vSwitches and hosts than are drawn in full. */
function crowded() {
  const lines = ["create-vpc vpc-1000 vtb-1000 172.16.0.0/12 cidr=192.168.0.0/16"];
  for (let n = 0; n < 60; n += 1) {
    lines.push(`create-vswitch vsw-${n + 100} vpc-1000 172.16.${100 + n}.0/24`);
    for (let host = 0; host < (n % 5 === 0 ? 12 : n % 4); host += 1) {
      lines.push(`create-instance i-${1000 + n * 20 + host} vsw-${n + 100} 172.16.${100 + n}.${100 + host} forward=${host % 2 ? "on" : "off"} public=eip-${1000 + n * 20 + host}:147.${100 + n}.200.${100 + host}`);
    }
  }
  return [...lines, "create-nat-gateway ngw-1000 vsw-100 172.16.100.200", "create-ipv4-gateway ipv4gw-1000 vpc-1000", "create-route-entry vtb-1000 0.0.0.0/0 ngw-1000"];
}

test("no text of the drawing leaves its box or meets another", async () => {
  const wrong = () => page.evaluate(() => {
    const found = [];
    const texts = [...document.querySelectorAll(".diagram text")].map((text) => [text, text.getBoundingClientRect()]).filter(([, { width }]) => width > 0);
    for (const [text, { left, right }] of texts) {
      const box = text.closest(".choice:not(.gate)")?.querySelector(".body, .hit")?.getBoundingClientRect();
      if (box !== undefined && (left < box.left - 1 || right > box.right + 1)) found.push(`${text.textContent} leaves its box`);
    }
    texts.sort(([, a], [, b]) => a.top - b.top);
    for (const [at, [one, a]] of texts.entries()) {
      for (const [other, b] of texts.slice(at + 1)) {
        if (b.top > a.bottom) break;
        // Lines of one another's height touch.
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) found.push(`${one.textContent} meets ${other.textContent}`);
      }
    }
    return found.slice(0, 5);
  });
  for (const language of ["en", "ja", "zh"]) {
    await visit("", { language });
    for (const name of ["direct", "inspection", "crowded"]) {
      if (name === "crowded") {
        await page.click("#tab-files");
        await page.fill("#panel-files textarea", crowded().join("\n"));
        await page.click("[data-open]");
        await page.waitForSelector(".told.good");
      } else await design(name);
      for (const width of [375, 768, 900, 1280, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForFunction(() => {
          const canvas = document.querySelector(".canvas");
          return Math.abs(Math.max(320, canvas.clientWidth) - document.querySelector(".diagram").getBoundingClientRect().width) < 2;
        });
        assert.deepEqual(await wrong(), [], `${language} ${name} ${width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${language} ${name} ${width}: wider than the window`);
      }
    }
  }
  // What meets is seen.
  await page.evaluate(() => document.querySelector(".chip .name").append(" with a long, long, long, long, long name"));
  assert.notDeepEqual(await wrong(), []);
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.deepEqual(faults, []);
});

test("the ways there and back run apart, inside the frame, and stops say each time that they are passed", async () => {
  for (const [width, language] of [[375, "en"], [900, "ja"], [1920, "zh"]]) {
    await page.setViewportSize({ width, height: 900 });
    await visit("", { language });
    await design("inspection");
    await page.click("#tab-packet");
    await page.check("[value=receive]");
    await page.click("#panel-packet [type=submit]");
    const { frame, there, back, stops, least } = await page.evaluate(() => {
      const points = (kind) => {
        const way = document.querySelector(`.way.${kind}:not(.halo)`);
        return Array.from({ length: 200 }, (_, at) => way.getPointAtLength(way.getTotalLength() * at / 199));
      };
      const [there, back] = [points("there"), points("back")];
      const box = document.querySelector(".diagram .frame").getBBox();
      // What runs up and down beside the cards: the nearest that the two lanes come.
      const lanes = (all) => [...new Set(all.map(({ x }) => Math.round(x)))].filter((x) => all.filter((point) => Math.abs(point.x - x) < 0.6).length > 20);
      const apart = lanes(there).flatMap((x) => lanes(back).map((other) => Math.abs(x - other)));
      return { frame: [box.x, box.x + box.width], there: there.map(({ x }) => x), back: back.map(({ x }) => x), least: Math.min(...apart),
        stops: [...document.querySelectorAll(".trails .number")].map((text) => text.textContent) };
    });
    assert.deepEqual(stops, ["1", "2", "3·5", "4", "6", "✓"], `${width}`);
    for (const x of [...there, ...back]) assert.ok(x > frame[0] + 4 && x < frame[1] - 4, `${width}: at ${x} of ${frame}`);
    assert.ok(least >= 7, `${width}: ${least} apart`);
  }
  // In a large drawing the sender is in sight, wherever its packet is dropped.
  await page.setViewportSize({ width: 375, height: 812 });
  await visit();
  await design("large");
  await page.click("#tab-packet");
  await page.selectOption("#panel-packet [name=from]", "i-9");
  await page.click("#panel-packet [type=submit]");
  const [top, bottom, low, high] = await page.evaluate(() => [".diagram .stop.lost", ".canvas"].flatMap((selector) => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return [top, bottom];
  }));
  assert.ok(top >= low && bottom <= high, `${top} to ${bottom} of ${low} to ${high}`);
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.deepEqual(faults, []);
});
