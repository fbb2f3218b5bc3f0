// Answers about every packet: who is on the Internet without the gateway's knowledge, what holds for
// certain, and the way to an enabled gateway that nobody notices.

import { freshId, h, phrase, refill, renew } from "./dom";
import type { Child } from "./dom";
import type { Answer } from "./engine";
import { changesList, packetText, remedyOf, wayText } from "./foresight";
import { describe } from "./form";
import { parse } from "./engine";
import { ask } from "./heavy";
import { verdictText } from "./narrate";
import { announce, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import { language, maybe, t } from "./texts";
import type { Key } from "./texts";
import { kindOf } from "./topology";

/** Properties as the console has them: S and T are subjects, H is a hop. */
const PROPERTIES = ["no-egress S", "unreachable-from-internet S", "symmetric S", "only-via H egress S", "only-via H ingress S",
  "egress-only S via H", "isolated S T"] as const;

/** What a property's texts are called: its words. */
const nameOf = (shape: string): string => shape.replace(/ [STH]\b/g, "").replaceAll(" ", "-");

/** A remedy that the core says; in another language that of the name. */
const remedySaid = (name: string, english: string): string => (language === "en" ? undefined : maybe(`remedy.${name}`)) ?? english;

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

/** What else `audit` answers: routes that senders do not obey, and what to do about them. */
function other(line: string): HTMLElement {
  const [word = "", table = "", prefix = "", hop = "", , who = ""] = line.split(" ");
  return h("li", { class: word === "remedy" ? word : "" }, word === "ignored" ? phrase(t("audit.ignored", { table, prefix, hop, who }))
    : word === "remedy" ? remedySaid("ignored", line.slice(word.length + 1)) : h("code", {}, line));
}

export class ChecksPanel {
  readonly #root: HTMLElement;
  #answer = h("div", { "aria-live": "polite" });
  #property: typeof PROPERTIES[number] = PROPERTIES[1];
  #words: Record<string, string> = {};

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => whenShown(root, () => this.render()));
    whenShown(root, () => this.render());
  }

  async #ask(line: string, show: (answer: Answer) => Child): Promise<void> {
    // Where it is answered for as long as the question is the same.
    const shown = this.#answer;
    refill(shown, h("p", { class: "note" }, t("working")));
    const answer = await ask(line);
    state.say(line, answer);
    const name = answer.words[0] ?? "";
    refill(shown, answer.status === "error"
      ? h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name)) : show(answer));
    shown.firstElementChild?.scrollIntoView({ block: "nearest" });
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
    const shape = this.#property;
    this.#answer = h("div", { "aria-live": "polite" });
    const property = h("select", { id: freshId(), "data-keep": "property", onchange: () => {
      this.#property = PROPERTIES[property.selectedIndex] ?? shape;
      this.render();
    } }, PROPERTIES.map((each) => h("option", { value: nameOf(each), selected: each === shape }, t(`prove.${nameOf(each)}` as Key))));
    renew(this.#root, h("h2", { class: "heading", tabindex: -1 }, t("checks.title")), h("p", { class: "note" }, t(vpc === "" ? "empty.region" : "checks.about")),
      vpc !== "" && h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => void this.#ask(`audit ${vpc}`, (answer) => this.#audit(answer)) }, t("checks.audit", { vpc })),
        h("button", { type: "button", onclick: () => void this.#ask(`readiness ${vpc}`, (answer) => this.#readiness(answer)) }, t("checks.readiness", { vpc }))),
      subjects.length > 0 && h("form", { class: "command", onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const line = shape.split(" ").map((word) => word === "S" ? this.#words.subject : word === "T" ? this.#words.second : word === "H" ? this.#words.hop : word).join(" ");
        void this.#ask(`prove ${line}`, (answer) => this.#proof(nameOf(shape), answer));
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
        others.map(other))];
  }

  #proof(property: string, answer: Answer): Child {
    const yes = answer.fields.proved === "yes";
    const [packet = ""] = answer.body;
    const said = (line: string): HTMLElement => /^(send|receive) /.test(line) ? h("pre", {}, line)
      : h("p", { class: "small" }, line.startsWith("remedy ") ? remedySaid(property, line.slice(7)) : verdictText(parse(`${line}\n`)));
    return h("div", { class: `verdict ${yes ? "good" : "bad"}` }, h("strong", {}, t(yes ? "prove.yes" : "prove.no")),
      !yes && [answer.body.map(said),
        h("p", {}, h("button", { type: "button", class: "small", onclick: () => state.send(packet) }, t("prove.send")))]);
  }

  #readiness(answer: Answer): Child {
    const of = (word: string) => answer.body.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    const list = (lines: string[]) => h("ol", {}, lines.map((line) => h("li", {}, h("code", {}, phrase(line)))));
    const todo = of("do");
    const blocked = of("blocked");
    if (blocked.length > 0) {
      return blocked.map((line) => {
        const [name = ""] = line.split(" ");
        return h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name) || line.slice(name.length + 1));
      });
    }
    if (todo.length === 0) return h("div", { class: "verdict good" }, h("strong", {}, t("readiness.nothing")));
    return [of("loses").length > 0 && changesList(of("loses")),
      h("h3", { class: "sub" }, t("readiness.do")), list(todo), h("h3", { class: "sub" }, t("readiness.undo")), list(of("undo")),
      h("button", { type: "button", class: "primary", onclick: () => withAnswers(() => {
        for (const line of todo) state.run(line);
        announce(t("readiness.done", { n: todo.length }));
      }) }, t("readiness.go"))];
  }
}
