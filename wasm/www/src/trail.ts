// The way of a packet, drawn over the diagram.

import { s } from "./dom";
import { LANE } from "./layout";
import type { Box, Layout } from "./layout";
import type { Trail } from "./state";

/** A place on the way, with the lane that it is reached by: none for what is on the middle line. */
interface Stop {
  readonly x: number;
  readonly y: number;
  readonly lane: number | undefined;
  /** Where packets run across to other lanes. */
  readonly across: number;
}

/** How far from the middle each of two ways runs along lanes, stops, and passes the gate. */
const BESIDE = 4;
const STOPS = 8;
const APART = 10;

function stopAt(box: Box, at: Layout, shift: number): Stop {
  const middle = at.gate.x + at.gate.w / 2 + Math.sign(shift) * APART;
  if (box.id === at.gate.id) return { x: middle, y: at.wall + 8, lane: undefined, across: at.bus + shift };
  if (box.id === "internet") return { x: middle, y: box.y + box.h + 3, lane: undefined, across: at.bus + shift };
  const y = box.y + Math.min(17, box.h / 2) + Math.sign(shift) * STOPS;
  if (box.y < at.wall) return { x: box.x, y, lane: undefined, across: y };
  const card = at.cards.find(({ x, y: top, w, h }) => box.x >= x && box.x < x + w && box.y >= top && box.y < top + h);
  if (card !== undefined) return { x: box.x - 1, y, lane: card.x - LANE + shift, across: card.y - 9 + shift };
  return { x: box.x, y, lane: box.x - 14 + shift, across: at.frame.y + at.frame.h + 8 + shift };
}

/** Corners of the way from one stop to the next: along lanes, and across between rows. */
function corners(from: Stop, to: Stop): [number, number][] {
  if (from.lane === undefined && to.lane === undefined) return [];
  if (from.lane === undefined) return [[from.x, from.across], [to.lane!, from.across], [to.lane!, to.y]];
  if (to.lane === undefined) return [[from.lane, from.y], [from.lane, to.across], [to.x, to.across]];
  if (Math.abs(from.lane - to.lane) < 1) return [[from.lane, from.y], [to.lane, to.y]];
  const across = Math.max(from.across, to.across);
  return [[from.lane, from.y], [from.lane, across], [to.lane, across], [to.lane, to.y]];
}

/** A line through points, its corners rounded. */
export function rounded(points: readonly [number, number][]): string {
  return points.map(([x, y], nth) => {
    const before = points[nth - 1];
    const after = points[nth + 1];
    if (before === undefined) return `M${x} ${y}`;
    if (after === undefined) return `L${x} ${y}`;
    const near = ([px, py]: readonly [number, number]): string => {
      const length = Math.hypot(px - x, py - y) || 1;
      const radius = Math.min(9, length / 2);
      return `${x + (px - x) / length * radius} ${y + (py - y) / length * radius}`;
    };
    return `L${near(before)}Q${x} ${y} ${near(after)}`;
  }).join("");
}

function quiet(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** There and back: the second is drawn beside the first. */
export function drawTrails(trails: readonly Trail[], at: Layout): SVGGElement {
  // Above what is below them the ways, and above them all where they stop.
  const halos: SVGElement[] = [];
  const ways: SVGElement[] = [];
  const ends: SVGElement[] = [];
  let begin = 0;
  trails.forEach(({ stops, dropped }, nth) => {
    const shift = trails.length < 2 ? 0 : (nth === 0 ? -BESIDE : BESIDE);
    const drawn = stops.flatMap((id) => at.boxes.get(id) ?? []);
    const points = drawn.map((box) => stopAt(box, at, shift));
    const rest = points.slice(1);
    if (points.length === 0) return;
    const d = rounded(points.flatMap((stop, step): [number, number][] =>
      [...(step === 0 ? [] : corners(points[step - 1]!, stop)), [stop.x, stop.y]]));
    const kind = nth === 0 ? "there" : "back";
    halos.push(s("path", { d, class: "way halo" }));
    ways.push(s("path", { d, class: `way ${kind}` }));
    points.forEach(({ x: cx, y: cy }, step) => {
      const last = step === points.length - 1;
      if (last && dropped) {
        ends.push(s("circle", { cx, cy, r: 10, class: "stop lost" }),
          s("path", { d: `M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8`, class: "cross" }));
      } else if (nth > 0 ? last : drawn.indexOf(drawn[step]!) === step) {
        const number = nth > 0 ? "✓" : drawn.flatMap((box, passed) => box === drawn[step] ? [passed + 1] : []).join("·");
        const more = (number.length - 1) * 5;
        ends.push(s("rect", { x: cx - 8 - more, y: cy - 8, width: 16 + more, height: 16, rx: 8, class: `stop ${kind}` }),
          s("text", { x: cx - more / 2, y: cy + 3.500, class: "number middle" }, number));
      }
    });
    if (!quiet() && rest.length > 0) {
      const seconds = 0.5 + 0.35 * rest.length;
      const dot = s("circle", { r: 6, class: `runner ${kind}`, opacity: 0 });
      dot.append(s("set", { attributeName: "opacity", to: 1, begin: `${begin}s`, dur: `${seconds}s` }),
        s("animateMotion", { dur: `${seconds}s`, begin: `${begin}s`, fill: "freeze", path: d, calcMode: "linear" }));
      ends.push(dot);
      begin += seconds;
    }
  });
  return s("g", { class: "trails", "aria-hidden": "true" }, ...halos, ...ways, ...ends);
}
