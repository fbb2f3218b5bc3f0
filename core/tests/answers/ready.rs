//! Plans for an enabled gateway: carried out, shortened, and undone.

use std::collections::BTreeSet;

use sekisho::addr::{Addr, GatewayId, Prefix, VpcId};
use sekisho::answers::{self, Readiness, Seen};
use sekisho::model::{Asked, Mode, Twin};
use sekisho::region::{Command, Error};
use sekisho::resolve::Action;

use super::brute::{Claim, Question, packets_at, said};
use super::pair::{Pair, command_of};

/// What a campaign has met.
#[derive(Debug, Default)]
pub(crate) struct Found {
    plans: u64,
    enabled: u64,
    blocked: u64,
    tables: u64,
    inbound: u64,
    places: u64,
    carried: u64,
    rebound: u64,
    /// NAT gateways that are made again, begun operations that are taken back, and those that cannot be.
    made_again: u64,
    aborted: u64,
    stuck: u64,
    shortened: u64,
    losing: u64,
    packets: u64,
}

impl Found {
    pub(crate) fn check(&self) {
        let Found { plans, tables, inbound, places, carried, rebound, .. } = *self;
        let Found { shortened, losing, .. } = *self;
        let all = [plans, tables, inbound, places, carried, rebound, shortened, losing];
        assert!(all.into_iter().min() > Some(0), "{self:?}");
    }

    pub(crate) fn check_hard(&self) {
        let Found { blocked, made_again, aborted, stuck, .. } = *self;
        assert!([blocked, made_again, aborted, stuck].into_iter().min() > Some(0), "{self:?}");
    }
}

pub(crate) fn check(pair: &mut Pair<'_>, seed: u64, found: &mut Found) {
    let vpc = VpcId(1);
    let (mut steps, mut undo, mut claims, mut blocked) = (vec![], vec![], vec![], vec![]);
    let hash = pair.region.hash();
    let answered = answers::readiness(&mut pair.region, vpc, &mut |line| {
        match line {
            Readiness::Do(step) => steps.push(step.to_string()),
            Readiness::Undo(step) => undo.push(step.to_string()),
            Readiness::Blocked(error) => blocked.push(*error),
            Readiness::Loses(change) => claims.extend(Claim::of(change)),
        }
        Ok(())
    });
    let context = || format!("seed {seed} {steps:#?}\n{undo:#?}\n{}", pair.lines.join("\n"));
    assert_eq!(pair.region.hash(), hash, "{}", context());
    if !pair.twin.vpcs.contains_key(&vpc) {
        assert_eq!(answered, Err(Error::NoVpc), "{}", context());
        return;
    }
    assert_eq!(answered, Ok(Ok(())), "{}", context());
    if pair.twin.mode(vpc) == Some(Mode::Centralized) {
        found.enabled += 1;
        assert!(steps.is_empty() && blocked.is_empty(), "{}", context());
        return;
    }
    assert_eq!(blocked, refusals(&pair.twin, vpc), "{}", context());
    if !blocked.is_empty() {
        found.blocked += 1;
        found.stuck += u64::from(blocked.contains(&Error::IncorrectStatusGateway));
        assert!(steps.is_empty() && undo.is_empty(), "{}", context());
        return;
    }
    found.plans += 1;

    // It is carried out, and exactly what it says is lost.
    // Against the region without a begun operation, whatever a blackout drops meanwhile.
    let mut settled = pair.twin.clone();
    if let Some(gateway) = begun(&pair.twin, vpc) {
        found.aborted += 1;
        settled.apply(&Command::Abort(gateway)).unwrap();
    }
    let before = Asked::new(settled);
    let after = apply(&pair.twin, &steps).unwrap_or_else(|line| panic!("{line} {}", context()));
    assert_eq!(after.mode(vpc), Some(Mode::Centralized), "{}", context());
    let points = points(&before.now);
    let lost = losses(&before, after, &points);
    packets_at([&before.now; 2], &points, &mut |asked| {
        found.packets += 1;
        let said = said(&claims, asked).is_some();
        let is_lost = lost.contains(&key(asked));
        // A port of its own may keep what all others lose.
        let kept = said && !is_lost && asked.port.is_some();
        assert!(said == is_lost || kept, "{asked:?} {said} {claims:#?} {}", context());
    });
    found.losing += u64::from(!lost.is_empty());

    // No part can be left out: something more would be lost.
    let parts = parts(&steps);
    found.inbound += u64::from(parts.iter().any(|part| matches!(part, Part::Inbound)));
    found.places += parts.iter().filter(|part| matches!(part, Part::Place(_))).count() as u64;
    found.carried += parts.iter().filter(|part| matches!(part, Part::Carried(_))).count() as u64;
    found.tables += parts.iter().filter(|part| matches!(part, Part::Table(_))).count() as u64;
    found.made_again += u64::from(steps.iter().any(|step| step.starts_with("create-nat-gateway")));
    found.rebound += u64::from(steps.iter().any(|step| step.starts_with("release-eip")));
    // Of many, all but a few.
    let least = if parts.len() < 8 { 0 } else { parts.len() - 2 };
    for left in 0..(1_u32 << parts.len()) - 1 {
        if (left.count_ones() as usize) < least {
            continue;
        }
        let without: Vec<&Part> =
            parts.iter().enumerate().filter(|(n, _)| left >> n & 1 == 0).map(|(_, p)| p).collect();
        let shorter = shortened(&steps, &without);
        let after =
            apply(&pair.twin, &shorter).unwrap_or_else(|line| panic!("{line} {}", context()));
        let more = losses(&before, after, &points);
        assert!(!more.is_subset(&lost), "{without:?} is not needed: {}", context());
        found.shortened += 1;
    }

    // The region itself goes there and back.
    let twin = pair.twin.clone();
    let lines = pair.lines.clone();
    for line in steps.iter().chain(&undo) {
        assert_eq!(pair.run(line), Ok(()), "{line}: seed {seed} {steps:#?}\n{undo:#?} {lines:#?}");
    }
    assert_eq!(pair.region.hash(), hash, "seed {seed} {steps:#?}\n{undo:#?} {lines:#?}");
    assert_eq!(pair.twin, twin, "seed {seed} {steps:#?}\n{undo:#?} {lines:#?}");
}

/// Carries lines out, or gives the one that is refused.
fn apply(twin: &Twin, lines: &[String]) -> Result<Twin, String> {
    let mut twin = twin.clone();
    for line in lines {
        twin.apply(&command_of(line)).map_err(|error| format!("{line}: {error}"))?;
    }
    Ok(twin)
}

/// What refuses a VPC a gateway for good: facts, and a begun operation that could not be begun again.
fn refusals(twin: &Twin, vpc: VpcId) -> Vec<Error> {
    let flags = twin.vpcs[&vpc].flags;
    let begun = begun(twin, vpc);
    let stuck = begun.is_some_and(|gateway| twin.clone().apply(&Command::Commit(gateway)).is_err());
    let all = [
        (!twin.gateway_capability, Error::UnsupportedRegion),
        (flags.shared_principal, Error::OperateShareResource),
        (flags.unsupported, Error::UnsupportedIpv4Gateway),
        (flags.normal_nat, Error::NormalNatExist),
        (flags.vpn, Error::VpnExist),
        (flags.subnet_route_v1, Error::SubnetRouteV1Exist),
        (stuck, Error::IncorrectStatusGateway),
    ];
    all.into_iter().filter(|(refuses, _)| *refuses).map(|(_, error)| error).collect()
}

/// The VPC's gateway, if something has begun on it.
fn begun(twin: &Twin, vpc: VpcId) -> Option<GatewayId> {
    twin.gateway_of(vpc).filter(|gateway| twin.gateways[gateway].begun.is_some())
}

/// Something that a plan may do or leave.
#[derive(Debug)]
enum Part {
    /// A default route in a table that was there.
    Table(String),
    /// A table of its own for a vSwitch, with its default route.
    Place(String),
    /// A route that such a table takes over.
    Carried(String),
    /// The table for packets from the Internet.
    Inbound,
}

fn parts(steps: &[String]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut made = BTreeSet::new();
    for step in steps {
        let words: Vec<&str> = step.split(' ').collect();
        match words[0] {
            "create-route-table" if words.len() == 3 => {
                made.insert(words[1].to_owned());
                parts.push(Part::Place(words[1].to_owned()));
            }
            "create-route-entry" | "modify-route-entry" | "announce-route"
                if made.contains(words[1]) =>
            {
                parts.push(Part::Carried(step.clone()));
            }
            "associate-route-table-with-gateway" => parts.push(Part::Inbound),
            "enable-vpc-ipv4-gateway" => {
                let others = words[2..].iter().filter(|word| !made.contains(**word));
                parts.extend(others.map(|word| Part::Table((*word).to_owned())));
            }
            _ => {}
        }
    }
    parts
}

/// The plan without some parts.
fn shortened(steps: &[String], without: &[&Part]) -> Vec<String> {
    let mut shorter = Vec::new();
    for step in steps {
        let words: Vec<&str> = step.split(' ').collect();
        let drops = |word: &str| {
            without.iter().any(|part| match part {
                Part::Table(table) | Part::Place(table) => table == word,
                Part::Carried(line) => line == step && word == words[1],
                Part::Inbound => false,
            })
        };
        let inbound = without.iter().any(|part| matches!(part, Part::Inbound));
        match words[0] {
            "create-route-table" if words.len() == 4 && inbound => {}
            "create-route-table"
            | "associate-route-table"
            | "create-route-entry"
            | "modify-route-entry"
            | "announce-route"
                if drops(words[1]) => {}
            "associate-route-table-with-gateway" if inbound => {}
            "enable-vpc-ipv4-gateway" => {
                let kept: Vec<&str> = words.iter().copied().filter(|word| !drops(word)).collect();
                shorter.push(kept.join(" "));
            }
            _ => shorter.push(step.clone()),
        }
    }
    shorter
}

type Key = (Option<sekisho::addr::Id>, Addr, Addr, bool, Option<(u8, u16)>);

fn key(asked: &Question) -> Key {
    let reply = asked.flow == sekisho::resolve::Flow::Reply;
    (asked.from, asked.header.source, asked.header.destination, reply, asked.port)
}

fn losses(before: &Asked, after: Twin, points: &[Addr]) -> BTreeSet<Key> {
    let after = Asked::new(after);
    let mut lost = BTreeSet::new();
    packets_at([&before.now, &after.now], points, &mut |asked| {
        if is_lost(asked.seen(before), asked.seen(&after)) {
            lost.insert(key(asked));
        }
    });
    lost
}

fn is_lost(was: Option<Seen>, now: Option<Seen>) -> bool {
    let (Some(was), Some(now)) = (was, now) else { return false };
    match (was.verdict.action, now.verdict.action) {
        (Action::Drop(_), _) | (Action::Egress { .. }, Action::Egress { .. }) => false,
        (was_end, now_end) => was_end != now_end || was.set != now.set,
    }
}

/// An address of each interval that a verdict can depend on.
fn points(twin: &Twin) -> Vec<Addr> {
    let tables = twin.tables.values().flat_map(|table| table.effective()).map(|e| e.prefix);
    let owned = twin.interfaces.values().map(|interface| Prefix::host(interface.address));
    let cidrs = twin.vpcs.values().flat_map(|vpc| vpc.cidrs.iter().chain(&vpc.user)).copied();
    let fixed = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ];
    let fixed = fixed.into_iter().map(|text| Prefix::parse(text).unwrap());
    let snat = twin.snat.keys().map(|(_, prefix)| *prefix);
    let all = tables.chain(owned).chain(cidrs).chain(fixed).chain(snat);
    let edges = all.flat_map(|p| [p.addr(), Addr(p.last().0.wrapping_add(1))]);
    let edges: BTreeSet<Addr> = edges.chain([Addr(0)]).collect();
    edges.into_iter().collect()
}
