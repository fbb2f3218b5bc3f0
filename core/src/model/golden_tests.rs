//! The golden console files, answered by the twin: what it knows about is compared.

use std::fmt::Write;
use std::format;
use std::fs;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::Twin;
use crate::addr::{GatewayId, Id, Kind, LoadBalancerId, TableId, VSwitchId, VpcId};
use crate::console::{Line, Probe, Query, parse};
use crate::region::{BalancerPlace, Error, Origin, RouteEntry};
use crate::resolve::{Action, Header, Verdict};

#[test]
fn golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let (mut answered, mut faults) = (0, String::new());
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "console") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let mut twin = Twin::new();
        for (number, line) in lines.iter().enumerate() {
            let Some(command) = line.strip_prefix("> ") else { continue };
            let Some(given) = answer(&mut twin, command) else { continue };
            answered += 1;
            let after = &lines[number + 1..];
            let body = given.lines().count();
            let same_status = after.first() == given.lines().next().as_ref();
            let same = body == 1 || after.iter().copied().take(body).eq(given.lines());
            if !(same_status && same) {
                let name = path.file_name().unwrap().display();
                writeln!(faults, "{name}:{}: {command}\n{given}", number + 1).unwrap();
            }
        }
    }
    assert!(answered > 0 && faults.is_empty(), "{faults}");
}

/// The status line, for tables with the entries; `None` if the twin does not know.
fn answer(twin: &mut Twin, line: &str) -> Option<String> {
    let error = |error: Error| format!("error {error}");
    let done = |result: Result<(), Error>| result.map_or_else(error, |()| String::from("ok"));
    Some(match parse(line.as_bytes()) {
        Err(fault) => error(fault),
        Ok(None) => return None,
        Ok(Some(Line::Command(command))) => done(twin.apply(&command)),
        Ok(Some(Line::DryRun(command) | Line::Diff(command))) => done(twin.clone().apply(&command)),
        Ok(Some(Line::Readiness(_))) => return None,
        Ok(Some(Line::Query(query) | Line::Explain(query))) => return ask(twin, query),
    })
}

fn ask(twin: &Twin, query: Query) -> Option<String> {
    let not_found = |id: Id| Some(format!("error {}", Error::not_found(id.kind)));
    match query {
        Query::Send { from, destination, source, probe } => {
            let internet = |id: Id| match twin.balancers.get(&LoadBalancerId(id.number)) {
                Some(BalancerPlace::Internet { address, .. }) if id.kind == Kind::LoadBalancer => {
                    Some(*address)
                }
                _ => None,
            };
            let own = twin.interfaces.get(&from).map(|i| i.address).or_else(|| internet(from));
            let Some(own) = own else { return not_found(from) };
            let header = header(probe, source.unwrap_or(own), destination);
            Some(verdict(&twin.egress(from, &header, probe.flow).unwrap()))
        }
        Query::Receive { source, public, probe } => {
            Some(verdict(&twin.ingress(&header(probe, source, public), probe.flow)))
        }
        Query::Lookup { table, addr } => {
            if !twin.tables.contains_key(&table) {
                return not_found(table.id());
            }
            Some(match twin.lookup(table, addr) {
                None => String::from("ok none"),
                Some(entry) => {
                    let (hop, origin) = (hop(&entry), origin(&entry));
                    format!("ok prefix={} next-hop={hop} origin={origin}", entry.prefix)
                }
            })
        }
        Query::Show(id) if !twin.ids(id.kind).contains(&id) => not_found(id),
        Query::Show(id) => show(twin, id),
        Query::List { kind, vpc: None } => Some(format!("ok n={}", twin.ids(kind).len())),
        Query::Counters { eip: Some(eip) } if !twin.eips.contains_key(&eip) => not_found(eip.id()),
        Query::Counters { .. } => Some(String::from("ok")),
        _ => None,
    }
}

fn show(twin: &Twin, id: Id) -> Option<String> {
    let or_none = |id: Option<Id>| id.map_or(String::from("none"), |id| format!("{id}"));
    match id.kind {
        Kind::Vpc => {
            let vpc = VpcId(id.number);
            let gateway = or_none(twin.gateway_of(vpc).map(|id| id.id()));
            Some(format!("ok mode={} gateway={gateway}", twin.mode(vpc)?.text()))
        }
        Kind::VSwitch => {
            let (vswitch, id) = (&twin.vswitches[&VSwitchId(id.number)], VSwitchId(id.number));
            let exposure = twin.exposure(id)?;
            Some(format!("ok vpc={} table={} exposure={exposure}", vswitch.vpc, vswitch.table))
        }
        Kind::RouteTable => {
            let mut text = String::from("ok");
            for entry in twin.routes(TableId(id.number))? {
                write!(text, "\n  {} {} {}", entry.prefix, hop(&entry), origin(&entry)).unwrap();
            }
            Some(text)
        }
        Kind::Ipv4Gateway => {
            let gateway = &twin.gateways[&GatewayId(id.number)];
            let enabled = if gateway.enabled { "on" } else { "off" };
            let table = or_none(gateway.table.map(|table| table.id()));
            let (status, vpc) = (gateway.status.text(), gateway.vpc);
            Some(format!("ok status={status} enabled={enabled} table={table} vpc={vpc}"))
        }
        _ => None,
    }
}

fn header(probe: Probe, source: crate::addr::Addr, destination: crate::addr::Addr) -> Header {
    let Probe { protocol, source_port, destination_port, .. } = probe;
    Header { source, destination, protocol, source_port, destination_port }
}

fn hop(entry: &RouteEntry) -> String {
    entry.next_hop.map_or(String::from("local"), |hop| format!("{hop}"))
}

fn origin(entry: &RouteEntry) -> &'static str {
    match entry.origin {
        Origin::System => "system",
        Origin::Custom => "custom",
        Origin::Dynamic => "dynamic",
    }
}

fn verdict(verdict: &Verdict) -> String {
    let mut text = match verdict.action {
        Action::Egress { public } => format!("egress public={public}"),
        Action::Deliver { target } => format!("deliver {target}"),
        Action::Handoff { next_hop } => format!("handoff {next_hop}"),
        Action::Service => String::from("service"),
        Action::Drop(reason) => format!("drop {reason}"),
    };
    let paths: Vec<String> = verdict.paths.iter().map(|code| format!("{code}")).collect();
    if !paths.is_empty() {
        write!(text, " path={}", paths.join(",")).unwrap();
    }
    let via: Vec<String> = verdict.via.iter().map(|id| format!("{id}")).collect();
    if !via.is_empty() {
        write!(text, " via={}", via.join(",")).unwrap();
    }
    text
}
