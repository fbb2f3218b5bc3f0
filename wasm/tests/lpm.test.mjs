// The table of routes beside a naive scan, then misused. Run by .ci/wasm.sh.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { watchInstances } from "./instances.mjs";

const module = watchInstances();
const { MISS, RouteTable, TrapError } = await import(join(process.env.PACKAGE, "lpm.node.js"));

/** Numbers that are the same every time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ state >>> 15) >>> 0;
  };
}

const dotted = (address) => [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
const mask = (len) => len === 0 ? 0 : -1 << 32 - len >>> 0;

test("finds what a scan of all routes finds", () => {
  const next = numbers(7);
  const table = new RouteTable(600);
  const routes = new Map();
  for (let i = 0; i < 2000; i += 1) {
    const len = next() % 33;
    // Few addresses, so that prefixes nest.
    const address = (next() & 0xff0300ff & mask(len)) >>> 0;
    const prefix = `${dotted(address)}/${len}`;
    if (next() % 3 === 0) {
      assert.equal(table.remove(prefix), routes.get(prefix)?.value);
      routes.delete(prefix);
    } else if (routes.size < 600 || routes.has(prefix)) {
      assert.equal(table.insert(prefix, i), routes.get(prefix)?.value);
      routes.set(prefix, { address, len, value: i });
    }
  }
  assert.equal(table.size, routes.size);
  const addresses = Uint32Array.from({ length: 1000 }, () => next() & 0xff0301ff);
  const values = table.find(addresses);
  addresses.forEach((address, at) => {
    const best = [...routes.values()].filter((route) => (address & mask(route.len)) >>> 0 === route.address)
      .sort((a, b) => b.len - a.len)[0];
    assert.equal(values[at], best?.value ?? MISS);
    assert.equal(table.lookup(dotted(address))?.value, best?.value);
  });
  table.free();
});

test("loads routes in order, all or none", () => {
  const table = new RouteTable(4);
  const wrong = [[2, 33, 1], [1, 8, 1], [0, 0, 0x8000_0000], [0, 0, 1, 0, 0, 2], [0xa000000, 8, 1, 0, 0, 2]];
  for (const words of wrong) assert.throws(() => table.load(Uint32Array.from(words)));
  assert.throws(() => table.load(new Uint32Array(15)));
  assert.equal(table.size, 0);
  table.load(Uint32Array.from([0, 0, 1, 0x0a000000, 8, 2]));
  assert.deepEqual(table.lookup("10.1.2.3"), { prefix: "10.0.0.0/8", value: 2 });
  assert.deepEqual(table.lookup("11.0.0.0"), { prefix: "0.0.0.0/0", value: 1 });
  assert.throws(() => table.load(Uint32Array.from([0, 0, 1])), /not empty/);
  assert.ok(table.bytes > 0);
  table.free();
});

test("what is of a wrong type or size is refused by kind", () => {
  const table = new RouteTable(2);
  for (const most of ["1", null, undefined, {}, 1n]) assert.throws(() => new RouteTable(most), TypeError);
  for (const most of [0, -1, 1.5, NaN, Infinity, 2 ** 32]) assert.throws(() => new RouteTable(most), RangeError);
  assert.throws(() => new RouteTable(0x7fff_ffff), "more than there is memory");
  for (const text of [1, null, undefined, {}, new String("10.0.0.0/8")]) {
    assert.throws(() => table.insert(text, 1), TypeError);
    assert.throws(() => table.remove(text), TypeError);
    assert.throws(() => table.lookup(text), TypeError);
  }
  for (const text of ["", "10.0.0.0", "10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "/", "関所/8"]) {
    assert.throws(() => table.insert(text, 1), /canonical prefix/, text);
  }
  assert.throws(() => table.lookup("10.0.0.0/8"), /not an address/);
  assert.throws(() => table.insert("10.0.0.0/8", "1"), TypeError);
  assert.throws(() => table.insert("10.0.0.0/8", 2 ** 31), RangeError);
  const detached = new Uint32Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const words of [undefined, null, [1], "", new Uint8Array(4), new ArrayBuffer(4), detached]) {
    assert.throws(() => table.find(words), TypeError);
    assert.throws(() => table.load(words), TypeError);
    assert.throws(() => table.find(new Uint32Array(1), words ?? null), TypeError);
  }
  assert.throws(() => table.find(new Uint32Array(2), new Uint32Array(1)), RangeError);
  assert.throws(() => table.load(new Uint32Array(2)), RangeError);
  assert.deepEqual([...table.find(new Uint32Array(2))], [MISS, MISS]);
  table.insert("10.0.0.0/8", 1);
  table.insert("11.0.0.0/8", 1);
  assert.throws(() => table.insert("12.0.0.0/8", 1), /capacity/);
  assert.equal(table.size, 2);
  table.free();
});

test("tables come and go without growth, and a freed one throws", () => {
  const one = new RouteTable(16);
  one.free();
  one.free();
  const before = module.pages();
  for (let i = 0; i < 2_000; i += 1) new RouteTable(16).free();
  assert.equal(module.pages(), before);
  assert.throws(() => one.size, /freed/);
  assert.throws(() => one.lookup("10.0.0.1"), /freed/);
});

test("a trap ends the tables, not the module", () => {
  const old = new RouteTable(16);
  module.trapOn("routes_insert");
  assert.throws(() => old.insert("10.0.0.0/8", 1), TrapError);
  assert.throws(() => old.insert("10.0.0.0/8", 1), /afresh/);
  old.free();
  const table = new RouteTable(16);
  assert.equal(table.insert("10.0.0.0/8", 1), undefined);
  table.free();
});
