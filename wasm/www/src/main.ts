// The playground: the core in this browser, and a page to talk to it.

import init from "sekisho-wasm";

import { designs } from "./designs";
import { Diagram } from "./diagram";
import { byId } from "./dom";
import { Engine } from "./engine";
import { keepAll, keepTab, takeBack } from "./session";
import { download, listen, makeHeader, makeTabs, paint, problem, shownTab, showTab, withAnswers } from "./shell";
import type { Theme } from "./shell";
import { state } from "./state";
import { keep, kept } from "./store";
import { preferred, speak, t } from "./texts";
import type { Language } from "./texts";

let panels: typeof import("./panels") | undefined;

/** Makes the page, or makes it again in another language: what is done and chosen stays. */
function make(engine: Engine): void {
  const tab = shownTab() ?? "build";
  state.hush();
  makeHeader(byId("header"), (wanted) => void speakNow(engine, wanted));
  makeTabs(byId("tabs"), byId("panels"));
  showTab(tab);
  new Diagram(byId("diagram"));
  byId("console-title").textContent = t("console");
  byId("diagram-title").textContent = t("diagram");
  byId("skip").textContent = t("skip");
  byId("model").textContent = t("model");
  document.title = `${t("title")}: ${t("subtitle")}`;
  panels?.makePanels();
  state.on("change", () => {
    const hash = engine.hash();
    document.documentElement.dataset.hash = hash;
    // A link that leads elsewhere by now would take a reload there.
    if (location.hash !== "" && hash !== state.linked) history.replaceState(null, "", location.pathname + location.search);
    keepAll();
  });
}

async function speakNow(engine: Engine, wanted: Language): Promise<void> {
  keep("language", wanted);
  await speak(wanted);
  make(engine);
  byId("language").focus();
}

async function start(): Promise<void> {
  paint((kept("theme") || "auto") as Theme);
  // The first part draws the page; the others come behind it.
  const [wasm] = await Promise.allSettled([init(undefined, { answers: false }), speak(preferred())]);
  if (wasm.status === "rejected") {
    problem(t("core.failed", { error: String(wasm.reason) }));
    return;
  }
  const engine = new Engine();
  state.start(engine);
  const found = await takeBack(designs.basic);
  if (found === undefined) return;
  const { tab, lost } = found;
  state.vpc = state.topology.vpcs[0]?.id ?? "";
  make(engine);
  document.documentElement.dataset.hash = engine.hash();
  performance.mark("drawn");
  listen();
  try {
    panels = await import("./panels");
  } catch {
    problem(t("answers.failed"));
    return;
  }
  panels.makePanels();
  performance.mark("whole");
  if (tab !== undefined) showTab(tab);
  if (lost !== undefined) {
    problem(lost.refused > 0 ? t("kept.refused", { n: lost.refused }) : t("kept.damaged"),
      [t("kept.save"), () => download("kept.txt", lost.text, "text/plain")]);
  }
  addEventListener("hashchange", () => void panels?.followLink());
  addEventListener("pagehide", keepTab);
  await panels.followLink();
  withAnswers(() => { document.documentElement.dataset.ready = ""; });
}

void start();
