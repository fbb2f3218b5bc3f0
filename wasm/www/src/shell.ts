// The frame of the page: header, panels behind tabs, what is announced, and keys.

import { hasAnswers, loadAnswers, needsAnswers } from "sekisho-wasm";

import { byId, h, refill } from "./dom";
import { endLevel } from "./progress";
import { state } from "./state";
import { keep, kept } from "./store";
import { language, languages, t } from "./texts";
import type { Key, Language } from "./texts";

let said = 0;

/** Says something for some seconds, to who looks elsewhere too; what is seen anyway is only spoken. */
export function announce(text: string, seen = false): void {
  const live = byId("live");
  live.textContent = "";
  live.className = seen ? "spoken" : "toast";
  clearTimeout(said);
  said = setTimeout(() => {
    live.textContent = text;
    said = setTimeout(() => { live.textContent = ""; }, 6000);
  }, 30);
}

/** Says what went wrong, until it is closed, with something to do about it. */
export function problem(text: string, way?: readonly [label: string, what: () => void]): void {
  const held = document.activeElement;
  const close = () => {
    refill(byId("problem"));
    const back = held !== document.body && held?.isConnected === true ? held : document.querySelector("[role=tab][aria-selected=true]");
    (back as HTMLElement | null)?.focus();
  };
  refill(byId("problem"), h("p", {}, text), h("div", { class: "buttons" },
    way !== undefined && h("button", { type: "button", onclick: way[1] }, way[0]),
    h("button", { type: "button", onclick: close }, t("close"))));
}

/** Gives a file to keep. */
export function download(name: string, content: string | Uint8Array<ArrayBuffer>, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Puts a text on the clipboard; false if the browser does not let. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
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
  if (shownTab() !== wanted) byId("panels").scrollTop = 0;
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

/** Shows a panel and goes on from its tab. */
export function goTo(tab: Tab): void {
  showTab(tab);
  byId(`tab-${tab}`).focus();
}

export function makeTabs(bar: HTMLElement, panels: HTMLElement): void {
  refill(bar);
  refill(panels);
  for (const tab of tabs) {
    bar.append(h("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`,
      onclick: () => showTab(tab) }, t(`tab.${tab}` as Key)));
    panels.append(h("section", { role: "tabpanel", id: `panel-${tab}`, "aria-labelledby": `tab-${tab}`, tabindex: 0 },
      // Until it is made.
      h("p", { class: "note" }, t("working"))));
  }
  bar.onkeydown = (event) => {
    const at = tabs.findIndex((tab) => byId(`tab-${tab}`) === document.activeElement);
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : (at + step + tabs.length) % tabs.length;
    if (at < 0 || (step === 0 && !["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    goTo(tabs[next]!);
  };
}

export type Theme = "auto" | "light" | "dark";

export function paint(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  keep("theme", theme);
}

export function makeHeader(root: HTMLElement, speakNow: (wanted: Language) => void): void {
  const button = (id: string, key: Key, what: () => void) => h("button", { type: "button", id, onclick: what }, t(key));
  const undo = button("undo", "undo", () => withAnswers(() => {
    const line = state.engine.undo();
    if (line !== undefined) announce(line === "" ? t("undone.design") : t("undone", { line }));
  }));
  const redo = button("redo", "redo", () => withAnswers(() => {
    const line = state.engine.redo();
    if (line !== undefined) announce(line === "" ? t("redone.design") : t("redone", { line }));
  }));
  const reset = button("reset", "reset", () => {
    endLevel();
    state.engine.load([]);
    state.select("");
    announce(t("reset.done"));
  });
  const theme = h("select", { id: "theme", "aria-label": t("theme"), onchange: (event: Event) => paint((event.target as HTMLSelectElement).value as Theme) },
    (["auto", "light", "dark"] as const).map((name) => h("option", { value: name, selected: name === (kept("theme") || "auto") }, t(`theme.${name}` as Key))));
  const tongue = h("select", { id: "language", "aria-label": t("language"), onchange: (event: Event) => speakNow((event.target as HTMLSelectElement).value as Language) },
    languages.map(([id, name]) => h("option", { value: id, lang: id, selected: id === language }, name)));
  refill(root, h("div", { class: "brand" }, mark(), h("div", {}, h("h1", {}, t("title")), h("p", {}, t("subtitle")))),
    h("div", { class: "tools" }, undo, redo, reset, tongue, theme,
    h("button", { type: "button", id: "keys", "aria-label": t("keys.title"), title: t("keys.title"), onclick: showKeys }, "?")));
  const update = () => {
    const held = document.activeElement;
    undo.disabled = !state.engine.canUndo;
    redo.disabled = !state.engine.canRedo;
    reset.disabled = state.engine.log.length === 0;
    // What cannot be pressed any more has what takes it back beside it.
    if ([undo, redo, reset].some((each) => each === held && each.disabled)) (held === undo ? redo : undo).focus();
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

/** Keys, and what they do. */
const KEYS: readonly (readonly [keys: string, what: Key])[] = [
  ["/", "keys.console"], ["1 – 6", "keys.tabs"], ["Ctrl Z", "undo"], ["Ctrl Shift Z", "redo"], ["← ↑ ↓ →", "keys.move"], ["PgUp PgDn", "keys.next"],
  ["Enter", "keys.choose"], ["Esc", "keys.close"], ["?", "keys.this"],
];

/** Shows the keys in a sheet over the page. */
function showKeys(): void {
  document.querySelector("dialog")?.remove();
  const dialog = h("dialog", { class: "keys", "aria-label": t("keys.title"), onclose: () => dialog.remove(),
    onclick: (event: Event) => { if (event.target === dialog) dialog.close(); } },
  h("h2", {}, t("keys.title")), h("dl", {}, KEYS.map(([keys, what]) => [h("dt", {}, keys.split(" ").map((key) => key === "–" ? " – " : h("kbd", {}, key))),
    h("dd", {}, t(what))])), h("form", { method: "dialog" }, h("button", {}, t("close"))));
  document.body.append(dialog);
  dialog.showModal();
}

/** Keys for the whole page: undo, redo, the panels, and the console's line. */
export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") !== null) return;
    const { target } = event;
    const writing = target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type) || target instanceof HTMLTextAreaElement
      || target instanceof HTMLSelectElement;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const tab = tabs[Number(event.key) - 1];
    const what = writing ? undefined
      : command ? (key === "z" ? () => byId(event.shiftKey ? "redo" : "undo").click() : key === "y" ? () => byId("redo").click() : undefined)
        : event.altKey ? undefined
          : key === "/" ? () => byId("line").focus() : key === "?" ? showKeys
            : tab !== undefined ? () => goTo(tab) : undefined;
    if (what === undefined) return;
    event.preventDefault();
    what();
  });
}
