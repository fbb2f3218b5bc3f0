// Replays every console vector of core/tests/vectors through the package, byte for byte, then
// misuses it. Run by .ci/wasm.sh, which builds the package that PACKAGE names.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { crc32 } from "./crc.mjs";
import { watchInstances } from "./instances.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vectors = join(root, "core/tests/vectors");
const module = watchInstances();
const { Region, SnapshotError, TrapError, default: init, parse } = await import(join(process.env.PACKAGE, "region.node.js"));
const { pages } = module;

/** The steps of a vector file: a command and the answer expected, verbatim. */
function steps(text) {
  const found = [];
  text.split("\n").forEach((line, index) => {
    if (line.startsWith("> ")) {
      found.push({ at: index + 1, command: line.slice(2), answer: "" });
    } else if (line !== "" && !line.startsWith("#")) {
      assert.ok(found.length > 0, `line ${index + 1}: an answer before the first command`);
      found.at(-1).answer += `${line}\n`;
    }
  });
  return found;
}

/** A fresh region that answers as the text says. */
function replay(name, text) {
  const all = steps(text);
  assert.ok(all.length > 0, "no command");
  const region = new Region();
  for (const { at, command, answer } of all) {
    assert.equal(region.line(command), answer, `${name}:${at}: ${command}`);
  }
  region.free();
}

const files = readdirSync(vectors).filter((name) => name.endsWith(".console")).sort();

test("there are vectors", () => assert.ok(files.length > 0));

for (const name of files) {
  test(name, () => replay(name, readFileSync(join(vectors, name), "utf8")));
}

test("the README's console example", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```console\n([^]*?)^```$/gm)];
  assert.equal(blocks.length, 1);
  replay("README.md", blocks[0][1]);
});

test("what is not a string is a TypeError and changes nothing", () => {
  const region = new Region();
  const hash = region.line("hash");
  const hostile = [undefined, null, 0, -1, NaN, 1n, true, Symbol("x"), {}, [], ["hash"], () => "hash",
    new Uint8Array(8), new String("hash"), { toString: () => "hash" }];
  for (const value of hostile) {
    assert.throws(() => region.line(value), TypeError);
  }
  assert.throws(() => region.line(), TypeError);
  assert.equal(region.line("hash"), hash);
  region.free();
});

test("odd strings are answered, in any encoding", () => {
  const region = new Region();
  assert.equal(region.line(""), "");
  assert.equal(region.line(" \t "), "");
  assert.equal(region.line("# 関所"), "");
  assert.equal(region.line("hash\r\n"), region.line("hash"));
  for (const text of ["関所", "\ud800", "\0", "hash\0", "\u{1f6a7}".repeat(200), "=", "-", "vpc-"]) {
    assert.match(region.line(text), /^error Invalid(Command|Parameter)\n$/, JSON.stringify(text));
  }
  region.free();
});

test("a line over 512 bytes is refused, and is not copied", () => {
  const region = new Region();
  region.line("hash");
  const before = pages();
  assert.equal(region.line("#".padEnd(512, " ")), "");
  assert.equal(region.line("#".padEnd(512, " ") + "\r\n"), "");
  for (const length of [513, 514, 515, 516, 1 << 20, 1 << 26]) {
    assert.equal(region.line("#".padEnd(length, " ")), "error InvalidCommand\n", `${length}`);
  }
  assert.equal(region.line("関".repeat(171)), "error InvalidCommand\n");
  assert.ok(pages() - before <= 2, "memory grew");
  region.free();
});

test("20,000 lines keep the region sound and the memory as it is", () => {
  const region = new Region();
  const empty = region.line("hash");
  let before = 0;
  for (let i = 0; i < 5000; i += 1) {
    assert.equal(region.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"), "ok\n");
    assert.equal(region.line("create-vswitch vsw-1 vpc-1 10.0.0.0/24"), "ok\n");
    assert.equal(region.line("delete-vswitch vsw-1"), "ok\n");
    assert.equal(region.line("delete-vpc vpc-1"), "ok\n");
    // The first image has been taken, which needs as much again.
    if (i === 1200) before = pages();
  }
  assert.equal(region.line("hash"), empty);
  assert.equal(pages(), before);
  region.free();
});

test("regions are independent, freed memory is used again, and a freed region throws", () => {
  const one = new Region();
  const two = new Region();
  assert.equal(one.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"), "ok\n");
  assert.equal(two.line("show vpc-1"), "error ResourceNotFound.Vpc\n");
  one.free();
  two.free();
  one.free();
  const before = pages();
  for (let i = 0; i < 200; i += 1) new Region().free();
  for (let i = 0; i < 100_000; i += 1) new Region("firmware").free();
  assert.equal(pages(), before);
  for (const use of ["line", "ask", "run", "hash", "outline", "image"]) {
    assert.throws(() => one[use]("hash"), /freed/, use);
  }
  assert.throws(() => one.restore(new Uint32Array(4)), /freed/);
});

test("loading again is no matter", () => init());

test("a profile is one of two", () => {
  for (const profile of ["", "Large", null, 1, {}, ["large"]]) {
    assert.throws(() => new Region(profile), TypeError);
  }
  const small = new Region("firmware");
  assert.equal(small.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"), "ok\n");
  assert.equal(small.line("create-vpc vpc-2 vtb-2 10.0.0.0/16"), "error CapacityExceeded\n");
  small.free();
});

test("an answer is taken apart", () => {
  const region = new Region();
  const answers = region.run(`
    create-vpc vpc-1 vtb-1 10.0.0.0/16 # a comment

    create-vswitch vsw-1 vpc-1 10.0.0.0/24\r
    create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1
    send i-1 8.8.8.8
    send i-1 10.0.0.99
    show vtb-1
    show vpc-2`);
  assert.deepEqual(answers.map(({ status }) => status), ["ok", "ok", "ok", "egress", "drop", "ok", "error"]);
  assert.deepEqual({ ...answers[3].fields }, { public: "47.0.0.1", path: "15" });
  assert.deepEqual(answers[4].words, ["NO_HOST"]);
  assert.deepEqual(answers[5].body, ["10.0.0.0/24 local system", "100.64.0.0/10 local system"]);
  assert.deepEqual(answers[6].words, ["ResourceNotFound.Vpc"]);
  assert.equal(parse("").status, "");
  assert.equal(parse("ok __proto__=1\n").fields.__proto__, "1");
  assert.throws(() => parse(1), TypeError);
  assert.throws(() => region.run(1), TypeError);
  assert.deepEqual(region.outline().body, [
    "region gateway=on clb-restricted=off gwlb=on ingress=drop-unsolicited blackout=off",
    "vpc-1 mode=direct", "vpc-1 cidr=10.0.0.0/16",
    "vsw-1 vpc=vpc-1 cidr=10.0.0.0/24 table=vtb-1", "vtb-1 vpc=vpc-1 type=system"]);
  region.free();
});

test("an image brings a region back, and nothing else is taken for one", () => {
  const region = new Region("firmware");
  region.line("create-vpc vpc-1 vtb-1 10.0.0.0/16");
  const image = region.image();
  const hash = region.hash();
  region.line("delete-vpc vpc-1");
  const empty = region.hash();
  assert.notEqual(empty, hash);
  const other = new Region();
  for (const wrong of [new Uint32Array(0), new Uint32Array(image.length), image.slice(1),
    image.slice(0, -1), other.image()]) {
    assert.throws(() => region.restore(wrong), RangeError);
  }
  const detached = image.slice();
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const wrong of [undefined, null, [], {}, "", image.buffer, new Uint16Array(image.buffer), detached]) {
    assert.throws(() => region.restore(wrong), TypeError);
  }
  assert.equal(region.hash(), empty);
  region.restore(image);
  assert.equal(region.hash(), hash);
  assert.equal(region.line("show vpc-1"), "ok mode=direct gateway=none\n");
  region.free();
  other.free();
});

test("after a trap every region is as it was before the line that trapped", () => {
  const one = new Region("firmware");
  const two = new Region("firmware");
  one.line("create-vpc vpc-1 vtb-1 10.0.0.0/16");
  for (let i = 0; i < 5000; i += 1) two.line(`region blackout=${i % 2 ? "on" : "off"}`);
  two.line("create-vpc vpc-2 vtb-2 10.0.0.0/16");
  const hashes = [one.hash(), two.hash()];
  const instances = module.count();
  module.trapOn("console_line");
  assert.throws(() => one.line("delete-vpc vpc-1"), TrapError);
  // Both parts are new.
  assert.equal(module.count(), instances + 2);
  assert.deepEqual([one.hash(), two.hash()], hashes);
  assert.equal(one.line("show vpc-1"), "ok mode=direct gateway=none\n");
  assert.equal(one.line("delete-vpc vpc-1"), "ok\n");
  one.free();
  // A region that was not used since the trap has nothing left to give back.
  module.trapOn("console_line");
  assert.throws(() => new Region("firmware").line("hash"), TrapError);
  two.free();
  assert.throws(() => two.line("hash"), /freed/);
});

/** A region of many kinds of objects. */
function walkthrough(profile) {
  const region = new Region(profile);
  for (const { command } of steps(readFileSync(join(vectors, "walkthrough.console"), "utf8"))) region.line(command);
  return region;
}

test("a snapshot brings a configuration back, into any profile that it fits", () => {
  const region = walkthrough();
  const snapshot = region.snapshot();
  assert.deepEqual(region.snapshot(), snapshot);
  assert.deepEqual([...snapshot.slice(0, 4)], [...Buffer.from("SKSR")]);
  assert.notDeepEqual(region.snapshot(7), snapshot);
  const other = new Region();
  other.line("create-vpc vpc-9 vtb-9 10.0.0.0/16");
  other.restore(snapshot);
  assert.equal(other.hash(), region.hash());
  assert.deepEqual(other.snapshot(), snapshot);
  // It outlives the module.
  other.line("region blackout=on");
  const changed = other.hash();
  module.trapOn("console_line");
  assert.throws(() => other.line("hash"), TrapError);
  assert.equal(other.hash(), changed);
  const small = new Region("firmware");
  small.line("create-vpc vpc-1 vtb-1 10.0.0.0/16");
  const large = new Region();
  large.restore(small.snapshot());
  assert.equal(large.hash(), small.hash());
  large.line("create-vpc vpc-2 vtb-2 10.0.0.0/16");
  const before = small.hash();
  assert.throws(() => small.restore(large.snapshot()), (error) => error instanceof SnapshotError && error.reason === "CapacityExceeded");
  assert.equal(small.hash(), before);
  for (const one of [region, other, small, large]) one.free();
});

test("no flipped bit, missing byte or byte too many of a snapshot is taken, and nothing changes", () => {
  const region = walkthrough();
  const snapshot = region.snapshot();
  const copy = new Region();
  copy.line("create-vpc vpc-9 vtb-9 10.0.0.0/16");
  const before = copy.hash();
  const refused = (bytes, reason) => {
    assert.throws(() => copy.restore(bytes), (error) => error instanceof SnapshotError && (reason === undefined || error.reason === reason));
    assert.equal(copy.hash(), before);
  };
  for (let at = 0; at < snapshot.length; at += 7) {
    const bent = snapshot.slice();
    bent[at] ^= 1 << at % 8;
    refused(bent);
    refused(snapshot.slice(0, at), "Truncated");
  }
  refused(new Uint8Array([...snapshot, 0]), "TrailingBytes");
  refused(new Uint8Array(1 << 20), "Corrupt");
  refused(new Uint8Array(0), "Truncated");
  const newer = snapshot.slice(0, 8 + snapshot[6] + 256 * snapshot[7] + 4);
  newer[4] = 2;
  new DataView(newer.buffer).setUint32(newer.length - 4, crc32(newer.subarray(0, -4)), true);
  refused(newer, "NewerVersion");
  const detached = snapshot.slice();
  structuredClone(detached, { transfer: [detached.buffer] });
  assert.throws(() => copy.restore(detached), TypeError);
  for (const history of [-1, 1.5, 2 ** 32]) assert.throws(() => copy.snapshot(history), RangeError);
  assert.throws(() => copy.snapshot("1"), TypeError);
  region.free();
  copy.free();
});

test("a script makes the configuration of every vector", () => {
  for (const name of files) {
    const region = new Region();
    for (const { command } of steps(readFileSync(join(vectors, name), "utf8"))) region.line(command);
    const copy = new Region();
    const answers = copy.run(region.script().join("\n")).filter(({ text }) => text !== "ok\n");
    assert.deepEqual(answers, [], name);
    assert.equal(copy.hash(), region.hash(), name);
    region.free();
    copy.free();
  }
});

test("a script makes again what has begun on tables that have gone", () => {
  const made = ["create-vpc vpc-1 vtb-1 10.0.0.0/16", "create-vswitch vsw-1 vpc-1 10.0.0.0/24", "create-ipv4-gateway ipv4gw-1 vpc-1"];
  for (const lines of [
    ["create-route-table vtb-2 vpc-1", "begin enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2", "delete-route-table vtb-2"],
    ["enable-vpc-ipv4-gateway ipv4gw-1 vtb-1", "create-route-table vtb-9 vpc-1 type=gateway", "begin associate-route-table-with-gateway vtb-9 ipv4gw-1",
      "delete-route-table vtb-9", "create-route-table vtb-8 vpc-1 type=gateway", "create-instance i-1 vsw-1 10.0.0.10 forward=on",
      "update-gateway-route-table-entry-attribute vtb-8 10.0.0.0/24 i-1"],
  ]) {
    const region = new Region();
    const copy = new Region();
    for (const line of [...made, ...lines]) assert.equal(region.line(line), "ok\n", line);
    for (const line of region.script()) assert.equal(copy.line(line), "ok\n", line);
    assert.equal(copy.hash(), region.hash());
    assert.deepEqual(copy.script(), region.script());
    region.free();
    copy.free();
  }
});

test("without the second file everything but its answers is as it is with it", async () => {
  // Another copy of the module, with its own instance.
  const folder = mkdtempSync(join(tmpdir(), "sekisho-first-"));
  cpSync(process.env.PACKAGE, folder, { recursive: true });
  const first = await import(join(folder, "region.js"));
  assert.throws(() => new first.Region(), first.NotLoadedError);
  first.loadSync(readFileSync(join(folder, "sekisho_wasm_bg.wasm")));
  for (const name of files) {
    const [region, whole] = [new first.Region(), new Region()];
    for (const { at, command, answer } of steps(readFileSync(join(vectors, name), "utf8"))) {
      if (first.needsAnswers(command)) {
        assert.throws(() => region.line(command), first.NotLoadedError, `${name}:${at}`);
        // The rest goes on from what it would have done.
        whole.restore(region.image());
        assert.equal(whole.line(command), answer, `${name}:${at}: ${command}`);
        region.restore(whole.image());
      } else assert.equal(region.line(command), answer, `${name}:${at}: ${command}`);
    }
    region.free();
    whole.free();
  }
  const region = new first.Region("firmware");
  for (const use of [() => region.snapshot(), () => region.restore(new Uint8Array(4)), () => region.script(), () => region.line("\taudit\r")]) {
    assert.throws(use, first.NotLoadedError);
  }
  // A word that only begins like one of its questions is none.
  assert.equal(region.line("auditor vpc-1"), "error InvalidCommand\n");
  await assert.rejects(first.loadAnswers(new Uint8Array([0, 97, 115, 109])), WebAssembly.CompileError);
  await first.loadAnswers(readFileSync(join(folder, "sekisho_answers_bg.wasm")));
  assert.equal(region.line("audit vpc-1"), "error ResourceNotFound.Vpc\n");
  assert.equal(region.script().length, 0);
  region.free();
  rmSync(folder, { recursive: true });
});
