//! The answers that the twin knows too, written as the console's documentation says.

use sekisho::addr::{Addr, Id, Kind, LoadBalancerId, VpcId};
use sekisho::console::{Probe, Query};
use sekisho::model::Twin;
use sekisho::region::{BalancerPlace, Origin, RouteEntry};
use sekisho::resolve::{Action, Header, Verdict};

use crate::pair::Pair;

/// Checks an answer, as far as the twin can tell.
pub(crate) fn check(pair: &Pair<'_>, query: Query, answer: &str) {
    let expected = match query {
        Query::Send { from, destination, source, probe } => {
            send(&pair.twin, from, source, destination, probe)
        }
        Query::Receive { source, public, probe } => {
            verdict(&pair.twin.ingress(&header(source, public, probe), probe.flow))
        }
        Query::Lookup { table, .. } if !pair.twin.tables.contains_key(&table) => {
            unknown(table.id())
        }
        Query::Lookup { table, addr } => match pair.twin.lookup(table, addr) {
            Some(entry) => {
                let (prefix, hop) = (entry.prefix, next_hop(&entry));
                format!("ok prefix={prefix} next-hop={hop} origin={}\n", origin(&entry))
            }
            None => "ok none\n".into(),
        },
        Query::Show(id) if id.kind == Kind::RouteTable => {
            match pair.twin.routes(sekisho::addr::TableId(id.number)) {
                Some(entries) => entries.iter().fold("ok\n".into(), |text, entry| {
                    let (prefix, hop) = (entry.prefix, next_hop(entry));
                    format!("{text}  {prefix} {hop} {}\n", origin(entry))
                }),
                None => unknown(id),
            }
        }
        Query::Show(id) if !exists(&pair.twin, id) => unknown(id),
        Query::List { kind, vpc: None } => {
            let ids = pair.twin.ids(kind);
            let real: Vec<_> = answer.lines().skip(1).map(first_word).collect();
            assert_eq!(real, ids.iter().map(Id::to_string).collect::<Vec<_>>());
            assert_eq!(answer.lines().next(), Some(format!("ok n={}", ids.len()).as_str()));
            return;
        }
        Query::List { vpc: Some(vpc), .. } if !pair.twin.vpcs.contains_key(&vpc) => {
            unknown(VpcId::id(vpc))
        }
        Query::Hash => format!("ok hash={:016x}\n", pair.region.hash()),
        Query::Counters { eip: Some(eip) } => match pair.twin.eips.get(&eip) {
            Some(public) => {
                let address = public.address;
                format!("ok\n  {eip} {address} out-packets=0 out-bytes=0 in-packets=0 in-bytes=0\n")
            }
            None => unknown(eip.id()),
        },
        // No packets have passed.
        Query::Counters { eip: None } => {
            let names = ["egress", "deliver", "handoff", "service", "forward", "inspect", "drop"];
            let line = |name| format!("  {name} packets=0 bytes=0\n");
            format!("ok\n{}", names.map(line).concat())
        }
        // Beyond the grammar these say what the real code holds.
        Query::Show(_)
        | Query::List { .. }
        | Query::Capacity
        | Query::Audit(_)
        | Query::Prove(_) => return,
    };
    assert_eq!(answer, expected, "{query:?}");
}

fn exists(twin: &Twin, id: Id) -> bool {
    twin.ids(id.kind).contains(&id)
}

fn first_word(line: &str) -> &str {
    line.trim_start().split(' ').next().unwrap_or_default()
}

fn unknown(id: Id) -> String {
    let kind = match id.kind {
        Kind::Vpc => "Vpc",
        Kind::VSwitch => "VSwitch",
        Kind::RouteTable => "RouteTable",
        Kind::Ipv4Gateway => "Ipv4Gateway",
        Kind::Instance => "Instance",
        Kind::NetworkInterface => "NetworkInterface",
        Kind::PublicAddress => "PublicAddress",
        Kind::NatGateway => "NatGateway",
        Kind::LoadBalancer => "LoadBalancer",
        Kind::Gwlb => "Gwlb",
        Kind::Appliance => "Appliance",
        Kind::Endpoint => "Endpoint",
        Kind::RouteTargetGroup => "RouteTargetGroup",
        external => panic!("asked about {external:?}"),
    };
    format!("error ResourceNotFound.{kind}\n")
}

fn send(twin: &Twin, from: Id, source: Option<Addr>, destination: Addr, probe: Probe) -> String {
    let balancer = twin.balancers.get(&LoadBalancerId(from.number));
    let own = match balancer {
        Some(&BalancerPlace::Internet { address, .. }) if from.kind == Kind::LoadBalancer => {
            Some(address)
        }
        _ => twin.interfaces.get(&from).map(|interface| interface.address),
    };
    let Some(own) = own else { return unknown(from) };
    let header = header(source.unwrap_or(own), destination, probe);
    verdict(&twin.egress(from, &header, probe.flow).expect("it exists"))
}

fn header(source: Addr, destination: Addr, probe: Probe) -> Header {
    Header {
        source,
        destination,
        protocol: probe.protocol,
        source_port: probe.source_port,
        destination_port: probe.destination_port,
    }
}

fn verdict(verdict: &Verdict) -> String {
    let mut line = match verdict.action {
        Action::Egress { public } => format!("egress public={public}"),
        Action::Deliver { target } => format!("deliver {target}"),
        Action::Handoff { next_hop } => format!("handoff {next_hop}"),
        Action::Service => "service".into(),
        Action::Drop(reason) => format!("drop {}", reason.name()),
    };
    let join = |key: &str, items: Vec<String>| match items.as_slice() {
        [] => String::new(),
        items => format!(" {key}={}", items.join(",")),
    };
    line += &join("path", verdict.paths.iter().map(u8::to_string).collect());
    line += &join("via", verdict.via.iter().map(Id::to_string).collect());
    line + "\n"
}

fn next_hop(entry: &RouteEntry) -> String {
    let Some(hop) = entry.next_hop else { return "local".into() };
    hop.members().map(|member| member.to_string()).collect::<Vec<_>>().join("+")
}

fn origin(entry: &RouteEntry) -> &'static str {
    match entry.origin {
        Origin::System => "system",
        Origin::Custom => "custom",
        Origin::Dynamic => "dynamic",
    }
}
