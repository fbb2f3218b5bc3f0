// Pictures of the page at three widths, in both themes and three languages, to look at: shots.mjs PAGE OUT
// [SCENE,... [LANGUAGE,... [WIDTH,... [THEME,...]]]]

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

import { openBrowser } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const [folder, out] = argv.slice(2);
mkdirSync(out, { recursive: true });
const server = await serveFolder(folder);
const browser = await openBrowser({ reducedMotion: "reduce" });
const page = await browser.context.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("console", (message) => { if (message.type() === "error") console.error(message.text()); });

const answers = fileURLToPath(new URL("../../core/tests/import", import.meta.url));

const type = async (line) => {
  await page.fill("#line", line);
  await page.press("#line", "Enter");
};
/** Sends a packet with the fields set. */
const packet = async (fields, way = "send") => {
  await page.click("#tab-packet");
  await page.check(`[value=${way}]`);
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#panel-packet [name=${name}]`);
    if (await field.evaluate((element) => element.tagName) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click("#panel-packet button[type=submit]");
  await page.waitForSelector(".outcome > *");
};
/** What a change would do is there to read. */
const foreseen = () => page.waitForSelector(".preview[data-known]");
const open = async (level) => {
  await page.click("#tab-learn");
  await page.click(`[data-level=${level}]`);
  await page.waitForSelector(".goals");
};
const files = async (...paths) => {
  await page.click("#tab-files");
  await page.evaluate(() => document.querySelector("#panel-files .told")?.remove());
  await page.setInputFiles("#panel-files [type=file]", paths);
  await page.waitForFunction(() => document.querySelector("#panel-files .told:not(.busy)"));
};

/** What there is to see: a name, a design, and what is done first. */
const scenes = [
  ["build", "basic", async () => {}],
  ["chosen-host", "basic", async () => { await page.click(".diagram [data-id=i-1]"); }],
  ["chosen-gate", "basic", async () => { await page.click(".diagram [data-id=ipv4gw-1]"); }],
  ["chosen-table", "basic", async () => { await page.click("[data-select=vtb-9]"); }],
  ["chosen-internet", "basic", async () => { await page.click(".diagram [data-id=internet]"); }],
  ["packet", "basic", () => packet({ from: "i-3" })],
  ["receive", "basic", () => packet({ public: "47.0.0.1" }, "receive")],
  ["drop", "direct", () => packet({ to: "169.254.1.1" })],
  ["remedy", "basic", () => packet({ public: "47.0.0.3" }, "receive")],
  ["wrong-packet", "basic", () => packet({ to: "8.8.8" })],
  ["inspection", "inspection", () => packet({}, "receive")],
  ["form", "direct", async () => {
    await type("create-ipv4-gateway ipv4gw-1 vpc-1");
    await page.click(".diagram [data-id=ipv4gw-1]");
    await page.click("[data-verb=enable-vpc-ipv4-gateway]");
    await page.check("[value=vtb-1]");
    await foreseen();
  }],
  ["form-wrong", "basic", async () => {
    await page.click("[data-verb=create-vswitch]");
    await page.fill("form.command [name=cidr]", "10.0.0.0/20");
    await foreseen();
  }],
  ["begun", "direct", async () => {
    await type("create-ipv4-gateway ipv4gw-1 vpc-1");
    await type("begin enable-vpc-ipv4-gateway ipv4gw-1 vtb-1");
    await page.click(".diagram [data-id=ipv4gw-1]");
  }],
  ["tables", "basic", async () => {
    await page.click("#tab-tables");
    await page.selectOption("[data-keep=table]", "vtb-2");
    await page.fill("[data-keep=address]", "172.16.5.5");
  }],
  ["tables-large", "large", async () => {
    await page.click("#tab-tables");
    await page.selectOption("[data-keep=table]", "vtb-3");
    await page.fill("[data-keep=address]", "20.7.5.5");
  }],
  ["benchmark", "basic", async () => {
    await page.click("#tab-tables");
    await page.click(".bench button");
    await page.waitForSelector(".bench button:enabled", { timeout: 60_000 });
    await page.evaluate(() => document.querySelector(".bench").scrollIntoView({ block: "end" }));
  }],
  ["learn", "basic", async () => { await page.click("#tab-learn"); }],
  ["level", "basic", async () => {
    await open("enable");
    await page.click("[data-keep=hint]");
  }],
  ["solved", "basic", async () => {
    await open("enable");
    await type("create-ipv4-gateway ipv4gw-1 vpc-1");
    await type("enable-vpc-ipv4-gateway ipv4gw-1 vtb-1");
    await page.waitForSelector(".solved");
  }],
  ["level-gwlb", "basic", () => open("gwlb")],
  ["audit", "basic", async () => {
    await page.click("#tab-checks");
    await page.locator("#panel-checks .actions button").first().click();
    await page.waitForSelector("#panel-checks .rows li");
  }],
  ["readiness", "direct", async () => {
    await page.click("#tab-checks");
    await page.locator("#panel-checks .actions button").nth(1).click();
    await page.waitForSelector("#panel-checks ol li");
  }],
  ["ignored", "direct", async () => {
    await type("create-route-entry vtb-1 30.0.0.0/16 vpn-1");
    await page.click("#tab-checks");
    await page.locator("#panel-checks .actions button").first().click();
    await page.waitForSelector("#panel-checks .rows li");
    await page.evaluate(() => document.querySelector("#panel-checks .rows").lastElementChild.scrollIntoView({ block: "end" }));
  }],
  ["proof-symmetric", "basic", async () => {
    await type("modify-route-entry vtb-1 0.0.0.0/0 ngw-1");
    await page.click("#tab-checks");
    await page.selectOption("[data-keep=property]", "symmetric");
    await page.click("#panel-checks [type=submit]");
    await page.waitForSelector("#panel-checks .verdict");
  }],
  ["proof", "basic", async () => {
    await page.click("#tab-checks");
    await page.click("#panel-checks [type=submit]");
    await page.waitForSelector("#panel-checks .verdict");
  }],
  ["files", "basic", async () => { await page.click("#tab-files"); }],
  ["shared", "basic", async () => {
    await page.click("#tab-files");
    await page.click("[data-share]");
    await page.waitForFunction(() => document.querySelector("[data-link]").value !== "");
  }],
  ["imported", "empty", () => files(...readdirSync(join(answers, "inspected")).map((name) => join(answers, "inspected", name)))],
  ["import-odd", "basic", async () => {
    await files(join(answers, "odd/answers.json"));
    await page.click("#panel-files .told summary");
  }],
  ["import-wrong", "basic", () => files(fileURLToPath(new URL("../../Makefile", import.meta.url)))],
  ["console", "basic", async () => {
    for (const line of ["send i-1 8.8.8.8", "show vtb-2", "create-vswitch vsw-9 vpc-1 10.9.0.0/24", "explain i-3 8.8.8.8", "explain send i-3 8.8.8.8"]) await type(line);
  }],
  ["words", "basic", async () => {
    await page.click(".astext summary");
    await page.waitForSelector(".words li");
  }],
  ["link-broken", "basic", async () => {
    await page.evaluate(() => { location.hash = "1.AAAA"; });
    await page.waitForSelector("#problem p");
  }],
  ["empty", "empty", async () => {}],
  ["empty-packet", "empty", async () => { await page.click("#tab-packet"); }],
  ["empty-tables", "empty", async () => { await page.click("#tab-tables"); }],
  ["empty-checks", "empty", async () => { await page.click("#tab-checks"); }],
  ["large", "large", async () => {}],
  ["large-packet", "large", () => packet({ from: "i-9" })],
];
const only = (at, all) => argv[at] === undefined || argv[at] === "" ? all : argv[at].split(",");
const wanted = only(4, scenes.map(([name]) => name));
const heights = { 375: 812, 900: 1024, 1920: 1080 };
for (const width of only(6, Object.keys(heights)).map(Number)) {
  for (const theme of only(7, ["light", "dark"])) {
    for (const language of only(5, ["en", "ja", "zh"])) for (const [name, design, act] of scenes) {
      if (!wanted.includes(name)) continue;
      await page.setViewportSize({ width, height: heights[width] ?? 900 });
      await page.goto(`${server.url}levels/index.json`);
      await page.evaluate((kept) => {
        localStorage.clear();
        sessionStorage.clear();
        for (const [item, value] of Object.entries(kept)) localStorage.setItem(`sekisho.${item}`, value);
      }, { theme, language });
      await page.goto(server.url);
      await page.waitForSelector("[data-ready]");
      if (design !== "basic") {
        await page.click("#tab-files");
        await page.click(`[data-design=${design}]`);
        await page.click("#tab-build");
      }
      try {
        await act();
      } catch (error) {
        console.error(`${name} ${width} ${language}: ${error}`);
      }
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: join(out, `${name}-${width}-${theme}-${language}.png`), fullPage: width < 1000 });
    }
  }
}
await browser.close();
server.close();
