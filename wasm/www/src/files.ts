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
import { problemsSaid } from "./problems";
import { endLevel, progress } from "./progress";
import { LinkError, linesOf, pack, unpack } from "./share";
import { announce, copy, download, ready, showTab, whenShown, withAnswers } from "./shell";
import { state } from "./state";
import { maybe, t } from "./texts";

/** The largest file that is read. */
const MOST = 8 << 20;

/** So many refused lines are told. */
const MOST_TOLD = 6;

/** What a snapshot begins with. */
const MAGIC = "SKSR";

/** Takes a state from the link that the page was opened with, and sends its packet. Says what is wrong with
 * it, if anything; the state is then as it was. */
export async function openLink(fragment: string): Promise<string | undefined> {
  try {
    const shared = await unpack(fragment);
    if (shared === undefined || !await ready(shared.lines)) return undefined;
    const { hash, lines, packet } = shared;
    const before = state.linked;
    state.linked = hash;
    const other = hash !== state.engine.hash();
    const wrong = state.engine.open(lines, hash);
    if (wrong !== undefined) {
      state.linked = before;
      return wrong === "hash" ? t("link.hash") : t("link.refused", { n: wrong.length, name: wrong[0]?.answer.words[0] ?? "" });
    }
    if (other && progress.level !== undefined) {
      endLevel();
      state.tell("change");
    }
    if (packet !== "") state.send(packet);
    return undefined;
  } catch (error) {
    return t(error instanceof LinkError && error.reason === "newer" ? "link.newer" : "link.broken");
  }
}

/** A link to the state, and to a packet if there is one; it is in the address bar from now on. */
export async function link(packet = ""): Promise<string> {
  const hash = state.engine.hash();
  const url = `${location.href.replace(/#.*/, "")}#${await pack({ hash, lines: state.engine.log, packet })}`;
  state.linked = hash;
  history.replaceState(null, "", url);
  return url;
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
    const over = (on: boolean) => document.documentElement.classList.toggle("dropping", on);
    document.ondragover = (event) => {
      event.preventDefault();
      over(event.dataTransfer?.types.includes("Files") ?? false);
    };
    document.ondragleave = (event) => { if (event.relatedTarget === null) over(false); };
    document.ondrop = (event) => {
      event.preventDefault();
      over(false);
      void this.#files([...event.dataTransfer?.files ?? []]);
    };
  }

  render(): void {
    const picker = h("select", { id: freshId() }, h("option", { value: "" }, t("files.region.choose")),
      regions.map(([id, name, restricted]) => h("option", { value: id }, `${id} · ${maybe(`region.${id}`) ?? name}${restricted ? " *" : ""}`)),
      h("option", { value: "other" }, t("files.region.other")));
    picker.addEventListener("change", () => {
      if (picker.value !== "") state.run(settingsOf(picker.value));
    });
    const field = h("input", { id: freshId(), type: "file", multiple: true, accept: ".console,.txt,.json,.snapshot,text/plain,application/json,application/octet-stream" });
    field.addEventListener("change", () => {
      void this.#files([...field.files ?? []]);
      field.value = "";
    });
    const address = h("input", { id: freshId(), readonly: true, value: "", "data-link": "", onfocus: () => address.select() });
    const size = h("span", { class: "note", role: "status" });
    const made = h("div", { class: "field", hidden: true }, h("label", { for: address.id }, t("share.address")), address, size);
    const share = h("button", { type: "button", class: "primary", "data-share": "", onclick: () => void (async () => {
      const url = await link();
      const copied = await copy(url);
      address.value = url;
      made.hidden = false;
      size.textContent = `${t(copied ? "share.copied" : "share.bar")} ${t(url.length > 8000 ? "share.long" : "share.size", { n: url.length })}`;
      if (!copied) address.select();
    })() }, t("share.link"));
    const design = (name: keyof typeof designs) => h("button", { type: "button", "data-design": name,
      onclick: () => this.#take(designs[name](), t(`design.${name}`)) }, t(`design.${name}`));
    refill(this.#root, h("h2", {}, t("files.title")), this.#said,
      h("h3", {}, t("share.title")), h("p", { class: "note" }, t("share.about")), h("div", { class: "buttons" }, share,
        h("button", { type: "button", onclick: () => download("design.console", `${state.engine.log.join("\n")}\n`, "text/plain") }, t("share.export")),
        h("button", { type: "button", "data-snapshot": "", onclick: () => withAnswers(() =>
          download("design.snapshot", state.engine.snapshot() as Uint8Array<ArrayBuffer>, "application/octet-stream")) }, t("share.snapshot"))),
      made, h("p", { class: "note" }, t("share.snapshot.about")),
      h("h3", {}, t("files.yours")), h("p", { class: "note" }, t("files.about")),
      h("div", { class: "field" }, h("label", { for: field.id }, t("files.file")), field),
      h("div", { class: "field" }, h("label", { for: this.#text.id }, t("files.paste")), this.#text),
      h("div", { class: "buttons" }, h("button", { type: "button", "data-open": "", onclick: () => this.open(this.#text.value) }, t("files.open"))),
      h("h3", {}, t("files.designs")), h("div", { class: "actions" }, (Object.keys(designs) as (keyof typeof designs)[]).map(design)),
      h("h3", {}, t("files.region")), h("div", { class: "field" }, h("label", { for: picker.id }, t("files.region.label")), picker), h("p", { class: "note" }, t("files.region.note")));
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
    this.tell("busy", t("working"));
    try {
      const { lines, problems } = await readAnswers(documents);
      const told = await problemsSaid(problems);
      if (!lines.some((line) => line.startsWith("create-vpc "))) {
        this.tell("bad", t("files.novpc"));
        return;
      }
      this.#take([...lines], t("files.lines", { n: lines.length }), told);
    } catch (error) {
      this.tell("bad", t("files.json", { error: error instanceof Error ? error.message : String(error) }));
    }
  }

  tell(kind: string, ...what: Child[]): void {
    // A file is dropped anywhere, whatever is shown.
    showTab("files");
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
    this.#take(lines, t("files.lines", { n: lines.length }));
  }

  #take(lines: string[], what: string, problems: readonly string[] = []): void {
    withAnswers(() => this.#load(lines, what, problems));
  }

  #load(lines: readonly string[], what: string, problems: readonly string[]): void {
    const left = problems.length > 0 && h("details", {}, h("summary", {}, t("files.problems", { n: problems.length })),
      (["unsupported", "unknown", "incomplete"] as const).map((sort) => {
        const found = problems.filter((problem) => problem.startsWith(`${sort}: `)).map((problem) => problem.slice(sort.length + 2));
        return found.length > 0 && [h("h3", { class: "sub" }, t(`problems.${sort}`, { n: found.length })),
          h("ul", { class: "rows" }, found.map((problem) => h("li", {}, problem)))];
      }));
    const refused = state.engine.load(lines, true);
    if (refused.length === 0) {
      this.#taken(what, left);
      return;
    }
    const good = lines.length - refused.length;
    this.tell("bad", h("p", {}, t(good === 0 ? "files.none" : "files.refused", { n: refused.length, all: lines.length })),
      h("ul", { class: "rows" }, refused.slice(0, MOST_TOLD).map(({ at, line, answer }) => h("li", {}, h("code", {}, `${at}  ${line}`), h("br"),
        h("strong", {}, answer.words[0] ?? ""), " ", remedyOf(answer.words[0] ?? ""))),
      refused.length > MOST_TOLD && h("li", {}, t("more", { n: refused.length - MOST_TOLD }))),
      good > 0 && h("button", { type: "button", onclick: () => {
        state.engine.load(lines);
        this.#taken(t("files.lines", { n: good }), left);
      } }, t("files.rest", { n: good })));
  }

  #taken(what: string, left: Child): void {
    if (progress.level !== undefined) {
      endLevel();
      state.tell("change");
    }
    state.select("");
    this.tell("good", t("files.taken", { what }), left);
    announce(t("files.taken", { what }), true);
  }
}
