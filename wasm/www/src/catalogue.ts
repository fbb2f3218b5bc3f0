// Every changing line of the console as data: its words and options, for forms. What a line means,
// and whether it is allowed, the core says.

/** How a word is chosen: `new` an id of a kind, one of `ids` of some kinds, or written. */
export type Kind =
  | { readonly new: string }
  | { readonly ids: readonly string[] }
  | { readonly values: readonly string[] }
  | { readonly write: "prefix" | "address" | "port" | "hop" | "hop-or-local" | "entry" };

export interface Word {
  readonly name: string;
  readonly kind: Kind;
}

export interface Option {
  readonly key: string;
  readonly values?: readonly string[];
  readonly write?: "prefix" | "static";
  readonly many?: boolean;
}

export interface Entry {
  readonly verb: string;
  /** Tells apart two forms of one verb. */
  readonly form?: string;
  readonly group: "network" | "routes" | "gateway" | "hosts" | "nat" | "inspection";
  readonly words: readonly Word[];
  /** More ids of a kind, none or any. */
  readonly rest?: { readonly name: string; readonly kind: string };
  readonly options?: readonly Option[];
}

const ON: readonly string[] = ["off", "on"];

/** `name:kind`, where kind is `+vpc` (new), `vpc|vsw` (ids), `=a|b` (values) or `~prefix` (written). */
function words(text: string): Word[] {
  return text.split(" ").filter((word) => word !== "").map((word) => {
    const [name = "", kind = ""] = word.split(":");
    const rest = kind.slice(1);
    if (kind.startsWith("+")) return { name, kind: { new: rest } };
    if (kind.startsWith("=")) return { name, kind: { values: rest.split("|") } };
    if (kind.startsWith("~")) return { name, kind: { write: rest as "prefix" } };
    return { name, kind: { ids: kind.split("|") } };
  });
}

function entry(group: Entry["group"], verb: string, text: string, options: readonly Option[] = [],
  more: Pick<Entry, "form" | "rest"> = {}): Entry {
  return { verb, group, words: words(text), options, ...more };
}

export const catalogue: readonly Entry[] = [
  entry("network", "region", "", [
    { key: "gateway", values: ["", "on", "off"] }, { key: "clb-restricted", values: ["", "on", "off"] },
    { key: "gwlb", values: ["", "on", "off"] }, { key: "ingress", values: ["", "drop-unsolicited", "deliver-local"] },
    { key: "blackout", values: ["", "on", "off"] }]),
  entry("network", "create-vpc", "id:+vpc table:+vtb cidr:~prefix", [
    { key: "cidr", write: "prefix", many: true }, { key: "user-cidr", write: "prefix", many: true },
    { key: "flag", values: ["", "normal-nat", "vpn", "subnet-route-v1", "shared-principal", "unsupported"] }]),
  entry("network", "delete-vpc", "vpc:vpc"),
  entry("network", "create-vswitch", "id:+vsw vpc:vpc cidr:~prefix"),
  entry("network", "delete-vswitch", "vswitch:vsw"),
  entry("routes", "create-route-table", "id:+vtb vpc:vpc", [{ key: "type", values: ["vswitch", "gateway"] }]),
  entry("routes", "delete-route-table", "table:vtb"),
  entry("routes", "associate-route-table", "table:vtb vswitch:vsw"),
  entry("routes", "unassociate-route-table", "table:vtb vswitch:vsw"),
  entry("routes", "create-route-entry", "table:vtb prefix:~prefix hop:~hop"),
  entry("routes", "modify-route-entry", "table:vtb prefix:~entry hop:~hop-or-local"),
  entry("routes", "delete-route-entry", "table:vtb prefix:~entry"),
  entry("routes", "announce-route", "table:vtb prefix:~prefix hop:~hop"),
  entry("routes", "withdraw-route", "table:vtb prefix:~entry"),
  entry("gateway", "create-ipv4-gateway", "id:+ipv4gw vpc:vpc"),
  entry("gateway", "enable-vpc-ipv4-gateway", "gateway:ipv4gw", [], { rest: { name: "tables", kind: "vtb" } }),
  entry("gateway", "update-ipv4-gateway-attribute", "gateway:ipv4gw"),
  entry("gateway", "associate-route-table-with-gateway", "table:vtb gateway:ipv4gw"),
  entry("gateway", "dissociate-route-table-from-gateway", "table:vtb gateway:ipv4gw"),
  entry("gateway", "update-gateway-route-table-entry-attribute", "table:vtb prefix:~entry hop:~hop-or-local"),
  entry("gateway", "delete-ipv4-gateway", "gateway:ipv4gw", [{ key: "mode", values: ["private", "public"] }]),
  entry("gateway", "commit", "gateway:ipv4gw"),
  entry("gateway", "abort", "gateway:ipv4gw"),
  entry("hosts", "create-instance", "id:+i vswitch:vsw address:~address", [{ key: "public", write: "static" }, { key: "forward", values: ON }]),
  entry("hosts", "delete-instance", "instance:i"),
  entry("hosts", "create-network-interface", "id:+eni vswitch:vsw address:~address", [{ key: "forward", values: ON }]),
  entry("hosts", "delete-network-interface", "interface:eni"),
  entry("hosts", "set-forward", "host:i|eni forward:=on|off"),
  entry("hosts", "allocate-eip", "id:+eip address:~address", [{ key: "kind", values: ["eip", "anycast"] }, { key: "mode", values: ["nat", "binded", "multi-binded"] }]),
  entry("hosts", "associate-eip", "eip:eip target:i|eni|ngw|lb"),
  entry("hosts", "unassociate-eip", "eip:eip"),
  entry("hosts", "release-eip", "eip:eip"),
  entry("nat", "create-nat-gateway", "id:+ngw vswitch:vsw address:~address", [{ key: "mode", values: ["nat", "multi-binded"] }]),
  entry("nat", "delete-nat-gateway", "nat:ngw"),
  entry("nat", "create-snat-entry", "nat:ngw prefix:~prefix eip:eip"),
  entry("nat", "delete-snat-entry", "nat:ngw prefix:~prefix"),
  entry("nat", "create-forward-entry", "nat:ngw eip:eip protocol:=tcp|udp|any port:~port address:~address inside:~port"),
  entry("nat", "delete-forward-entry", "nat:ngw eip:eip protocol:=tcp|udp|any port:~port"),
  entry("nat", "create-load-balancer", "id:+lb type:=internal vswitch:vsw address:~address", [], { form: "internal" }),
  entry("nat", "create-load-balancer", "id:+lb type:=internet vpc:vpc address:~address", [], { form: "internet" }),
  entry("nat", "delete-load-balancer", "balancer:lb"),
  entry("inspection", "create-gwlb", "id:+gwlb", [{ key: "fail-open", values: ON }]),
  entry("inspection", "delete-gwlb", "gwlb:gwlb"),
  entry("inspection", "register-appliance", "gwlb:gwlb id:+app"),
  entry("inspection", "set-appliance", "appliance:app health:=unhealthy|healthy"),
  entry("inspection", "deregister-appliance", "appliance:app"),
  entry("inspection", "create-gwlb-endpoint", "id:+ep vswitch:vsw gwlb:gwlb"),
  entry("inspection", "delete-gwlb-endpoint", "endpoint:ep"),
  entry("inspection", "create-route-target-group", "id:+rtg active:ep standby:ep"),
  entry("inspection", "delete-route-target-group", "group:rtg"),
  entry("inspection", "report-probe", "group:rtg endpoint:ep result:=fail|ok"),
  entry("inspection", "switch-active", "group:rtg"),
];

/** What can be begun, and committed or aborted later. */
export const twoPhase: ReadonlySet<string> = new Set(["create-ipv4-gateway", "enable-vpc-ipv4-gateway",
  "update-ipv4-gateway-attribute", "delete-ipv4-gateway", "associate-route-table-with-gateway",
  "dissociate-route-table-from-gateway"]);

/** The name of an entry: its verb, with the form if there is more than one. */
export function nameOf({ verb, form }: Entry): string {
  return form === undefined ? verb : `${verb} ${form}`;
}

export function find(name: string): Entry | undefined {
  return catalogue.find((candidate) => nameOf(candidate) === name);
}

/** The entries that can be about an object of a kind, with the name of the word that it would be. */
export function about(kind: string): { entry: Entry; word: string }[] {
  return catalogue.flatMap((candidate) => {
    const word = candidate.words.find((each) => "ids" in each.kind && each.kind.ids.includes(kind));
    if (word !== undefined) return [{ entry: candidate, word: word.name }];
    return candidate.rest?.kind === kind ? [{ entry: candidate, word: candidate.rest.name }] : [];
  });
}
