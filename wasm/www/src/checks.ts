// Answers about every packet: who is on the Internet without the gateway's knowledge, what holds for
// certain, and the way to an enabled gateway that nobody notices.

import { freshId, h, phrase, refill } from "./dom";
import type { Child } from "./dom";
import type { Answer } from "./engine";
import { changesList, packetText, remedyOf, wayText } from "./foresight";
import { describe } from "./form";
import { parse } from "./engine";
import { ask } from "./heavy";
import { verdictText } from "./narrate";
import { announce, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import { maybe, t } from "./texts";
import type { Key } from "./texts";
import { kindOf } from "./topology";

/** Properties: the words that they take, and the text between. */
const PROPERTIES: readonly (readonly [name: string, shape: string])[] = [
  ["no-egress", "no-egress S"],
  ["unreachable-from-internet", "unreachable-from-internet S"], ["symmetric", "symmetric S"],
  ["only-via-egress", "only-via H egress S"], ["only-via-ingress", "only-via H ingress S"],
  ["egress-only", "egress-only S via H"], ["isolated", "isolated S T"],
];

/** A way to or from the Internet, as `audit` answers it. */
function way(line: string): HTMLElement {
  const found = /^(\S+) (in|out) (\S+)((?: \S+=\S+)*?) ((?:egress|deliver|handoff|service)\b.*) passes=(\S+)( unsupervised)?$/.exec(line);
  if (found === null) return h("li", {}, h("code", {}, line));
  const [, who = "", direction = "", range = "", detail = "", said = "", passes = "", open] = found;
  const verdict = parse(`${said}\n`);
  return h("li", { class: open === undefined ? "" : "bad", title: line }, h("strong", {}, who.replaceAll(",", ", ")), " ", packetText(direction, range, detail),
    open !== undefined && h("span", { class: "tag bad" }, t("audit.open")),
    h("span", { class: "verdicts" }, [verdictText(verdict), wayText(verdict), ...passes === "none" ? [] : [t("audit.passes", {
      what: passes.split(",").map((each) => maybe(`passes.${each}`) ?? each).join(", ") })]].filter((text) => text !== "").join(" · ")));
}

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
    this.#answer.firstElementChild?.scrollIntoView({ block: "nearest" });
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
    refill(this.#root, h("h2", {}, t("checks.title")), h("p", { class: "note" }, t(vpc === "" ? "empty.region" : "checks.about")),
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
    const open = ways.filter((line) => line.endsWith(" unsupervised")).length;
    return [h("div", { class: `verdict ${open === 0 ? "good" : "bad"}` }, h("strong", {}, t("audit.ways", { n: ways.length, open }))),
      h("ul", { class: "rows" }, ways.slice(0, 80).map(way), ways.length > 80 && h("li", {}, t("more", { n: ways.length - 80 })),
        others.map((line) => h("li", {}, h("code", {}, line))))];
  }

  #proof(answer: Answer): Child {
    const yes = answer.fields.proved === "yes";
    const [packet = "", verdict, ...more] = answer.body;
    return h("div", { class: `verdict ${yes ? "good" : "bad"}` }, h("strong", {}, t(yes ? "prove.yes" : "prove.no")),
      !yes && [h("pre", {}, packet), verdict !== undefined && h("p", { class: "small" }, verdictText(parse(`${verdict}\n`))),
        more.map((line) => h("p", { class: "small" }, line.replace(/^remedy /, ""))),
        /^(send|receive) /.test(packet) && h("p", {}, h("button", { type: "button", class: "small", onclick: () => state.send(packet) }, t("prove.send")))],
      yes && answer.body.length > 0 && h("pre", {}, answer.body.join("\n")));
  }

  #readiness(answer: Answer): Child {
    const of = (word: string) => answer.body.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    const list = (lines: string[]) => h("ol", {}, lines.map((line) => h("li", {}, h("code", {}, phrase(line)))));
    const todo = of("do");
    return [of("blocked").map((line) => {
      const [name = ""] = line.split(" ");
      return h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name) || line.slice(name.length + 1));
    }),
      of("loses").length > 0 && changesList(of("loses")),
      h("h3", { class: "sub" }, t("readiness.do")), list(todo), h("h3", { class: "sub" }, t("readiness.undo")), list(of("undo")),
      todo.length > 0 && h("button", { type: "button", class: "primary", onclick: () => withAnswers(() => {
        for (const line of todo) state.run(line);
        announce(t("readiness.done", { n: todo.length }));
      }) }, t("readiness.go"))];
  }
}
