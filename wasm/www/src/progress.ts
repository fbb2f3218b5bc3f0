// How far the tutorial is: kept while the page is made again in another language, and over a reload.

import type { Language } from "./texts";

export type Text = { readonly en: string } & Partial<Record<Language, string>>;

export interface Goal {
  readonly text: Text;
  /** What has to hold for every packet. */
  readonly prove?: string;
  /** Asked if there is nothing to prove: lines and how their answers begin. */
  readonly ask?: readonly (readonly [line: string, answer: string])[];
}

export interface Level {
  readonly id: string;
  readonly title: Text;
  readonly story: Text;
  readonly start: readonly string[];
  readonly goals: readonly Goal[];
  readonly hints: readonly Text[];
  /** Lines that solve it, for who gives up, and for the tests. */
  readonly solution: readonly string[];
}

/** A level in the list of all. */
export type Listed = Pick<Level, "id" | "title">;

/** A begun level as it is written down. */
export interface Kept {
  readonly id: string;
  readonly hints: number;
  readonly solved: boolean;
  /** The design from before it. */
  readonly before: readonly string[];
}

interface Progress {
  index: Listed[];
  level: Level | undefined;
  /** A level that was written down and whose file is not here yet. */
  waiting: Kept | undefined;
  hints: number;
  solved: boolean;
  before: readonly string[];
}

export const progress: Progress = { index: [], level: undefined, waiting: undefined, hints: 0, solved: false, before: [] };

/** What is shown from now on is no level's design. */
export function endLevel(): void {
  progress.level = undefined;
  progress.waiting = undefined;
}
