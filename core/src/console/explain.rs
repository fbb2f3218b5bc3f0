//! The answer to `explain`: the verdict line, then a body line for each step.

use core::fmt::{self, Display, Write};

use super::answer::{Failure, packet, verdict};
use super::parse::Query;
use super::print::{HopOf, mode, origin};
use crate::addr::{Decimal, Id};
use crate::answers::explain::{Asymmetry, Loss, Mapping, Range, Remedy, Step, Way};
use crate::region::{Region, RouteEntry};
use crate::resolve::{Flow, Skipped};
use crate::text::Word;

/// Writes the verdict line of a `send` or `receive`, and how it comes about. Not inlined, so that a program
/// can load what it needs apart from the rest.
#[inline(never)]
pub(super) fn answer(
    region: &Region<'_>,
    query: Query,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let packet = packet(region, query)?;
    writeln!(out, "{}", verdict(region, &packet)?)?;
    let mut result = Ok(());
    region.explain(&packet, &mut |way, step| {
        if result.is_ok() {
            result = write(way, &step, out);
        }
    });
    Ok(result?)
}

fn write(way: Way, step: &Step, out: &mut dyn Write) -> fmt::Result {
    out.write_str(match (way.back, way.after) {
        (false, false) => "  ",
        (false, true) => "  after ",
        (true, false) => "  back ",
        (true, true) => "  back after ",
    })?;
    words(step, out)?;
    out.write_char('\n')
}

fn words(step: &Step, out: &mut dyn Write) -> fmt::Result {
    match step {
        Step::From { packet, target, vpc } => {
            match packet.from {
                Some(from) => write!(out, "from {from}")?,
                None => out.write_str("from internet")?,
            }
            let (source, destination) = (packet.header.source, packet.header.destination);
            write!(out, " source={source} destination={destination} flow=")?;
            out.write_str(match packet.flow {
                Flow::New => "new",
                Flow::Reply => "reply",
            })?;
            if let Some(target) = target {
                write!(out, " to={} inside={}", target.id, target.address)?;
            }
            if let Some((vpc, now)) = *vpc {
                write!(out, " vpc={vpc} mode={}", mode(now))?;
            }
            Ok(())
        }
        Step::Range(None) => out.write_str("range public"),
        Step::Range(Some((prefix, range))) => {
            let why = Word(match range {
                Range::Cidr => "cidr",
                Range::UserCidr => "user-cidr",
                Range::Fixed => "fixed",
            });
            write!(out, "range private {prefix} {why}")
        }
        Step::Skip { table, why, rule } => {
            match table {
                Some(table) => write!(out, "skip {table} ")?,
                None => out.write_str("skip none ")?,
            }
            write!(out, "{} rule={rule}", Word(skipped(*why)))
        }
        Step::Ask { table, destination, of, rule } => {
            write!(out, "ask {table} for={destination} of={of} rule={rule}")
        }
        Step::Would(entry) => write_entry("would", entry, out),
        Step::Win(entry) => write_entry("win", entry, out),
        Step::Lose(entry, loss) => {
            write_entry("lose", entry, out)?;
            out.write_str(match loss {
                Loss::Shorter => " shorter",
                Loss::Overridden => " overridden",
                Loss::Candidate => " candidate",
            })
        }
        Step::Miss => out.write_str("miss"),
        Step::Interface { hop, next } => write!(out, "pass {hop} path=3 next={next}"),
        Step::Endpoint { hop, next, group, appliance } => {
            write!(out, "pass {hop} path=22 next={next}")?;
            option(" group=", *group, out)?;
            match appliance {
                None => Ok(()),
                Some(None) => out.write_str(" appliance=none"),
                Some(appliance) => option(" appliance=", *appliance, out),
            }
        }
        Step::Translate { hop, next, source, public, by } => {
            write!(out, "pass {hop} path=7")?;
            option(" next=", *next, out)?;
            write!(out, " source={source} public={public} by=")?;
            match by {
                Mapping::Snat(prefix) => write!(out, "{prefix}"),
                Mapping::Dnat => out.write_str("dnat"),
            }
        }
        Step::Forward { hop, next, destination, port } => {
            let port = Decimal((*port).into());
            write!(
                out,
                "pass {hop} path=7 next={next} destination={destination} dport={port} by=dnat"
            )
        }
        Step::Stop { reason, at, rule } => {
            write!(out, "stop {reason}")?;
            option(" at=", *at, out)?;
            write!(out, " rule={rule}")
        }
        Step::Remedy(remedy) => write!(out, "remedy {remedy}"),
        Step::Advice(text) => write!(out, "advice {}", Word(text)),
        Step::Back(verdict) => write!(out, "back {verdict}"),
        Step::BackOutside => out.write_str("back none outside"),
        Step::BackUnknown => out.write_str("back none flow-table"),
        Step::Symmetric => out.write_str("symmetric"),
        Step::Asymmetric(asymmetry) => write_asymmetry(*asymmetry, out),
    }
}

/// Writes a name and a value, if there is one.
fn option(name: &str, value: Option<impl Display>, out: &mut dyn Write) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(out, "{}{value}", Word(name)))
}

fn write_entry(word: &str, entry: &RouteEntry, out: &mut dyn Write) -> fmt::Result {
    let (word, prefix) = (Word(word), entry.prefix);
    write!(out, "{word} {prefix} {} {}", HopOf(entry), origin(entry))
}

fn write_asymmetry(asymmetry: Asymmetry, out: &mut dyn Write) -> fmt::Result {
    let missing = |hop: Id, side: &str, out: &mut dyn Write| {
        write!(out, "asymmetric {hop} missing={}", Word(side))
    };
    match asymmetry {
        Asymmetry::MissingBack(hop) => missing(hop, "back", out),
        Asymmetry::MissingThere(hop) => missing(hop, "there", out),
        Asymmetry::Public { there, back } => {
            write!(out, "asymmetric public there={there} back={back}")
        }
        Asymmetry::End => out.write_str("asymmetric end"),
    }
}

fn skipped(why: Skipped) -> &'static str {
    match why {
        Skipped::SpoofedSource => "spoofed-source",
        Skipped::LbOpensNoFlow => "lb-opens-no-flow",
        Skipped::InternetLb => "internet-lb",
        Skipped::ExemptLb => "exempt-lb",
        Skipped::DirectAddress => "direct-address",
        Skipped::DirectNat => "direct-nat",
        Skipped::MartianSource => "martian-source",
        Skipped::NoTarget => "no-target",
        Skipped::PrivateOnly => "private-only",
        Skipped::NoGatewayTable => "no-gateway-table",
        Skipped::Arrived => "arrived",
    }
}

/// The command line.
impl Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Remedy::Route(table, next_hop) => {
                say!(f, "create-route-entry ", table, " 0.0.0.0/0 ", next_hop)
            }
            Remedy::Bind(eip, target) => say!(f, "associate-eip ", eip, " ", target),
            Remedy::Enable(gateway, table) => {
                say!(f, "enable-vpc-ipv4-gateway ", gateway)?;
                table.map_or(Ok(()), |table| say!(f, " ", table))
            }
            Remedy::Associate(table, gateway) => {
                say!(f, "associate-route-table-with-gateway ", table, " ", gateway)
            }
            Remedy::Reset(table, prefix) => {
                say!(f, "update-gateway-route-table-entry-attribute ", table, " ", prefix, " local")
            }
            Remedy::SetForward(interface) => say!(f, "set-forward ", interface.id(), " on"),
            Remedy::Recover(appliance) => say!(f, "set-appliance ", appliance, " healthy"),
            Remedy::Switch(group) => say!(f, "switch-active ", group),
            Remedy::Snat(nat, prefix, eip) => {
                say!(f, "create-snat-entry ", nat, " ", prefix, " ", eip)
            }
            Remedy::Commit(gateway) => say!(f, "commit ", gateway),
        }
    }
}
