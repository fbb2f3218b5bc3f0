// A field that finds an object in a large drawing by its id or by an address.

import { h } from "./dom";
import { announce } from "./shell";
import { state } from "./state";
import { t } from "./texts";
import { vpcOf } from "./topology";

/** The ids of what has this id or address, or begins with it. */
function found(text: string): string | undefined {
  const { ids, notes, publics } = state.topology;
  if (ids.has(text)) return text;
  const targets = publics.map(({ address, target }): [string, string] => [target, address]);
  const named = [...[...ids].map((id): [string, string] => [id, id]), ...notes, ...targets].filter(([id]) => vpcOf(state.topology, id) !== undefined);
  return (named.find(([, name]) => name === text) ?? named.find(([, name]) => name.startsWith(text)))?.[0];
}

export function finder(): HTMLElement {
  const input = h("input", { type: "search", placeholder: t("find.example"), "aria-label": t("find"), autocomplete: "off", spellcheck: "false" });
  return h("form", { class: "finder", role: "search", onsubmit: (event: SubmitEvent) => {
    event.preventDefault();
    const text = input.value.trim();
    const id = text === "" ? undefined : found(text);
    if (id === undefined) return announce(t("find.none", { text }));
    const vpc = vpcOf(state.topology, id);
    if (vpc !== undefined && vpc.id !== state.vpc) state.draw(vpc.id);
    state.select(id);
  } }, input, h("button", { type: "submit" }, t("find")));
}
