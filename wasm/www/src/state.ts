// What every part of the page shares.

import { Engine } from "./engine";
import type { Answer } from "./engine";
import { read } from "./topology";
import type { Topology } from "./topology";

/** A place that a packet passed, and how; drawn over the diagram. */
export interface Trail {
  /** Ids in order; `internet` is one. */
  readonly stops: readonly string[];
  /** Where it was dropped, if it was. */
  readonly dropped: boolean;
}

export interface Said {
  readonly line: string;
  readonly answer: Answer;
}

type Topic = "change" | "select" | "said" | "trail" | "form" | "packet" | "light" | "look";

class State {
  engine!: Engine;
  topology!: Topology;
  /** The chosen object, or "". */
  selected = "";
  /** The VPC that is drawn, or "". */
  vpc = "";
  trails: readonly Trail[] = [];
  follow = false;
  /** The verb of the open form with the values known, if one is open. */
  form: { verb: string; values: Record<string, string> } | undefined;
  /** A packet to be sent: a line of the console. */
  packet = "";
  /** What is marked in the drawing for a moment. */
  lit: readonly string[] = [];
  /** A lookup to be shown: a table and an address. */
  looked: readonly [table: string, address: string] = ["", ""];
  /** The hash of the state that the link in the address bar leads to. */
  linked = "";
  readonly transcript: Said[] = [];
  readonly #listeners = new Map<Topic, (() => void)[]>();

  start(engine: Engine): void {
    this.engine = engine;
    this.topology = read(engine);
    engine.onChange(() => {
      this.topology = read(engine);
      this.trails = [];
      const { vpcs, ids } = this.topology;
      if (!vpcs.some(({ id }) => id === this.vpc)) this.vpc = vpcs[0]?.id ?? "";
      if (!ids.has(this.selected)) this.selected = "";
      this.tell("change");
    });
  }

  on(topic: Topic, listener: () => void): void {
    this.#listeners.set(topic, [...this.#listeners.get(topic) ?? [], listener]);
  }

  /** Nobody listens any more. */
  hush(): void {
    this.#listeners.clear();
  }

  tell(topic: Topic): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  /** Does what a line says, and shows it in the console. */
  run(line: string): Answer {
    const answer = this.engine.run(line);
    if (answer.status !== "") this.say(line, answer);
    return answer;
  }

  say(line: string, answer: Answer): void {
    this.transcript.push({ line, answer });
    if (this.transcript.length > 500) this.transcript.shift();
    this.tell("said");
  }

  /** Draws another VPC; what was chosen is not of it. */
  draw(vpc: string): void {
    this.vpc = vpc;
    this.selected = "";
    this.tell("change");
  }

  select(id: string): void {
    this.selected = id;
    this.form = undefined;
    this.tell("select");
  }

  open(verb: string, values: Record<string, string> = {}): void {
    this.form = { verb, values };
    this.tell("form");
  }

  close(): void {
    this.form = undefined;
    this.tell("form");
  }

  /** Sends a packet as a line says, where it is seen. */
  send(line: string): void {
    this.packet = line;
    this.tell("packet");
  }

  light(ids: readonly string[]): void {
    if (ids.join(" ") === this.lit.join(" ")) return;
    this.lit = ids;
    this.tell("light");
  }

  /** Shows how a table is looked up. */
  look(table: string, address: string): void {
    this.looked = [table, address];
    this.tell("look");
  }

  /** Draws ways; `follow` scrolls to them. */
  show(trails: readonly Trail[], follow = false): void {
    this.trails = trails;
    this.follow = follow;
    this.tell("trail");
  }
}

export const state = new State();
