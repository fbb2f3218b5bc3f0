// Making elements: h for HTML, s for SVG.

type Value = string | number | boolean | null | undefined | ((event: never) => void);
export type Attributes = Record<string, Value>;
export type Child = Node | string | number | null | undefined | false | Child[];

const SVG = "http://www.w3.org/2000/svg";

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as unknown as EventListener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) {
      element.append(typeof child === "number" ? String(child) : child);
    }
  }
}

/** An HTML element. An attribute that is a function listens: `onclick`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

/** A text whose ids are not broken into two lines. */
export function phrase(text: string): Child[] {
  return text.split(/\b([a-z]+\d?[a-z]*-\d+)\b/).map((part, nth) => nth % 2 === 1 ? h("span", { class: "id" }, part) : part);
}

/** Puts other children in an element's place of the old ones. */
export function refill(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Fills a panel anew. The keyboard stays on what is there again under the same `data-keep`; if what it was on
 * has gone, it goes on from the panel's first heading that takes it, or the panel. */
export function renew(panel: HTMLElement, ...children: Child[]): void {
  const held = panel.contains(document.activeElement) ? document.activeElement as HTMLElement : undefined;
  const name = held?.dataset.keep;
  refill(panel, ...children);
  if (held === undefined || panel.contains(document.activeElement)) return;
  const same = name === undefined ? null : panel.querySelector<HTMLElement>(`[data-keep="${name}"]:enabled`);
  (same ?? panel.querySelector<HTMLElement>(".heading[tabindex]") ?? panel).focus();
}

/** The element of the page with that id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element as T;
}

let unique = 0;
/** An id that no other element has. */
export function freshId(): string {
  unique += 1;
  return `u${unique}`;
}
