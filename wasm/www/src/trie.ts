// A table's prefixes as a trie, one inside the other, with the walk of a lookup. A drawing only: what
// wins is what the core answered.

import { s } from "./dom";
import { t } from "./texts";
import type { Route } from "./topology";

/** An address as a number; undefined if it is none. */
export function bits(address: string): number | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)?.slice(1).map(Number);
  return parts?.every((part) => part < 256) ? parts.reduce((all, part) => all * 256 + part, 0) : undefined;
}

function split(prefix: string): [number, number] {
  const [address = "", len = "0"] = prefix.split("/");
  return [bits(address) ?? 0, Number(len)];
}

/** Whether a prefix holds an address. */
export function holds(prefix: string, address: number): boolean {
  const [base, len] = split(prefix);
  const size = 2 ** (32 - len);
  return address >= base && address < base + size;
}

interface Node {
  readonly route: Route | undefined;
  readonly prefix: string;
  readonly len: number;
  readonly children: Node[];
}

/** Prefixes in order of address, then length: each goes into the last one that holds it. */
function tree(routes: readonly Route[]): Node {
  const root: Node = { route: undefined, prefix: "0.0.0.0/0", len: 0, children: [] };
  const open: Node[] = [root];
  for (const route of routes) {
    const [base, len] = split(route.prefix);
    const node: Node = { route, prefix: route.prefix, len, children: [] };
    if (len === 0) {
      open[0] = { ...node, children: root.children };
      continue;
    }
    while (open.length > 1 && !holds(open.at(-1)!.prefix, base)) open.pop();
    open.at(-1)!.children.push(node);
    open.push(node);
  }
  return open[0]!;
}

const ROW = 30;
const STEP = 30;
/** So many of a prefix's children are drawn, beside the one that the walk takes. */
const FEW = 8;

/** Rows from the top down, each a prefix; the walk is drawn as far as it leads. */
export function drawTrie(routes: readonly Route[], address: number | undefined, winner: string | undefined): SVGSVGElement {
  const shapes: SVGElement[] = [];
  const walk: SVGElement[] = [];
  let row = 0;
  let steps = 0;
  let width = 0;
  const most = 60;
  const leads = ({ prefix }: Node) => address !== undefined && holds(prefix, address);
  const label = (x: number, y: number, kind: string, text: string) => {
    width = Math.max(width, x + 16 + text.length * 7.500);
    return s("text", { x: x + 16, y: y + 4, class: kind }, text);
  };
  const visit = (node: Node, depth: number, from: [number, number] | undefined, walked: boolean) => {
    const x = 16 + depth * STEP;
    const y = 20 + row * ROW;
    row += 1;
    const on = walked && leads(node);
    if (from !== undefined) {
      const d = `M${from[0]} ${from[1] + 8}V${y - 6}Q${from[0]} ${y} ${from[0] + 6} ${y}H${x - 9}`;
      (on ? walk : shapes).push(s("path", { d, class: `branch${on ? " walked" : ""}` }));
    }
    const won = node.prefix === winner && node.route !== undefined;
    if (on) steps += 1;
    shapes.push(s("circle", { cx: x, cy: y, r: won ? 9 : 7, class: `node${node.route === undefined ? " hollow" : ""}${on ? " walked" : ""}${won ? " won" : ""}` }));
    if (on) shapes.push(s("text", { x, y: y + 3.500, class: "number middle" }, steps));
    shapes.push(label(x, y, `mono${won ? " won" : ""}`, node.prefix + (node.route === undefined ? "" : ` → ${node.route.hop}`)));
    let shown = 0;
    let left = 0;
    for (const child of node.children) {
      const taken = on && leads(child);
      if (taken || (row < most && shown < FEW)) {
        visit(child, depth + 1, [x, y], on);
        if (!taken) shown += 1;
      } else left += 1;
    }
    if (left === 0) return;
    shapes.push(label(x + STEP - 16, 20 + row * ROW, "small", `⋯ ${t("more", { n: left })}`));
    row += 1;
  };
  visit(tree(routes), 0, undefined, true);
  const height = row * ROW + 8;
  return s("svg", { class: "trie", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    ...shapes.filter((shape) => shape.tagName === "path"), ...walk, ...shapes.filter((shape) => shape.tagName !== "path"));
}
