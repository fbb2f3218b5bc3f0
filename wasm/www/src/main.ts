// The playground: the core in this browser, and a page to talk to it.

import init from "sekisho-wasm";

import { ChecksPanel } from "./checks";
import { ConsolePanel } from "./console";
import { designs } from "./designs";
import { Diagram } from "./diagram";
import { byId } from "./dom";
import { Engine } from "./engine";
import { FilesPanel, openLink } from "./files";
import { Inspector } from "./inspector";
import { LearnPanel } from "./learn";
import { PacketPanel } from "./packet";
import { announce, listen, makeHeader, makeTabs, paint, problem, ready, shownTab, showTab, withAnswers } from "./shell";
import type { Theme } from "./shell";
import { state } from "./state";
import { keep, kept } from "./store";
import { TablesPanel } from "./tables";
import { preferred, speak, t } from "./texts";
import type { Language } from "./texts";

/** Makes the page, or makes it again in another language: what is done and chosen stays. */
function make(engine: Engine): void {
  const tab = shownTab() ?? "build";
  state.hush();
  makeHeader(byId("header"), (wanted) => void speakNow(engine, wanted));
  makeTabs(byId("tabs"), byId("panels"));
  showTab(tab);
  new Diagram(byId("diagram"));
  new Inspector(byId("panel-build"));
  const packet = new PacketPanel(byId("panel-packet"));
  new TablesPanel(byId("panel-tables"));
  new ChecksPanel(byId("panel-checks"));
  new LearnPanel(byId("panel-learn"));
  new FilesPanel(byId("panel-files"));
  new ConsolePanel(byId("console"));
  byId("console-title").textContent = t("console");
  byId("diagram-title").textContent = t("diagram");
  byId("skip").textContent = t("skip");
  byId("model").textContent = t("model");
  document.title = `${t("title")}: ${t("subtitle")}`;
  state.on("select", () => {
    if (state.selected === "") return;
    packet.use(state.selected);
    if (byId("panel-packet").hidden && (byId("panel-tables").hidden || !state.selected.startsWith("vtb-"))) showTab("build");
    // Where the panel is below the drawing, it would answer out of sight.
    if (matchMedia("(max-width: 879px)").matches) byId("side").scrollIntoView({ block: "start" });
  });
  state.on("form", () => { if (state.form !== undefined) showTab("build"); });
  state.on("change", () => {
    keep("log", engine.log.join("\n"));
    document.documentElement.dataset.hash = engine.hash();
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
  // The first part draws the page; the second one comes behind it.
  const [wasm] = await Promise.allSettled([init(undefined, { answers: false }), speak(preferred())]);
  if (wasm.status === "rejected") {
    problem(`WebAssembly: ${String(wasm.reason)}`);
    return;
  }
  const engine = new Engine();
  const before = kept("log");
  const lines = before === "" ? designs.basic() : before.split("\n");
  if (!await ready(lines)) return;
  engine.load(lines);
  state.start(engine);
  state.vpc = state.topology.vpcs[0]?.id ?? "";
  make(engine);
  document.documentElement.dataset.hash = engine.hash();
  performance.mark("drawn");
  listen();
  const follow = async () => {
    const wrong = await openLink(location.hash);
    if (wrong !== undefined) problem(wrong);
    else if (location.hash !== "") announce(t("link.opened"));
  };
  addEventListener("hashchange", () => void follow());
  await follow();
  withAnswers(() => { document.documentElement.dataset.ready = ""; });
}

void start();
