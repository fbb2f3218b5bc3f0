/**
 * A table of routes: longest-prefix match, one by one and in bulk.
 *
 * ```js
 * import init, { RouteTable } from "sekisho-wasm/lpm";
 * await init();
 * const table = new RouteTable(1000);
 * table.insert("10.0.0.0/8", 1);
 * table.lookup("10.1.2.3"); // { prefix: "10.0.0.0/8", value: 1 }
 * ```
 *
 * @module
 */
import glue, { Routes, __wbg_reset_state, initSync } from "./sekisho_lpm.js";
import { Instance, wantNumber, wantString, wantWords } from "./instance.js";
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

/** What `find` answers where no route matches. */
export const MISS = 0xffff_ffff;

/** A route that matches. */
export interface Match {
  readonly prefix: string;
  readonly value: number;
}

/** A table in memory of its own, with a root of 16 bits. */
export class RouteTable {
  #routes: Routes | undefined;
  readonly #epoch: number;

  /** An empty table for so many routes. */
  constructor(maxRoutes: number) {
    wantNumber(maxRoutes, 1, 0x7fff_ffff, "the most routes");
    this.#routes = instance.call(() => new Routes(maxRoutes));
    this.#epoch = instance.epoch;
  }

  #sound(): Routes {
    if (this.#routes === undefined) throw new Error("the table was freed");
    if (this.#epoch !== instance.epoch) throw new Error("the module was started afresh");
    return this.#routes;
  }

  /** Adds a route or replaces its value; gives the value replaced. */
  insert(prefix: string, value: number): number | undefined {
    wantString(prefix, "a prefix");
    wantNumber(value, 0, 0x7fff_ffff, "a value");
    const routes = this.#sound();
    return instance.call(() => routes.insert(prefix, value));
  }

  /** Takes a route out and gives its value; undefined if there is none. */
  remove(prefix: string): number | undefined {
    wantString(prefix, "a prefix");
    const routes = this.#sound();
    return instance.call(() => routes.remove(prefix));
  }

  /** Fills the empty table with routes that ascend by address, then length: three words each, the
   * address, the length and the value. All or none. */
  load(words: Uint32Array): void {
    wantWords(words, "the routes");
    if (words.length % 3 !== 0) throw new RangeError("a route is three words");
    const routes = this.#sound();
    instance.call(() => routes.load(words));
  }

  /** The longest match of an address. */
  lookup(address: string): Match | undefined {
    wantString(address, "an address");
    const routes = this.#sound();
    const [prefix, value] = instance.call(() => routes.lookup(address))?.split(" ") ?? [];
    return prefix === undefined ? undefined : { prefix, value: Number(value) };
  }

  /** The value of each address's longest match, `MISS` where there is none. */
  find(addresses: Uint32Array, out = new Uint32Array(addresses?.length ?? 0)): Uint32Array {
    wantWords(addresses, "the addresses");
    wantWords(out, "the values");
    if (out.length < addresses.length) throw new RangeError("fewer values than addresses");
    const routes = this.#sound();
    instance.call(() => routes.find(addresses, out));
    return out;
  }

  /** How many routes there are. */
  get size(): number {
    const routes = this.#sound();
    return instance.call(() => routes.count());
  }

  /** Bytes of memory. */
  get bytes(): number {
    const routes = this.#sound();
    return instance.call(() => routes.bytes());
  }

  /** Gives the memory back; whatever is called afterwards throws. */
  free(): void {
    const routes = this.#routes;
    this.#routes = undefined;
    if (routes !== undefined && this.#epoch === instance.epoch) instance.call(() => routes.free());
  }
}
