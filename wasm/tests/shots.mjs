// Pictures of the page at three widths, in both themes and three languages, to look at: shots.mjs PAGE OUT
// [SCENE,... [LANGUAGE,...]]

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";

import { openBrowser } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const [folder, out] = argv.slice(2);
mkdirSync(out, { recursive: true });
const server = await serveFolder(folder);
const browser = await openBrowser({ reducedMotion: "reduce" });
const page = await browser.context.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("console", (message) => { if (message.type() === "error") console.error(message.text()); });

/** What there is to see: a name, a design, and what is done first. */
const scenes = [
  ["build", "basic", async () => {}],
  ["packet", "basic", async () => {
    await page.click("#tab-packet");
    await page.selectOption("[name=from]", "i-3");
    await page.click("#panel-packet button[type=submit]");
  }],
  ["drop", "direct", async () => {
    await page.click("#tab-packet");
    await page.fill("[name=to]", "169.254.1.1");
    await page.click("#panel-packet button[type=submit]");
  }],
  ["inspection", "inspection", async () => {
    await page.click("#tab-packet");
    await page.check("[value=receive]");
    await page.click("#panel-packet button[type=submit]");
  }],
  ["form", "direct", async () => {
    await page.fill("#line", "create-ipv4-gateway ipv4gw-1 vpc-1");
    await page.press("#line", "Enter");
    await page.click("[data-id=ipv4gw-1]");
    await page.click("[data-verb=enable-vpc-ipv4-gateway]");
    await page.check("[value=vtb-1]");
    await page.waitForTimeout(400);
  }],
  ["tables", "basic", async () => {
    await page.click("#tab-tables");
    await page.selectOption("[data-keep=table]", "vtb-2");
    await page.fill("[data-keep=address]", "172.16.5.5");
  }],
  ["learn", "basic", async () => {
    await page.click("#tab-learn");
    await page.locator("[data-level]").first().click().catch(() => {});
    await page.waitForTimeout(200);
  }],
  ["checks", "basic", async () => {
    await page.click("#tab-checks");
    await page.locator("#panel-checks .actions button").first().click();
    await page.waitForTimeout(700);
  }],
  ["files", "basic", async () => { await page.click("#tab-files"); }],
  ["large", "large", async () => {}],
];
const wanted = argv[4]?.split(",");
const languages = argv[5]?.split(",") ?? ["en", "ja", "zh"];
for (const [width, height] of [[375, 812], [768, 1024], [1920, 1080]]) {
  for (const theme of ["light", "dark"]) {
    for (const language of languages) for (const [name, design, act] of scenes) {
      if (wanted !== undefined && !wanted.includes(name)) continue;
      await page.setViewportSize({ width, height });
      await page.goto(server.url);
      await page.evaluate((kept) => {
        localStorage.clear();
        for (const [item, value] of Object.entries(kept)) localStorage.setItem(`sekisho.${item}`, value);
      }, { theme, language });
      await page.reload();
      await page.waitForSelector("[data-ready]");
      await page.click("#tab-files");
      await page.click(`[data-design=${design}]`);
      await page.click("#tab-build");
      await act();
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: join(out, `${name}-${width}-${theme}-${language}.png`), fullPage: width < 1000 });
    }
  }
}
await browser.close();
server.close();
