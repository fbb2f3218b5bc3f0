//! Every way between a VPC and the Internet.

use core::fmt;

use super::judge::{Judged, Seen, judged};
use super::packets::{About, Packets, Port, Who, port_of, write_packets};
use super::range::{Range, runs};
use super::sides::{Sides, own_public};
use crate::addr::{Addr, Id, Kind, Prefix, TableId, VpcId};
use crate::region::objects::Interface;
use crate::region::{Error, Origin, Region, RouteEntry};
use crate::resolve::{Flow, path};
use crate::tables::{Mode, World};
use crate::text::Word;

/// A range of packets that go between the VPC and the Internet.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// Who sends them, or the target of the public address.
    pub who: Who<'a>,
    /// The public address that they come to; `None` for packets that are sent.
    pub public: Option<Addr>,
    /// The remote addresses; those in it that are not on the Internet do not count.
    pub range: Range,
    /// `None` if it makes no difference.
    pub flow: Option<Flow>,
    /// The protocol, 6 or 17, and port that they have; `None`: all others.
    pub port: Option<(u8, u16)>,
    /// What happens to them.
    pub seen: Seen,
    /// Whether they pass the IPv4 gateway; those that do not are unsupervised.
    pub gateway: bool,
    /// Whether they pass a NAT gateway.
    pub nat: bool,
    /// Whether they pass an interface that forwards, or an endpoint with a healthy appliance.
    pub inspection: bool,
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        say!(f, self.who, " ")?;
        write_packets(f, &[self.range], self.public, self.flow, self.port)?;
        say!(f, " ", self.seen, " passes=")?;
        let all = [(self.gateway, "gateway"), (self.nat, "nat"), (self.inspection, "inspection")];
        let mut passed = all.into_iter().filter(|(passes, _)| *passes).map(|(_, name)| name);
        f.write_str(passed.next().unwrap_or("none"))?;
        for name in passed {
            say!(f, ",", Word(name))?;
        }
        if self.gateway { Ok(()) } else { f.write_str(" unsupervised") }
    }
}

/// Gives every way between a VPC and the Internet.
///
/// `Err` in the outer result: there is no such VPC; in the inner one: `see` did not want more.
pub fn audit(
    region: &Region<'_>,
    vpc: VpcId,
    see: &mut dyn FnMut(&Way<'_>) -> fmt::Result,
) -> Result<fmt::Result, Error> {
    let world = region.world(vpc).ok_or(Error::NoVpc)?;
    Ok(Audit { world, sides: Sides::still(world) }.all(see))
}

/// Gives every route of a VPC that senders with public addresses do not obey, with each such sender:
/// while the VPC is Direct, they reach public addresses without a look at their tables. The default
/// route counts as none.
pub fn ignored(
    region: &Region<'_>,
    vpc: VpcId,
    see: &mut dyn FnMut(TableId, &RouteEntry, Id) -> fmt::Result,
) -> fmt::Result {
    let Some(world) = region.world(vpc).filter(|world| world.mode == Mode::Direct) else {
        return Ok(());
    };
    let direct = || {
        let hosts = region.interfaces_of(vpc);
        hosts.filter(|host| {
            host.id.kind != Kind::NatGateway && own_public(&world, host.id).is_some()
        })
    };
    for table in region.tables_of(vpc) {
        for entry in region.routes(table.id).filter(|entry| is_public(&world, entry)) {
            let uses = |host: &Interface| {
                region.vswitch(host.vswitch).is_ok_and(|vswitch| vswitch.table == table.id)
            };
            direct().filter(uses).try_for_each(|host| see(table.id, &entry, host.id))?;
        }
    }
    Ok(())
}

/// Whether an entry that somebody made holds a destination that the VPC does not treat as private.
fn is_public(world: &World<'_>, entry: &RouteEntry) -> bool {
    if entry.origin == Origin::System || entry.prefix == Prefix::DEFAULT {
        return false;
    }
    let mut at = entry.prefix.addr();
    loop {
        if !world.is_private(at) {
            return true;
        }
        match world.known_until(at).0.checked_add(1) {
            Some(next) if Addr(next) <= entry.prefix.last() => at = Addr(next),
            _ => return false,
        }
    }
}

/// An audit of a world.
struct Audit<'m> {
    world: World<'m>,
    sides: Sides<'m>,
}

/// What an address stands for in a search for ways.
#[derive(Default, PartialEq, Eq)]
enum Found {
    /// It is not on the Internet.
    Elsewhere,
    #[default]
    None,
    Way(Seen),
}

/// Packets to or from every address; of those that are sent, `None` is new flows and answers alike.
type Asked = (About, Option<Flow>);

impl Audit<'_> {
    fn all(&self, see: &mut dyn FnMut(&Way<'_>) -> fmt::Result) -> fmt::Result {
        let sides = &self.sides;
        for sender in sides.leaders() {
            for &flow in sides.flows_of(sender) {
                self.sent_ways(sender, flow, see)?;
            }
        }
        for public in sides.publics() {
            let Some(target) = self.world.target(public) else { continue };
            for flow in [Some(Flow::New), Some(Flow::Reply)] {
                let who = Who::one(target);
                self.ways((About::Received(public), flow), &mut |range, port, seen| {
                    see(&self.way(who, Some(public), range, flow, port, seen.clone()))
                })?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn sent_ways(
        &self,
        sender: Id,
        flow: Option<Flow>,
        see: &mut dyn FnMut(&Way<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let own = own_public(&self.world, sender);
        self.ways((About::Sent(sender), flow), &mut |range, port, seen| {
            let who = Who { first: sender, sides: Some(&self.sides) };
            if own.is_none() {
                return see(&self.way(who, None, range, flow, port, seen.clone()));
            }
            for id in self.sides.following(sender) {
                let seen = seen.with_own(own, own_public(&self.world, id));
                see(&self.way(Who::one(id), None, range, flow, port, seen))?;
            }
            Ok(())
        })
    }

    /// Ways of the packets that no entry names, then those of each protocol and port that differ.
    fn ways(
        &self,
        asked: Asked,
        give: &mut dyn FnMut(Range, Port, &Seen) -> fmt::Result,
    ) -> fmt::Result {
        self.bridged(asked, None, give)?;
        let (about, flow) = asked;
        let mut key = 0;
        while let Some(next) = self.sides.port_after(about, flow, key) {
            key = next;
            self.bridged(asked, Some(port_of(key)), give)?;
        }
        Ok(())
    }

    /// Runs of ways, which addresses that are not on the Internet do not interrupt.
    #[inline(never)]
    fn bridged(
        &self,
        asked: Asked,
        port: Port,
        give: &mut dyn FnMut(Range, Port, &Seen) -> fmt::Result,
    ) -> fmt::Result {
        let ask = |address, found: &mut Found| {
            let until = self.find(asked, port, address, found);
            if port.is_none() {
                return until;
            }
            let mut others = Found::None;
            let far = self.find(asked, None, address, &mut others);
            if *found == others && *found != Found::Elsewhere {
                *found = Found::None;
            }
            until.min(far)
        };
        let mut open: Option<(Range, Seen)> = None;
        runs(self.world.most_intervals(), ask, |range, found| {
            match (found, &mut open) {
                (Found::Elsewhere, _) => return Ok(()),
                (Found::Way(seen), Some((run, same))) if seen == same => {
                    run.last = range.last;
                    return Ok(());
                }
                _ => {}
            }
            if let Some((run, seen)) = &open {
                give(*run, port, seen)?;
            }
            open = match found {
                Found::Way(seen) => Some((range, seen.clone())),
                _ => None,
            };
            Ok(())
        })?;
        match &open {
            Some((run, seen)) => give(*run, port, seen),
            None => Ok(()),
        }
    }

    /// What an address stands for, and how far that reaches.
    #[inline(never)]
    fn find(&self, (about, flow): Asked, port: Port, address: Addr, found: &mut Found) -> Addr {
        let packets = Packets { flow: flow.unwrap_or_default(), port };
        let judged = judged(&self.world, about, packets, address);
        let (new, until) = match judged {
            None => (Found::None, Addr(u32::MAX)),
            Some(Judged { until, .. }) if self.world.is_martian(address) => {
                (Found::Elsewhere, until)
            }
            Some(Judged { seen, until }) => {
                let is_way = match about {
                    About::Sent(_) => seen.leaves(),
                    About::Received(_) => seen.arrives(),
                };
                (if is_way { Found::Way(seen) } else { Found::None }, until)
            }
        };
        *found = new;
        until
    }

    fn way<'a>(
        &self,
        who: Who<'a>,
        public: Option<Addr>,
        range: Range,
        flow: Option<Flow>,
        port: Option<(u8, u16)>,
        seen: Seen,
    ) -> Way<'a> {
        let passes = |code| seen.verdict.paths.contains(&code);
        let mut hops = seen.verdict.via.iter();
        let inspection = hops.any(|&hop| match hop.kind {
            Kind::Endpoint => self.world.inspector(hop, 0).is_some(),
            kind => kind != Kind::NatGateway,
        });
        let (gateway, nat) = (passes(path::GATEWAY), passes(path::NAT));
        Way { who, public, range, flow, port, seen, gateway, nat, inspection }
    }
}
