// What is chosen, what can be done with it, and what can be added.

import { about, catalogue, nameOf } from "./catalogue";
import type { Entry } from "./catalogue";
import { h, refill } from "./dom";
import type { Child } from "./dom";
import { formOf, describe, titleOf } from "./form";
import { whenShown } from "./shell";
import { state } from "./state";
import { maybe, t } from "./texts";
import type { Key } from "./texts";
import { kindOf, vpcOf } from "./topology";

const GROUPS: readonly Entry["group"][] = ["network", "routes", "gateway", "hosts", "nat", "inspection"];

function action(name: string, label: string, values: Record<string, string>, kind = ""): HTMLElement {
  return h("button", { type: "button", class: kind, "data-verb": name, onclick: () => state.open(name, values) }, label);
}

const small = (name: string, key: Key, label: string, values: Record<string, string>) => {
  const button = action(name, t(key), values, "small");
  button.setAttribute("aria-label", `${t(key)}: ${label}`);
  return button;
};

/** A line of `show`'s body with what can be done to it. */
function bodyRow(id: string, line: string): HTMLElement {
  const [a = "", b = "", c = "", d = ""] = line.split(" ");
  const buttons: Child[] = [];
  if (kindOf(id) === "vtb") {
    const gateway = vpcOf(state.topology, id)?.tables.find((table) => table.id === id)?.type === "gateway";
    const verb = gateway ? "update-gateway-route-table-entry-attribute" : "modify-route-entry";
    const values = { table: id, prefix: a, hop: b === "local" ? "" : b };
    if (c === "dynamic") buttons.push(small("withdraw-route", "delete", a, values));
    else {
      const { hop, ...rest } = values;
      buttons.push(small(verb, "edit", a, hop === "" ? rest : values));
      if (c === "custom") buttons.push(small("delete-route-entry", "delete", a, values));
    }
  } else if (a === "snat") buttons.push(small("delete-snat-entry", "delete", b, { nat: id, prefix: b }));
  else if (a === "dnat") buttons.push(small("delete-forward-entry", "delete", `${c} ${d}`, { nat: id, eip: b, protocol: c, port: d }));
  else if (kindOf(a) === "app") buttons.push(small("set-appliance", "edit", a, { appliance: a, health: b === "healthy" ? "unhealthy" : "healthy" }));
  return h("li", {}, h("code", {}, line), " ", buttons);
}

function facts(id: string): Child[] {
  const answer = state.engine.ask(`show ${id}`);
  if (answer.status !== "ok") return [];
  const rows = Object.entries(answer.fields);
  const vpc = state.topology.vpcs.find((each) => each.id === id);
  if (vpc !== undefined) {
    rows.push(["cidr", vpc.cidrs.join(", ")]);
    if (vpc.userCidrs.length > 0) rows.push(["user-cidr", vpc.userCidrs.join(", ")]);
  }
  return [
    h("dl", {}, rows.flatMap(([key, value]) => [h("dt", {}, key), h("dd", { class: "mono" }, state.topology.ids.has(value)
      ? h("button", { type: "button", class: "link", onclick: () => state.select(value) }, value) : value)])),
    answer.body.length > 0 && h("ul", { class: "rows" }, answer.body.map((line) => bodyRow(id, line)))];
}

/** The public addresses of a target, or all that are bound to nothing. */
function publics(target: string): Child {
  const own = state.topology.publics.filter((eip) => target === "internet" ? true : eip.target === target);
  if (own.length === 0) return null;
  return [h("h3", { class: "sub" }, t("publics")), h("ul", { class: "rows" }, own.map(({ id, address, kind, target: bound }) =>
    h("li", {}, h("code", {}, `${id} ${address}`), ` ${kind} `, target === "internet" ? `→ ${bound} ` : "",
      kind !== "static" && (bound === "none"
        ? [small("associate-eip", "bind", id, { eip: id }), small("release-eip", "delete", id, { eip: id })]
        : small("unassociate-eip", "unbind", id, { eip: id })))))];
}

/** What a VPC has and the drawing has not. */
function undrawn(id: string): Child {
  const vpc = state.topology.vpcs.find((each) => each.id === id);
  if (vpc === undefined) return null;
  const button = (target: string) => h("button", { type: "button", class: "link", "data-select": target, onclick: () => state.select(target) }, target);
  return [h("h3", { class: "sub" }, t("tables.list")), h("ul", { class: "rows" }, vpc.tables.map(({ id: table, type, routes }) => h("li", {}, button(table),
    ` ${t(`table.${type}` as Key)} · ${t("tables.count", { n: routes.length })}`))),
  state.topology.groups.length > 0 && h("ul", { class: "rows" }, state.topology.groups.map(({ id: group, active, standby }) =>
    h("li", {}, button(group), ` ${active} / ${standby}`)))];
}

/** The chosen object, or the VPC. */
function chosen(id: string): Child[] {
  const kind = kindOf(id);
  const actions = about(kind).filter(({ entry }) => suits(entry, id));
  return [h("h2", { tabindex: -1 }, `${maybe(`kind.${kind}`) ?? kind} `, h("code", {}, id)), facts(id), publics(id), undrawn(id),
    kind === "internet" || actions.length === 0 ? null : [h("h3", { class: "sub" }, t("actions")), h("div", { class: "actions" },
      actions.map(({ entry, word }) => action(nameOf(entry), titleOf(entry), { [word]: id }, entry.verb.startsWith("delete") ? "danger" : "")))]];
}

/** Leaves out what is about another type of table, or needs a begun operation. */
function suits(entry: Entry, id: string): boolean {
  const vpc = vpcOf(state.topology, id);
  const table = vpc?.tables.find((each) => each.id === id);
  const ofGateway = ["associate-route-table-with-gateway", "dissociate-route-table-from-gateway",
    "update-gateway-route-table-entry-attribute"].includes(entry.verb);
  if (table !== undefined && entry.verb !== "delete-route-table") return ofGateway === (table.type === "gateway");
  const begun = vpc?.gateway !== undefined && vpc.gateway.status !== "Created";
  if (entry.verb === "commit" || entry.verb === "abort") return begun;
  if (vpc?.gateway?.id === id) return !begun && (entry.verb !== "enable-vpc-ipv4-gateway" || !vpc.gateway.enabled);
  return true;
}

function adding(): Child {
  return GROUPS.map((group) => h("details", { class: "group", open: group === "network" || group === "hosts" }, h("summary", {}, t(`group.${group}`)),
    h("div", { class: "actions" }, catalogue.filter((entry) => entry.group === group && /^(create|allocate|register|region)/.test(entry.verb))
      .map((entry) => action(nameOf(entry), titleOf(entry), defaults(entry))))));
}

/** What a new object belongs to, from what is drawn and chosen. */
function defaults(entry: Entry): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, kind } of entry.words) {
    if (!("ids" in kind)) continue;
    if (kind.ids.includes("vpc") && state.vpc !== "") values[name] = state.vpc;
    else if (kind.ids.includes(kindOf(state.selected))) values[name] = state.selected;
    else {
      const vswitch = state.topology.vpcs.find(({ id }) => id === state.vpc)?.vswitches[0]?.id;
      if (kind.ids.includes("vsw") && vswitch !== undefined) values[name] = vswitch;
    }
  }
  return values;
}

/** The settings of the region, with a button to change them. */
function settings(): Child {
  return [h("h2", {}, t("region")), h("dl", {}, Object.entries(state.topology.settings).flatMap(([key, value]) =>
    [h("dt", {}, key), h("dd", { class: "mono" }, value)])), h("div", { class: "actions" }, action("region", titleOf(catalogue[0]!), {}))];
}

export class Inspector {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => whenShown(root, () => this.render(false)));
    state.on("select", () => whenShown(root, () => this.render(false)));
    state.on("form", () => this.render(true));
    this.render(false);
  }

  render(focus: boolean): void {
    const { form, selected } = state;
    if (form !== undefined) {
      const made = formOf(form.verb, form.values);
      if (made !== undefined) {
        refill(this.#root, made.element);
        if (focus) (made.element.querySelector<HTMLElement>("input:not([hidden]), select") ?? made.element.querySelector("h3"))?.focus();
        return;
      }
    }
    const all = h("button", { type: "button", class: "small quiet", onclick: () => state.select("") }, t("overview"));
    const { internet } = { internet: selected === "internet" };
    refill(this.#root,
      selected !== "" && h("p", { class: "back" }, all),
      internet ? [h("h2", { tabindex: -1 }, t("internet")), publics("internet") ?? h("p", {}, t("publics.none")),
        h("div", { class: "actions" }, action("allocate-eip", maybe("verb.allocate-eip") ?? "", {}))]
        : selected === "" ? [state.vpc !== "" && chosen(state.vpc), h("h3", {}, t("add")), adding(), settings()]
          : state.topology.ids.has(selected) ? chosen(selected)
            : [h("h2", {}, h("code", {}, selected)), h("p", {}, selected === "gate" ? t("gate.none") : t("external", { id: describe(selected) }))]);
    if (focus) this.#root.querySelector<HTMLElement>("h2")?.focus();
  }
}
