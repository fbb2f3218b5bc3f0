// What is chosen, what can be done with it, and what can be added.

import { about, catalogue, nameOf } from "./catalogue";
import type { Entry } from "./catalogue";
import { h, renew } from "./dom";
import type { Child } from "./dom";
import { formOf, describe, titleOf } from "./form";
import { progress } from "./progress";
import { goTo, whenShown } from "./shell";
import { state } from "./state";
import { kept } from "./store";
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
  const told = kindOf(id) === "vtb" ? [h("code", {}, `${a} → ${b}`), " · ", h("span", { class: "note" }, maybe(`origin.${c}`) ?? c)] : [h("code", {}, line)];
  return h("li", { class: "entry-row" }, h("span", {}, told), h("span", { class: "buttons" }, buttons));
}


/** A value of a fact: a way to the object that it names, or words. */
function factValue(value: string): Child {
  if (state.topology.ids.has(value)) return h("button", { type: "button", class: "link", onclick: () => state.select(value) }, value);
  return maybe(`mode.${value}`) ?? maybe(`state.${value}`) ?? value;
}

function factsList(rows: readonly (readonly [string, string])[], names = "fact"): HTMLElement {
  return h("dl", { class: names === "fact" ? "" : "settings" }, rows.flatMap(([key, value]) => [h("dt", {}, maybe(`${names}.${key}`) ?? key), h("dd", { class: "mono" }, factValue(value))]));
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
    factsList(rows), hostsOf(id),
    answer.body.length > 0 && h("ul", { class: "rows" }, answer.body.map((line) => bodyRow(id, line)))];
}

/** What is in a vSwitch; the drawing has not room for all of it. */
function hostsOf(id: string): Child {
  const hosts = state.topology.vpcs.flatMap(({ vswitches }) => vswitches).find((each) => each.id === id)?.hosts ?? [];
  if (hosts.length === 0) return null;
  return [h("h3", { class: "sub" }, t("hosts", { n: hosts.length })), h("ul", { class: "rows" }, hosts.map(({ id: host, address, publics: own }) => h("li", {},
    h("button", { type: "button", class: "link", onclick: () => state.select(host) }, host), ` `, h("code", {}, [address, ...own.map((eip) => eip.address)].join(" · ")))))];
}

/** The public addresses of a target, or all that are bound to nothing. */
function publics(target: string): Child {
  const own = state.topology.publics.filter((eip) => target === "internet" ? true : eip.target === target);
  if (own.length === 0) return null;
  return [h("h3", { class: "sub" }, t("publics")), h("ul", { class: "rows" }, own.map(({ id, address, kind, target: bound }) =>
    h("li", { class: "entry-row" }, h("span", {}, h("code", {}, `${address} · ${id}`), kind === "eip" ? "" : h("span", { class: "note" }, ` ${maybe(`value.${kind}`) ?? kind}`),
      target !== "internet" ? "" : bound === "none" ? ` ${t("packet.unbound")}` : [" → ", factValue(bound)]),
    h("span", { class: "buttons" }, kind !== "static" && (bound === "none"
      ? [small("associate-eip", "bind", id, { eip: id }), small("release-eip", "delete", id, { eip: id })]
      : small("unassociate-eip", "unbind", id, { eip: id }))))))];
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

/** The chosen object; of the VPC in the overview only what it is. */
function chosen(id: string, overview = false): Child[] {
  const kind = kindOf(id);
  const deletes = (entry: Entry) => Number(/^(delete|deregister)/.test(entry.verb));
  const actions = about(kind).filter(({ entry }) => !overview && suits(entry, id)).sort((a, b) => deletes(a.entry) - deletes(b.entry));
  return [h("h2", { class: "heading", tabindex: -1 }, `${maybe(`kind.${kind}`) ?? kind} `, h("code", {}, id)), facts(id), publics(id), undrawn(id),
    kind === "internet" || actions.length === 0 ? null : [h("h3", { class: "sub" }, t("actions")), h("div", { class: "actions" },
      actions.map(({ entry, word }) => action(nameOf(entry), titleOf(entry), { [word]: id }, deletes(entry) > 0 ? "danger" : /^(commit|enable)/.test(entry.verb) ? "primary" : "")))]];
}

/** Leaves out what is about another type of table, or needs a begun operation. */
function suits(entry: Entry, id: string): boolean {
  const vpc = vpcOf(state.topology, id);
  const table = vpc?.tables.find((each) => each.id === id);
  const ofGateway = ["associate-route-table-with-gateway", "dissociate-route-table-from-gateway",
    "update-gateway-route-table-entry-attribute"].includes(entry.verb);
  if (table !== undefined && entry.verb !== "delete-route-table") {
    const bound = vpc?.gateway?.table;
    if (entry.verb === "associate-route-table-with-gateway" && bound !== "none") return false;
    if (entry.verb === "dissociate-route-table-from-gateway" && bound !== id) return false;
    return ofGateway === (table.type === "gateway");
  }
  if (entry.verb === "delete-route-table") return table?.type !== "system";
  const begun = vpc?.gateway !== undefined && vpc.gateway.status !== "Created";
  if (entry.verb === "commit" || entry.verb === "abort") return begun;
  if (entry.verb === "create-ipv4-gateway") return vpc?.gateway === undefined;
  if (vpc?.gateway?.id !== id) return true;
  const { enabled, table: bound } = vpc.gateway;
  if (begun) return false;
  if (entry.verb === "enable-vpc-ipv4-gateway") return !enabled;
  if (entry.verb === "associate-route-table-with-gateway") return enabled && bound === "none";
  if (entry.verb === "dissociate-route-table-from-gateway") return bound !== "none";
  return true;
}

/** Whether there is what an entry needs, of these kinds. */
function possible({ words }: Entry, kinds: ReadonlySet<string>): boolean {
  return words.every(({ kind }) => !("ids" in kind) || kind.ids.some((each) => kinds.has(each)));
}

/** What can be added; what is about the VPC above is there already. */
function adding(): Child {
  const kinds = new Set([...state.topology.ids].map(kindOf));
  return GROUPS.map((group) => {
    const entries = catalogue.filter((entry) => entry.group === group && /^(create|allocate|register)/.test(entry.verb) && possible(entry, kinds)
      && (entry.verb !== "create-ipv4-gateway" || suits(entry, state.vpc)));
    return entries.length > 0 && h("details", { class: "group", open: ["network", "gateway", "hosts"].includes(group) }, h("summary", {}, t(`group.${group}`)),
      h("div", { class: "actions" }, entries.map((entry) => action(nameOf(entry), titleOf(entry), defaults(entry),
        entry.verb === "create-vpc" && state.topology.vpcs.length === 0 ? "primary" : ""))));
  });
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
  return [h("h3", {}, t("region")), factsList(Object.entries(state.topology.settings), "word.option"), h("div", { class: "actions" }, action("region", titleOf(catalogue[0]!), {}))];
}

/** For who has not been here before. */
function newcomer(): Child {
  return kept("done") === "" && state.transcript.length === 0 && progress.level === undefined && state.vpc !== "" && h("div", { class: "newcomer" },
    h("p", {}, t("newcomer")), h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => goTo("packet") }, t("packet.title")),
      h("button", { type: "button", onclick: () => goTo("learn") }, t("learn.title"))));
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
        renew(this.#root, made.element);
        if (focus) (made.element.querySelector<HTMLElement>("input:not([hidden]), select") ?? made.element.querySelector("h3"))?.focus();
        return;
      }
    }
    const all = h("button", { type: "button", class: "small quiet", onclick: () => state.select("") }, t("overview"));
    const internet = selected === "internet";
    renew(this.#root,
      selected !== "" && h("p", { class: "back" }, all),
      internet ? [h("h2", { class: "heading", tabindex: -1 }, t("internet")), publics("internet") ?? h("p", {}, t("publics.none")),
        h("div", { class: "actions" }, action("allocate-eip", maybe("verb.allocate-eip") ?? "", {}))]
        : selected === "" ? [newcomer(), state.vpc !== "" && chosen(state.vpc, true), h("h3", { class: "heading", tabindex: -1 }, t("add")), adding(), settings()]
          : state.topology.ids.has(selected) ? chosen(selected)
            : [h("h2", { class: "heading", tabindex: -1 }, h("code", {}, selected)), h("p", {}, selected === "gate" ? t("gate.none") : t("external", { id: describe(selected) }))]);
    if (focus) this.#root.querySelector<HTMLElement>(".heading")?.focus();
  }
}
