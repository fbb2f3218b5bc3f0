// The region, and the way back: every change is a line in a log, and undo replays the log.

import { parse, Region } from "sekisho-wasm";
import type { Answer } from "sekisho-wasm";

export type { Answer } from "sekisho-wasm";

/** Verbs that change nothing. */
const QUESTIONS = new Set(["send", "receive", "lookup", "explain", "diff", "audit", "prove",
  "readiness", "show", "list", "counters", "capacity", "hash", "dry-run"]);

/** Whether a line, if it is accepted, is one of the log. */
export function changes(line: string): boolean {
  return !QUESTIONS.has(line.trim().split(/[ \t]/, 1)[0] ?? "");
}

/** Lines between the images that undo starts from. */
const STRIDE = 256;
/** Images kept, 9 MB each. */
const IMAGES = 3;

export class Engine {
  #region = new Region();
  /** The changing lines that made the region what it is. */
  #log: string[] = [];
  #undone: string[] = [];
  #images: { at: number; image: Uint32Array }[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #known = new Map<string, boolean>();

  get log(): readonly string[] {
    return this.#log;
  }

  get canUndo(): boolean {
    return this.#log.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Calls back after every change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Asks; a line that would change something is asked all the same, and not logged. */
  ask(line: string): Answer {
    return this.#region.ask(line);
  }

  outline(): Answer {
    return this.#region.outline();
  }

  hash(): string {
    return this.#region.hash();
  }

  image(): Uint32Array {
    return this.#region.image();
  }

  /** Whether this build knows a verb. */
  knows(verb: string, example: string): boolean {
    let known = this.#known.get(verb);
    if (known === undefined) {
      const { status, words } = this.ask(example);
      known = !(status === "error" && words[0] === "InvalidCommand");
      this.#known.set(verb, known);
    }
    return known;
  }

  #apply(line: string): Answer {
    const answer = this.#region.ask(line);
    if (answer.text === "ok\n" && changes(line)) {
      this.#log.push(clean(line));
      if (this.#log.length % STRIDE === 0) {
        this.#images.push({ at: this.#log.length, image: this.#region.image() });
        if (this.#images.length > IMAGES) this.#images.shift();
      }
    }
    return answer;
  }

  /** Does what a line says. */
  run(line: string): Answer {
    const before = this.#log.length;
    const answer = this.#apply(line);
    if (this.#log.length > before) {
      this.#undone = [];
      this.#changed();
    }
    return answer;
  }

  /** Goes back to what the first lines of the log made. */
  #rewind(length: number): void {
    const rest = this.#log;
    while ((this.#images.at(-1)?.at ?? 0) > length) this.#images.pop();
    const mark = this.#images.at(-1);
    if (mark === undefined) {
      this.#region.free();
      this.#region = new Region();
    } else {
      this.#region.restore(mark.image);
    }
    this.#log = rest.slice(0, mark?.at ?? 0);
    for (const line of rest.slice(this.#log.length, length)) this.#apply(line);
  }

  /** Takes the last change back; gives its line. */
  undo(): string | undefined {
    const line = this.#log.at(-1);
    if (line === undefined) return undefined;
    this.#rewind(this.#log.length - 1);
    this.#undone.push(line);
    this.#changed();
    return line;
  }

  /** Does again what was taken back last; gives its line. */
  redo(): string | undefined {
    const line = this.#undone.pop();
    if (line === undefined) return undefined;
    this.#apply(line);
    this.#changed();
    return line;
  }

  /** Starts afresh with these lines. Gives those that were refused, or undefined and changes
   * nothing if `strict` and there is one. */
  load(lines: readonly string[], strict = false): Refusal[] {
    const old = { region: this.#region, log: this.#log, images: this.#images };
    this.#region = new Region();
    this.#log = [];
    this.#images = [];
    const refused: Refusal[] = [];
    lines.forEach((line, index) => {
      const answer = this.#apply(line);
      if (answer.status === "error") refused.push({ at: index + 1, line, answer });
    });
    if (strict && refused.length > 0) {
      this.#region.free();
      this.#region = old.region;
      this.#log = old.log;
      this.#images = old.images;
      return refused;
    }
    old.region.free();
    this.#undone = [];
    this.#changed();
    return refused;
  }
}

export interface Refusal {
  readonly at: number;
  readonly line: string;
  readonly answer: Answer;
}

/** A line without comment and extra blanks. */
export function clean(line: string): string {
  return line.replace(/#.*/, "").trim().replace(/[ \t]+/g, " ");
}

export { parse };
