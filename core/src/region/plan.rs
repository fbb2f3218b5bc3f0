//! Plans: the edits of an accepted command, and their publication.

use heapless::Vec;

use super::entries::{EcmpSet, Route, RouteRecord, route_key};
use super::inspection::{Appliance, Endpoint, GroupRecord, Gwlb};
use super::layout;
use super::objects::{
    ForwardEntry, Gateway, GatewayRecord, Interface, InternetBalancer, Member, PublicAddress,
    RouteTable, SnatEntry, VSwitch, Vpc, VpcCidr,
};
use super::removal::Removal;
use super::trial::Kept;
use super::{MAX_ENABLE_TABLES, Region};
use crate::addr::{Addr, GwlbId, Prefix, TableId, VpcId};
use crate::limits::gather;
use crate::memory::Words;
use crate::trie::{Full, Trie};

/// The most edits of a plan: an enable of every table it can name, the gateway and the VPC.
const MAX_EDITS: usize = MAX_ENABLE_TABLES + 2;

/// The region's options, as one word of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) gateway: bool,
    pub(crate) clb_restricted: bool,
    pub(crate) gwlb: bool,
    pub(crate) deliver_local: bool,
    pub(crate) blackout: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            gateway: true,
            clb_restricted: false,
            gwlb: true,
            deliver_local: false,
            blackout: false,
        }
    }
}

impl Options {
    pub(crate) fn read(mem: Words<'_>) -> Options {
        let word = mem.load(layout::OPTIONS);
        Options {
            gateway: word & 1 != 0,
            clb_restricted: word & 2 != 0,
            gwlb: word & 4 != 0,
            deliver_local: word & 8 != 0,
            blackout: word & 16 != 0,
        }
    }

    pub(crate) fn write(self, mem: Words<'_>) {
        let Options { gateway, clb_restricted, gwlb, deliver_local, blackout } = self;
        let bits = [gateway, clb_restricted, gwlb, deliver_local, blackout];
        let word = (0..).zip(bits).fold(0, |word, (n, bit)| word | u32::from(bit) << n);
        mem.publish(layout::OPTIONS, word);
    }
}

/// One change of the records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit<'c> {
    Options(Options),
    PutVpc(Vpc),
    PutCidrs { vpc: VpcId, user: bool, prefixes: &'c [Prefix] },
    PutVSwitch(VSwitch),
    PutTable(RouteTable),
    PutRoute(Route),
    PutGateway(GatewayRecord),
    PutInterface(Interface),
    PutPublic(PublicAddress),
    PutSnat(SnatEntry),
    PutForward(ForwardEntry),
    PutBalancer(InternetBalancer),
    PutGwlb(Gwlb),
    PutAppliance(Appliance),
    PutEndpoint(Endpoint),
    PutGroup(GroupRecord),
    Remove(Removal),
}

/// Which route tables must be compiled anew.
#[derive(Clone, Debug)]
pub(super) enum TableScope {
    Listed(Vec<TableId, MAX_ENABLE_TABLES>),
    All,
}

/// What must be compiled anew; the rest is shared with the old world.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) tables: TableScope,
    pub(super) hosts: bool,
    pub(super) classes: bool,
}

impl Default for Scope {
    fn default() -> Scope {
        Scope::tables([])
    }
}

impl Scope {
    pub(super) fn tables(tables: impl IntoIterator<Item = TableId>) -> Scope {
        let tables = TableScope::Listed(gather(tables));
        Scope { tables, hosts: false, classes: false }
    }

    pub(super) fn all_tables() -> Scope {
        Scope { tables: TableScope::All, hosts: false, classes: false }
    }

    pub(super) fn everything() -> Scope {
        Scope { tables: TableScope::All, hosts: true, classes: true }
    }

    /// Takes in what another change reaches.
    pub(super) fn join(&mut self, other: &Scope) {
        if let (TableScope::Listed(own), TableScope::Listed(more)) =
            (&mut self.tables, &other.tables)
            && own.extend_from_slice(more).is_ok()
        {
        } else {
            self.tables = TableScope::All;
        }
        self.hosts |= other.hosts;
        self.classes |= other.classes;
    }

    /// Whether some table is compiled anew.
    pub(super) fn needs_tables(&self) -> bool {
        !matches!(&self.tables, TableScope::Listed(none) if none.is_empty())
    }
}

/// What happens to forwarding when a plan is published.
#[derive(Clone, Debug, Default)]
pub(super) enum Effect {
    /// Nothing.
    #[default]
    None,
    /// Every VPC gets a new world.
    Region,
    /// VPCs with an endpoint of the GWLB do.
    Gwlb(GwlbId),
    /// A VPC gets a new world.
    Vpc(VpcId, Scope),
    /// A VPC's world goes.
    Removed(VpcId),
}

/// The edits that carry an accepted command out. An empty plan changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Plan<'c> {
    edits: Vec<Edit<'c>, MAX_EDITS>,
    effect: Effect,
}

impl<'c> Plan<'c> {
    #[inline(never)]
    fn new(edits: &[Edit<'c>], effect: Effect) -> Plan<'c> {
        // A plan has room for the longest command.
        Plan { edits: Vec::from_slice(edits).unwrap_or_default(), effect }
    }

    /// Edits that change no VPC's forwarding.
    pub(super) fn region(edits: &[Edit<'c>]) -> Plan<'c> {
        Plan::new(edits, Effect::None)
    }

    /// Edits of the region that packets of every VPC can meet.
    pub(super) fn everywhere(edits: &[Edit<'c>]) -> Plan<'c> {
        Plan::new(edits, Effect::Region)
    }

    /// Edits of a GWLB, which packets to its endpoints can meet.
    pub(super) fn gwlb(gwlb: GwlbId, edits: &[Edit<'c>]) -> Plan<'c> {
        Plan::new(edits, Effect::Gwlb(gwlb))
    }

    /// Edits of a VPC, and what of its world they change.
    #[inline(never)]
    pub(super) fn vpc(vpc: VpcId, edits: &[Edit<'c>], scope: Scope) -> Plan<'c> {
        Plan::new(edits, Effect::Vpc(vpc, scope))
    }

    /// Edits of what a VPC's packets meet, which leave its tables as they are.
    pub(super) fn hosts(vpc: VpcId, edits: &[Edit<'c>]) -> Plan<'c> {
        Plan::vpc(vpc, edits, Scope { hosts: true, ..Scope::default() })
    }

    /// Edits that remove a VPC.
    pub(super) fn removed(vpc: VpcId, edits: &[Edit<'c>]) -> Plan<'c> {
        Plan::new(edits, Effect::Removed(vpc))
    }

    /// Whether the command would change nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    pub(super) fn effect(&self) -> &Effect {
        &self.effect
    }

    pub(crate) fn edits(&self) -> &[Edit<'c>] {
        &self.edits
    }

    pub(super) fn push(&mut self, edit: Edit<'c>) {
        // A plan has room for the longest command.
        let _ = self.edits.push(edit);
    }
}

/// What a plan does to a gateway's record.
pub(super) fn put_gateway<'c>(gateway: &Gateway) -> Edit<'c> {
    Edit::PutGateway(GatewayRecord::from(gateway))
}

impl Region<'_> {
    /// Carries a plan out. This cannot fail: capacities were checked by prepare, and the pool has
    /// room for every content within them and for one candidate beside it.
    ///
    /// Readers see the change at one store, that of the VPC's world word: an address that the VPC
    /// gains is made findable before it, one that it loses is taken out after it, and where the
    /// two disagree for a moment the world decides.
    pub(super) fn publish(&mut self, plan: &Plan<'_>) {
        self.mem.store(layout::CHANGES, self.changes().wrapping_add(1));
        let slot_before = match plan.effect {
            Effect::Removed(id) => self.vpcs.get(id.0.into()).map(|vpc| vpc.slot),
            _ => None,
        };
        self.record(plan);
        match &plan.effect {
            Effect::None => {}
            Effect::Region => {
                for vpc in self.vpcs.iter() {
                    self.switch_world(&vpc, &Scope::default());
                }
            }
            Effect::Gwlb(gwlb) => {
                for vpc in self.vpcs.iter() {
                    if self.endpoints_of(vpc.id).any(|endpoint| endpoint.gwlb == *gwlb) {
                        self.switch_world(&vpc, &Scope::default());
                    }
                }
            }
            Effect::Vpc(id, scope) => {
                let Some(vpc) = self.vpcs.get(id.0.into()) else { return };
                for edit in &plan.edits {
                    self.announce(edit, vpc.slot);
                }
                self.switch_world(&vpc, scope);
                for edit in &plan.edits {
                    if let Edit::Remove(removal) = edit {
                        self.withdraw(removal);
                    }
                }
            }
            Effect::Removed(_) => {
                if let Some(slot) = slot_before {
                    self.drop_world(slot);
                }
            }
        }
    }

    /// How many changes there have been, so that whoever keeps them elsewhere sees if one went past.
    pub(crate) fn changes(&self) -> u32 {
        self.mem.load(layout::CHANGES)
    }

    /// Makes the edits of a plan in the records alone, which packets do not see.
    pub(super) fn record(&mut self, plan: &Plan<'_>) {
        // Nothing is kept that there might be no room for.
        let _ = self.edit(plan, &mut Kept(None));
    }

    /// Makes the edits of a plan in the records, and in the index of what belongs to which VPC.
    pub(super) fn edit(&self, plan: &Plan<'_>, kept: &mut Kept<'_, '_>) -> Result<(), Full> {
        for edit in &plan.edits {
            self.put(edit, kept)?;
            if let Some(member) = self.joined(edit) {
                kept.put(&self.members, member)?;
            }
        }
        Ok(())
    }

    /// The object that an edit puts, with its VPC, once it is there.
    fn joined(&self, edit: &Edit<'_>) -> Option<Member> {
        let (vpc, id) = match edit {
            Edit::PutVSwitch(vswitch) => (Some(vswitch.vpc), vswitch.id.id()),
            Edit::PutTable(table) => (Some(table.vpc), table.id.id()),
            Edit::PutGateway(gateway) => (Some(gateway.vpc), gateway.id.id()),
            Edit::PutInterface(host) => (self.vpc_of(host.id), host.id),
            Edit::PutBalancer(balancer) => (Some(balancer.vpc), balancer.id.id()),
            Edit::PutEndpoint(endpoint) => (self.vpc_of(endpoint.id.id()), endpoint.id.id()),
            Edit::PutGroup(group) => (self.vpc_of(group.id.id()), group.id.id()),
            Edit::PutPublic(public) => {
                (public.target.and_then(|target| self.vpc_of(target)), public.id.id())
            }
            _ => return None,
        };
        vpc.map(|vpc| Member { vpc, id })
    }

    fn put(&self, edit: &Edit<'_>, kept: &mut Kept<'_, '_>) -> Result<(), Full> {
        match *edit {
            Edit::Options(options) => kept.put_options(self.mem, options),
            Edit::PutVpc(vpc) => kept.put(&self.vpcs, vpc),
            Edit::PutCidrs { vpc, user, prefixes } => {
                for &prefix in prefixes {
                    kept.put(&self.cidrs, VpcCidr { vpc, user, prefix })?;
                }
                Ok(())
            }
            Edit::PutVSwitch(vswitch) => kept.put(&self.vswitches, vswitch),
            Edit::PutTable(table) => kept.put(&self.tables, table),
            Edit::PutRoute(ref route) => {
                kept.put(&self.routes, RouteRecord::from(route))?;
                let key = route_key(route.table, route.prefix, route.dynamic);
                match route.next_hop.is_ecmp() {
                    true => kept.put(&self.ecmp_sets, EcmpSet::from(route)),
                    false => kept.remove(&self.ecmp_sets, key),
                }
            }
            Edit::PutGateway(gateway) => kept.put(&self.gateways, gateway),
            Edit::PutInterface(host) => kept.put(&self.interfaces, host),
            Edit::PutPublic(public) => kept.put(&self.publics, public),
            Edit::PutSnat(snat) => kept.put(&self.snats, snat),
            Edit::PutForward(forward) => kept.put(&self.forwards, forward),
            Edit::PutBalancer(balancer) => kept.put(&self.balancers, balancer),
            Edit::PutGwlb(gwlb) => kept.put(&self.gwlbs, gwlb),
            Edit::PutAppliance(appliance) => kept.put(&self.appliances, appliance),
            Edit::PutEndpoint(endpoint) => kept.put(&self.endpoints, endpoint),
            Edit::PutGroup(group) => kept.put(&self.groups, group),
            Edit::Remove(ref removal) => self.remove(removal, kept),
        }
    }

    pub(super) fn shared(&self, root: u32) -> Trie<'_> {
        Trie::new(self.pool, root)
    }

    /// Makes what a VPC gains findable from outside. The pool has room for all of it.
    pub(super) fn announce(&self, edit: &Edit<'_>, slot: u16) {
        let put = |root, key| {
            let _ = self.shared(root).insert(Prefix::host(Addr(key)), slot.into());
        };
        match edit {
            Edit::PutInterface(host) => put(layout::HOSTS_ROOT, host.id.to_word()),
            Edit::PutEndpoint(endpoint) => put(layout::HOSTS_ROOT, endpoint.id.id().to_word()),
            Edit::PutBalancer(balancer) => {
                put(layout::HOSTS_ROOT, balancer.id.id().to_word());
                put(layout::PUBLICS_ROOT, balancer.address.0);
            }
            Edit::PutPublic(PublicAddress { address, target: Some(_), .. }) => {
                put(layout::PUBLICS_ROOT, address.0);
            }
            _ => {}
        }
        self.count_move();
    }

    /// Says, after the map has changed, that what was read out of it may be stale.
    pub(super) fn count_move(&self) {
        self.mem.publish(layout::MOVES, self.mem.load(layout::MOVES).wrapping_add(1));
    }
}
