// For Node.js: the module's bytes lie beside this file and are loaded at once.
import { readFileSync } from "node:fs";
import { loadSync } from "./region.js";

loadSync(readFileSync(new URL("./sekisho_wasm_bg.wasm", import.meta.url)));

export * from "./region.js";
export { default } from "./region.js";
