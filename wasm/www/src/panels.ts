// Everything beside and below the drawing. It is loaded once the page has drawn.

import { ChecksPanel } from "./checks";
import { ConsolePanel } from "./console";
import { byId } from "./dom";
import { FilesPanel, openLink } from "./files";
import { Inspector } from "./inspector";
import { LearnPanel } from "./learn";
import { PacketPanel } from "./packet";
import { announce, problem, showTab } from "./shell";
import { state } from "./state";
import { TablesPanel } from "./tables";
import { t } from "./texts";

/** Makes the panels and the console. */
export function makePanels(): void {
  // A form takes the keyboard, so its panel has to be there first.
  state.on("form", () => { if (state.form !== undefined) showTab("build"); });
  new Inspector(byId("panel-build"));
  const packet = new PacketPanel(byId("panel-packet"));
  new TablesPanel(byId("panel-tables"));
  new ChecksPanel(byId("panel-checks"));
  new LearnPanel(byId("panel-learn"));
  new FilesPanel(byId("panel-files"));
  new ConsolePanel(byId("console"));
  state.on("select", () => {
    if (state.selected === "") return;
    packet.use(state.selected);
    if (byId("panel-packet").hidden && (byId("panel-tables").hidden || !state.selected.startsWith("vtb-"))) showTab("build");
    // Where the panel is below the drawing, it would answer out of sight.
    if (matchMedia("(max-width: 879px)").matches) byId("side").scrollIntoView({ block: "start" });
  });
}

/** Opens what the address bar has after its `#`. */
export async function followLink(): Promise<void> {
  if (location.hash === "") return;
  const wrong = await openLink(location.hash);
  if (wrong !== undefined) problem(wrong);
  else announce(t(state.engine.canUndo ? "link.opened.undo" : "link.opened"));
}
