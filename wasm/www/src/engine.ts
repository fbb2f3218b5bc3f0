// The region, and the way back: every change is a line in a log. Undo goes back to the image before
// and does the lines since then again.

import { parse, Region } from "sekisho-wasm";
import type { Answer } from "sekisho-wasm";

export type { Answer } from "sekisho-wasm";

/** Verbs that change nothing. */
export const QUESTIONS = new Set(["send", "receive", "lookup", "explain", "diff", "audit", "prove",
  "readiness", "show", "list", "counters", "capacity", "hash", "dry-run"]);

/** Whether a line, if it is accepted, is one of the log. */
export function changes(line: string): boolean {
  return !QUESTIONS.has(line.trim().split(/[ \t]/, 1)[0] ?? "");
}

/** After so many milliseconds of lines an image is taken, so that going back never takes longer. */
const STRIDE = 6;
/** Images kept beside the one of the beginning, 9 MB each. */
const IMAGES = 5;
/** Designs kept that were replaced as a whole. */
const DESIGNS = 3;

/** A design: the lines that made it, where its changes begin, and the images to go back to. */
interface Design {
  log: string[];
  base: number;
  undone: string[];
  images: { at: number; image: Uint32Array }[];
}

export class Engine {
  #region = new Region();
  #design: Design = { log: [], base: 0, undone: [], images: [] };
  readonly #older: Design[] = [];
  #newer: Design[] = [];
  #since = 0;
  readonly #listeners: (() => void)[] = [];

  /** The changing lines that made the region what it is. */
  get log(): readonly string[] {
    return this.#design.log;
  }

  get canUndo(): boolean {
    return this.#design.log.length > this.#design.base || this.#older.length > 0;
  }

  get canRedo(): boolean {
    return this.#design.undone.length > 0 || this.#newer.length > 0;
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

  snapshot(): Uint8Array {
    return this.#region.snapshot();
  }

  #apply(line: string): Answer {
    const start = performance.now();
    const answer = this.#region.ask(line);
    if (answer.text === "ok\n" && changes(line)) {
      this.#design.log.push(clean(line));
      this.#since += performance.now() - start;
    }
    return answer;
  }

  #keepImage(): void {
    const { images, log } = this.#design;
    images.push({ at: log.length, image: this.#region.image() });
    // The first one is that of the beginning.
    if (images.length > IMAGES + 1) images.splice(1, 1);
    this.#since = 0;
  }

  #applyAndKeep(line: string): Answer {
    const answer = this.#apply(line);
    if (this.#since > STRIDE) this.#keepImage();
    return answer;
  }

  /** Does what a line says. */
  run(line: string): Answer {
    const before = this.#design.log.length;
    const answer = this.#applyAndKeep(line);
    if (this.#design.log.length > before) {
      this.#design.undone = [];
      this.#newer = [];
      this.#changed();
    }
    return answer;
  }

  /** Goes back to what the first lines of the log made. */
  #rewind(length: number): void {
    const design = this.#design;
    const rest = design.log;
    while (design.images.length > 1 && (design.images.at(-1)?.at ?? 0) > length) design.images.pop();
    const mark = design.images.at(-1);
    if (mark === undefined) return;
    this.#region.restore(mark.image);
    this.#since = 0;
    design.log = rest.slice(0, mark.at);
    for (const line of rest.slice(mark.at, length)) this.#applyAndKeep(line);
  }

  /** Shows another design. */
  #swap(design: Design): void {
    this.#design = design;
    this.#rewind(design.log.length);
  }

  /** Takes the last change back, or the replacement of the whole design; gives the line. */
  undo(): string | undefined {
    const design = this.#design;
    if (design.log.length > design.base) {
      const line = design.log.at(-1)!;
      this.#rewind(design.log.length - 1);
      design.undone.push(line);
      this.#changed();
      return line;
    }
    const older = this.#older.pop();
    if (older === undefined) return undefined;
    this.#newer.push(design);
    this.#swap(older);
    this.#changed();
    return "";
  }

  /** Does again what was taken back last; gives the line. */
  redo(): string | undefined {
    const line = this.#design.undone.pop();
    if (line !== undefined) {
      this.#applyAndKeep(line);
      this.#changed();
      return line;
    }
    const newer = this.#newer.pop();
    if (newer === undefined) return undefined;
    this.#older.push(this.#design);
    this.#swap(newer);
    this.#changed();
    return "";
  }

  /** Replaces the whole design by what these lines make, which can be undone. Gives the lines that
   * were refused; with `strict`, if there is one nothing has changed. */
  load(lines: readonly string[], strict = false): Refusal[] {
    const old = { region: this.#region, design: this.#design };
    this.#region = new Region();
    this.#design = { log: [], base: 0, undone: [], images: [] };
    const refused: Refusal[] = [];
    lines.forEach((line, index) => {
      const answer = this.#apply(line);
      if (answer.status === "error") refused.push({ at: index + 1, line, answer });
    });
    if (strict && refused.length > 0) {
      this.#region.free();
      this.#region = old.region;
      this.#design = old.design;
      return refused;
    }
    old.region.free();
    this.#design.base = this.#design.log.length;
    this.#keepImage();
    if (old.design.log.length > 0) this.#older.push(old.design);
    if (this.#older.length > DESIGNS) this.#older.shift();
    this.#newer = [];
    this.#changed();
    return refused;
  }
}

/** The lines that make what a snapshot has; a `SnapshotError` if it cannot be read. */
export function linesOfSnapshot(bytes: Uint8Array): string[] {
  const region = new Region();
  try {
    region.restore(bytes);
    return region.script();
  } finally {
    region.free();
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
