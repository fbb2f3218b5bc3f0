// What all modules share: how they are loaded, and what happens when one traps.

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

/** Thrown where a part of a module is not loaded that the call needs; nothing has happened. */
export class NotLoadedError extends Error {
  override readonly name = "NotLoadedError";
}

/** A module from wherever its bytes come. */
async function compile(source: Source): Promise<WebAssembly.Module> {
  const isAddress = typeof source === "string" || source instanceof URL || typeof Request === "function" && source instanceof Request;
  const given: unknown = await (isAddress ? fetch(source) : source);
  if (given instanceof WebAssembly.Module) return given;
  if (typeof Response !== "function" || !(given instanceof Response)) return WebAssembly.compile(given as BufferSource);
  if (!given.ok) throw new Error(`cannot load ${given.url}: ${given.status} ${given.statusText}`);
  // A server that does not know the type gets no streaming.
  return given.headers.get("content-type") === "application/wasm" ? WebAssembly.compileStreaming(given)
    : WebAssembly.compile(await given.arrayBuffer());
}

/** One instance of a module at a time, and of its second part if it has one. */
export class Instance {
  readonly #glue: Glue;
  #loading: Promise<unknown> | undefined;
  #loaded = false;
  #second: WebAssembly.Module | undefined;
  #loadingSecond: Promise<void> | undefined;
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

  /** Whether the second part is there. */
  get whole(): boolean {
    return this.#second !== undefined;
  }

  /** Loads the second part, once the first one is loaded. */
  async loadSecond(source: Source): Promise<void> {
    if (this.whole) return;
    this.#loadingSecond ??= Promise.all([compile(source), this.#loading]).then(([second]) => this.linkSecond(second));
    try {
      await this.#loadingSecond;
    } finally {
      this.#loadingSecond = undefined;
    }
  }

  /** Takes the second part: its functions stand in the first part's table from now on. */
  linkSecond(second: WebAssembly.Module): void {
    if (!this.#loaded) throw new NotLoadedError("the first part is not loaded");
    if (this.#second !== undefined) return;
    this.#link(second);
    this.#second = second;
  }

  #link(second: WebAssembly.Module): void {
    // Once there is an instance, this gives what it exports, and looks at nothing.
    const first = { ...this.#glue.initSync({ module: second }) as WebAssembly.ModuleImports };
    const shared = first.shared as WebAssembly.Table;
    for (let n = 0; n < shared.length; n += 1) first[n] = shared.get(n) as WebAssembly.ImportValue;
    new WebAssembly.Instance(second, { first });
  }

  /** Calls into the module. After a trap the module is new, and the trap a `TrapError`. */
  call<T>(what: () => T): T {
    if (!this.#loaded) throw new NotLoadedError("not loaded: await the default export first");
    try {
      return what();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#glue.reset();
      if (this.#second !== undefined) this.#link(this.#second);
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

/** Throws a `TypeError` unless the value is an array of this type whose memory is there. */
function wantArray(value: unknown, type: typeof Uint8Array | typeof Uint32Array, what: string): void {
  if (!(value instanceof type)) throw new TypeError(`${what} is a ${type.name}`);
  // A detached array says that it is empty and starts at 0, and so does an empty one.
  if (value.length === 0) {
    try {
      new Uint8Array(value.buffer);
    } catch {
      throw new TypeError(`${what} is detached`);
    }
  }
}

/** Throws a `TypeError` unless the value is a `Uint32Array` whose memory is there. */
export function wantWords(value: unknown, what: string): asserts value is Uint32Array {
  wantArray(value, Uint32Array, what);
}

/** Throws a `TypeError` unless the value is a `Uint8Array` whose memory is there. */
export function wantBytes(value: unknown, what: string): asserts value is Uint8Array {
  wantArray(value, Uint8Array, what);
}
