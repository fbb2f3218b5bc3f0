// The tutorial: levels are data files; their goals are questions to the core.

import { h, phrase, renew } from "./dom";
import { clean } from "./engine";
import { endLevel, progress } from "./progress";
import type { Goal, Level, Listed, Text } from "./progress";
import { keepTab } from "./session";
import { announce, problem, withAnswers } from "./shell";
import { state } from "./state";
import { keep, kept } from "./store";
import { language, t } from "./texts";

const say = (text: Text): string => text[language] ?? text.en;

/** Whether the region is as a goal wants it. */
export function reached(goal: Goal): boolean {
  const proof = goal.prove === undefined ? undefined : state.engine.ask(`prove ${goal.prove}`);
  if (proof?.status === "ok") return proof.fields.proved === "yes";
  return (goal.ask ?? []).every(([line, answer]) => state.engine.ask(line).text.startsWith(answer));
}

export class LearnPanel {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => this.render());
    this.render();
    void this.#load();
  }

  /** Reads one of the tutorial's files; undefined, and it is said, if that fails. */
  async #file<T>(name: string): Promise<T | undefined> {
    try {
      const response = await fetch(new URL(`levels/${name}.json`, document.baseURI));
      if (response.ok) return await response.json() as T;
    } catch {
      // Said below.
    }
    problem(t("learn.failed"));
    return undefined;
  }

  async #load(): Promise<void> {
    if (progress.index.length === 0) progress.index = await this.#file<Listed[]>("index") ?? [];
    const { waiting } = progress;
    const level = waiting === undefined ? undefined : await this.#file<Level>(waiting.id);
    if (level !== undefined && waiting === progress.waiting) {
      Object.assign(progress, waiting, { level, waiting: undefined });
      // Goals are proved.
      withAnswers(() => this.render());
    } else this.render();
  }

  #done(): Set<string> {
    return new Set(kept("done").split(" ").filter((id) => id !== ""));
  }

  async open(id: string): Promise<void> {
    const level = await this.#file<Level>(id);
    // Goals are proved.
    if (level !== undefined) withAnswers(() => this.#begin(level));
  }

  #begin(level: Level): void {
    if (progress.level === undefined) progress.before = [...state.engine.log];
    Object.assign(progress, { level, waiting: undefined, hints: 0, solved: false });
    state.engine.load(level.start);
    state.select("");
    this.#root.querySelector<HTMLElement>("h2")?.focus();
  }

  #leave(): void {
    endLevel();
    state.engine.load(progress.before);
    state.select("");
  }

  render(): void {
    const level = progress.level;
    if (level === undefined) {
      const done = this.#done();
      renew(this.#root, h("h2", { class: "heading", tabindex: -1 }, t("learn.title")), h("p", { class: "note" }, t("learn.about", { done: done.size, all: progress.index.length })),
        h("ol", { class: "levels" }, progress.index.map(({ id, title }) => h("li", {}, h("button", {
          type: "button", class: done.has(id) ? "done" : "", "data-level": id, onclick: () => void this.open(id),
        }, h("span", {}, say(title)), h("span", { class: "mark" }, done.has(id) ? t("learn.solved") : ""))))));
      return;
    }
    const marks = level.goals.map((goal) => reached(goal));
    const all = marks.every((mark) => mark);
    const fresh = all && !progress.solved;
    if (fresh) {
      progress.solved = true;
      keep("done", [...this.#done().add(level.id)].join(" "));
      announce(t("learn.well", { title: say(level.title) }));
    }
    const at = progress.index.findIndex(({ id }) => id === level.id);
    const next = progress.index[at + 1];
    renew(this.#root,
      h("p", { class: "back" }, h("button", { type: "button", class: "small quiet", onclick: () => this.#leave() }, t("learn.leave"))),
      h("h2", { class: "heading", tabindex: -1 }, say(level.title)), h("p", {}, phrase(say(level.story))),
      h("h3", { class: "sub" }, t("learn.goals")),
      h("ul", { class: "goals" }, level.goals.map((goal, nth) => h("li", { class: marks[nth] ? "met" : "", "data-met": String(marks[nth]) },
        h("span", { class: "tick", "aria-hidden": "true" }, marks[nth] ? "✓" : "○"), h("span", {}, phrase(say(goal.text)),
          h("span", { class: "spoken" }, ` (${t(marks[nth] ? "learn.met" : "learn.open")})`),
          h("code", { class: "asked" }, goal.prove !== undefined ? `prove ${goal.prove}` : (goal.ask ?? []).map(([line]) => line).join(" · ")))))),
      all && h("div", { class: "solved", tabindex: -1 }, h("strong", {}, t("learn.well", { title: say(level.title) })),
        next !== undefined && h("button", { type: "button", class: "primary", onclick: () => void this.open(next.id) }, t("learn.next", { title: say(next.title) }))),
      progress.hints > 0 && [h("h3", { class: "sub" }, t("learn.hints")),
        h("ol", { class: "hints" }, level.hints.slice(0, progress.hints).map((hint) => h("li", { tabindex: -1 }, phrase(say(hint)))))],
      h("div", { class: "buttons" },
        progress.hints < level.hints.length && h("button", { type: "button", "data-keep": "hint", onclick: () => {
          progress.hints += 1;
          keepTab();
          this.render();
          if (progress.hints >= level.hints.length) this.#root.querySelector<HTMLElement>(".hints > :last-child")?.focus();
        } }, t("learn.hint")),
        progress.hints >= level.hints.length && !all && h("button", { type: "button", onclick: () => withAnswers(() => { for (const line of level.solution) state.run(clean(line)); }) }, t("learn.show")),
        h("button", { type: "button", class: "quiet", onclick: () => void this.open(level.id) }, t("learn.again"))));
    // Whoever has it solved by the panel itself goes on from there.
    if (fresh && this.#root.contains(document.activeElement)) this.#root.querySelector<HTMLElement>(".solved")?.focus();
  }
}
