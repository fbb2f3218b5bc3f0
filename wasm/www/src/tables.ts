// Route tables: every entry, the longest match of an address, the walk that finds it, and how fast.

import { freshId, h, refill, renew } from "./dom";
import type { Measured } from "./bench";
import { showTab, whenShown } from "./shell";
import { state } from "./state";
import { t } from "./texts";
import type { Key } from "./texts";
import type { Table } from "./topology";
import { bits, drawTrie, holds } from "./trie";

export class TablesPanel {
  readonly #root: HTMLElement;
  readonly #result = h("output", { class: "measured" });
  #table = "";
  #address = "";

  constructor(root: HTMLElement) {
    this.#root = root;
    state.on("change", () => whenShown(root, () => this.render()));
    state.on("look", () => {
      [this.#table, this.#address] = state.looked;
      showTab("tables");
      this.render();
      this.#root.querySelector<HTMLElement>("[data-keep=address]")?.focus();
    });
    state.on("select", () => {
      if (state.selected.startsWith("vtb-")) this.#table = state.selected;
      whenShown(root, () => this.render());
    });
    whenShown(root, () => this.render());
  }

  render(): void {
    const tables = state.topology.vpcs.flatMap((vpc) => vpc.tables);
    const table = tables.find(({ id }) => id === this.#table) ?? tables[0];
    this.#table = table?.id ?? "";
    const select = h("select", { id: freshId(), "data-keep": "table", onchange: (event: Event) => {
      this.#table = (event.target as HTMLSelectElement).value;
      this.render();
    } }, tables.map(({ id, type, vpc }) => h("option", { value: id, selected: id === this.#table }, [id, t(`table.${type}` as Key), ...state.topology.vpcs.length > 1 ? [vpc] : []].join(" · "))));
    const input = h("input", { id: freshId(), "data-keep": "address", value: this.#address, placeholder: "8.8.8.8", autocomplete: "off",
      inputmode: "decimal", spellcheck: "false", oninput: (event: Event) => {
        this.#address = (event.target as HTMLInputElement).value.trim();
        refill(view, table === undefined ? null : this.#view(table));
        this.#reveal();
      } });
    const view = h("div", {}, table !== undefined && this.#view(table));
    renew(this.#root, h("h2", { class: "heading", tabindex: -1 }, t("tables.title")), table === undefined ? h("p", { class: "note" }, t("empty.region"))
      : h("div", { class: "fields pair" },
        h("div", { class: "field" }, h("label", { for: select.id }, t("tables.table")), select),
        h("div", { class: "field" }, h("label", { for: input.id }, t("tables.address")), input)), view, this.#bench());
    this.#reveal();
  }

  /** Scrolls a long table to the entry that wins. */
  #reveal(): void {
    const row = this.#root.querySelector<HTMLElement>("tr.won");
    const box = row?.closest<HTMLElement>(".scroll");
    if (row !== null && box != null) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }

  #view(table: Table): (HTMLElement | SVGElement)[] {
    const answer = this.#address === "" ? undefined : state.engine.ask(`lookup ${table.id} ${this.#address}`);
    const bad = answer?.status === "error";
    const winner = answer?.fields.prefix;
    const wanted = bad || answer === undefined ? undefined : bits(this.#address);
    const rows = table.routes.map(({ prefix, hop, origin }) => {
      const won = prefix === winner;
      const also = !won && wanted !== undefined && holds(prefix, wanted);
      return h("tr", { class: won ? "won" : also ? "also" : "" },
        h("td", { class: "mono" }, prefix), h("td", { class: "mono" }, hop), h("td", { class: "origin" }, t(`origin.${origin}` as Key)),
        h("td", {}, won ? t("tables.won") : also ? t("tables.also") : ""));
    });
    const note = bad ? t("tables.bad") : answer === undefined ? t("tables.type")
      : winner === undefined ? t("tables.none") : t("tables.found", { prefix: winner, hop: answer.fields["next-hop"] ?? "" });
    return [
      h("p", { class: bad ? "found bad" : "found note", "aria-live": "polite" }, note),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": table.id }, h("table", {},
        h("caption", { class: "spoken" }, `${table.id} · ${t(`table.${table.type}` as Key)}`),
        h("thead", {}, h("tr", {}, ["prefix", "hop", "origin", "match"].map((name) => h("th", { scope: "col" }, t(`tables.${name}` as Key))))),
        h("tbody", {}, rows))),
      h("h3", { class: "sub" }, t("trie.title")), h("p", { class: "note" }, t("trie.about")),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("trie.title") }, drawTrie(table.routes, wanted, winner)),
    ];
  }

  #bench(): HTMLElement {
    const button = h("button", { type: "button", onclick: () => {
      button.disabled = true;
      this.#result.value = t("bench.running");
      const worker = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
      const finish = (text: string) => {
        this.#result.value = text;
        button.disabled = false;
        worker.terminate();
      };
      worker.addEventListener("message", ({ data }: MessageEvent<Measured & { error?: string }>) => {
        finish(data.error !== undefined ? t("bench.failed", { error: data.error }) : t("bench.done", {
          routes: data.routes.toLocaleString(document.documentElement.lang),
          random: data.random.toFixed(1), inside: data.inside.toFixed(1),
          load: Math.round(data.loadMilliseconds), size: (data.bytes / 1048576).toFixed(1) }));
      });
      worker.addEventListener("error", (event) => finish(t("bench.failed", { error: event.message })));
      worker.postMessage({ id: 0, bench: 1_000_000 });
    } }, t("bench.go"));
    return h("section", { class: "bench" }, h("h3", { class: "sub" }, t("bench.title")), h("p", { class: "note" }, t("bench.about")), button, this.#result);
  }
}
