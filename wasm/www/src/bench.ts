// How fast lookups are in this browser.

import init, { RouteTable } from "sekisho-wasm/lpm";

export interface Measured {
  readonly routes: number;
  readonly loadMilliseconds: number;
  readonly bytes: number;
  /** Million lookups a second, of addresses drawn at random and of addresses inside the routes. */
  readonly random: number;
  readonly inside: number;
}

/** How many of a hundred routes of a full Internet table have each length. */
const LENGTHS: readonly (readonly [number, number])[] = [[24, 60], [23, 10], [22, 11], [21, 5], [20, 5], [19, 3], [18, 2], [17, 1], [16, 2], [14, 1]];

function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (Math.imul(state ^ state >>> 12, 0x297a2d39) ^ state >>> 15) >>> 0;
  };
}

/** Routes in order, each once, with the lengths of a full table. */
function routes(count: number): Uint32Array {
  const next = numbers(1);
  const lengths = LENGTHS.flatMap(([len, share]) => Array<number>(share).fill(len));
  // Address and length in one number that a double holds exactly, so that they sort together.
  const keys = new Set<number>();
  while (keys.size < count) {
    const len = lengths[next() % lengths.length]!;
    const address = (0x0100_0000 + next() % 0xdf00_0000 & -1 << 32 - len) >>> 0;
    keys.add(address * 64 + len);
  }
  const sorted = Float64Array.from(keys).sort();
  const words = new Uint32Array(3 * count);
  sorted.forEach((key, at) => {
    words[3 * at] = Math.floor(key / 64);
    words[3 * at + 1] = key % 64;
    words[3 * at + 2] = at % 251;
  });
  return words;
}

function rate(table: RouteTable, addresses: Uint32Array): number {
  const out = new Uint32Array(addresses.length);
  table.find(addresses, out);
  const start = performance.now();
  let found = 0;
  do {
    table.find(addresses, out);
    found += addresses.length;
  } while (performance.now() - start < 600);
  return found / (performance.now() - start) / 1000;
}

export async function bench(count: number): Promise<Measured> {
  await init(new URL("sekisho_lpm_bg.wasm", self.location.href));
  const words = routes(count);
  const table = new RouteTable(count);
  const start = performance.now();
  table.load(words);
  const loadMilliseconds = performance.now() - start;
  const next = numbers(2);
  const random = Uint32Array.from({ length: 1 << 16 }, next);
  const inside = Uint32Array.from({ length: 1 << 16 }, () => {
    const at = 3 * (next() % count);
    return words[at]! + (next() >>> 8 & 0xff);
  });
  const measured = { routes: table.size, loadMilliseconds, bytes: table.bytes,
    random: rate(table, random), inside: rate(table, inside) };
  table.free();
  return measured;
}
