// Opening and sharing: designs, regions, files, links.

import { SnapshotError } from "sekisho-wasm";
import type { Document } from "sekisho-wasm/import";

import { designs } from "./designs";
import { freshId, h, refill } from "./dom";
import type { Child } from "./dom";
import { linesOfSnapshot } from "./engine";
import { remedyOf } from "./foresight";
import { readAnswers } from "./heavy";
import { regions, settingsOf } from "./regions";
import { LinkError, linesOf, pack, unpack } from "./share";
import { announce, ready, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import { t } from "./texts";
import type { Key } from "./texts";

/** The largest file that is read. */
const MOST = 8 << 20;

/** What a snapshot begins with. */
const MAGIC = "SKSR";

function download(name: string, content: string | Uint8Array<ArrayBuffer>, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Takes a state from the link that the page was opened with. Says what is wrong with it, if anything;
 * the state is then as it was. */
export async function openLink(fragment: string): Promise<string | undefined> {
  const before = [...state.engine.log];
  try {
    const shared = await unpack(fragment);
    if (shared === undefined || !await ready(shared.lines)) return undefined;
    const refused = state.engine.load(shared.lines, true);
    if (refused.length > 0) return t("link.refused", { n: refused.length, name: refused[0]?.answer.words[0] ?? "" });
    if (state.engine.hash() !== shared.hash) {
      state.engine.load(before);
      return t("link.hash");
    }
    return undefined;
  } catch (error) {
    return t(error instanceof LinkError && error.reason === "newer" ? "link.newer" : "link.broken");
  }
}

export async function link(): Promise<string> {
  const fragment = await pack({ hash: state.engine.hash(), lines: state.engine.log });
  return `${location.href.replace(/#.*/, "")}#${fragment}`;
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

export class FilesPanel {
  readonly #root: HTMLElement;
  readonly #said = h("div", { "aria-live": "polite" });
  readonly #text = h("textarea", { id: freshId(), rows: 6, spellcheck: "false", placeholder: "create-vpc vpc-1 vtb-1 10.0.0.0/16" });

  constructor(root: HTMLElement) {
    this.#root = root;
    whenShown(root, () => this.render());
    document.ondragover = (event) => event.preventDefault();
    document.ondrop = (event) => {
      event.preventDefault();
      void this.#files([...event.dataTransfer?.files ?? []]);
    };
  }

  render(): void {
    const picker = h("select", { id: freshId() }, h("option", { value: "" }, t("files.region.choose")),
      regions.map(([id, name, restricted]) => h("option", { value: id }, `${id} · ${name}${restricted ? " *" : ""}`)),
      h("option", { value: "other" }, t("files.region.other")));
    picker.addEventListener("change", () => {
      if (picker.value !== "") state.run(settingsOf(picker.value));
    });
    const field = h("input", { id: freshId(), type: "file", multiple: true, accept: ".console,.txt,.json,.snapshot,text/plain,application/json,application/octet-stream" });
    field.addEventListener("change", () => {
      void this.#files([...field.files ?? []]);
      field.value = "";
    });
    const address = h("input", { id: freshId(), readonly: true, value: "", "data-link": "" });
    const size = h("span", { class: "note" });
    const share = h("button", { type: "button", class: "primary", "data-share": "", onclick: () => void (async () => {
      const url = await link();
      address.value = url;
      size.textContent = t(url.length > 8000 ? "share.long" : "share.size", { n: url.length });
      history.replaceState(null, "", url);
      try {
        await navigator.clipboard.writeText(url);
        announce(t("share.copied"));
      } catch {
        address.select();
        announce(t("share.ready"));
      }
    })() }, t("share.link"));
    refill(this.#root, h("h2", {}, t("files.title")), this.#said,
      h("h3", {}, t("share.title")), h("p", { class: "note" }, t("share.about")), h("div", { class: "buttons" }, share,
        h("button", { type: "button", onclick: () => download("design.console", `${state.engine.log.join("\n")}\n`, "text/plain") }, t("share.export")),
        h("button", { type: "button", "data-snapshot": "", onclick: () => withAnswers(() =>
          download("design.snapshot", state.engine.snapshot() as Uint8Array<ArrayBuffer>, "application/octet-stream")) }, t("share.snapshot"))),
      h("p", { class: "note" }, t("share.snapshot.about")),
      h("div", { class: "field" }, h("label", { for: address.id }, t("share.address")), address), size,
      h("h3", {}, t("files.designs")), h("div", { class: "actions" }, (Object.keys(designs) as (keyof typeof designs)[]).map((name) =>
        h("button", { type: "button", "data-design": name, onclick: () => this.#take(designs[name](), t(`design.${name}` as Key)) }, t(`design.${name}` as Key)))),
      h("h3", {}, t("files.region")), h("div", { class: "field" }, h("label", { for: picker.id }, t("files.region.label")), picker), h("p", { class: "note" }, t("files.region.note")),
      h("h3", {}, t("files.yours")), h("p", { class: "note" }, t("files.about")),
      h("div", { class: "field" }, h("label", { for: this.#text.id }, t("files.paste")), this.#text),
      h("div", { class: "buttons" }, h("button", { type: "button", "data-open": "", onclick: () => this.open(this.#text.value) }, t("files.open"))),
      h("div", { class: "field" }, h("label", { for: field.id }, t("files.file")), field));
  }

  /** Opens a file of lines, a snapshot, or several of the vendor's answers. */
  async #files(files: readonly File[]): Promise<void> {
    const documents: Document[] = [];
    for (const file of files) {
      if (file.size > MOST) return this.tell("bad", t("files.big"));
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) === MAGIC) {
        withAnswers(() => this.#snapshot(file.name, bytes));
        return;
      }
      try {
        documents.push({ name: file.name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) });
      } catch {
        return this.tell("bad", t("files.binary", { name: file.name }));
      }
    }
    const [first] = documents;
    if (first === undefined) return;
    if (documents.every(({ text }) => isJson(text))) await this.#answers(documents);
    else this.open(documents.map(({ text }) => text).join("\n"));
  }

  /** Takes what a snapshot holds, or says what is wrong with it. */
  #snapshot(name: string, bytes: Uint8Array): void {
    try {
      this.#take(linesOfSnapshot(bytes), name);
    } catch (error) {
      const reason = error instanceof SnapshotError ? error.reason : String(error);
      const known = remedyOf(reason);
      this.tell("bad", reason === "NewerVersion" ? t("snapshot.newer", { name }) : known === "" ? t("snapshot.broken", { name, reason })
        : [t("snapshot.refused", { name, reason }), " ", known]);
    }
  }

  /** Takes what the vendor's answers describe, or says what is wrong with them. */
  async #answers(documents: readonly Document[]): Promise<void> {
    this.tell("good", t("working"));
    try {
      const { lines, problems } = await readAnswers(documents);
      if (!lines.some((line) => line.startsWith("create-vpc "))) {
        this.tell("bad", t("files.novpc"));
        return;
      }
      this.#take([...lines], t("files.lines", { n: lines.length }), problems);
    } catch (error) {
      this.tell("bad", t("files.json", { error: error instanceof Error ? error.message : String(error) }));
    }
  }

  tell(kind: string, ...what: Child[]): void {
    refill(this.#said, h("div", { class: `told ${kind}` }, what));
    this.#said.scrollIntoView({ block: "nearest" });
  }

  /** Takes the lines of a text, or says what is wrong with them and changes nothing. */
  open(text: string): void {
    if (isJson(text)) {
      void this.#answers([{ name: t("files.pasted"), text }]);
      return;
    }
    const lines = linesOf(text);
    if (lines.length === 0) {
      this.tell("bad", t("files.empty"));
      return;
    }
    withAnswers(() => this.#take(lines, t("files.lines", { n: lines.length })));
  }

  #take(lines: string[], what: string, problems: readonly string[] = []): void {
    const left = problems.length > 0 && h("details", {}, h("summary", {}, t("files.problems", { n: problems.length })),
      h("ul", { class: "rows" }, problems.map((problem) => h("li", {}, problem))));
    const refused = state.engine.load(lines, true);
    if (refused.length === 0) {
      state.select("");
      this.tell("good", t("files.taken", { what }), left);
      announce(t("files.taken", { what }));
      return;
    }
    this.tell("bad", h("p", {}, t("files.refused", { n: refused.length, all: lines.length })),
      h("ul", { class: "rows" }, refused.slice(0, 12).map(({ at, line, answer }) => h("li", {}, `${at}: `, h("code", {}, line), " ",
        h("strong", {}, answer.words[0] ?? ""), " ", remedyOf(answer.words[0] ?? "")))),
      refused.length < lines.length && h("button", { type: "button", onclick: () => {
        state.engine.load(lines);
        this.tell("good", t("files.taken", { what: t("files.lines", { n: lines.length - refused.length }) }));
      } }, t("files.rest", { n: lines.length - refused.length })));
  }
}
