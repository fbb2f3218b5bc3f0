// The playground: the core in this browser, and a page to talk to it.

import init from "sekisho-wasm";

import { ChecksPanel } from "./checks";
import { ConsolePanel } from "./console";
import { designs } from "./designs";
import { Diagram } from "./diagram";
import { byId, h, refill } from "./dom";
import { Engine } from "./engine";
import { FilesPanel, openLink } from "./files";
import { Inspector } from "./inspector";
import { LearnPanel } from "./learn";
import { PacketPanel } from "./packet";
import { announce, listen, makeHeader, makeTabs, paint, showTab } from "./shell";
import type { Theme } from "./shell";
import { state } from "./state";
import { keep, kept } from "./store";
import { TablesPanel } from "./tables";
import { preferred, speak, t } from "./texts";
import type { Language } from "./texts";

/** Another language: the page is made again; the design is kept. */
async function speakNow(wanted: Language): Promise<void> {
  keep("language", wanted);
  location.reload();
}

function problem(text: string): void {
  refill(byId("problem"), h("p", {}, text), h("button", { type: "button", onclick: () => refill(byId("problem")) }, t("close")));
}

async function start(): Promise<void> {
  paint((kept("theme") || "auto") as Theme);
  const [wasm] = await Promise.allSettled([init(new URL("sekisho_wasm_bg.wasm", document.baseURI)), speak(preferred())]);
  if (wasm.status === "rejected") {
    problem(`WebAssembly: ${String(wasm.reason)}`);
    return;
  }
  const engine = new Engine();
  const before = kept("log");
  engine.load(before === "" ? designs.basic() : before.split("\n"));
  state.start(engine);
  state.vpc = state.topology.vpcs[0]?.id ?? "";
  makeHeader(byId("header"), (wanted) => void speakNow(wanted));
  makeTabs(byId("tabs"), byId("panels"));
  showTab("build");
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
    if (!byId("panel-packet").hidden || !byId("panel-tables").hidden && state.selected.startsWith("vtb-")) return;
    showTab("build");
  });
  state.on("form", () => { if (state.form !== undefined) showTab("build"); });
  state.on("change", () => {
    keep("log", engine.log.join("\n"));
    document.documentElement.dataset.hash = engine.hash();
  });
  document.documentElement.dataset.hash = engine.hash();
  performance.mark("drawn");
  listen();
  const follow = async () => {
    const wrong = await openLink(location.hash);
    if (wrong !== undefined) problem(wrong);
    else if (location.hash !== "") announce(t("link.opened"));
    document.documentElement.dataset.ready = "";
  };
  addEventListener("hashchange", () => void follow());
  await follow();
}

void start();
