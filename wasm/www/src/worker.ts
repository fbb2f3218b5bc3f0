// The worker: questions that may take long, and the benchmark.

import init, { Region } from "sekisho-wasm";

import { bench } from "./bench";

interface Question {
  readonly id: number;
  readonly line?: string;
  readonly image?: Uint32Array;
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
    await loaded;
    region ??= new Region();
    if (data.image !== undefined) region.restore(data.image);
    self.postMessage({ id: data.id, text: region.line(data.line ?? "") });
  })().catch((error: unknown) => {
    self.postMessage({ id: data.id, text: `error Worker ${String(error)}\n`, error: String(error) });
  });
});
