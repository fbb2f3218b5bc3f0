// The worker: questions that may take long, the vendor's answers, and the benchmark.

import init, { Region } from "sekisho-wasm";

import initImport, { importAnswers } from "sekisho-wasm/import";
import type { Document } from "sekisho-wasm/import";

import { bench } from "./bench";

interface Question {
  readonly id: number;
  readonly line?: string;
  readonly image?: Uint32Array;
  readonly documents?: readonly Document[];
  readonly bench?: number;
}

const loaded = init(new URL("sekisho_wasm_bg.wasm", self.location.href));
let region: Region | undefined;

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  void (async () => {
    if (data.bench !== undefined) {
      self.postMessage({ id: data.id, ...await bench(data.bench) });
      return;
    }
    if (data.documents !== undefined) {
      await initImport(new URL("sekisho_import_bg.wasm", self.location.href));
      self.postMessage({ id: data.id, ...importAnswers(data.documents) });
      return;
    }
    await loaded;
    region ??= new Region();
    if (data.image !== undefined) region.restore(data.image);
    self.postMessage({ id: data.id, text: region.line(data.line ?? "") });
  })().catch((error: unknown) => {
    self.postMessage({ id: data.id, text: `error Worker ${String(error)}\n`, error: error instanceof Error ? error.message : String(error) });
  });
});
