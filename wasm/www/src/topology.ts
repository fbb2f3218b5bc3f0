// What the console says of a region, as objects for drawing.

import type { Answer } from "./engine";

export interface Route {
  readonly prefix: string;
  readonly hop: string;
  readonly origin: string;
}

export interface Table {
  readonly id: string;
  readonly vpc: string;
  /** `system`, `vswitch` or `gateway`. */
  readonly type: string;
  readonly routes: readonly Route[];
}

/** An instance, network interface, NAT gateway, internal load balancer or endpoint. */
export interface Host {
  readonly id: string;
  readonly vswitch: string;
  readonly address: string;
  readonly forward: boolean;
  /** Its public addresses, by id. */
  readonly publics: readonly Public[];
  readonly gwlb: string;
}

export interface Public {
  readonly id: string;
  readonly address: string;
  readonly kind: string;
  readonly target: string;
}

export interface VSwitch {
  readonly id: string;
  readonly vpc: string;
  readonly cidr: string;
  readonly table: string;
  readonly exposure: string;
  readonly hosts: Host[];
}

export interface Gateway {
  readonly id: string;
  readonly status: string;
  readonly enabled: boolean;
  readonly table: string;
}

export interface Vpc {
  readonly id: string;
  mode: string;
  readonly cidrs: string[];
  readonly userCidrs: string[];
  readonly vswitches: VSwitch[];
  readonly tables: Table[];
  gateway?: Gateway;
  /** Internet load balancers, outside. */
  readonly balancers: { id: string; address: string }[];
}

export interface Gwlb {
  readonly id: string;
  readonly failOpen: boolean;
  readonly appliances: { id: string; healthy: boolean }[];
}

export interface Topology {
  readonly settings: Readonly<Record<string, string>>;
  readonly vpcs: Vpc[];
  readonly gwlbs: Gwlb[];
  readonly groups: { id: string; active: string; standby: string }[];
  readonly publics: Public[];
  /** Every id that there is. */
  readonly ids: Set<string>;
  /** What tells an object apart: its address, its CIDR, or its type. */
  readonly notes: ReadonlyMap<string, string>;
}

interface Source {
  ask(line: string): Answer;
  outline(): Answer;
}

/** An id and the `key=value` words after it. */
function row(line: string): [string, Record<string, string>] {
  const [id = "", ...words] = line.split(" ");
  const fields: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    if (at > 0) fields[word.slice(0, at)] = word.slice(at + 1);
  }
  return [id, fields];
}

export function kindOf(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}

/** Reads everything. */
export function read(source: Source): Topology {
  const list = (kind: string) => source.ask(`list ${kind}`).body.map(row);
  const vpcs = new Map<string, Vpc>();
  const vswitches = new Map<string, VSwitch>();
  const ids = new Set<string>();
  const notes = new Map<string, string>();
  let settings: Record<string, string> = {};
  const exposures = new Map(list("vsw").map(([id, fields]) => [id, fields.exposure ?? ""]));

  for (const line of source.outline().body) {
    const [id, fields] = row(line);
    if (id === "region") {
      settings = fields;
      continue;
    }
    ids.add(id);
    if (!notes.has(id)) notes.set(id, fields.type ?? fields.cidr ?? "");
    if (notes.get(id) === "" && fields.cidr !== undefined) notes.set(id, fields.cidr);
    const vpc = vpcs.get(fields.vpc ?? id);
    if (fields.mode !== undefined) {
      vpcs.set(id, { id, mode: fields.mode, cidrs: [], userCidrs: [], vswitches: [], tables: [], balancers: [] });
    } else if (fields.type !== undefined) {
      const routes = source.ask(`show ${id}`).body.map((text) => {
        const [prefix = "", hop = "", origin = ""] = text.split(" ");
        return { prefix, hop, origin };
      });
      vpc?.tables.push({ id, vpc: fields.vpc ?? "", type: fields.type, routes });
    } else if (fields["user-cidr"] !== undefined) {
      vpc?.userCidrs.push(fields["user-cidr"]);
    } else if (kindOf(id) === "vpc") {
      vpc?.cidrs.push(fields.cidr ?? "");
    } else {
      const vswitch = { id, vpc: fields.vpc ?? "", cidr: fields.cidr ?? "", table: fields.table ?? "",
        exposure: exposures.get(id) ?? "", hosts: [] };
      vswitches.set(id, vswitch);
      vpc?.vswitches.push(vswitch);
    }
  }

  const publics = list("eip").map(([id, fields]) => {
    ids.add(id);
    notes.set(id, fields.address ?? "");
    return { id, address: fields.address ?? "", kind: fields.kind ?? "", target: fields.target ?? "none" };
  });
  const bound = new Map<string, Public[]>();
  for (const eip of publics) bound.set(eip.target, [...bound.get(eip.target) ?? [], eip]);

  for (const kind of ["i", "eni", "ngw", "lb", "ep"]) {
    for (const [id, fields] of list(kind)) {
      ids.add(id);
      notes.set(id, fields.address ?? "");
      if (fields.type === "internet") {
        vpcs.get(fields.vpc ?? "")?.balancers.push({ id, address: fields.address ?? "" });
        continue;
      }
      vswitches.get(fields.vswitch ?? "")?.hosts.push({ id, vswitch: fields.vswitch ?? "",
        address: fields.address ?? "", forward: fields.forward === "on", publics: bound.get(id) ?? [],
        gwlb: fields.gwlb ?? "" });
    }
  }
  for (const [id, fields] of list("ipv4gw")) {
    ids.add(id);
    const vpc = vpcs.get(fields.vpc ?? "");
    if (vpc !== undefined) {
      vpc.gateway = { id, status: fields.status ?? "", enabled: fields.enabled === "on", table: fields.table ?? "none" };
    }
  }
  const gwlbs = new Map<string, Gwlb>();
  for (const [id, fields] of list("gwlb")) {
    ids.add(id);
    gwlbs.set(id, { id, failOpen: fields["fail-open"] === "on", appliances: [] });
  }
  for (const [id, fields] of list("app")) {
    ids.add(id);
    gwlbs.get(fields.gwlb ?? "")?.appliances.push({ id, healthy: fields.health === "healthy" });
  }
  const groups = list("rtg").map(([id, fields]) => {
    ids.add(id);
    return { id, active: fields.active ?? "", standby: fields.standby ?? "" };
  });
  return { settings, vpcs: [...vpcs.values()], gwlbs: [...gwlbs.values()], groups, publics, ids, notes };
}

/** How a vSwitch is open to the Internet: by its table, or in Direct mode by its hosts' addresses,
 * whatever the table says. */
export function exposureOf(vpc: Vpc, vswitch: VSwitch): string {
  if (vpc.mode !== "direct") return vswitch.exposure;
  return vswitch.hosts.some(({ publics }) => publics.length > 0) ? "direct" : "private";
}

/** A table's next hop for everything else. */
export function defaultHop(vpc: Vpc, table: string): string {
  const routes = vpc.tables.find(({ id }) => id === table)?.routes;
  return routes?.find(({ prefix }) => prefix === "0.0.0.0/0")?.hop ?? "";
}

/** The VPC that an object is in or serves. */
export function vpcOf(topology: Topology, id: string): Vpc | undefined {
  return topology.vpcs.find((vpc) => vpc.id === id || vpc.gateway?.id === id
    || vpc.tables.some((table) => table.id === id) || vpc.balancers.some((lb) => lb.id === id)
    || vpc.vswitches.some((vswitch) => vswitch.id === id || vswitch.hosts.some((host) => host.id === id)));
}

/** An external next hop, with the tables' entries that lead to it. */
export interface External {
  readonly id: string;
  readonly routes: readonly { readonly table: string; readonly prefix: string }[];
}

/** The external next hops that a VPC's routes name. */
export function externals(vpc: Vpc): External[] {
  const found = new Map<string, { table: string; prefix: string }[]>();
  for (const { id: table, routes } of vpc.tables) {
    for (const { prefix, hop } of routes) {
      if (!/^(peer|tr|vpn|ri|ecr|havip)-/.test(hop)) continue;
      for (const id of hop.split("+")) {
        const known = found.get(id) ?? [];
        known.push({ table, prefix });
        found.set(id, known);
      }
    }
  }
  return [...found].map(([id, routes]) => ({ id, routes }));
}
