// Questions that may take long are asked in a worker, of a copy of the region.

import type { Document, Imported } from "sekisho-wasm/import";

import { parse } from "./engine";
import type { Answer } from "./engine";
import { state } from "./state";

let worker: Worker | undefined;
let serial = 0;
let sent = "";
const waiting = new Map<number, (answer: Answer) => void>();

function start(): Worker {
  const made = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
  made.addEventListener("message", ({ data }: MessageEvent<{ id: number; text: string }>) => {
    waiting.get(data.id)?.(parse(data.text));
    waiting.delete(data.id);
  });
  made.addEventListener("error", () => {
    for (const done of waiting.values()) done(parse("error Worker\n"));
    waiting.clear();
    worker = undefined;
    sent = "";
  });
  return made;
}

/** Reads the vendor's answers; an `Error` says why it cannot. */
export function readAnswers(documents: readonly Document[]): Promise<Imported> {
  const reader = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
  return new Promise<Imported>((resolve, reject) => {
    reader.addEventListener("message", ({ data }: MessageEvent<Imported & { error?: string }>) =>
      data.error === undefined ? resolve(data) : reject(new Error(data.error)));
    reader.addEventListener("error", (event) => reject(new Error(event.message)));
    reader.postMessage({ id: 0, documents });
  }).finally(() => reader.terminate());
}

/** What the core answers to a question about the region as it is now. */
export function ask(line: string): Promise<Answer> {
  worker ??= start();
  const { log } = state.engine;
  const mark = `${log.length} ${state.engine.hash()}`;
  // The log makes the region; only what is new to the worker is sent.
  const image = mark === sent ? undefined : state.engine.image();
  sent = mark;
  serial += 1;
  const id = serial;
  const asked = new Promise<Answer>((resolve) => waiting.set(id, resolve));
  worker.postMessage({ id, line, image }, image === undefined ? [] : [image.buffer]);
  return asked;
}
