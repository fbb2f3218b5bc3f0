// Opens the page of a folder in a browser until its title is as expected: page.mjs FOLDER TITLE

import { argv } from "node:process";

import { openBrowser } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const [folder, title] = argv.slice(2);
const server = await serveFolder(folder);
const browser = await openBrowser();
try {
  const page = await browser.context.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(server.url);
  await page.waitForFunction((text) => document.title === text, title, { timeout: 20_000 });
  console.log("browser: the README's example runs");
} finally {
  await browser.close();
  server.close();
}
