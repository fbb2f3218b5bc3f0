// What `explain` answers, in sentences.

import { h, phrase } from "./dom";
import type { Child } from "./dom";
import type { Answer } from "./engine";
import { state } from "./state";
import type { Trail } from "./state";
import { maybe, t } from "./texts";
import type { Key } from "./texts";

/** A line of the answer: which way it is about, its first word, the others, and the fields. */
export interface Step {
  readonly way: "" | "back";
  readonly after: boolean;
  readonly word: string;
  readonly words: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly line: string;
}

const VERDICT = /^(egress|deliver|handoff|service|drop|none)$/;

export function steps(body: readonly string[]): Step[] {
  return body.map((line) => {
    let rest = line.split(" ");
    let way: Step["way"] = "";
    let after = false;
    if (rest[0] === "back" && !VERDICT.test(rest[1] ?? "")) {
      way = "back";
      rest = rest.slice(1);
    }
    if (rest[0] === "after") {
      after = true;
      rest = rest.slice(1);
    }
    const fields: Record<string, string> = {};
    const words = rest.slice(1).filter((word) => {
      const at = word.indexOf("=");
      if (at > 0) fields[word.slice(0, at)] = word.slice(at + 1);
      return at <= 0;
    });
    return { way, after, word: rest[0] ?? "", words, fields, line };
  });
}

function rule(fields: Readonly<Record<string, string>>): Child {
  const name = fields.rule;
  if (name === undefined) return null;
  const text = maybe(`rule.${name}`);
  if (text === undefined) return h("span", { class: "rule" }, t("rule", { rule: name }));
  const note = h("span", { class: "note", hidden: true }, ` ${text}`);
  const button: HTMLElement = h("button", { type: "button", class: "rule", title: text, "aria-expanded": "false", onclick: () => {
    note.hidden = !note.hidden;
    button.setAttribute("aria-expanded", String(!note.hidden));
  } }, t("rule", { rule: name }));
  return [button, note];
}

/** A sentence for a step; the line itself for one that is not known. */
export function sentence({ word, words, fields, line }: Step): { text: string; kind: string } {
  const [a = "", b = "", c = "", d = ""] = words;
  const why = (prefix: string, name: string) => maybe(`${prefix}.${name}`) ?? name;
  switch (word) {
    case "from": {
      const flow = t(`flow.${fields.flow ?? "new"}` as Key);
      if (a !== "internet") return { kind: "from", text: t("explain.from", { ...fields, who: a, flow }) };
      return { kind: "from", text: t(fields.to === undefined ? "explain.from.nobody" : "explain.from.internet", { ...fields, flow }) };
    }
    case "range": return { kind: "range", text: a === "public" ? t("explain.range.public") : t("explain.range.private", { prefix: b, why: why("range", c) }) };
    case "skip": return { kind: "skip", text: t(a === "none" ? "explain.skip.none" : "explain.skip", { table: a, why: why("skip", b) }) };
    case "ask": return { kind: "ask", text: t("explain.ask", { table: a, address: fields.for ?? "", of: fields.of ?? "" }) };
    case "win": return { kind: "win", text: t("explain.win", { prefix: a, hop: b, origin: why("origin", c) }) };
    case "lose": return { kind: "lose", text: t("explain.lose", { prefix: a, hop: b, why: why("lose", d) }) };
    case "would": return { kind: "lose", text: t("explain.would", { prefix: a, hop: b, origin: why("origin", c) }) };
    case "miss": return { kind: "miss", text: t("explain.miss") };
    case "pass": {
      const kind = a.slice(0, a.lastIndexOf("-"));
      const key = kind === "ngw" ? (fields.destination === undefined ? "explain.pass.snat" : "explain.pass.dnat")
        : kind === "ep" ? (fields.appliance === "none" ? "explain.pass.open" : fields.appliance === undefined ? "explain.pass.ep" : "explain.pass.app")
          : "explain.pass";
      return { kind: "pass", text: t(key, { next: "", ...fields, id: a, entry: fields.by ?? "" }) };
    }
    case "stop": return { kind: "stop", text: t(fields.at === undefined ? "explain.stop" : "explain.stop.at", { reason: a, at: fields.at ?? "" }) };
    case "symmetric": return { kind: "good", text: t("explain.symmetric") };
    case "asymmetric": return { kind: "bad", text: t(a === "public" ? "explain.asymmetric.public" : a === "end" ? "explain.asymmetric.end" : "explain.asymmetric.hop",
      { ...fields, id: a, way: fields.missing === "back" ? t("way.back") : t("way.there") }) };
    default: return { kind: "line", text: line };
  }
}

export function stepElement(step: Step): HTMLElement {
  const { text, kind } = sentence(step);
  const [table = ""] = step.words;
  const [before = "", after] = step.word === "ask" ? text.split(table) : [text];
  const ids = [...step.words, ...Object.values(step.fields)].filter((word) => state.topology.ids.has(word));
  return h("li", { class: `step ${kind}`, "data-ids": ids.length > 0 ? ids.join(" ") : null }, step.after && h("em", {}, t("after")), " ", phrase(before),
    // The table shows the same lookup.
    after !== undefined && [h("button", { type: "button", class: "link", onclick: () => state.look(table, step.fields.for ?? "") }, table), phrase(after)],
    " ", rule(step.fields));
}

/** The words of a verdict. */
export function verdictText(answer: Pick<Answer, "status" | "words" | "fields">): string {
  const [first = ""] = answer.words;
  switch (answer.status) {
    case "egress": return t("verdict.egress", { address: answer.fields.public ?? "" });
    case "deliver": return t("verdict.deliver", { id: first });
    case "handoff": return t("verdict.handoff", { id: first });
    case "service": return t("verdict.service");
    case "drop": return t("verdict.drop", { reason: first });
    case "none": return t("verdict.none");
    default: return `${answer.status} ${answer.words.join(" ")}`;
  }
}

/** The ids that a packet passes, as far as the answer says. */
export function trailOf(start: string, gate: string, answer: Pick<Answer, "status" | "words" | "fields">,
  said: readonly Step[]): Trail {
  const stops = [start];
  const path = (answer.fields.path ?? "").split(",");
  const inwards = start === "internet";
  const dropped = answer.status === "drop";
  if (inwards && (path.includes("13") || dropped) && gate !== "") stops.push(gate);
  for (const hop of (answer.fields.via ?? "").split(",").filter((id) => id !== "")) {
    stops.push(hop);
    const appliance = said.find(({ word, words }) => word === "pass" && words[0] === hop)?.fields.appliance;
    if (appliance !== undefined && appliance !== "none") stops.push(appliance, hop);
  }
  if (answer.status === "egress") {
    if (path.includes("13") && gate !== "") stops.push(gate);
    stops.push("internet");
  } else if (answer.status === "deliver" || answer.status === "handoff") {
    stops.push(answer.words[0] ?? "");
  } else if (dropped) {
    const at = said.find(({ word }) => word === "stop")?.fields.at;
    if (at !== undefined && at !== stops.at(-1)) stops.push(at);
  }
  return { stops, dropped };
}
