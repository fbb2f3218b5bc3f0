// The console: what was done, by click or by line, and a line to type.

import { catalogue } from "./catalogue";
import { h, refill } from "./dom";
import { parse, QUESTIONS } from "./engine";
import { remedyOf } from "./foresight";
import { withAnswers } from "./shell";
import { state } from "./state";
import { t } from "./texts";
import type { Key } from "./texts";

/** The verbs, by what they are about. */
function help(): string {
  const groups = new Map<string, string[]>([[t("console.questions"), [...QUESTIONS]]]);
  for (const { group, verb } of catalogue) {
    const title = t(`group.${group}` as Key);
    groups.set(title, [...new Set([...groups.get(title) ?? [], verb])]);
  }
  return `ok\n${[...groups].map(([title, verbs]) => `  ${title}: ${verbs.join(" ")}\n`).join("")}`;
}

export class ConsolePanel {
  readonly #log = h("div", { class: "log", role: "log", tabindex: 0, "aria-label": t("console.log") });
  readonly #input = h("input", { id: "line", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
    list: "verbs", placeholder: t("console.example"), "aria-label": t("console.type") });
  #shown = 0;
  #at = 0;

  constructor(root: HTMLElement) {
    root.querySelectorAll(":scope > :not(h2)").forEach((old) => old.remove());
    root.append(h("datalist", { id: "verbs" }, [...QUESTIONS, ...new Set(catalogue.map(({ verb }) => verb))].map((value) => h("option", { value: `${value} ` }))), this.#log, h("form", { class: "prompt", onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.#enter(); } },
      h("span", { "aria-hidden": "true" }, "›"), this.#input, h("button", { type: "submit" }, t("console.run"))));
    this.#input.addEventListener("keydown", (event) => this.#history(event));
    this.#input.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      if (!text.includes("\n")) return;
      event.preventDefault();
      withAnswers(() => { for (const line of text.split("\n")) state.run(line); });
    });
    state.on("said", () => this.render());
    state.on("change", () => { if (state.transcript.length === 0) this.render(); });
    this.render();
  }

  #enter(): void {
    const line = this.#input.value;
    if (line.trim() === "") return;
    this.#input.value = "";
    if (/^(help|\?)$/i.test(line.trim())) state.say(line, parse(help()));
    else withAnswers(() => state.run(line));
  }

  /** The lines before, with the arrow keys. */
  #history(event: KeyboardEvent): void {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    this.#at = Math.max(0, Math.min(state.transcript.length, this.#at + (event.key === "ArrowUp" ? -1 : 1)));
    this.#input.value = state.transcript[this.#at]?.line ?? "";
  }

  /** Lines to begin with, about what there is. */
  #examples(): HTMLElement {
    const host = state.topology.vpcs.flatMap(({ vswitches }) => vswitches.flatMap(({ hosts }) => hosts)).find(({ id }) => /^(i|eni)-/.test(id))?.id;
    const lines = [state.vpc === "" ? "create-vpc vpc-1 vtb-1 10.0.0.0/16" : host === undefined ? `show ${state.vpc}` : `send ${host} 8.8.8.8`, state.vpc === "" ? "" : `audit ${state.vpc}`, "capacity", "help"];
    return h("div", { class: "examples" }, h("span", {}, t("console.try")), lines.filter((line) => line !== "").map((line) =>
      h("button", { type: "button", class: "small mono", onclick: () => {
        this.#input.value = line;
        this.#enter();
        this.#input.focus();
      } }, line)));
  }

  render(): void {
    const { transcript } = state;
    if (transcript.length === 0) {
      refill(this.#log, this.#examples());
      return;
    }
    this.#log.querySelector(".examples")?.remove();
    const fresh = transcript.slice(transcript.length === 500 ? -1 : this.#shown);
    for (const { line, answer } of fresh) {
      const [first = "", ...body] = answer.text.trimEnd().split("\n");
      const entry = h("div", { class: "entry" }, h("div", { class: "asked" }, line),
        h("div", { class: answer.status === "error" || answer.status === "drop" ? "answer bad" : "answer" }, first));
      if (answer.status === "error") entry.append(h("div", { class: "note" }, remedyOf(answer.words[0] ?? "")));
      if (body.length > 0) {
        entry.append(body.length > 8 ? h("details", {}, h("summary", {}, t("console.lines", { n: body.length })), h("pre", {}, body.join("\n")))
          : h("pre", {}, body.join("\n")));
      }
      this.#log.append(entry);
      if (this.#log.childElementCount > 200) this.#log.firstElementChild?.remove();
    }
    this.#shown = transcript.length;
    this.#at = transcript.length;
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
