// What a tab keeps over a reload: the designs with the way back and forth, the level and its progress, and the
// panel that is shown. Another tab has another session; a new one begins with the last design.

import type { Lines, Saved } from "./engine";
import { progress } from "./progress";
import type { Kept } from "./progress";
import { ready, shownTab, tabs } from "./shell";
import type { Tab } from "./shell";
import { state } from "./state";
import { keep, keepSession, kept, keptSession } from "./store";

const VERSION = 1;

/** The most characters that are kept; browsers allow some millions for a page's whole site. */
const MOST = 1 << 20;

interface Session extends Saved {
  readonly version: number;
  readonly level?: Kept;
  readonly tab?: Tab;
}

/** Keeps everything after a change. */
export function keepAll(): void {
  // A level's design is not one's own.
  if (progress.level === undefined && progress.waiting === undefined) keep("log", state.engine.log.join("\n"));
  keepTab();
}

/** Keeps what is this tab's; of what does not fit the designs that are farthest away are left out first. */
export function keepTab(): void {
  const { level, hints, solved, before, waiting } = progress;
  const { hash, design, older, newer } = state.engine.save();
  const session = { version: VERSION, hash, design, older: [...older], newer: [...newer], tab: shownTab(),
    level: level === undefined ? waiting : { id: level.id, hints, solved, before } };
  for (;;) {
    const text = JSON.stringify(session);
    if (text.length <= MOST && keepSession(text)) return;
    if (session.older.shift() === undefined && session.newer.shift() === undefined) break;
  }
  // Not even this one fits: nothing is better than what is out of date.
  keepSession("");
}

function areLines(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((line) => typeof line === "string");
}

function isDesign(value: unknown): value is Lines {
  const { log, base, undone } = (value ?? {}) as Partial<Lines>;
  return areLines(log) && areLines(undone) && Number.isInteger(base) && base! >= 0 && base! <= log.length;
}

/** A session of a text; undefined if it is none, or one of another version. */
function read(text: string): Session | undefined {
  try {
    const { version, hash, design, older, newer, level, tab } = JSON.parse(text) as Partial<Session>;
    if (version !== VERSION || typeof hash !== "string" || !isDesign(design)
      || !Array.isArray(older) || !Array.isArray(newer) || ![...older, ...newer].every(isDesign)) return undefined;
    const known = level !== undefined && /^[\w-]+$/.test(level.id) && Number.isInteger(level.hints) && areLines(level.before);
    return { version, hash, design, older, newer, ...known ? { level } : {}, ...tabs.includes(tab!) ? { tab: tab! } : {} };
  } catch {
    return undefined;
  }
}

/** What the tab had before, beside its designs. */
export interface Found {
  readonly tab?: Tab;
  /** What was kept and cannot be taken back, with the lines that are refused. */
  readonly lost?: { readonly text: string; readonly refused: number };
}

/** Takes back what this tab had; otherwise the last design of this browser, or the one given. Undefined, and it
 * is said, if a part of the core that its lines need is not here. */
export async function takeBack(otherwise: () => readonly string[]): Promise<Found | undefined> {
  const text = keptSession();
  const session = text === "" ? undefined : read(text);
  if (session !== undefined && !await ready(session.design.log)) return undefined;
  if (session !== undefined && state.engine.restore(session)) {
    progress.waiting = session.level;
    return { ...session };
  }
  const last = kept("log");
  const lines = last === "" ? otherwise() : last.split("\n");
  if (!await ready(lines)) return undefined;
  const refused = state.engine.load(lines);
  if (text !== "") return { lost: { text, refused: 0 } };
  return refused.length > 0 ? { lost: { text: last, refused: refused.length } } : {};
}
