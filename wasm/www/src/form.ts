// A console line as a form: fields with what there is to choose from, the line that they make, what
// it would change and for whom, and the button that does it.

import { catalogue, find, nameOf, twoPhase } from "./catalogue";
import type { Entry, Kind, Option } from "./catalogue";
import { freshId, h, refill } from "./dom";
import { foresee, remedyOf } from "./foresight";
import { state } from "./state";
import { announce, withAnswers } from "./shell";
import { maybe, t } from "./texts";
import { kindOf, vpcOf } from "./topology";

/** The lowest number that an id of this kind can have. */
function freeId(kind: string): string {
  let number = 1;
  while (state.topology.ids.has(`${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

function numeric(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function idsOf(kinds: readonly string[]): string[] {
  return [...state.topology.ids].filter((id) => kinds.includes(kindOf(id))).sort(numeric);
}

/** A proposal for a private address: the first from .10 on that the core would take. */
function freeAddress(vswitch: string): string {
  const found = state.topology.vpcs.flatMap(({ vswitches }) => vswitches).find(({ id }) => id === vswitch);
  if (found === undefined) return "";
  const taken = new Set(found.hosts.map(({ address }) => address));
  const base = found.cidr.replace(/\d+\/\d+$/, "");
  const low = Number(/(\d+)\/\d+$/.exec(found.cidr)?.[1] ?? 0);
  for (let host = low + 10; host < 250; host += 1) if (!taken.has(`${base}${host}`)) return `${base}${host}`;
  return "";
}

function freePublic(): string {
  const taken = new Set([...state.topology.publics.map(({ address }) => address),
    ...state.topology.vpcs.flatMap(({ balancers }) => balancers.map(({ address }) => address))]);
  for (let host = 1; host < 255; host += 1) if (!taken.has(`47.0.0.${host}`)) return `47.0.0.${host}`;
  return "";
}

/** A proposal for a vSwitch: the first free /24 of the VPC. */
function freeCidr(vpc: string): string {
  const found = state.topology.vpcs.find(({ id }) => id === vpc);
  const [a = "10", b = "0"] = (found?.cidrs[0] ?? "").split(".");
  const taken = new Set(found?.vswitches.map(({ cidr }) => cidr));
  for (let third = 0; third < 256; third += 1) {
    const cidr = `${a}.${b}.${third}.0/24`;
    if (!taken.has(cidr)) return cidr;
  }
  return "";
}

interface Field {
  readonly name: string;
  readonly input: HTMLInputElement | HTMLSelectElement;
  readonly option?: Option;
}

export class Form {
  readonly element: HTMLFormElement;
  readonly #entry: Entry;
  readonly #fields: Field[] = [];
  readonly #rest: HTMLInputElement[] = [];
  readonly #line = h("output", { class: "line" });
  readonly #preview = h("div", { class: "preview", "aria-live": "polite" });
  readonly #touched = new Set<string>();
  #serial = 0;

  constructor(entry: Entry, values: Readonly<Record<string, string>>) {
    this.#entry = entry;
    const fields = h("div", { class: "fields" });
    for (const word of entry.words) {
      if (values[word.name] !== undefined) this.#touched.add(word.name);
      fields.append(this.#field(word.name, word.kind, values[word.name]));
    }
    if (entry.rest !== undefined) fields.append(this.#several(entry.rest, values));
    for (const option of entry.options ?? []) fields.append(this.#optional(option, values[option.key]));
    const two = twoPhase.has(entry.verb);
    this.element = h("form", {
      class: "command", novalidate: true, "aria-label": titleOf(entry),
      onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.#commit(""); },
      onkeydown: (event: KeyboardEvent) => { if (event.key === "Escape") state.close(); },
    },
    h("h3", { tabindex: -1 }, titleOf(entry)), h("p", { class: "about" }, maybe(`about.${nameOf(entry)}`) ?? ""),
    fields, this.#line, this.#preview,
    h("div", { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, t("commit")),
      two && h("button", { type: "button", title: t("begin.title"), onclick: () => this.#commit("begin ") }, t("begin")),
      h("button", { type: "button", class: "quiet", onclick: () => state.close() }, t("cancel"))));
    this.element.addEventListener("input", (event) => {
      const name = (event.target as HTMLInputElement).name;
      this.#touched.add(name);
      this.#suggest();
      this.#look();
    });
    this.#suggest();
    this.#look();
  }

  #labelled(name: string, input: HTMLElement): HTMLElement {
    input.id = freshId();
    return h("div", { class: "field" }, h("label", { for: input.id }, maybe(`word.${name}`) ?? name), input);
  }

  #select(name: string, choices: readonly (readonly [string, string])[], value: string | undefined): HTMLSelectElement {
    const select = h("select", { name }, choices.map(([id, label]) => h("option", { value: id }, label)));
    if (value !== undefined) select.value = value;
    if (select.selectedIndex < 0 && choices.length > 0) select.selectedIndex = 0;
    return select;
  }

  #text(name: string, value: string, suggestions: readonly string[]): [HTMLInputElement, HTMLElement | undefined] {
    const list = suggestions.length > 0 ? freshId() : null;
    const input = h("input", { name, value, type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "off", list });
    return [input, list === null ? undefined
      : h("datalist", { id: list }, suggestions.map((suggestion) => h("option", { value: suggestion })))];
  }

  #field(name: string, kind: Kind, value: string | undefined): HTMLElement {
    if ("new" in kind) {
      const [input] = this.#text(name, value ?? freeId(kind.new), []);
      this.#fields.push({ name, input });
      return this.#labelled(name, input);
    }
    if ("ids" in kind || "values" in kind) {
      const choices = "ids" in kind ? idsOf(kind.ids).map((id) => [id, describe(id)] as const)
        : kind.values.map((each) => [each, maybe(`value.${each}`) ?? each] as const);
      const input = this.#select(name, choices, value);
      this.#fields.push({ name, input });
      const field = this.#labelled(name, input);
      field.hidden = "values" in kind && kind.values.length === 1;
      return field;
    }
    const [input, list] = this.#text(name, value ?? "", this.#suggestions(kind.write));
    this.#fields.push({ name, input });
    const field = this.#labelled(name, input);
    if (list !== undefined) field.append(list);
    return field;
  }

  #suggestions(kind: string): string[] {
    const { vpcs, ids } = state.topology;
    const hops = [...ids].filter((id) => /^(i|eni|ep|rtg|ipv4gw|ngw)-/.test(id)).sort(numeric);
    if (kind === "hop") return [...hops, "peer-1", "tr-1", "vpn-1", "ri-1+ri-2"];
    if (kind === "hop-or-local") return ["local", ...hops];
    if (kind === "prefix") return ["0.0.0.0/0", ...vpcs.flatMap(({ cidrs }) => cidrs), "30.0.0.0/16"];
    if (kind === "entry") {
      return [...new Set(vpcs.flatMap(({ tables }) => tables.flatMap(({ routes }) => routes.map(({ prefix }) => prefix))))].sort(numeric);
    }
    return [];
  }

  #several(rest: { name: string; kind: string }, values: Readonly<Record<string, string>>): HTMLElement {
    const chosen = (values[rest.name] ?? "").split(" ");
    return h("fieldset", {}, h("legend", {}, maybe(`word.${rest.name}`) ?? rest.name),
      idsOf([rest.kind]).map((id) => {
        const input = h("input", { type: "checkbox", name: rest.name, value: id });
        input.checked = chosen.includes(id);
        this.#rest.push(input);
        return h("label", { class: "check" }, input, describe(id));
      }));
  }

  #optional(option: Option, value: string | undefined): HTMLElement {
    if (option.values !== undefined) {
      const input = this.#select(option.key, option.values.map((each) =>
        [each, each === "" ? t("asis") : maybe(`value.${each}`) ?? each] as const), value);
      this.#fields.push({ name: option.key, input, option });
      return this.#labelled(`option.${option.key}`, input);
    }
    const suggestions = option.write === "static" ? [`${freeId("eip")}:${freePublic()}`] : [];
    const [input, list] = this.#text(option.key, value ?? "", suggestions);
    input.placeholder = option.write === "static" ? suggestions[0] ?? "" : "";
    this.#fields.push({ name: option.key, input, option });
    const field = this.#labelled(`option.${option.key}`, input);
    if (list !== undefined) field.append(list);
    return field;
  }

  #value(name: string): string {
    return this.#fields.find((field) => field.name === name && field.option === undefined)?.input.value ?? "";
  }

  /** Fills what has not been touched. */
  #suggest(): void {
    for (const { name, input, option } of this.#fields) {
      if (option !== undefined || this.#touched.has(name) || !(input instanceof HTMLInputElement)) continue;
      const { verb } = this.#entry;
      const word = this.#entry.words.find((each) => each.name === name);
      const write = word !== undefined && "write" in word.kind ? word.kind.write : "";
      if (write === "address") {
        input.value = verb === "allocate-eip" || this.#entry.form === "internet" ? freePublic() : freeAddress(this.#value("vswitch"));
      } else if (write === "prefix") {
        input.value = verb === "create-vswitch" ? freeCidr(this.#value("vpc"))
          : verb === "create-vpc" ? "10.0.0.0/16" : verb.includes("route") ? "0.0.0.0/0"
            : state.topology.vpcs[0]?.cidrs[0] ?? "";
      } else if (write === "entry") {
        const table = state.topology.vpcs.flatMap(({ tables }) => tables).find(({ id }) => id === this.#value("table"));
        const own = table?.routes.filter(({ hop, prefix }) => verb.startsWith("update-gateway") || (hop !== "local" && prefix !== ""));
        input.value = own?.[0]?.prefix ?? table?.routes[0]?.prefix ?? "";
      } else if (write === "hop" || write === "hop-or-local") {
        const vpc = vpcOf(state.topology, this.#value("table"));
        input.value = verb.startsWith("update-gateway") ? "local" : vpc?.gateway?.id ?? "ngw-1";
      } else if (write === "port") {
        input.value = name === "port" ? "443" : "8443";
      }
    }
  }

  /** The line as it stands. */
  line(): string {
    const words = [this.#entry.verb];
    for (const { input, option } of this.#fields) {
      const value = input.value.trim();
      if (option === undefined) words.push(value === "" ? "?" : value);
      else if (value !== "" && !(option.values?.[0] === value)) {
        const each = option.many ? value.split(/[ ,]+/) : [value];
        words.push(...each.map((one) => `${option.key}=${one}`));
      }
    }
    const at = 1 + this.#entry.words.length;
    words.splice(at, 0, ...this.#rest.filter(({ checked }) => checked).map(({ value }) => value));
    return words.join(" ");
  }

  #look(): void {
    const line = this.line();
    this.#line.value = line;
    this.#serial += 1;
    const serial = this.#serial;
    withAnswers(() => void foresee(line, (shown) => {
      if (serial === this.#serial) refill(this.#preview, shown);
    }));
  }

  #commit(prefix: string): void {
    const line = prefix + this.line();
    withAnswers(() => this.#done(line));
  }

  #done(line: string): void {
    const answer = state.run(line);
    if (answer.status === "error") {
      const name = answer.words[0] ?? "";
      refill(this.#preview, h("p", { class: "bad" }, h("strong", {}, name), " ", remedyOf(name)));
      announce(`${name}. ${remedyOf(name)}`);
      return;
    }
    announce(t("done", { line }));
    state.close();
  }
}

export function titleOf(entry: Entry): string {
  return maybe(`verb.${nameOf(entry)}`) ?? nameOf(entry);
}

/** An id with what tells it apart. */
export function describe(id: string): string {
  const note = state.topology.notes.get(id) ?? "";
  return note === "" ? id : `${id} · ${maybe(`table.${note}`) ?? note}`;
}

/** The form of an entry by its name. */
export function formOf(name: string, values: Readonly<Record<string, string>>): Form | undefined {
  const entry = find(name) ?? catalogue.find(({ verb }) => verb === name);
  return entry === undefined ? undefined : new Form(entry, values);
}
