// For Node.js: the module's bytes lie beside this file and are loaded at once.
import { readFileSync } from "node:fs";
import { loadSync } from "./region.js";

const file = (name: string) => readFileSync(new URL(name, import.meta.url));
loadSync(file("./sekisho_wasm_bg.wasm"), file("./sekisho_answers_bg.wasm"));

export * from "./region.js";
export { default } from "./region.js";
