// What both modules share: how they are loaded, and what happens when one traps.

/** Where a module's bytes come from; without one, from beside this file. */
export type Source =
  | string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/** What wasm-bindgen makes for a module, apart from its classes. */
export interface Glue {
  init(options?: { module_or_path: Source }): Promise<unknown>;
  initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
  reset(): void;
}

/** Thrown where the module stopped: it was started afresh, and what was called has not happened. */
export class TrapError extends Error {
  override readonly name = "TrapError";
}

/** One instance of a module at a time. */
export class Instance {
  readonly #glue: Glue;
  #loading: Promise<unknown> | undefined;
  #loaded = false;
  /** Goes up whenever the module is started afresh; what belongs to an older one is gone. */
  epoch = 0;

  constructor(glue: Glue) {
    this.#glue = glue;
  }

  async load(source?: Source): Promise<void> {
    if (this.#loaded) return;
    this.#loading ??= source === undefined
      ? this.#glue.init()
      : this.#glue.init({ module_or_path: source });
    try {
      await this.#loading;
      this.#loaded = true;
    } finally {
      this.#loading = undefined;
    }
  }

  loadSync(bytes: BufferSource | WebAssembly.Module): void {
    if (!this.#loaded) this.#glue.initSync({ module: bytes });
    this.#loaded = true;
  }

  /** Calls into the module. After a trap the module is new, and the trap a `TrapError`. */
  call<T>(what: () => T): T {
    if (!this.#loaded) throw new Error("not loaded: await the default export first");
    try {
      return what();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#glue.reset();
      this.epoch += 1;
      throw new TrapError("the module stopped and was started afresh", { cause: error });
    }
  }
}

/** Throws a `TypeError` unless the value is a string. */
export function wantString(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${what} is a string`);
}

/** Throws unless the value is a whole number from `low` to `high`. */
export function wantNumber(value: unknown, low: number, high: number, what: string): void {
  if (typeof value !== "number") throw new TypeError(`${what} is a number`);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${what} is a whole number from ${low} to ${high}`);
  }
}

/** Throws a `TypeError` unless the value is a `Uint32Array` whose memory is there. */
export function wantWords(value: unknown, what: string): asserts value is Uint32Array {
  if (!(value instanceof Uint32Array)) throw new TypeError(`${what} is a Uint32Array`);
  // A detached array says that it is empty and starts at 0, and so does an empty one.
  if (value.length === 0) {
    try {
      new Uint32Array(value.buffer);
    } catch {
      throw new TypeError(`${what} is detached`);
    }
  }
}
