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

/** A design that can be written down: the lines that made it, where its changes begin, and what was taken back. */
export interface Lines {
  readonly log: readonly string[];
  readonly base: number;
  readonly undone: readonly string[];
}

/** A design with the images to go back to; none yet for one that was written down. */
interface Design extends Lines {
  log: string[];
  base: number;
  undone: string[];
  images: { at: number; image: Uint32Array }[];
}

/** All designs, as they can be written down: the one that is shown, those before it and after it. */
export interface Saved {
  readonly hash: string;
  readonly design: Lines;
  readonly older: readonly Lines[];
  readonly newer: readonly Lines[];
}

const written = ({ log, base, undone }: Lines): Lines => ({ log, base, undone });
const read = ({ log, base, undone }: Lines): Design => ({ log: [...log], base, undone: [...undone], images: [] });

export class Engine {
  #region = new Region();
  #design: Design = { log: [], base: 0, undone: [], images: [] };
  #older: Design[] = [];
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

  /** Makes the image of the beginning of a design that was written down. */
  #begin(): void {
    const { log, base } = this.#design;
    this.#region.free();
    this.#region = new Region();
    this.#design.log = [];
    for (const line of log.slice(0, base)) this.#apply(line);
    this.#keepImage();
    this.#design.base = this.#design.log.length;
    this.#design.log.push(...log.slice(base));
  }

  /** Shows another design. */
  #swap(design: Design): void {
    this.#design = design;
    if (design.images.length === 0) this.#begin();
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
    const made = this.#make(lines);
    if (strict && made.refused.length > 0) made.back();
    else this.#replace(made.old);
    return made.refused;
  }

  /** Replaces the whole design by that of a link, which can be undone. If a line is refused or the state is
   * not the one that the link is of, it says so and nothing has changed. */
  open(lines: readonly string[], hash: string): readonly Refusal[] | "hash" | undefined {
    if (hash === this.hash()) return undefined;
    const made = this.#make(lines);
    const wrong = made.refused.length > 0 ? made.refused : this.hash() === hash ? undefined : "hash";
    if (wrong === undefined) this.#replace(made.old);
    else made.back();
    return wrong;
  }

  /** Everything, to be written down. */
  save(): Saved {
    return { hash: this.hash(), design: written(this.#design), older: this.#older.map(written), newer: this.#newer.map(written) };
  }

  /** Takes back what was written down; false, and nothing has changed, if it does not make what it says. */
  restore({ hash, design, older, newer }: Saved): boolean {
    const made = this.#make(design.log.slice(0, design.base));
    this.#design = { ...read(design), log: this.#design.log, base: this.#design.log.length };
    this.#keepImage();
    for (const line of design.log.slice(design.base)) this.#applyAndKeep(line);
    if (made.refused.length > 0 || this.#design.log.length !== design.log.length || this.hash() !== hash) {
      made.back();
      return false;
    }
    made.old.region.free();
    this.#older = older.map(read);
    this.#newer = newer.map(read);
    this.#changed();
    return true;
  }

  /** Makes a region of lines beside the one there is; `back` drops it again. */
  #make(lines: readonly string[]) {
    const old = { region: this.#region, design: this.#design, since: this.#since };
    this.#region = new Region();
    this.#design = { log: [], base: 0, undone: [], images: [] };
    const refused: Refusal[] = [];
    lines.forEach((line, index) => {
      const answer = this.#apply(line);
      if (answer.status === "error") refused.push({ at: index + 1, line, answer });
    });
    const back = (): void => {
      this.#region.free();
      this.#region = old.region;
      this.#design = old.design;
      this.#since = old.since;
    };
    return { old, refused, back };
  }

  /** What was made is the design from now on; undo leads back to the old one. */
  #replace(old: { region: Region; design: Design }): void {
    old.region.free();
    this.#design.base = this.#design.log.length;
    this.#keepImage();
    if (old.design.log.length > 0) this.#older.push(old.design);
    if (this.#older.length > DESIGNS) this.#older.shift();
    this.#newer = [];
    this.#changed();
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
