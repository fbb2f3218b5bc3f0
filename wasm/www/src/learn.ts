// The tutorial: levels are data files; their goals are questions to the core.

import { h, refill } from "./dom";
import { clean } from "./engine";
import { announce, withAnswers } from "./shell";
import { state } from "./state";
import { keep, kept } from "./store";
import { language, t } from "./texts";
import type { Language } from "./texts";

type Text = { readonly en: string } & Partial<Record<Language, string>>;

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
type Listed = Pick<Level, "id" | "title">;

const say = (text: Text): string => text[language] ?? text.en;

/** Whether the region is as a goal wants it. */
export function reached(goal: Goal): boolean {
  const proof = goal.prove === undefined ? undefined : state.engine.ask(`prove ${goal.prove}`);
  if (proof?.status === "ok") return proof.fields.proved === "yes";
  return (goal.ask ?? []).every(([line, answer]) => state.engine.ask(line).text.startsWith(answer));
}

/** How far the tutorial is: kept while the page is made again in another language. */
const progress: { index: Listed[]; level: Level | undefined; hints: number; solved: boolean } =
  { index: [], level: undefined, hints: 0, solved: false };

export class LearnPanel {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => this.render());
    this.render();
    if (progress.index.length === 0) void this.#load();
  }

  async #load(): Promise<void> {
    const response = await fetch(new URL("levels/index.json", document.baseURI));
    if (response.ok) progress.index = await response.json() as Listed[];
    this.render();
  }

  #done(): Set<string> {
    return new Set(kept("done").split(" ").filter((id) => id !== ""));
  }

  async open(id: string): Promise<void> {
    const response = await fetch(new URL(`levels/${id}.json`, document.baseURI));
    if (!response.ok) return;
    const level = await response.json() as Level;
    // Goals are proved.
    withAnswers(() => this.#begin(level));
  }

  #begin(level: Level): void {
    if (progress.level === undefined) keep("before", state.engine.log.join("\n"));
    progress.level = level;
    progress.hints = 0;
    progress.solved = false;
    state.engine.load(level.start);
    state.select("");
    this.#root.querySelector<HTMLElement>("h2")?.focus();
  }

  #leave(): void {
    progress.level = undefined;
    const before = kept("before");
    state.engine.load(before === "" ? [] : before.split("\n"));
    this.render();
  }

  render(): void {
    const level = progress.level;
    if (level === undefined) {
      const done = this.#done();
      refill(this.#root, h("h2", { tabindex: -1 }, t("learn.title")), h("p", { class: "note" }, t("learn.about", { done: done.size, all: progress.index.length })),
        h("ol", { class: "levels" }, progress.index.map(({ id, title }) => h("li", {}, h("button", {
          type: "button", class: done.has(id) ? "done" : "", "data-level": id, onclick: () => void this.open(id),
        }, h("span", {}, say(title)), h("span", { class: "mark" }, done.has(id) ? t("learn.solved") : ""))))));
      return;
    }
    const marks = level.goals.map((goal) => reached(goal));
    const all = marks.every((mark) => mark);
    if (all && !progress.solved) {
      progress.solved = true;
      keep("done", [...this.#done().add(level.id)].join(" "));
      announce(t("learn.well", { title: say(level.title) }));
    }
    const at = progress.index.findIndex(({ id }) => id === level.id);
    const next = progress.index[at + 1];
    const focused = (document.activeElement as HTMLElement | null)?.dataset.keep;
    refill(this.#root,
      h("p", { class: "back" }, h("button", { type: "button", class: "small quiet", onclick: () => this.#leave() }, t("learn.leave"))),
      h("h2", { tabindex: -1 }, say(level.title)), h("p", {}, say(level.story)),
      h("h3", { class: "sub" }, t("learn.goals")),
      h("ul", { class: "goals" }, level.goals.map((goal, nth) => h("li", { class: marks[nth] ? "met" : "", "data-met": String(marks[nth]) },
        h("span", { class: "tick", "aria-hidden": "true" }, marks[nth] ? "✓" : "○"), h("span", {}, say(goal.text),
          h("span", { class: "spoken" }, ` (${t(marks[nth] ? "learn.met" : "learn.open")})`),
          h("code", { class: "asked" }, goal.prove !== undefined ? `prove ${goal.prove}` : (goal.ask ?? []).map(([line]) => line).join(" · ")))))),
      all && h("div", { class: "solved" }, h("strong", {}, t("learn.well", { title: say(level.title) })),
        next !== undefined && h("button", { type: "button", class: "primary", onclick: () => void this.open(next.id) }, t("learn.next", { title: say(next.title) }))),
      h("h3", { class: "sub" }, t("learn.hints")),
      h("ol", { class: "hints" }, level.hints.slice(0, progress.hints).map((hint) => h("li", {}, say(hint)))),
      h("div", { class: "buttons" },
        progress.hints < level.hints.length && h("button", { type: "button", "data-keep": "hint", onclick: () => { progress.hints += 1; this.render(); } }, t("learn.hint")),
        progress.hints >= level.hints.length && !all && h("button", { type: "button", onclick: () => { for (const line of level.solution) state.run(clean(line)); } }, t("learn.show")),
        h("button", { type: "button", class: "quiet", onclick: () => void this.open(level.id) }, t("learn.again"))));
    if (focused !== undefined) this.#root.querySelector<HTMLElement>(`[data-keep=${focused}]`)?.focus();
  }
}
