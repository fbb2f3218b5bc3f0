// Sending a packet: the two ends, its way there and its answer's way back, each step with its rule.

import { freshId, h, refill } from "./dom";
import { clean, parse } from "./engine";
import { remedyOf } from "./foresight";
import { describe } from "./form";
import { steps, stepElement, trailOf, verdictText } from "./narrate";
import type { Step } from "./narrate";
import { announce, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import type { Trail } from "./state";
import { t } from "./texts";
import { kindOf, vpcOf } from "./topology";

function labelled(text: string, input: HTMLElement, ...more: Node[]): HTMLElement {
  input.id = freshId();
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, ...more);
}

export class PacketPanel {
  readonly #root: HTMLElement;
  readonly #out = h("div", { class: "outcome" });
  #way: "send" | "receive" = "send";
  #values: Record<string, string> = { to: "8.8.8.8", source: "8.8.8.8", proto: "tcp", sport: "40000", dport: "443", flow: "new" };

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => whenShown(root, () => this.render()));
    whenShown(root, () => this.render());
  }

  #senders(): string[] {
    return state.topology.vpcs.flatMap(({ vswitches, balancers }) => [
      ...vswitches.flatMap(({ hosts }) => hosts.map(({ id }) => id).filter((id) => /^(i|eni|lb)-/.test(id))),
      ...balancers.map(({ id }) => id)]);
  }

  #publics(): string[] {
    return [...state.topology.publics.map(({ address }) => address),
      ...state.topology.vpcs.flatMap(({ balancers }) => balancers.map(({ address }) => address))];
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
    this.#way = "send";
    this.#values.from = id;
    whenShown(this.#root, () => this.render());
  }

  render(): void {
    const radio = (way: "send" | "receive") => h("label", { class: "segment" },
      h("input", { type: "radio", name: "way", value: way, checked: this.#way === way,
        onchange: () => { this.#way = way; this.render(); this.#root.querySelector<HTMLElement>(`input[value=${way}]`)?.focus(); } }),
      h("span", {}, t(`packet.${way}`)));
    const senders = this.#senders();
    const privates = state.topology.vpcs.flatMap(({ vswitches }) => vswitches.flatMap(({ hosts }) => hosts.map(({ address }) => address)))
      .filter((address) => address !== "");
    const ends = this.#way === "send"
      ? [labelled(t("packet.from"), this.#select("from", senders.map((id) => [id, describe(id)]))),
        labelled(t("packet.to"), ...this.#input("to", ["8.8.8.8", ...privates.slice(0, 20), "30.0.0.5", "100.100.2.136"]))]
      : [labelled(t("packet.source"), ...this.#input("source", ["8.8.8.8", "198.51.100.7"])),
        labelled(t("packet.public"), this.#select("public", this.#publics().map((address) => [address, address])))];
    refill(this.#root,
      h("p", { class: "note" }, t("packet.model")),
      h("form", { class: "packet", novalidate: true, onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.send(); } },
        h("fieldset", { class: "segments" }, h("legend", { class: "spoken" }, t("packet.way")), radio("send"), radio("receive")),
        ends,
        h("details", { class: "more" }, h("summary", {}, t("packet.more")), h("div", { class: "fields" },
          labelled(t("packet.proto"), this.#select("proto", [["tcp", "TCP"], ["udp", "UDP"], ["icmp", "ICMP"]])),
          labelled(t("packet.sport"), ...this.#input("sport", [])), labelled(t("packet.dport"), ...this.#input("dport", ["22", "53", "80", "443"])),
          labelled(t("packet.flow"), this.#select("flow", [["new", t("flow.new")], ["reply", t("flow.reply")]])))),
        h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("packet.go")))),
      this.#out);
  }

  line(): string {
    const { from = "", to = "", source = "", public: address = "", proto, sport, dport, flow } = this.#values;
    const ends = this.#way === "send" ? `send ${from} ${to.trim()}` : `receive ${source.trim()} ${address}`;
    const options = [["proto", proto, "tcp"], ["sport", sport, "40000"], ["dport", dport, "443"], ["flow", flow, "new"]]
      .flatMap(([key, value, usual]) => value === usual || value === "" ? [] : [`${key}=${value}`]);
    return clean([ends, ...options].join(" "));
  }

  send(): void {
    withAnswers(() => this.#send(`explain ${this.line()}`));
  }

  #send(line: string): void {
    const answer = state.engine.ask(line);
    state.say(line, answer);
    if (answer.status === "error") {
      const name = answer.words[0] ?? "";
      refill(this.#out, h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name)));
      announce(name);
      state.show([]);
      return;
    }
    const all = steps(answer.body);
    const told = all.filter(({ word }) => !["remedy", "advice", "back", "symmetric", "asymmetric"].includes(word));
    const there = told.filter(({ way, after }) => way === "" && !after);
    const back = told.filter(({ way }) => way === "back");
    const outcome = all.find(({ word, way }) => word === "back" && way === "");
    const reply = outcome === undefined ? undefined : parse(`${outcome.line.slice(5)}\n`);
    this.#trails(answer, there, reply, back);
    refill(this.#out, this.#verdict(answer), all.filter(({ word, way }) => word === "remedy" && way === "").map((step) => this.#remedy(step)),
      h("ol", { class: "steps" }, there.map(stepElement)),
      all.some(({ after }) => after) && [h("h3", { class: "sub" }, t("packet.after")), h("ol", { class: "steps" }, told.filter(({ way, after }) => way === "" && after).map(stepElement))],
      reply !== undefined && reply.status !== "none" && [h("h3", { class: "sub" }, t("packet.answer")), this.#verdict(reply), h("ol", { class: "steps" }, back.map(stepElement))],
      reply?.status === "none" && h("p", { class: "note" }, t(reply.words[0] === "outside" ? "packet.outside" : "packet.flowtable")),
      all.filter(({ word }) => word === "symmetric" || word === "asymmetric").map((step) => h("ul", { class: "steps" }, stepElement(step))));
    announce(verdictText(answer));
  }

  #verdict(answer: { status: string; words: readonly string[]; fields: Readonly<Record<string, string>> }): HTMLElement {
    const dropped = answer.status === "drop";
    return h("div", { class: `verdict ${dropped ? "bad" : "good"}` }, h("strong", {}, verdictText(answer)),
      dropped && h("p", {}, remedyOf(answer.words[0] ?? "")),
      answer.fields.path !== undefined && h("p", { class: "small" }, t("packet.path", { path: answer.fields.path }),
        answer.fields.via === undefined ? "" : ` · ${t("packet.via", { via: answer.fields.via.replaceAll(",", ", ") })}`));
  }

  #remedy({ line }: Step): HTMLElement {
    const command = line.replace(/^remedy /, "");
    return h("p", { class: "remedy" }, h("code", {}, command), " ",
      h("button", { type: "button", onclick: () => { state.run(command); this.send(); } }, t("remedy.apply")));
  }

  #trails(answer: Parameters<typeof trailOf>[2], there: readonly Step[], reply: Parameters<typeof trailOf>[2] | undefined, back: readonly Step[]): void {
    const start = this.#way === "send" ? this.#values.from ?? "" : "internet";
    const eip = state.topology.publics.find(({ address }) => address === this.#values.public);
    const vpc = vpcOf(state.topology, this.#way === "send" ? start : eip?.target ?? "");
    if (vpc !== undefined && vpc.id !== state.vpc) {
      state.vpc = vpc.id;
      state.tell("change");
    }
    const gate = vpc?.gateway?.id ?? "gate";
    const first = trailOf(start, gate, answer, there);
    const trails: Trail[] = [first];
    const end = first.stops.at(-1) ?? "";
    if (reply !== undefined && reply.status !== "none") {
      trails.push(trailOf(kindOf(end) === "internet" ? "internet" : end, gate, reply, back));
    }
    state.show(trails);
  }
}
