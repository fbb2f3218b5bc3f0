// For Node.js: the module's bytes lie beside this file and are loaded at once.
import { readFileSync } from "node:fs";
import { loadSync } from "./lpm.js";

loadSync(readFileSync(new URL("./sekisho_lpm_bg.wasm", import.meta.url)));

export * from "./lpm.js";
export { default } from "./lpm.js";
