// Answers about every packet: who is on the Internet without the gateway's knowledge, what holds for
// certain, and the way to an enabled gateway that nobody notices.

import { freshId, h, refill } from "./dom";
import type { Child } from "./dom";
import type { Answer } from "./engine";
import { changesList, remedyOf, shorten } from "./foresight";
import { describe } from "./form";
import { ask } from "./heavy";
import { whenShown } from "./shell";
import { state } from "./state";
import { t } from "./texts";
import type { Key } from "./texts";
import { kindOf } from "./topology";

/** Properties: the words that they take, and the text between. */
const PROPERTIES: readonly (readonly [name: string, shape: string])[] = [
  ["no-egress", "no-egress S"],
  ["unreachable-from-internet", "unreachable-from-internet S"], ["symmetric", "symmetric S"],
  ["only-via-egress", "only-via H egress S"], ["only-via-ingress", "only-via H ingress S"],
  ["egress-only", "egress-only S via H"], ["isolated", "isolated S T"],
];

export class ChecksPanel {
  readonly #root: HTMLElement;
  readonly #answer = h("div", { "aria-live": "polite" });
  #property = "unreachable-from-internet";
  #words: Record<string, string> = {};

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => { refill(this.#answer); whenShown(root, () => this.render()); });
    whenShown(root, () => this.render());
  }

  async #ask(line: string, show: (answer: Answer) => Child): Promise<void> {
    refill(this.#answer, h("p", { class: "note" }, t("working")));
    const answer = await ask(line);
    state.say(line, answer);
    const name = answer.words[0] ?? "";
    refill(this.#answer, answer.status === "error"
      ? h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name)) : show(answer));
  }

  #select(name: string, ids: string[]): HTMLElement {
    const select = h("select", { id: freshId(), onchange: (event: Event) => { this.#words[name] = (event.target as HTMLSelectElement).value; } },
      ids.map((id) => h("option", { value: id, selected: id === this.#words[name] }, describe(id))));
    this.#words[name] = select.value;
    return h("div", { class: "field" }, h("label", { for: select.id }, t(`prove.${name}` as Key)), select);
  }

  render(): void {
    const { vpc } = state;
    const ids = [...state.topology.ids].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const subjects = ids.filter((id) => ["i", "eni", "lb", "ngw", "vsw", "vpc"].includes(kindOf(id)));
    const hops = ids.filter((id) => ["i", "eni", "ngw", "ep", "rtg", "ipv4gw"].includes(kindOf(id)));
    const shape = PROPERTIES.find(([name]) => name === this.#property)?.[1] ?? "";
    const property = h("select", { id: freshId(), onchange: (event: Event) => { this.#property = (event.target as HTMLSelectElement).value; this.render(); } },
      PROPERTIES.map(([name]) => h("option", { value: name, selected: name === this.#property }, t(`prove.${name}` as Key))));
    refill(this.#root, h("h2", {}, t("checks.title")), h("p", { class: "note" }, t("checks.about")),
      vpc !== "" && h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => void this.#ask(`audit ${vpc}`, (answer) => this.#audit(answer)) }, t("checks.audit", { vpc })),
        h("button", { type: "button", onclick: () => void this.#ask(`readiness ${vpc}`, (answer) => this.#readiness(answer)) }, t("checks.readiness", { vpc }))),
      subjects.length > 0 && h("form", { class: "command", onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const line = shape.split(" ").map((word) => word === "S" ? this.#words.subject : word === "T" ? this.#words.second : word === "H" ? this.#words.hop : word).join(" ");
        void this.#ask(`prove ${line}`, (answer) => this.#proof(answer));
      } }, h("h3", {}, t("prove.title")), h("div", { class: "field" }, h("label", { for: property.id }, t("prove.property")), property),
      shape.includes("H") && this.#select("hop", hops), this.#select("subject", subjects), shape.includes("T") && this.#select("second", subjects),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("prove.go")))),
      this.#answer);
  }

  #audit(answer: Answer): Child {
    const ways = answer.body.filter((line) => / passes=/.test(line));
    const others = answer.body.filter((line) => !/ passes=|^ways=/.test(line));
    return [h("h3", { class: "sub" }, t("audit.ways", { n: ways.length, open: ways.filter((line) => line.endsWith(" unsupervised")).length })),
      h("ul", { class: "rows" }, ways.slice(0, 80).map((line) => h("li", { class: line.endsWith(" unsupervised") ? "bad" : "" }, h("code", { title: line }, shorten(line)))),
        others.map((line) => h("li", {}, h("code", {}, line))))];
  }

  #proof(answer: Answer): Child {
    const yes = answer.fields.proved === "yes";
    return h("div", { class: `verdict ${yes ? "good" : "bad"}` }, h("strong", {}, t(yes ? "prove.yes" : "prove.no")),
      answer.body.length > 0 && h("pre", {}, answer.body.join("\n")));
  }

  #readiness(answer: Answer): Child {
    const of = (word: string) => answer.body.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    const list = (lines: string[]) => h("ol", {}, lines.map((line) => h("li", {}, h("code", {}, line))));
    const todo = of("do");
    return [of("blocked").map((line) => h("p", { class: "bad" }, `${line}. ${remedyOf(line)}`)),
      of("loses").length > 0 && changesList(of("loses")),
      h("h3", { class: "sub" }, t("readiness.do")), list(todo), h("h3", { class: "sub" }, t("readiness.undo")), list(of("undo")),
      todo.length > 0 && h("button", { type: "button", onclick: () => { for (const line of todo) state.run(line); } }, t("readiness.go"))];
  }
}
