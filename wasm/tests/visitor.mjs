// A visitor of the playground, in a browser with an empty profile.

import { openBrowser } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

/** The page of a folder, what a visitor does there, and the faults that the browser has told. */
export async function openPlayground(folder) {
  const site = await serveFolder(folder);
  const browser = await openBrowser({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  await browser.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: site.url });
  const page = await browser.context.newPage();
  const faults = [];
  // Long enough for a machine that does much else; what is there is not waited for.
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  return {
    page, faults, url: site.url,
    close: async () => {
      await browser.close();
      site.close();
    },
    /** Another tab of the same browser, at the page. */
    tab: async () => {
      const other = await browser.context.newPage();
      other.setDefaultTimeout(60_000);
      await other.goto(site.url);
      await other.waitForSelector("[data-ready]");
      return other;
    },
    reload: async (tab = page) => {
      await tab.reload();
      await tab.waitForSelector("[data-ready]");
    },
    session: () => browser.context.newCDPSession(page),
    hash: () => page.evaluate(() => document.documentElement.dataset.hash),
    problem: () => page.locator("#problem").innerText(),
    /** The page as a new visitor sees it, or with a link's fragment. */
    visit: async (fragment = "", kept = {}) => {
      await page.goto("about:blank");
      await page.goto(`${site.url}levels/index.json`);
      await page.evaluate((items) => {
        localStorage.clear();
        sessionStorage.clear();
        for (const [name, value] of Object.entries(items)) localStorage.setItem(`sekisho.${name}`, value);
      }, kept);
      await page.goto(`${site.url}${fragment}`);
      await page.waitForSelector("[data-ready]");
    },
    /** Types a line into the console. */
    type: async (line) => {
      await page.fill("#line", line);
      await page.press("#line", "Enter");
    },
    /** Opens one of the designs to start from. */
    design: async (name) => {
      await page.click("#tab-files");
      await page.click(`[data-design=${name}]`);
      await page.click("#tab-build");
    },
  };
}
