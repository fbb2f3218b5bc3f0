// Sending a packet: the two ends, its way there and its answer's way back, each step with its rule.

import { freshId, h, phrase, refill, renew } from "./dom";
import { clean, parse } from "./engine";
import { remedyOf, wayText } from "./foresight";
import { describe } from "./form";
import { sentence, steps, stepElement, trailOf, verdictText } from "./narrate";
import type { Step } from "./narrate";
import { link } from "./files";
import { announce, copy, showTab, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import type { Trail } from "./state";
import { maybe, t } from "./texts";
import { vpcOf } from "./topology";

function labelled(text: string, input: HTMLElement, ...more: Node[]): HTMLElement {
  input.id = freshId();
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, ...more);
}

/** What is not said is so. */
const USUAL: Readonly<Record<string, string>> = { proto: "tcp", sport: "40000", dport: "443", flow: "new" };

export class PacketPanel {
  readonly #root: HTMLElement;
  readonly #out = h("div", { class: "outcome" });
  #way: "send" | "receive" = "send";
  #values: Record<string, string> = { to: "8.8.8.8", source: "8.8.8.8", ...USUAL };
  /** What the form was made of. */
  #made = "";
  /** The line whose answer is shown, or "". */
  #shown = "";

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => whenShown(root, () => {
      // The form stays as it is, if there are the same ends to choose from.
      if (this.#made === this.#choices()) this.#again();
      else this.render();
    }));
    state.on("packet", () => this.#take(state.packet));
    // What a step speaks of is marked in the drawing.
    const lit = (event: Event) => state.light((event.target as Element).closest<HTMLElement>("[data-ids]")?.dataset.ids?.split(" ") ?? []);
    this.#out.addEventListener("mouseover", lit);
    this.#out.addEventListener("mouseleave", () => state.light([]));
    this.#out.addEventListener("focusin", lit);
    this.#out.addEventListener("focusout", () => state.light([]));
    whenShown(root, () => this.render());
  }

  /** Takes the fields from a line, and sends the packet. */
  #take(line: string): void {
    const [way, from = "", to = "", ...options] = line.split(" ");
    this.#way = way === "receive" ? "receive" : "send";
    Object.assign(this.#values, USUAL, this.#way === "send" ? { from, to } : { source: from, public: to },
      Object.fromEntries(options.map((option) => option.split("="))));
    showTab("packet");
    this.render();
    this.send();
    this.#out.querySelector<HTMLElement>(".heading")?.focus();
  }

  #senders(): string[] {
    return state.topology.vpcs.flatMap(({ vswitches, balancers }) => [
      ...vswitches.flatMap(({ hosts }) => hosts.map(({ id }) => id).filter((id) => /^(i|eni|lb)-/.test(id))),
      ...balancers.map(({ id }) => id)]);
  }

  /** The public addresses, with who has them. */
  #publics(): [string, string][] {
    const { publics, vpcs } = state.topology;
    return [...publics.map(({ address, target }): [string, string] => [address, `${address} · ${target === "none" ? t("packet.unbound") : target}`]),
      ...vpcs.flatMap(({ balancers }) => balancers.map(({ id, address }): [string, string] => [address, `${address} · ${id}`]))];
  }

  #input(name: string, suggestions: string[]): [HTMLElement, HTMLElement] {
    const list = freshId();
    const input = h("input", { name, value: this.#values[name] ?? "", list, autocomplete: "off", spellcheck: "false",
      oninput: (event: Event) => { this.#values[name] = (event.target as HTMLInputElement).value; } });
    return [input, h("datalist", { id: list }, suggestions.map((value) => h("option", { value })))];
  }

  #select(name: string, choices: readonly (readonly [string, string])[]): HTMLSelectElement {
    const select = h("select", { name, onchange: (event: Event) => { this.#values[name] = (event.target as HTMLSelectElement).value; } },
      choices.map(([value, label]) => h("option", { value }, label)));
    const wanted = this.#values[name];
    if (wanted !== undefined && choices.some(([value]) => value === wanted)) select.value = wanted;
    this.#values[name] = select.value;
    return select;
  }

  /** Takes an end from what is chosen in the drawing. */
  use(id: string): void {
    if (!this.#senders().includes(id)) return;
    if (this.#way === "receive" || this.#values.from !== id) this.#clear();
    this.#way = "send";
    this.#values.from = id;
    whenShown(this.#root, () => this.render());
  }

  /** All that there is to choose from, as a text to compare. */
  #choices(): string {
    return JSON.stringify([this.#way, this.#way === "send" ? this.#senders().map(describe) : this.#publics(), this.#privates()]);
  }

  /** Some private addresses to send to. */
  #privates(): string[] {
    return state.topology.vpcs.flatMap(({ vswitches }) => vswitches.flatMap(({ hosts }) => hosts.map(({ address }) => address)))
      .filter((address) => address !== "").slice(0, 20);
  }

  render(): void {
    this.#made = this.#choices();
    const radio = (way: "send" | "receive") => h("label", { class: "segment" },
      h("input", { type: "radio", name: "way", value: way, checked: this.#way === way,
        onchange: () => { this.#way = way; this.render(); this.#root.querySelector<HTMLElement>(`input[value=${way}]`)?.focus(); } }),
      h("span", {}, t(`packet.${way}`)));
    const senders = this.#senders();
    const publics = this.#publics();
    const none = (this.#way === "send" ? senders : publics).length === 0;
    const ends = this.#way === "send"
      ? [labelled(t("packet.from"), this.#select("from", senders.map((id) => [id, describe(id)]))),
        labelled(t("packet.to"), ...this.#input("to", ["8.8.8.8", ...this.#privates(), "30.0.0.5", "100.100.2.136"]))]
      : [labelled(t("packet.source"), ...this.#input("source", ["8.8.8.8", "198.51.100.7"])),
        labelled(t("packet.public"), this.#select("public", publics))];
    const verb = this.#way === "send" ? "create-instance" : "allocate-eip";
    const unusual = Object.entries(USUAL).some(([key, value]) => this.#values[key] !== value);
    renew(this.#root,
      h("h2", { class: "heading", tabindex: -1 }, t("packet.title")), h("p", { class: "note" }, t("packet.model")),
      h("form", { class: "packet", novalidate: true, onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.send(); } },
        h("fieldset", { class: "segments" }, h("legend", { class: "spoken" }, t("packet.way")), radio("send"), radio("receive")),
        none ? h("div", { class: "missing" }, h("p", {}, t(`packet.none.${this.#way}`)),
          h("button", { type: "button", onclick: () => state.open(verb) }, maybe(`verb.${verb}`) ?? verb))
          : [ends, h("details", { class: "more", open: unusual }, h("summary", {}, t("packet.more")), h("div", { class: "fields pair" },
            labelled(t("packet.proto"), this.#select("proto", [["tcp", "TCP"], ["udp", "UDP"], ["icmp", "ICMP"]])),
            labelled(t("packet.flow"), this.#select("flow", [["new", t("flow.new")], ["reply", t("flow.reply")]])),
            labelled(t("packet.sport"), ...this.#input("sport", [])), labelled(t("packet.dport"), ...this.#input("dport", ["22", "53", "80", "443"])))),
          h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("packet.go")))]),
      this.#out);
    this.#again();
  }

  /** Shows what the packet meets now, after a change. */
  #again(): void {
    if (this.#shown === "") return;
    if (this.line() !== this.#shown) this.#clear();
    else withAnswers(() => this.#send(`explain ${this.#shown}`, false));
  }

  #clear(): void {
    this.#shown = "";
    refill(this.#out);
    state.show([]);
  }

  line(): string {
    const { from = "", to = "", source = "", public: address = "" } = this.#values;
    const ends = this.#way === "send" ? `send ${from} ${to.trim()}` : `receive ${source.trim()} ${address}`;
    const options = Object.entries(USUAL).flatMap(([key, usual]) => {
      const value = this.#values[key]?.trim() ?? "";
      return value === usual || value === "" ? [] : [`${key}=${value}`];
    });
    return clean([ends, ...options].join(" "));
  }

  send(): void {
    withAnswers(() => this.#send(`explain ${this.line()}`, true));
  }

  /** Shows what happens to a packet; `first` if it was sent now, and not again after a change. */
  #send(line: string, first: boolean): void {
    const answer = state.engine.ask(line);
    if (first) state.say(line, answer);
    if (answer.status === "error") {
      const name = answer.words[0] ?? "";
      this.#clear();
      refill(this.#out, h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name)));
      announce(name, true);
      return;
    }
    this.#shown = line.replace(/^explain /, "");
    const all = steps(answer.body);
    const told = all.filter(({ word }) => !["remedy", "advice", "back", "symmetric", "asymmetric"].includes(word));
    const there = told.filter(({ way, after }) => way === "" && !after);
    const after = told.filter((step) => step.way === "" && step.after);
    const back = told.filter(({ way }) => way === "back");
    const outcome = all.find(({ word, way }) => word === "back" && way === "");
    const reply = outcome === undefined ? undefined : parse(`${outcome.line.slice(5)}\n`);
    const answered = reply !== undefined && reply.status !== "none";
    const remedies = all.filter(({ word, way }) => word === "remedy" && way === "");
    const ends = all.filter(({ word }) => word === "symmetric" || word === "asymmetric");
    const said = (of: readonly Step[]) => of.map((step) => `  ${sentence(step).text.trim()}`);
    this.#trails(first, answer, there, reply, back);
    renew(this.#out, this.#verdict(answer), remedies.map((step) => this.#remedy(step)),
      h("ol", { class: "steps" }, there.map(stepElement)),
      after.length > 0 && [h("h3", { class: "sub" }, t("packet.after")), h("ol", { class: "steps" }, after.map(stepElement))],
      answered && [h("h3", { class: "sub" }, t("packet.answer")), this.#verdict(reply), h("ol", { class: "steps" }, back.map(stepElement))],
      reply?.status === "none" && h("p", { class: "note" }, t(reply.words[0] === "outside" ? "packet.outside" : "packet.flowtable")),
      ends.map((step) => h("ul", { class: "steps" }, stepElement(step))),
      this.#pass(() => [`> ${line}`, verdictText(answer), ...said(there), ...after.length > 0 ? [t("packet.after"), ...said(after)] : [],
        ...answered ? [`${t("packet.answer")}: ${verdictText(reply)}`, ...said(back)] : [], ...said(ends)].join("\n")));
    if (first) announce(verdictText(answer), true);
  }

  /** Buttons that pass the packet on: as text, and as a link that sends it again. */
  #pass(text: () => string): HTMLElement {
    return h("div", { class: "buttons onward" },
      h("button", { type: "button", class: "small", "data-copy": "text", onclick: () => void (async () =>
        announce(t(await copy(`${text()}\n`) ? "packet.copied" : "copy.failed")))() }, t("packet.copy")),
      h("button", { type: "button", class: "small", "data-copy": "link", onclick: () => void (async () =>
        announce(t(await copy(await link(this.#shown)) ? "share.copied" : "share.bar")))() }, t("packet.link")));
  }

  #verdict(answer: { status: string; words: readonly string[]; fields: Readonly<Record<string, string>> }): HTMLElement {
    const dropped = answer.status === "drop";
    return h("div", { class: `verdict heading ${dropped ? "bad" : "good"}`, tabindex: -1 }, h("strong", {}, verdictText(answer)),
      dropped && h("p", {}, remedyOf(answer.words[0] ?? "")),
      answer.fields.path !== undefined && h("p", { class: "small", title: t("packet.path.title") }, phrase(wayText(answer))));
  }

  #remedy({ line }: Step): HTMLElement {
    const command = line.replace(/^remedy /, "");
    return h("p", { class: "remedy" }, h("code", {}, phrase(command)), " ",
      h("button", { type: "button", onclick: () => state.run(command) }, t("remedy.apply")));
  }

  /** Draws the ways, in the VPC that they are in: a packet that is sent now is followed there. */
  #trails(first: boolean, answer: Parameters<typeof trailOf>[2], there: readonly Step[], reply: Parameters<typeof trailOf>[2] | undefined, back: readonly Step[]): void {
    const start = this.#way === "send" ? this.#values.from ?? "" : "internet";
    const eip = state.topology.publics.find(({ address }) => address === this.#values.public);
    const vpc = vpcOf(state.topology, this.#way === "send" ? start : eip?.target ?? "");
    if (vpc !== undefined && vpc.id !== state.vpc) {
      if (first) state.draw(vpc.id);
      else return state.show([]);
    }
    const gate = vpc?.gateway?.id ?? "gate";
    const away = trailOf(start, gate, answer, there);
    const trails: Trail[] = [away];
    if (reply !== undefined && reply.status !== "none") {
      trails.push(trailOf(away.stops.at(-1) ?? "", gate, reply, back));
    }
    state.show(trails, first);
  }
}
