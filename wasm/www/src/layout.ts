// Where everything of a VPC is drawn, in CSS pixels, for a width.

import { externals } from "./topology";
import type { External, Gwlb, Host, Topology, Vpc, VSwitch } from "./topology";

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Card extends Box {
  readonly vswitch: VSwitch;
  readonly hosts: readonly (Box & { readonly host: Host })[];
  /** Hosts that there is no room for: where it is said how many. */
  readonly hidden: readonly Box[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly internet: Box;
  readonly balancers: readonly Box[];
  /** Where the wall of the VPC runs. */
  readonly wall: number;
  readonly gate: Box;
  readonly frame: Box;
  /** Where the routes to the gate run together. */
  readonly bus: number;
  readonly cards: readonly Card[];
  readonly gwlbs: readonly (Box & { readonly gwlb: Gwlb; readonly appliances: readonly Box[] })[];
  readonly externals: readonly (Box & External)[];
  /** Every box by its id. */
  readonly boxes: ReadonlyMap<string, Box>;
}

const HEADER = 70;
const CHIP = 34;
const TALL = 50;
const SPACE = 6;
/** How far left of a card its packets run. */
export const LANE = 12;
/** About how wide a character of a name and one of an address is drawn. */
export const NAME = 8.600;
export const ADDRESS = 7.300;
/** With more vSwitches, cards are small and show few hosts. */
export const MANY = 24;

/** Chips of one size in rows. */
function rows(ids: readonly string[], x: number, y: number, width: number, w: number, h: number, gap: number) {
  const columns = Math.max(1, Math.floor((width + gap) / (w + gap)));
  const boxes = ids.map((id, at) => ({
    id, x: x + (at % columns) * (w + gap), y: y + Math.floor(at / columns) * (h + gap), w, h,
  }));
  const count = Math.ceil(ids.length / columns);
  return { boxes, bottom: count === 0 ? y : y + count * (h + gap) - gap };
}

function card(vswitch: VSwitch, x: number, y: number, w: number, most: number): Card {
  const shown = vswitch.hosts.length > most ? vswitch.hosts.slice(0, most - 1) : vswitch.hosts;
  let at = y + HEADER + 10;
  const hosts = shown.map((host) => {
    const h = host.publics.length > 0 || host.gwlb !== "" ? TALL : CHIP;
    const box = { id: host.id, x: x + 10, y: at, w: w - 20, h, host };
    at += h + SPACE;
    return box;
  });
  const hidden = vswitch.hosts.slice(shown.length).map(({ id }) => ({ id, x: x + 10, y: at, w: w - 20, h: 24 }));
  if (hidden.length > 0) at += 24;
  if (hosts.length === 0) at += 26;
  return { id: vswitch.id, x, y, w, h: at - y + 6, vswitch, hosts, hidden };
}

export function layout(topology: Topology, vpc: Vpc, width: number): Layout {
  const narrow = width < 560;
  const pad = narrow ? 6 : 20;
  const middle = width / 2;
  const boxes = new Map<string, Box>();
  const put = <B extends Box>(box: B): B => {
    boxes.set(box.id, box);
    return box;
  };

  const internet = put({ id: "internet", x: middle - 92, y: 10, w: 184, h: 40 });
  const side = rows(vpc.balancers.map(({ id }) => id), narrow ? pad : middle + 120, narrow ? 60 : 8,
    width - pad - (narrow ? pad : middle + 120), 164, 44, 8);
  const balancers = side.boxes.map(put);
  const wall = Math.max(50, balancers.length > 0 ? side.bottom : 0) + 62;
  const gate = { id: vpc.gateway?.id ?? "gate", x: middle - 48, y: wall - 36, w: 96, h: 62 };
  put(gate);

  // Beside the cards run packets, on the left, and what default routes lead to.
  const before = 24;
  const after = narrow ? 16 : 24;
  const inner = width - 2 * pad - before - after;
  const count = vpc.vswitches.length;
  const many = count > MANY;
  const gap = narrow || many ? 24 : 30;
  // Wide enough for every name beside its address.
  const needs = vpc.vswitches.flatMap(({ hosts }) => hosts.map(({ id, address, forward }) => (id.length + (forward ? 2 : 0)) * NAME + address.length * ADDRESS + 74));
  const least = Math.min(280, Math.max(many ? 176 : 236, ...needs));
  const columns = Math.max(1, Math.min(count, many ? 12 : 6, Math.floor((inner + gap) / (least + gap))));
  const w = Math.min(360, (inner - (columns - 1) * gap) / columns);
  const left = pad + before + (inner - columns * w - (columns - 1) * gap) / 2;
  const bus = wall + 74;
  let y = bus + 18;
  const cards: Card[] = [];
  for (let from = 0; from < count; from += columns) {
    const row = vpc.vswitches.slice(from, from + columns)
      .map((vswitch, at) => card(vswitch, left + at * (w + gap), y, w, many ? 4 : 9));
    const h = Math.max(...row.map((box) => box.h));
    for (const box of row) {
      cards.push(put({ ...box, h }));
      box.hosts.forEach(put);
      box.hidden.forEach(put);
    }
    y += h + gap - 4;
  }
  if (count === 0) y += 80;
  const frame = put({ id: vpc.id, x: pad, y: wall, w: width - 2 * pad, h: y - wall - (narrow ? 4 : 10) });
  y += 16;

  const ours = topology.gwlbs;
  const bw = Math.min(280, inner);
  const tallest = Math.max(1, ...ours.map(({ appliances }) => appliances.length));
  const bh = 44 + tallest * 34 + 4;
  const below = rows(ours.map(({ id }) => id), middle - Math.min(inner, ours.length * (bw + gap) - gap) / 2, y, inner, bw, bh, gap);
  const gwlbs = ours.map((gwlb, at) => {
    const box = put(below.boxes[at]!);
    const appliances = gwlb.appliances.map(({ id }, nth) =>
      put({ id, x: box.x + 10, y: box.y + 42 + nth * 34, w: box.w - 20, h: 28 }));
    return { ...box, gwlb, appliances };
  });
  if (gwlbs.length > 0) y = below.bottom + 18;

  const out = externals(vpc);
  const ew = Math.min(190, inner);
  const across = Math.max(1, Math.min(out.length, Math.floor((inner + 8) / (ew + 8))));
  const away = rows(out.map(({ id }) => id), middle - (across * (ew + 8) - 8) / 2, y + 10, inner, ew, 46, 8);
  const outside = away.boxes.map((box, at) => put({ ...box, ...out[at]! }));
  if (out.length > 0) y = away.bottom + 14;

  return { width, height: y + 4, internet, balancers, wall, gate, frame, bus, cards, gwlbs, externals: outside, boxes };
}
