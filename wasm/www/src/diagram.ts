// The VPC as a drawing: everything in it can be chosen, by pointer and by key.

import { h, refill, s } from "./dom";
import { finder } from "./finder";
import { iconOf } from "./icons";
import { ADDRESS, LANE, layout, MANY, NAME } from "./layout";
import type { Box, Card, Layout } from "./layout";
import { state } from "./state";
import { language, maybe, t } from "./texts";
import type { Key } from "./texts";
import { defaultHop, exposureOf, externals, kindOf } from "./topology";
import type { Host, Vpc } from "./topology";
import { drawTrails, rounded } from "./trail";
import { welcome } from "./welcome";

const text = (x: number, y: number, kind: string, ...words: (string | number)[]) =>
  s("text", { x, y, class: kind }, ...words);

/** Something that can be chosen. What is written in it is its name; `what` says what it is. */
function choice(box: Box, what: string, kind: string, ...inside: SVGElement[]): SVGGElement {
  return s("g", {
    class: `choice ${kind}${state.selected === box.id ? " chosen" : ""}`, role: "button", tabindex: -1,
    "data-id": box.id, "aria-roledescription": what, "aria-pressed": String(state.selected === box.id),
  }, inside.flatMap((shape) => [shape, " "]));
}

const rect = (box: Box, r: number, kind: string) =>
  s("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: r, class: kind });

function icon(kind: string, x: number, y: number): SVGElement {
  return s("path", { d: iconOf(kind), transform: `translate(${x} ${y})`, class: "icon" });
}

const modeKey = (mode: string): Key => `mode.${mode}` as Key;

/** About how wide a character of a public address and one of small text is drawn. */
const OUTER = 7;
const SMALL = 6.900;
/** In a name in this language. */
const WIDE = { en: NAME, ja: 14, zh: 14 };

/** What is written after a text, if there is room for both. */
function ifRoom(room: number, written: number, more: string, each: number): string {
  return written + more.length * each <= room ? more : "";
}

/** The gate in the wall: two posts and two beams. */
function gateOf(vpc: Vpc, at: Layout): SVGElement[] {
  const { gate, wall } = at;
  const middle = gate.x + gate.w / 2;
  const { gateway } = vpc;
  if (gateway === undefined) return [];
  const open = gateway.enabled;
  const posts = `M${middle - 30} ${wall + 26}V${wall - 26}M${middle + 30} ${wall + 26}V${wall - 26}`;
  const beams = `M${middle - 46} ${wall - 30}Q${middle} ${wall - 22} ${middle + 46} ${wall - 30}M${middle - 38} ${wall - 13}H${middle + 38}`;
  const busy = !["Created"].includes(gateway.status);
  return [choice(gate, t("kind.ipv4gw"), `gate${open ? " open" : ""}${busy ? " busy" : ""}`,
    rect({ ...gate, y: gate.y - 4, h: gate.h + 6 }, 8, "hit"),
    s("rect", { x: middle - 30, y: wall - 12, width: 60, height: 38, class: "opening" }),
    s("path", { d: posts, class: "posts" }), s("path", { d: beams, class: "beams" }),
    ...(open ? [] : [s("path", { d: `M${middle - 26} ${wall + 2}H${middle + 26}M${middle - 26} ${wall + 14}H${middle + 26}`, class: "bar" })]),
    text(middle - 56, wall - 16, "name end", gateway.id),
    text(middle + 56, wall - 16, "small", busy ? maybe(`state.${gateway.status}`) ?? gateway.status : t(open ? "gate.open" : "gate.shut"),
      gateway.table === "none" ? "" : ` · ${gateway.table}`))];
}

function wallOf(vpc: Vpc, at: Layout): SVGElement[] {
  const { frame, wall } = at;
  const middle = at.width / 2;
  const gap = vpc.gateway === undefined ? 0 : 32;
  const d = `M${frame.x} ${wall}${gap === 0 ? "" : `H${middle - gap}M${middle + gap} ${wall}`}H${frame.x + frame.w}`;
  const first = vpc.cidrs[0] ?? "";
  const title = choice(frame, t("kind.vpc"), "title",
    rect({ id: vpc.id, x: frame.x + 8, y: wall + 10, w: Math.min(150, middle - frame.x - 46), h: 50 }, 6, "hit"),
    text(frame.x + 16, wall + 30, "name", vpc.id),
    text(frame.x + 16, wall + 48, "mono", first, vpc.cidrs.length > 1 ? ifRoom(middle - frame.x - 54, first.length * ADDRESS, ` +${vpc.cidrs.length - 1}`, ADDRESS) : ""));
  const right = frame.x + frame.w - 16;
  return [s("path", { d, class: `wall ${vpc.mode}` }), title,
    text(right, wall + 30, `mode end ${vpc.mode}`, t(modeKey(vpc.mode))),
    ...(at.width < 560 ? [] : [text(right, wall + 48, "small end", t(`mode.${vpc.mode}.short` as Key))])];
}

function chip(box: Box & { host: Host }): SVGGElement {
  const { host, x, y, w } = box;
  const kind = kindOf(host.id);
  const second = host.publics[0];
  const tall = second !== undefined || host.gwlb !== "";
  const first = y + (tall ? 20 : 21.500);
  return choice(box, t(`kind.${kind}` as Key), `chip ${kind}`, rect(box, 7, "body"), icon(kind, x + 9, y + (tall ? 8 : 9)),
    text(x + 34, first, "name", host.id, host.forward ? " ⇉" : "",
      host.forward ? ifRoom(w - 50, (host.id.length + 3) * NAME + host.address.length * ADDRESS, ` ${t("host.forwards")}`, WIDE[language]) : ""),
    text(x + w - 10, first, "mono end", host.address),
    ...(second === undefined ? [] : [text(x + 34, y + 39, "outer", second.address, host.publics.length > 1 ? ` +${host.publics.length - 1}` : "",
      ifRoom(w - 44, (second.address.length + 3) * OUTER, ` · ${second.id}`, OUTER))]),
    ...(host.gwlb === "" ? [] : [text(x + 34, y + 39, "small", `→ ${host.gwlb}`)]));
}

function cardOf(card: Card, vpc: Vpc): SVGElement[] {
  const { vswitch, x, y, w } = card;
  const hop = defaultHop(vpc, vswitch.table);
  const exposure = exposureOf(vpc, vswitch);
  const header = choice({ ...card, h: 60 }, t("kind.vsw"), "header",
  rect({ ...card, x: x + 4, y: y + 4, w: w - 8, h: 66 }, 7, "hit"),
  text(x + 14, y + 25, "name", vswitch.id), text(x + 14, y + 43, "mono", vswitch.cidr),
  text(x + 14, y + 61, "small", ifRoom(w - 28, (hop.length + 6) * SMALL, `${vswitch.table} · `, SMALL), `0/0 → ${hop || t("none")}`),
  text(x + w - 14, y + 25, `exposure end ${exposure}`, t(`exposure.${exposure}` as Key)));
  return [rect(card, 10, `card ${exposure}`), header, ...card.hosts.map(chip),
    ...card.hidden.slice(0, 1).map((box) => text(x + 14, box.y + 16, "small", t("more", { n: card.hidden.length }))),
    ...(card.hosts.length === 0 ? [text(x + 14, y + 94, "small", t("empty"))] : [])];
}

const curve = (x1: number, y1: number, x2: number, y2: number, bend: number) =>
  `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;

/** The ways that the default routes lead. */
function wires(vpc: Vpc, at: Layout): SVGElement[] {
  if (at.cards.length > MANY) return [];
  const found: SVGElement[] = [];
  const middle = at.gate.x + at.gate.w / 2;
  for (const card of at.cards) {
    const hop = defaultHop(vpc, card.vswitch.table);
    const to = at.boxes.get(hop);
    if (to === undefined) continue;
    const kind = kindOf(hop);
    if (kind === "ipv4gw") {
      const first = card.y <= at.bus + 20;
      const straight = Math.abs(card.x + card.w / 2 - middle) < 7;
      const x = !first ? card.x - LANE : straight ? middle : card.x + card.w / 2;
      const start = first ? `M${x} ${card.y}` : `M${card.x} ${card.y + 30}H${Math.min(card.x, x + 6)}Q${x} ${card.y + 30} ${x} ${card.y + 24}`;
      const turn = first && straight ? "" : x < middle
        ? `V${at.bus + 6}Q${x} ${at.bus} ${x + 6} ${at.bus}H${middle - 6}Q${middle} ${at.bus} ${middle} ${at.bus - 6}`
        : `V${at.bus + 6}Q${x} ${at.bus} ${x - 6} ${at.bus}H${middle + 6}Q${middle} ${at.bus} ${middle} ${at.bus - 6}`;
      found.push(s("path", { d: `${start}${turn}V${at.wall + 30}`, class: "wire gateway" }));
    } else {
      const same = to.x > card.x && to.x < card.x + card.w;
      if (same) {
        // Below or above each other: by the lane on the right.
        const edge = card.x + card.w;
        const lane = edge + LANE;
        const end = to.y + to.h / 2;
        const turn = Math.sign(end - card.y - 56) * 6;
        found.push(s("path", { class: `wire ${kind}`, d: `M${edge} ${card.y + 56}H${lane - 6}Q${lane} ${card.y + 56} ${lane} ${card.y + 56 + turn}V${end - turn}Q${lane} ${end} ${lane - 6} ${end}H${edge}` }),
          s("circle", { cx: edge, cy: end, r: 3, class: `dot ${kind}` }));
        continue;
      }
      const right = to.x + to.w / 2 > card.x + card.w / 2;
      const x1 = right ? card.x + card.w : card.x;
      const y1 = card.y + 56;
      const x2 = right ? to.x - 10 : to.x + to.w + 10;
      const y2 = to.y + to.h / 2;
      const between = at.cards.some(({ x, w }) => right ? x > x1 && x + w < x2 : x > x2 && x + w < x1);
      const theirs = at.cards.find(({ hosts }) => hosts.some(({ id }) => id === hop));
      // Past other cards: up between the cards, across above theirs, and down on this side of it.
      const d = between && theirs !== undefined
        ? rounded([[x1, y1], [x1 + (right ? 9 : -9), y1], [x1 + (right ? 9 : -9), theirs.y - 8], [x2 + (right ? -9 : 9), theirs.y - 8], [x2 + (right ? -9 : 9), y2], [x2, y2]])
        : curve(x1, y1, x2, y2, Math.max(24, Math.abs(x2 - x1) / 2) * (right ? 1 : -1));
      found.push(s("path", { d, class: `wire ${kind}` }), s("circle", { cx: x2, cy: y2, r: 3, class: `dot ${kind}` }));
    }
  }
  for (const card of at.cards) {
    for (const { host, x, y, w, h: tall } of card.hosts) {
      const to = host.gwlb === "" ? undefined : at.boxes.get(host.gwlb);
      if (to === undefined) continue;
      const x1 = x + w / 2;
      const x2 = to.x + to.w / 2;
      const below = at.cards.some((other) => other.y > card.y && other.x < Math.max(x1, x2) && other.x + other.w > Math.min(x1, x2));
      const edge = card.x + card.w + 9;
      // Past the cards below: down beside them.
      found.push(s("path", { class: "wire gwlb", d: below
        ? rounded([[x + w, y + tall / 2], [edge, y + tall / 2], [edge, to.y - 12], [x2, to.y - 12], [x2, to.y]])
        : `M${x1} ${card.y + card.h}C${x1} ${to.y - 8} ${x2} ${card.y + card.h + 8} ${x2} ${to.y}` }));
    }
  }
  return found;
}

const cards = new Map<string, { signature: string; group: SVGGElement }>();

/** The card of a vSwitch; the one from before if nothing about it has changed. */
function cardGroup(card: Card, vpc: Vpc): SVGGElement {
  const signature = JSON.stringify([card, defaultHop(vpc, card.vswitch.table), language, vpc.id]);
  const old = cards.get(card.id);
  if (old?.signature === signature) return old.group;
  const group = s("g", {}, ...cardOf(card, vpc));
  cards.set(card.id, { signature, group });
  return group;
}

/** Puts these children in place of those that there are, and moves none that can stay. */
function patch(parent: Element, children: Element[]): void {
  const stay = new Set<Node>(children);
  for (const child of [...parent.childNodes]) if (!stay.has(child)) child.remove();
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
}

/** Sets what differs: a drawing of the same size is not laid out again. */
function update(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

function draw(vpc: Vpc, at: Layout): SVGElement[] {
  const { internet } = at;
  const middle = at.width / 2;
  const publicly = vpc.mode === "centralized" ? "" : vpc.mode;
  return [
    s("path", { d: `M${middle} ${internet.y + internet.h}V${at.wall - 38}`, class: `wire up ${publicly}` }),
    rect(at.frame, 10, "frame"), ...wires(vpc, at),
    choice(internet, t("internet"), "internet", rect(internet, 20, "body"),
      text(middle, internet.y + 26, "name middle", t("internet"))),
    ...vpc.balancers.map(({ id, address }) => {
      const box = at.boxes.get(id)!;
      return choice(box, t("kind.lb"), "chip lb", rect(box, 7, "body"), icon("lb", box.x + 9, box.y + 14),
        text(box.x + 34, box.y + 19, "name", id), text(box.x + 34, box.y + 36, "outer", address));
    }),
    ...wallOf(vpc, at), ...at.cards.map((card) => cardGroup(card, vpc)), ...gateOf(vpc, at),
    ...(at.cards.length === 0 ? [text(middle, at.bus + 50, "small middle", t("empty.vpc"))] : []),
    ...at.gwlbs.flatMap((box) => [rect(box, 10, "card gwlb"),
      choice({ ...box, h: 40 }, t("kind.gwlb"), "header",
        rect({ ...box, x: box.x + 4, y: box.y + 4, w: box.w - 8, h: 34 }, 7, "hit"), icon("gwlb", box.x + 12, box.y + 13),
        text(box.x + 36, box.y + 26, "name", box.id),
        text(box.x + box.w - 14, box.y + 26, "small end", box.gwlb.failOpen ? t("failopen") : "")),
      ...box.gwlb.appliances.map(({ id, healthy }, nth) => {
        const place = box.appliances[nth]!;
        return choice(place, t("kind.app"), `chip app${healthy ? "" : " ill"}`,
          rect(place, 7, "body"), s("circle", { cx: place.x + 16, cy: place.y + 14, r: 5, class: "health" }),
          text(place.x + 34, place.y + 18.500, "name", id),
          text(place.x + place.w - 10, place.y + 18.500, "small end", t(healthy ? "healthy" : "unhealthy")));
      })]),
    ...at.externals.map((box) => choice(box, t("elsewhere"), "chip away", rect(box, 12, "body"),
      icon(kindOf(box.id), box.x + 14, box.y + 15), text(box.x + 40, box.y + 20, "name", box.id),
      text(box.x + 40, box.y + 36, "mono", box.routes[0]?.prefix ?? "", box.routes.length > 1 ? ` +${box.routes.length - 1}` : ""))),
  ];
}

/** What there is, in words, for those who do not see the drawing. */
function words(vpc: Vpc): HTMLElement {
  const gateway = vpc.gateway;
  return h("ul", {},
    h("li", {}, `${vpc.id} ${vpc.cidrs.join(", ")}: ${t(modeKey(vpc.mode))} · ${t(`mode.${vpc.mode}.short` as Key)}`),
    h("li", {}, gateway === undefined ? t("gate.none") : `${t(gateway.enabled ? "gate.enabled" : "gate.created", { id: gateway.id })}. `
      + (gateway.table === "none" ? t("gate.notable") : t("gate.table", { id: gateway.table }))),
    vpc.vswitches.map((vswitch) => h("li", {}, t("vswitch.label", { id: vswitch.id, cidr: vswitch.cidr,
      exposure: t(`exposure.${exposureOf(vpc, vswitch)}` as Key), table: vswitch.table,
      hop: defaultHop(vpc, vswitch.table) || t("none") }),
    vswitch.hosts.length > 0 && h("ul", {}, vswitch.hosts.map((host) => h("li", {},
      [t(`kind.${kindOf(host.id)}` as Key), host.id, host.address, ...host.publics.map(({ id, address }) => `${id} ${address}`),
        host.gwlb].filter((word) => word !== "").join(", ")))))),
    state.topology.gwlbs.map((gwlb) => h("li", {}, `${t("kind.gwlb")} ${gwlb.id}: ${gwlb.appliances.map(({ id, healthy }) =>
      `${id} ${t(healthy ? "healthy" : "unhealthy")}`).join(", ")}`)),
    vpc.balancers.map(({ id, address }) => h("li", {}, `${t("kind.lb")} ${id}, ${address}`)),
    externals(vpc).map(({ id, routes }) => h("li", {}, `${id} (${t("elsewhere")}): ${routes.slice(0, 3).map(({ table, prefix }) =>
      `${table} ${prefix}`).join(", ")}${routes.length > 3 ? ` · ${t("more", { n: routes.length - 3 })}` : ""}`)));
}

export class Diagram {
  readonly #svg = s("svg", { class: "diagram", role: "group" });
  readonly #words = h("div", { class: "words" });
  readonly #details = h("details", { class: "astext" }, h("summary", {}, t("diagram.text")), this.#words);
  readonly #tabs = h("div", { class: "vpcs" });
  readonly #finder = finder();
  readonly #welcome = welcome();
  readonly #scroll: HTMLElement;
  #layout: Layout | undefined;
  #width = 0;

  constructor(parent: HTMLElement) {
    this.#scroll = h("div", { class: "canvas" }, this.#svg, this.#welcome);
    parent.querySelectorAll(":scope > :not(h2)").forEach((old) => old.remove());
    parent.append(h("div", { class: "above" }, this.#tabs, this.#finder), this.#scroll, this.#details);
    this.#details.addEventListener("toggle", () => this.render());
    this.#svg.addEventListener("click", (event) => this.#choose(event.target));
    this.#svg.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => {
      if (Math.abs(this.#scroll.clientWidth - this.#width) > 1) this.render();
    }).observe(this.#scroll);
    state.on("change", () => this.render());
    state.on("select", () => {
      this.#mark();
      if (matchMedia("(min-width: 880px)").matches) this.#group(state.selected)?.scrollIntoView({ block: "nearest" });
    });
    state.on("light", () => {
      for (const group of this.#choices()) group.classList.toggle("lit", state.lit.includes(group.dataset.id ?? ""));
    });
    state.on("trail", () => this.#trails());
    this.render();
  }

  #choose(target: EventTarget | null): void {
    const group = target instanceof Element ? target.closest<SVGGElement>(".choice") : null;
    if (group !== null) state.select(group.dataset.id ?? "");
  }

  #group(id: string): SVGGElement | undefined {
    return this.#choices().find((group) => group.dataset.id === id);
  }

  #choices(): SVGGElement[] {
    return [...this.#svg.querySelectorAll<SVGGElement>(".choice")];
  }

  /** Arrows go to the nearest neighbour that way, page keys to the next and the one before; Enter and
   * the space bar choose. */
  #key(event: KeyboardEvent): void {
    const here = (event.target as Element).closest<SVGGElement>(".choice");
    if (here === null) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      state.select(here.dataset.id ?? "");
      return;
    }
    const ways: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    };
    const all = this.#choices();
    let next: SVGGElement | undefined;
    const at = all.indexOf(here);
    if (event.key === "PageDown") next = all[at + 1];
    if (event.key === "PageUp") next = all[at - 1];
    if (event.key === "Home") next = all[0];
    if (event.key === "End") next = all.at(-1);
    const way = ways[event.key];
    if (way !== undefined) {
      const from = here.getBoundingClientRect();
      let best = Infinity;
      for (const other of all) {
        const to = other.getBoundingClientRect();
        const dx = to.x + to.width / 2 - from.x - from.width / 2;
        const dy = to.y + to.height / 2 - from.y - from.height / 2;
        const along = dx * way[0] + dy * way[1];
        const across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
        if (other !== here && along > 1 && along + 2 * across < best) {
          best = along + 2 * across;
          next = other;
        }
      }
    }
    if (next === undefined) return;
    event.preventDefault();
    here.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }

  #mark(): void {
    for (const group of this.#choices()) {
      const chosen = group.dataset.id === state.selected;
      group.classList.toggle("chosen", chosen);
      update(group, { "aria-pressed": String(chosen) });
    }
  }

  #trails(): void {
    this.#svg.querySelector(".trails")?.remove();
    if (this.#layout === undefined) return;
    this.#svg.append(drawTrails(state.trails, this.#layout));
    // In a drawing that scrolls, who sends or gets the packet is in sight.
    if (!state.follow || !this.#scroll.classList.contains("many")) return;
    const { boxes, gate } = this.#layout;
    const host = state.trails[0]?.stops.filter((id) => id !== "internet" && id !== gate.id).flatMap((id) => boxes.get(id) ?? []).at(-1);
    const { scrollTop, clientHeight } = this.#scroll;
    if (host !== undefined && (host.y < scrollTop || host.y + host.h > scrollTop + clientHeight)) this.#scroll.scrollTop = host.y - clientHeight / 2;
  }

  render(): void {
    const { vpcs } = state.topology;
    const focused = document.activeElement?.closest<SVGGElement>(".diagram .choice")?.dataset.id;
    refill(this.#tabs, vpcs.length > 1 && vpcs.map(({ id }) => h("button", {
      type: "button", class: "pill", "aria-pressed": String(id === state.vpc),
      onclick: () => state.draw(id),
    }, id)));
    const vpc = vpcs.find(({ id }) => id === state.vpc) ?? vpcs[0];
    this.#width = this.#scroll.clientWidth;
    const many = (vpc?.vswitches.length ?? 0) > MANY;
    this.#finder.hidden = !many;
    this.#scroll.classList.toggle("many", many);
    this.#svg.toggleAttribute("hidden", vpc === undefined);
    this.#welcome.hidden = vpc !== undefined;
    this.#details.hidden = vpc === undefined;
    if (vpc === undefined) {
      this.#layout = undefined;
      refill(this.#svg);
      return;
    }
    state.vpc = vpc.id;
    // What is far away is drawn larger.
    const scale = this.#width > 1100 && !many ? 1.2 : 1;
    const at = layout(state.topology, vpc, Math.max(320, this.#width / scale));
    this.#layout = at;
    update(this.#svg, { viewBox: `0 0 ${at.width} ${at.height}`, width: at.width * scale, height: at.height * scale,
      "aria-label": t("diagram.label", { vpc: vpc.id }) });
    patch(this.#svg, [...draw(vpc, at), drawTrails(state.trails, at)]);
    this.#mark();
    this.#words.replaceChildren();
    if (this.#details.open) this.#words.append(words(vpc));
    const all = this.#choices();
    for (const group of all) update(group, { tabindex: -1 });
    const first = all.find((group) => group.dataset.id === (focused ?? state.selected)) ?? all[0];
    first?.setAttribute("tabindex", "0");
    if (focused !== undefined) first?.focus({ preventScroll: true });
  }
}
