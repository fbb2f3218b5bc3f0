// The frame of the page: header, panels behind tabs, what is announced, and keys.

import { hasAnswers, loadAnswers, needsAnswers } from "sekisho-wasm";

import { byId, h, refill } from "./dom";
import { state } from "./state";
import { keep, kept } from "./store";
import { language, languages, t } from "./texts";
import type { Key, Language } from "./texts";

/** Says something to who does not look there. */
export function announce(text: string): void {
  const live = byId("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 30);
}

/** Says what went wrong, until it is closed. */
export function problem(text: string): void {
  refill(byId("problem"), h("p", {}, text), h("button", { type: "button", onclick: () => refill(byId("problem")) }, t("close")));
}

/** Does what needs the second part of the core: at once, if that is loaded. */
export function withAnswers(what: () => void): void {
  if (hasAnswers()) what();
  else void loadAnswers().then(what, () => problem(t("answers.failed")));
}

/** Whether these lines can be done: those that need the second part of the core wait for it. */
export async function ready(lines: readonly string[]): Promise<boolean> {
  try {
    if (lines.some(needsAnswers)) await loadAnswers();
    return true;
  } catch {
    problem(t("answers.failed"));
    return false;
  }
}

export const tabs = ["build", "packet", "tables", "checks", "learn", "files"] as const;
export type Tab = (typeof tabs)[number];

const stale = new Map<string, () => void>();

/** Makes a panel again: now if it is shown, otherwise once it is. */
export function whenShown(panel: HTMLElement, render: () => void): void {
  if (panel.hidden) stale.set(panel.id, render);
  else render();
}

/** The panel that is shown. */
export function shownTab(): Tab | undefined {
  return tabs.find((tab) => document.getElementById(`panel-${tab}`)?.hidden === false);
}

/** Shows a panel. */
export function showTab(wanted: Tab): void {
  for (const tab of tabs) {
    const button = byId(`tab-${tab}`);
    button.setAttribute("aria-selected", String(tab === wanted));
    button.tabIndex = tab === wanted ? 0 : -1;
    byId(`panel-${tab}`).hidden = tab !== wanted;
  }
  const render = stale.get(`panel-${wanted}`);
  stale.delete(`panel-${wanted}`);
  render?.();
}

export function makeTabs(bar: HTMLElement, panels: HTMLElement): void {
  refill(bar);
  refill(panels);
  for (const tab of tabs) {
    bar.append(h("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`,
      onclick: () => showTab(tab) }, t(`tab.${tab}` as Key)));
    panels.append(h("section", { role: "tabpanel", id: `panel-${tab}`, "aria-labelledby": `tab-${tab}`, tabindex: 0 }));
  }
  bar.onkeydown = (event) => {
    const at = tabs.findIndex((tab) => byId(`tab-${tab}`) === document.activeElement);
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : (at + step + tabs.length) % tabs.length;
    if (at < 0 || (step === 0 && !["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    showTab(tabs[next]!);
    byId(`tab-${tabs[next]!}`).focus();
  };
}

export type Theme = "auto" | "light" | "dark";

export function paint(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  keep("theme", theme);
}

export function makeHeader(root: HTMLElement, speakNow: (wanted: Language) => void): void {
  const button = (id: string, key: Key, what: () => void) => h("button", { type: "button", id, onclick: what }, t(key));
  const undo = button("undo", "undo", () => {
    const line = state.engine.undo();
    if (line !== undefined) announce(line === "" ? t("undone.design") : t("undone", { line }));
  });
  const redo = button("redo", "redo", () => {
    const line = state.engine.redo();
    if (line !== undefined) announce(line === "" ? t("redone.design") : t("redone", { line }));
  });
  const reset = button("reset", "reset", () => {
    state.engine.load([]);
    state.select("");
    announce(t("reset.done"));
  });
  const theme = h("select", { id: "theme", "aria-label": t("theme"), onchange: (event: Event) => paint((event.target as HTMLSelectElement).value as Theme) },
    (["auto", "light", "dark"] as const).map((name) => h("option", { value: name, selected: name === (kept("theme") || "auto") }, t(`theme.${name}` as Key))));
  const tongue = h("select", { id: "language", "aria-label": t("language"), onchange: (event: Event) => speakNow((event.target as HTMLSelectElement).value as Language) },
    languages.map(([id, name]) => h("option", { value: id, lang: id, selected: id === language }, name)));
  refill(root, h("div", { class: "brand" }, mark(), h("div", {}, h("h1", {}, t("title")), h("p", {}, t("subtitle")))),
    h("div", { class: "tools" }, undo, redo, reset, tongue, theme));
  const update = () => {
    undo.disabled = !state.engine.canUndo;
    redo.disabled = !state.engine.canRedo;
    reset.disabled = state.engine.log.length === 0;
  };
  state.on("change", update);
  update();
}

/** The gate as the page's mark. */
function mark(): Element {
  const holder = document.createElement("span");
  holder.className = "mark";
  holder.innerHTML = '<svg viewBox="0 0 40 36" width="40" height="36" aria-hidden="true"><path d="M2 6q18 5 36 0M6 15h28M11 34V7M29 34V7" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round"/></svg>';
  return holder;
}

/** Keys for the whole page: undo, redo, and the console's line. */
export function listen(): void {
  document.addEventListener("keydown", (event) => {
    const writing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    const command = event.ctrlKey || event.metaKey;
    if (command && !writing && event.key.toLowerCase() === "z") {
      event.preventDefault();
      byId(event.shiftKey ? "redo" : "undo").click();
    } else if (command && !writing && event.key.toLowerCase() === "y") {
      event.preventDefault();
      byId("redo").click();
    } else if (event.key === "/" && !writing && !command) {
      event.preventDefault();
      byId("line").focus();
    }
  });
}
