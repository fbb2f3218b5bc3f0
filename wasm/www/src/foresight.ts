// What a line would do, before it does it: the core's dry run, and who gains and who loses.

import { h } from "./dom";
import type { Child } from "./dom";
import { ask } from "./heavy";
import remedies from "manual:remedies";
import { clean, parse } from "./engine";
import type { Answer } from "./engine";
import { verdictText } from "./narrate";
import { state } from "./state";
import { language, maybe, t } from "./texts";

/** What to do about an error or a drop. */
export function remedyOf(name: string): string {
  return (language === "en" ? undefined : maybe(`remedy.${name}`))
    ?? remedies[name] ?? "";
}

/** A change of a verdict, as `diff` answers it. */
export interface Change {
  readonly who: string;
  readonly way: string;
  readonly range: string;
  readonly detail: string;
  readonly was: string;
  readonly now: string;
}

/** A line of `diff`; undefined for one of another shape. */
export function readChange(line: string): Change | undefined {
  const found = /^(\S+) (in|out) (\S+)((?: \S+=\S+)*) was (.+) now (.+)$/.exec(line);
  if (found === null) return undefined;
  const [, who = "", way = "", range = "", detail = "", was = "", now = ""] = found;
  return { who, way, range, detail: detail.trim(), was, now };
}

/** Ranges in few words: the Internet has nine, with what is private cut out. */
function rangeText(range: string): string {
  const parts = range.split(",");
  if (/^1\.0\.0\.0-/.test(range) && /-223\.255\.255\.255$/.test(range)) return t("diff.internet");
  return parts.length < 3 ? parts.join(", ") : `${parts[0]} … ${parts.at(-1)}`;
}

/** Where a packet goes to or comes from, of which kind it is, in words. */
export function packetText(way: string, range: string, detail: string): string {
  const { public: address, flow, ...rest } = Object.fromEntries(detail.split(" ").filter((word) => word !== "").map((word) => word.split("=")));
  const kinds = [address === undefined ? "" : t("diff.public", { address }), flow === undefined ? "" : t(flow === "new" ? "diff.new" : "diff.reply"),
    ...Object.entries(rest).map(([key, value]) => `${key} ${value}`)].filter((kind) => kind !== "");
  return t(way === "out" ? "diff.out" : "diff.in", { range: rangeText(range) }) + (kinds.length === 0 ? "" : ` (${kinds.join(", ")})`);
}

/** The way of a verdict: paths, by number and name, and hops. */
export function wayText({ fields }: Pick<Answer, "fields">): string {
  const named = (path: string) => `${path}\u00a0${maybe(`path.${path}`) ?? ""}`.trim();
  return [fields.path === undefined ? "" : t("packet.path", { path: fields.path.split(",").map(named).join(", ") }),
    fields.via === undefined ? "" : t("packet.via", { via: fields.via.replaceAll(",", ", ") })].filter((text) => text !== "").join(" · ");
}

/** What a verdict was and what it is now; only what differs, if it ends at the same place. */
function fromTo(was: string, now: string): Child[] {
  const [before, later] = [parse(`${was}\n`), parse(`${now}\n`)];
  const [a, b] = [verdictText(before), verdictText(later)];
  return a === b ? [`${a}: ${wayText(before) || t("none")} → ${wayText(later) || t("none")}`] : [a, " → ", b];
}

/** A line with its ranges in few words. */
function shorten(line: string): string {
  return line.replace(/ (in|out) (\S+)/, (_, way: string, range: string) => ` ${way} ${rangeText(range)}`);
}

function lets(verdict: string): boolean {
  return !/^(drop|none)\b/.test(verdict);
}

/** A list of changes: who gains, who loses, who goes another way. */
export function changesList(lines: readonly string[]): HTMLElement {
  const groups = { loses: [] as Child[], gains: [] as Child[], moves: [] as Child[] };
  const remedies: Child[] = [];
  // Dropped before and after, for another reason: nothing to gain or lose.
  let others = 0;
  for (const line of lines) {
    const [, reason = ""] = /^remedy (\S+)/.exec(line) ?? [];
    if (reason !== "") {
      remedies.push(h("li", {}, h("strong", {}, reason), " ", remedyOf(reason)));
      continue;
    }
    const change = readChange(line);
    if (change === undefined) {
      groups.moves.push(h("li", {}, h("code", { title: line }, shorten(line))));
      continue;
    }
    const { who, way, range, detail, was, now } = change;
    if (!lets(was) && !lets(now)) {
      others += 1;
      continue;
    }
    const group = lets(was) && !lets(now) ? "loses" : !lets(was) && lets(now) ? "gains" : "moves";
    groups[group].push(h("li", { class: group, title: range }, h("strong", {}, who.replaceAll(",", ", ")), " ",
      packetText(way, range, detail), " ", h("span", { class: "verdicts", title: `${was} → ${now}` }, fromTo(was, now))));
  }
  return h("div", { class: "diff" }, (["loses", "gains", "moves"] as const).flatMap((group) =>
    groups[group].length === 0 ? [] : [h("h3", { class: `sub ${group}` }, t(`diff.${group}`, { n: groups[group].length })),
      h("ul", {}, groups[group].slice(0, 40)),
      groups[group].length > 40 && h("p", {}, t("more", { n: groups[group].length - 40 }))]),
  others > 0 && h("p", { class: "note" }, t("diff.reasons", { n: others })),
  remedies.length > 0 && h("ul", { class: "note" }, remedies));
}

/** Shows what a line would do; `show` is called again when all is known. */
export async function foresee(line: string, show: (shown: Child[], known: boolean) => void): Promise<void> {
  const core = line.replace(/^begin /, "");
  const trial = state.engine.ask(`dry-run ${core}`);
  if (trial.status === "error") {
    const name = trial.words[0] ?? "";
    show([h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name))], true);
    return;
  }
  const plan = h("details", { class: "plan" }, h("summary", {}, t("plan", { n: trial.body.length })),
    h("ul", {}, trial.body.map((change) => h("li", {}, h("code", {}, change)))));
  const fine = h("p", { class: "good" }, trial.body.length === 0 ? t("plan.nothing") : t("plan.ok"));
  show([fine, plan, h("p", { class: "note" }, t("working"))], false);
  const answer = await ask(`diff ${clean(core)}`);
  if (answer.status === "error") {
    const name = answer.words[0] ?? "";
    show([fine, plan, h("p", { class: "note" }, `diff: ${name}. ${remedyOf(name)}`)], true);
  } else {
    show([fine, answer.body.length === 0 ? h("p", { class: "note" }, t("diff.none")) : changesList(answer.body), plan], true);
  }
}
