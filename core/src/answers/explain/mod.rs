//! Why a packet is judged as it is.
//!
//! The walk is the one that judges packets, with somebody looking on: an explanation ends in the
//! verdict of [`Tables::egress`](crate::tables::Tables::egress) and
//! [`Tables::ingress`](crate::tables::Tables::ingress) because it is theirs.

mod back;
mod remedy;
mod step;
mod tell;

pub use remedy::Remedy;
pub use step::{Asymmetry, Loss, Mapping, Packet, Range, Rule, Step, Target, Way};

use crate::addr::{Id, Kind};
use crate::region::Region;
use crate::resolve::{Event, Flow, Header, Judged, See, Verdict};
use crate::tables::World;
use tell::Teller;

/// Is called with each step of an explanation.
type Tell<'t> = &'t mut dyn FnMut(Way, Step);

impl<'m> Region<'m> {
    /// Tells each step of a packet's way, what to do if it is dropped, and its answer's way;
    /// `None` if there is no such sender, and then nothing was told.
    ///
    /// ```
    /// # use sekisho::{Memory, addr::Addr, console, limits::Profile, region::Region};
    /// # use sekisho::answers::explain::{Packet, Step};
    /// # use sekisho::resolve::{Flow, Header};
    /// # static REGION: Memory<{ Profile::FIRMWARE.footprint() }> = Memory::new();
    /// # let mut region = Region::init(&REGION, &Profile::FIRMWARE)?;
    /// let header = Header {
    ///     source: Addr::new(8, 8, 8, 8),
    ///     destination: Addr::new(47, 0, 0, 1),
    ///     protocol: 6,
    ///     source_port: 40000,
    ///     destination_port: 443,
    /// };
    /// let packet = Packet { from: None, header, flow: Flow::New };
    /// let mut advice = None;
    /// region.explain(&packet, &mut |_, step| {
    ///     if let Step::Advice(text) = step {
    ///         advice = Some(text);
    ///     }
    /// });
    /// assert_eq!(advice, Some("Bind the public address to something."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, packet: &Packet, tell: Tell<'_>) -> Option<Verdict> {
        let inside = self.inside(packet);
        let (there, port) = self.way(packet, Way::default(), inside, tell)?;
        let back = match back::answer_to(packet, &there, port) {
            Ok(back) => back,
            Err(step) => {
                step.into_iter().for_each(|step| tell(Way::default(), step));
                return Some(there.verdict);
            }
        };
        // The verdict stands before the way that leads to it.
        let verdict = self.verdict(&back)?;
        tell(Way::default(), Step::Back(verdict.clone()));
        self.way(&back, Way { back: true, after: false }, inside, tell);
        let vpc = self.vpc_of(packet.from.or(self.target(packet).map(|target| target.id))?);
        let gateway = vpc.and_then(|vpc| self.gateway_of(vpc)).map(|gateway| gateway.id.id());
        let tell = &mut |step| tell(Way::default(), step);
        back::compare(packet, gateway, self.opener(packet), &there, &verdict, tell);
        Some(there.verdict)
    }

    /// What happens to a packet; `None` if there is no such sender.
    pub(crate) fn verdict(&self, packet: &Packet) -> Option<Verdict> {
        Some(self.walk(packet, None)?.verdict)
    }

    fn walk(&self, packet: &Packet, see: Option<See<'_>>) -> Option<Judged<'m>> {
        let Packet { from, ref header, flow } = *packet;
        match from {
            Some(from) => self.tables().leaving_step_by_step(from, header, flow, see),
            None => Some(self.tables().arriving_step_by_step(header, flow, see)),
        }
    }

    /// One packet's way, and the public port that a DNAT entry gives it.
    #[inline(never)]
    fn way(
        &self,
        packet: &Packet,
        way: Way,
        inside: Option<Header>,
        tell: Tell<'_>,
    ) -> Option<(Judged<'m>, Option<u16>)> {
        let mut teller = Teller {
            region: self,
            packet: *packet,
            target: self.target(packet),
            way,
            inside,
            place: None,
            end: None,
            public_port: None,
            tell,
        };
        let see = &mut |world: &World<'_>, header: &Header, event: Event| {
            teller.event(world, header, event)
        };
        let judged = self.walk(packet, Some(see))?;
        teller.finish(judged.verdict.action);
        Some((judged, teller.public_port))
    }

    /// What the public address of a packet from the Internet is bound to.
    fn target(&self, packet: &Packet) -> Option<Target> {
        if packet.from.is_some() {
            return None;
        }
        let public = packet.header.destination;
        let tables = self.tables();
        let id = tables.world(tables.slot_of_public(public)?)?.target(public)?;
        Some(Target { id, address: tables.address_of(id)? })
    }

    /// The packet with the private address of whom it is for, by which its flow's appliance is
    /// chosen; `None` for an answer to a NAT gateway, whose host only a flow table knows.
    fn inside(&self, packet: &Packet) -> Option<Header> {
        match self.target(packet) {
            Some(target) if target.id.kind == Kind::NatGateway && packet.flow == Flow::Reply => {
                None
            }
            Some(target) => Some(Header { destination: target.address, ..packet.header }),
            None => Some(packet.header),
        }
    }

    /// Who has the source of a packet that is sent inside.
    fn opener(&self, packet: &Packet) -> Option<Id> {
        let (from, source) = (packet.from?, packet.header.source);
        let own = self.tables().address_of(from) == Some(source);
        let owner = || self.tables().world_of(from)?.owner(source);
        if own { Some(from) } else { owner() }
    }
}
