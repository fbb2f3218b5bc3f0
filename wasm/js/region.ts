/**
 * A region of virtual private clouds and the console that talks to it.
 *
 * ```js
 * import init, { Region } from "sekisho-wasm";
 * await init();
 * const region = new Region();
 * region.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"); // "ok\n"
 * ```
 *
 * @module
 */
import glue, { Console, __wbg_reset_state, initSync } from "./sekisho_wasm.js";
import { Instance, NotLoadedError, wantBytes, wantNumber, wantString, wantWords } from "./instance.js";
import type { Source } from "./instance.js";

export { NotLoadedError, TrapError } from "./instance.js";
export type { Source } from "./instance.js";

const instance = new Instance({ init: glue, initSync, reset: __wbg_reset_state });

/** What `init` may be told. */
export interface Options {
  /** Where the second file's bytes come from, or `false` to leave it for `loadAnswers`. */
  readonly answers?: boolean | Source;
}

/** Loads the module, from two files at once; with Node.js it is loaded already. */
export default async function init(source?: Source, { answers = true }: Options = {}): Promise<void> {
  const loading = instance.load(source);
  if (answers === false) await loading;
  else await Promise.all([loading, answers === true ? loadAnswers() : loadAnswers(answers)]);
}

/** Loads the second file, if `init` was told to leave it out: what the lines that {@link needsAnswers} names,
 * snapshots and scripts need. */
export function loadAnswers(source: Source = new URL("sekisho_answers_bg.wasm", import.meta.url)): Promise<void> {
  return instance.loadSecond(source);
}

/** Whether the second file is loaded. */
export function hasAnswers(): boolean {
  return instance.whole;
}

/** Loads the module from bytes, or one that is compiled, at once. */
export function loadSync(bytes: BufferSource | WebAssembly.Module, answers?: BufferSource | WebAssembly.Module): void {
  instance.loadSync(bytes);
  if (answers !== undefined) instance.linkSecond(answers instanceof WebAssembly.Module ? answers : new WebAssembly.Module(answers));
}

/** Thrown where bytes are no snapshot that the region can take; the region is as it was. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  /** The error's name, as the C library and the manual have it: `Corrupt`, `NewerVersion`, … */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** How much a region can hold. */
export type Profile = "large" | "firmware";

/** An answer, taken apart. */
export interface Answer {
  /** The first word: `ok`, `error`, `egress`, `deliver`, `handoff`, `service` or `drop`. */
  readonly status: string;
  /** The words after it that have no `=`: an error's name, a drop's reason, a target. */
  readonly words: readonly string[];
  /** The words `key=value`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The body lines, without their indent. */
  readonly body: readonly string[];
  /** The answer as it came. */
  readonly text: string;
}

/** An answer's parts; of the empty answer to a comment the status is empty. */
export function parse(text: string): Answer {
  wantString(text, "an answer");
  const [first = "", ...rest] = text.split("\n");
  const [status = "", ...more] = first.split(" ");
  const words: string[] = [];
  const fields: Record<string, string> = Object.create(null);
  for (const word of more) {
    const at = word.indexOf("=");
    if (at < 0) words.push(word);
    else fields[word.slice(0, at)] = word.slice(at + 1);
  }
  const body = rest.filter((line) => line !== "").map((line) => line.slice(2));
  return { status, words, fields, body, text };
}

/** The most UTF-16 units of a line that are looked at: one more than the longest line and its
 * ending. A longer one is refused for its length, so what follows cannot matter. */
const UNITS = 512 + 3;

/** What begins a line that needs the second file. An entry that becomes local again loses what was made. */
const ANSWERS = new RegExp(String.raw`^[ \t]*(?:${[
  "explain|diff|audit|prove|readiness|dry-run|counters|capacity",
  "begin|commit|abort|set-forward|report-probe|switch-active",
  "(?:delete|release|withdraw|unassociate|dissociate|deregister)-[a-z0-9-]*",
  String.raw`(?:modify-route-entry|update-gateway-route-table-entry-attribute)(?:[ \t]+\S+){2}[ \t]+local`,
].join("|")})(?![^ \t\r\n#])`);

/** Whether a line needs the second file: one that takes something away, that begins or ends an operation, or
 * that asks for more than the state of things and the way of one packet. */
export function needsAnswers(line: string): boolean {
  wantString(line, "a line");
  return ANSWERS.test(line.slice(0, UNITS));
}

function wantAnswers(what: string): void {
  if (!instance.whole) throw new NotLoadedError(`${what}: await loadAnswers() first`);
}

/** Lines that are kept to restore a region with, before an image takes their place. */
const KEPT = 4096;

/** A region in memory of its own. */
export class Region {
  readonly profile: Profile;
  #console: Console | undefined;
  #epoch = 0;
  /** What the region was before the lines: an image, or a snapshot. */
  #before: Uint32Array | Uint8Array | undefined;
  #lines: string[] = [];

  /** An empty region. */
  constructor(profile: Profile = "large") {
    if (profile !== "large" && profile !== "firmware") {
      throw new TypeError("a profile is \"large\" or \"firmware\"");
    }
    this.profile = profile;
    this.#console = this.#fresh();
  }

  #fresh(): Console {
    const console = instance.call(() => new Console(this.profile === "firmware"));
    this.#epoch = instance.epoch;
    return console;
  }

  /** The console; made anew, with all that it held, if the module was started afresh. */
  #sound(): Console {
    if (this.#console === undefined) throw new Error("the region was freed");
    if (this.#epoch !== instance.epoch) {
      const console = this.#fresh();
      const before = this.#before;
      instance.call(() => {
        if (before instanceof Uint8Array) console.load(before);
        else if (before !== undefined) console.restore(before);
        for (const line of this.#lines) console.line(line);
      });
      this.#console = console;
    }
    return this.#console;
  }

  /** Does what one line says. The answer's lines end with a line feed each; it is empty for a blank
   * line or a comment. */
  line(text: string): string {
    wantString(text, "a line");
    const line = text.slice(0, UNITS);
    if (needsAnswers(line)) wantAnswers("the answer");
    const console = this.#sound();
    const answer = instance.call(() => console.line(line));
    // Only these can have changed something.
    if (answer === "ok\n") this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT) {
      this.#before = this.image();
      this.#lines = [];
    }
  }

  /** As `line`, with the answer taken apart. */
  ask(text: string): Answer {
    return parse(this.line(text));
  }

  /** Does what each line of a text says: an answer each, comments and blank lines left out. */
  run(text: string): Answer[] {
    wantString(text, "a script");
    return text.split("\n").map((line) => this.ask(line)).filter(({ status }) => status !== "");
  }

  /** The hash of the configuration: equal for equal ones. */
  hash(): string {
    return this.ask("hash").fields.hash ?? "";
  }

  /** The region's settings, and every VPC with its CIDRs, every vSwitch and every route table. */
  outline(): Answer {
    const console = this.#sound();
    return parse(instance.call(() => console.outline()));
  }

  /** A copy of the region's memory, for `restore` of this version of the package. */
  image(): Uint32Array {
    const console = this.#sound();
    return instance.call(() => console.image());
  }

  /** The configuration as a snapshot, which the C library loads too: the same bytes for the same
   * configuration. It stands at the beginning of a history, whose number is the caller's choice. */
  snapshot(history = 1): Uint8Array {
    wantNumber(history, 0, 0xffff_ffff, "a history");
    wantAnswers("a snapshot");
    const console = this.#sound();
    return instance.call(() => console.snapshot(history));
  }

  /** Puts an image back, or takes the configuration of a snapshot of any profile. A `RangeError` if it
   * is no image of this profile, a `SnapshotError` if the snapshot cannot be taken; nothing has changed
   * then. */
  restore(state: Uint32Array | Uint8Array): void {
    if (state instanceof Uint8Array) {
      this.#load(state);
      return;
    }
    wantWords(state, "an image");
    const console = this.#sound();
    if (!instance.call(() => console.restore(state))) {
      throw new RangeError(`not an image of a ${this.profile} region`);
    }
    this.#before = state.slice();
    this.#lines = [];
  }

  #load(snapshot: Uint8Array): void {
    wantBytes(snapshot, "a snapshot");
    wantAnswers("a snapshot");
    const console = this.#sound();
    const wrong = instance.call(() => console.load(snapshot));
    if (wrong !== undefined) {
      const [reason = "", message = ""] = wrong.split("\n");
      throw new SnapshotError(reason, message);
    }
    this.#before = snapshot.slice();
    this.#lines = [];
  }

  /** The lines that make the configuration in an empty region. */
  script(): string[] {
    wantAnswers("a script");
    const console = this.#sound();
    return instance.call(() => console.script()).split("\n").slice(0, -1);
  }

  /** Gives the memory back; whatever is called afterwards throws. */
  free(): void {
    const console = this.#console;
    this.#console = undefined;
    this.#before = undefined;
    this.#lines = [];
    if (console !== undefined && this.#epoch === instance.epoch) instance.call(() => console.free());
  }
}
