//! Plans: the edits of an accepted command, and their publication.

use heapless::Vec;

use super::layout;
use super::objects::{
    Gateway, GatewayRecord, Interface, PublicAddress, Route, RouteTable, SnatEntry, VSwitch, Vpc,
    VpcCidr,
};
use super::{MAX_ENABLE_TABLES, NextHop, Region};
use crate::addr::{Addr, GatewayId, Id, NatGatewayId, Prefix, TableId, VpcId};
use crate::lpm::Trie;
use crate::memory::Words;

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
            deliver_local: word & layout::DELIVER_LOCAL != 0,
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
#[derive(Clone, Debug)]
pub(crate) enum Edit<'c> {
    Options(Options),
    PutVpc(Vpc),
    DropVpc(Vpc),
    PutCidrs {
        vpc: VpcId,
        user: bool,
        prefixes: &'c [Prefix],
    },
    PutVSwitch(VSwitch),
    /// With its entry in every table, overridden or not.
    DropVSwitch(VSwitch),
    PutTable(RouteTable),
    /// With its entries.
    DropTable(TableId),
    PutRoute(Route),
    DropRoute(TableId, Prefix),
    /// In every table.
    DropRoutesTo(NextHop),
    PutGateway(GatewayRecord),
    DropGateway(GatewayId),
    PutInterface(Interface),
    DropInterface(Id),
    PutPublic(PublicAddress),
    DropPublic(PublicAddress),
    PutSnat(SnatEntry),
    DropSnat(NatGatewayId, Prefix),
    DropSnatsOf(NatGatewayId),
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
        let tables = TableScope::Listed(tables.into_iter().take(MAX_ENABLE_TABLES).collect());
        Scope { tables, hosts: false, classes: false }
    }

    pub(super) fn all_tables() -> Scope {
        Scope { tables: TableScope::All, hosts: false, classes: false }
    }

    pub(super) fn hosts() -> Scope {
        Scope { hosts: true, ..Scope::default() }
    }

    pub(super) fn everything() -> Scope {
        Scope { tables: TableScope::All, hosts: true, classes: true }
    }
}

/// What happens to forwarding when a plan is published.
#[derive(Clone, Debug, Default)]
enum Effect {
    /// Nothing.
    #[default]
    None,
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
    /// Edits that change no VPC's forwarding.
    pub(super) fn region(edits: impl IntoIterator<Item = Edit<'c>>) -> Plan<'c> {
        Plan { edits: edits.into_iter().collect(), effect: Effect::None }
    }

    /// Edits of a VPC, and what of its world they change.
    pub(super) fn vpc(
        vpc: VpcId,
        edits: impl IntoIterator<Item = Edit<'c>>,
        scope: Scope,
    ) -> Plan<'c> {
        Plan { edits: edits.into_iter().collect(), effect: Effect::Vpc(vpc, scope) }
    }

    /// Edits that remove a VPC.
    pub(super) fn removed(vpc: VpcId, edits: impl IntoIterator<Item = Edit<'c>>) -> Plan<'c> {
        Plan { edits: edits.into_iter().collect(), effect: Effect::Removed(vpc) }
    }

    /// Whether the command would change nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
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
    /// room for every content within them, twice.
    ///
    /// Readers see the change at one store, that of the VPC's world word: an address that the VPC
    /// gains is made findable before it, one that it loses is taken out after it, and where the
    /// two disagree for a moment the world decides.
    pub(super) fn publish(&mut self, plan: &Plan<'_>) {
        let slot_before = match plan.effect {
            Effect::Removed(id) => self.vpcs.get(id.0.into()).map(|vpc| vpc.slot),
            _ => None,
        };
        for edit in &plan.edits {
            self.edit(edit);
        }
        match &plan.effect {
            Effect::None => {}
            Effect::Vpc(id, scope) => {
                let Some(vpc) = self.vpcs.get(id.0.into()) else { return };
                for edit in &plan.edits {
                    self.announce(edit, vpc.slot);
                }
                self.switch_world(&vpc, scope);
                for edit in &plan.edits {
                    self.withdraw(edit);
                }
            }
            Effect::Removed(_) => {
                if let Some(slot) = slot_before {
                    self.drop_world(slot);
                }
            }
        }
    }

    fn edit(&mut self, edit: &Edit<'_>) {
        match *edit {
            Edit::Options(options) => options.write(self.mem),
            Edit::PutVpc(vpc) => self.vpcs.put(vpc),
            Edit::DropVpc(vpc) => {
                self.vpcs.remove(vpc.id.0.into());
                self.cidrs.retain(|cidr| cidr.vpc != vpc.id);
            }
            Edit::PutCidrs { vpc, user, prefixes } => {
                for &prefix in prefixes {
                    self.cidrs.put(VpcCidr { vpc, user, prefix });
                }
            }
            Edit::PutVSwitch(vswitch) => self.vswitches.put(vswitch),
            Edit::DropVSwitch(vswitch) => {
                for table in self.tables_of(vswitch.vpc) {
                    self.routes.remove(Route::key_of(table.id, vswitch.cidr));
                }
                self.vswitches.remove(vswitch.id.0.into());
            }
            Edit::PutTable(table) => self.tables.put(table),
            Edit::DropTable(table) => {
                self.routes.retain(|route| route.table != table);
                self.tables.remove(table.0.into());
            }
            Edit::PutRoute(route) => self.routes.put(route),
            Edit::DropRoute(table, prefix) => self.routes.remove(Route::key_of(table, prefix)),
            Edit::DropRoutesTo(next_hop) => self.routes.retain(|route| route.next_hop != next_hop),
            Edit::PutGateway(gateway) => self.gateways.put(gateway),
            Edit::DropGateway(gateway) => self.gateways.remove(gateway.0.into()),
            Edit::PutInterface(host) => self.interfaces.put(host),
            Edit::DropInterface(id) => self.interfaces.remove(id.to_word().into()),
            Edit::PutPublic(public) => self.publics.put(public),
            Edit::DropPublic(public) => self.publics.remove(public.id.0.into()),
            Edit::PutSnat(snat) => self.snats.put(snat),
            Edit::DropSnat(nat, prefix) => self.snats.remove(SnatEntry::key_of(nat, prefix)),
            Edit::DropSnatsOf(nat) => self.snats.retain(|snat| snat.nat != nat),
        }
    }

    /// Makes what a VPC gains findable from outside.
    fn announce(&self, edit: &Edit<'_>, slot: u16) {
        let (root, key) = match edit {
            Edit::PutInterface(host) => (layout::HOSTS_ROOT, host.id.to_word()),
            Edit::PutPublic(PublicAddress { address, target: Some(_), .. }) => {
                (layout::PUBLICS_ROOT, address.0)
            }
            _ => return,
        };
        // The pool has room for every interface and public address.
        let _ = Trie::new(self.pool, root).insert(Prefix::host(Addr(key)), slot.into());
    }

    /// Takes what a VPC has lost out of the shared maps.
    fn withdraw(&self, edit: &Edit<'_>) {
        let (root, key) = match edit {
            Edit::DropInterface(id) => (layout::HOSTS_ROOT, id.to_word()),
            Edit::DropPublic(public) => (layout::PUBLICS_ROOT, public.address.0),
            Edit::PutPublic(PublicAddress { address, target: None, .. }) => {
                (layout::PUBLICS_ROOT, address.0)
            }
            _ => return,
        };
        Trie::new(self.pool, root).remove(Prefix::host(Addr(key)));
    }
}
