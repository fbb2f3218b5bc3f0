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
import { Instance, wantString, wantWords } from "./instance.js";
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

/** Lines that are kept to restore a region with, before an image takes their place. */
const KEPT = 4096;

/** A region in memory of its own. */
export class Region {
  readonly profile: Profile;
  #console: Console | undefined;
  #epoch = 0;
  #image: Uint32Array | undefined;
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
      const image = this.#image;
      instance.call(() => {
        if (image !== undefined) console.restore(image);
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
    const console = this.#sound();
    const answer = instance.call(() => console.line(line));
    // Only these can have changed something.
    if (answer === "ok\n") this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT) {
      this.#image = this.image();
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

  /** Puts an image back. A `RangeError`, and nothing changed, if it is not of this profile. */
  restore(image: Uint32Array): void {
    wantWords(image, "an image");
    const console = this.#sound();
    if (!instance.call(() => console.restore(image))) {
      throw new RangeError(`not an image of a ${this.profile} region`);
    }
    this.#image = image.slice();
    this.#lines = [];
  }

  /** Gives the memory back; whatever is called afterwards throws. */
  free(): void {
    const console = this.#console;
    this.#console = undefined;
    this.#image = undefined;
    this.#lines = [];
    if (console !== undefined && this.#epoch === instance.epoch) instance.call(() => console.free());
  }
}
