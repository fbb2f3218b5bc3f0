// For Node.js: the module's bytes lie beside this file and are loaded at once.
import { readFileSync } from "node:fs";
import { loadSync } from "./import.js";

loadSync(readFileSync(new URL("./sekisho_import_bg.wasm", import.meta.url)));

export * from "./import.js";
export { default } from "./import.js";
