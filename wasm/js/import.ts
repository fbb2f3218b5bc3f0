/**
 * A network from the vendor's API, as console lines.
 *
 * ```js
 * import init, { importAnswers } from "sekisho-wasm/import";
 * await init();
 * importAnswers([{ name: "vpcs.json", text: await file.text() }]).lines;
 * ```
 *
 * @module
 */
import glue, { __wbg_reset_state, initSync, lines as convert } from "./sekisho_import.js";
import { Instance, wantString } from "./instance.js";
import type { Source } from "./instance.js";

export { TrapError } from "./instance.js";
export type { Source } from "./instance.js";

const instance = new Instance({ init: glue, initSync, reset: __wbg_reset_state });

/** Loads the module; with Node.js it is loaded already. */
export default function init(source?: Source): Promise<void> {
  return instance.load(source);
}

/** Loads the module from bytes, or one that is compiled, at once. */
export function loadSync(bytes: BufferSource | WebAssembly.Module): void {
  instance.loadSync(bytes);
}

/** An answer of the API: its JSON text, and a name for messages. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

/** What the answers describe. */
export interface Imported {
  /** Lines that make the network, in an order in which each is accepted. */
  readonly lines: readonly string[];
  /** What the lines cannot say: `unsupported: …`, `unknown: …`, `incomplete: …`. */
  readonly problems: readonly string[];
  /** All of it, with comments that say which of the vendor's ids became which. */
  readonly text: string;
}

/** Reads answers of the API, in any order. An `Error` if one is not JSON. `region` is the real region,
 * if the answers do not name it. */
export function importAnswers(documents: readonly Document[], region?: string): Imported {
  if (!Array.isArray(documents)) throw new TypeError("the answers are an array");
  for (const { name, text } of documents as readonly Document[]) {
    wantString(name, "a name");
    wantString(text, "an answer");
  }
  if (region !== undefined) wantString(region, "a region");
  const text = instance.call(() =>
    convert(documents.map(({ name }) => name), documents.map((document) => document.text), region));
  const all = text.split("\n").map((line) => line.trim());
  return {
    lines: all.filter((line) => line !== "" && !line.startsWith("#")),
    problems: all.filter((line) => /^# (unsupported|unknown|incomplete):/.test(line)).map((line) => line.slice(2)),
    text,
  };
}
