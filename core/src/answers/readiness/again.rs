//! What a plan takes out of the region and makes again: public addresses and NAT gateways in another mode, and
//! the routes to what was gone.

use super::super::steps::{PublicPort, Step};
use crate::addr::{Id, NatGatewayId, Prefix, TableId, VpcId};
use crate::region::objects::{ForwardEntry, Interface, PublicAddress, PublicKind, SnatEntry};
use crate::region::{EipMode, NextHop, Region};

/// The step that makes a route.
pub(super) fn route_to(table: TableId, prefix: Prefix, hop: Id) -> Step {
    Step::Route { table, prefix, next_hop: NextHop::new(hop).unwrap_or(NextHop::NOWHERE) }
}

/// The steps that bind a public address in another mode.
pub(super) fn rebound(public: &PublicAddress, mode: EipMode) -> [Option<Step>; 4] {
    let PublicAddress { id: eip, address, kind, target, .. } = *public;
    let anycast = kind == PublicKind::Anycast;
    [
        Some(Step::Unbind { eip }),
        Some(Step::Release { eip }),
        Some(Step::Allocate { eip, address, anycast, mode }),
        target.map(|target| Step::Bind { eip, target }),
    ]
}

fn public_port(entry: &ForwardEntry) -> PublicPort {
    let ForwardEntry { nat, eip, protocol, public_port: port, .. } = *entry;
    PublicPort { nat, eip, protocol, port }
}

impl Region<'_> {
    /// The NAT gateways of a VPC that go around a gateway, by id.
    pub(super) fn direct_nats(&self, vpc: VpcId) -> impl Iterator<Item = Interface> {
        self.interfaces_of(vpc).filter(|host| host.multi_binded)
    }

    /// Makes a NAT gateway again in another bind mode, with all that it has and what leads to it.
    pub(super) fn make_again<E>(
        &self,
        nat: &Interface,
        multi_binded: bool,
        see: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        let Interface { id, vswitch, address, .. } = *nat;
        let nat = NatGatewayId(id.number);
        let snats = || self.all::<SnatEntry>().filter(|entry| entry.nat == nat);
        let forwards = || self.all::<ForwardEntry>().filter(|entry| entry.nat == nat);
        let bound = || self.all::<PublicAddress>().filter(|public| public.target == Some(id));
        for (table, prefix) in self.routes_to(id) {
            see(Step::DeleteRoute { table, prefix })?;
        }
        snats().try_for_each(|SnatEntry { prefix, .. }| {
            see(Step::DeleteTranslation { nat, prefix })
        })?;
        forwards().try_for_each(|entry| see(Step::DeleteForward { from: public_port(&entry) }))?;
        bound().try_for_each(|public| see(Step::Unbind { eip: public.id }))?;
        see(Step::DeleteNat { nat })?;
        see(Step::CreateNat { nat, vswitch, address, multi_binded })?;
        bound().try_for_each(|public| see(Step::Bind { eip: public.id, target: id }))?;
        snats().try_for_each(|SnatEntry { prefix, eip, .. }| {
            see(Step::Translate { nat, prefix, eip })
        })?;
        forwards().try_for_each(|entry| {
            let ForwardEntry { address, private_port: port, .. } = entry;
            see(Step::Forward { from: public_port(&entry), address, port })
        })?;
        for (table, prefix) in self.routes_to(id) {
            self.lead_again(table, prefix, id, see)?;
        }
        Ok(())
    }

    /// Makes an entry again that has been taken out.
    pub(super) fn lead_again<E>(
        &self,
        table: TableId,
        prefix: Prefix,
        hop: Id,
        see: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        // A Dynamic entry that waits behind it would take its place for good.
        let waiting = self.candidate(table, prefix);
        if waiting.is_some() {
            see(Step::Withdraw { table, prefix })?;
        }
        see(route_to(table, prefix, hop))?;
        if let Some(next_hop) = waiting {
            see(Step::Announce { table, prefix, next_hop })?;
        }
        Ok(())
    }
}
