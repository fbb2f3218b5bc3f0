// What stands in place of the drawing while there is nothing to draw: ways to begin.

import { designs } from "./designs";
import { h } from "./dom";
import { endLevel } from "./progress";
import { goTo } from "./shell";
import { state } from "./state";
import { t } from "./texts";

export function welcome(): HTMLElement {
  const open = (name: keyof typeof designs) => h("button", { type: "button", onclick: () => {
    endLevel();
    state.engine.load(designs[name]());
    state.select("");
    document.querySelector<SVGElement>(".diagram .choice[tabindex='0']")?.focus();
  } }, t(`design.${name}`));
  return h("div", { class: "welcome" }, h("h3", {}, t("welcome.title")), h("p", { class: "note" }, t("welcome.about")),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => state.open("create-vpc") }, t("verb.create-vpc")),
      h("button", { type: "button", onclick: () => goTo("learn") }, t("learn.title"))),
    h("p", { class: "note" }, t("files.designs")), h("div", { class: "buttons" }, open("basic"), open("direct"), open("inspection")));
}
