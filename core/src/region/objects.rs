//! The objects of a region and their records.

use heapless::Vec;

use super::command::{
    BalancerPlace, EipMode, ForwardProtocol, GatewayOperation, NextHop, VpcFlags,
};
use super::store::{Key, Record, field, half};
use crate::addr::{
    Addr, EipId, GatewayId, Id, Kind, LoadBalancerId, NatGatewayId, Prefix, TableId, VSwitchId,
    VpcId,
};
use crate::limits::gather;
use crate::memory::Words;

pub use super::inspection::{Appliance, Endpoint, Gwlb, RouteTargetGroup};
pub use crate::tables::Mode;

/// A virtual private cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: VpcId,
    /// How it reaches the Internet.
    pub mode: Mode,
    /// The primary CIDR.
    pub cidr: Prefix,
    /// Declared incompatibilities.
    pub flags: VpcFlags,
    /// The table that new vSwitches are bound to.
    pub system_table: TableId,
    /// Where its compiled world is published.
    pub(crate) slot: u16,
}

impl Record for Vpc {
    const WORDS: u32 = 4;
    const HASHED: u32 = 3;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> Vpc {
        let (w0, w1, w2) = (mem.load(at), mem.load(at + 1), mem.load(at + 2));
        let flag = |n: u32| field(w2, 22 + n, 1) == 1;
        Vpc {
            id: VpcId(half(w0, true)),
            mode: Mode::from_number(field(w2, 16, 6)),
            cidr: prefix(w1, w2 & 0xFF),
            flags: VpcFlags {
                normal_nat: flag(0),
                vpn: flag(1),
                subnet_route_v1: flag(2),
                shared_principal: flag(3),
                unsupported: flag(4),
            },
            system_table: TableId(half(w0, false)),
            slot: half(mem.load(at + 3), false),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        let flags = [
            self.flags.normal_nat,
            self.flags.vpn,
            self.flags.subnet_route_v1,
            self.flags.shared_principal,
            self.flags.unsupported,
        ];
        let flags = (22..).zip(flags).fold(0, |bits, (n, flag)| bits | u32::from(flag) << n);
        mem.store(at, pair(self.id.0, self.system_table.0));
        mem.store(at + 1, self.cidr.addr().0);
        mem.store(at + 2, u32::from(self.cidr.len()) | self.mode.number() << 16 | flags);
        mem.store(at + 3, u32::from(self.slot));
    }
}

/// A secondary or user CIDR of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VpcCidr {
    /// The VPC.
    pub vpc: VpcId,
    /// Whether it is a user CIDR: a destination, not a part of the VPC.
    pub user: bool,
    /// The prefix.
    pub prefix: Prefix,
}

impl VpcCidr {
    /// The keys of a VPC's CIDRs.
    pub(crate) fn keys(vpc: VpcId) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(vpc.0) << 48;
        low..=low | 0xFFFF_FFFF_FFFF
    }
}

impl Record for VpcCidr {
    const WORDS: u32 = 2;
    const KEY: Key = Key::Destination;

    fn key(&self) -> u64 {
        let address = u64::from(self.prefix.addr().0) << 8 | u64::from(self.prefix.len());
        u64::from(self.vpc.0) << 48 | u64::from(self.user) << 40 | address
    }

    fn read(mem: Words<'_>, at: u32) -> VpcCidr {
        let w1 = mem.load(at + 1);
        VpcCidr {
            vpc: VpcId(half(w1, true)),
            user: field(w1, 8, 1) == 1,
            prefix: prefix(mem.load(at), w1 & 0xFF),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        let len = u16::from(self.prefix.len()) | u16::from(self.user) << 8;
        mem.store(at, self.prefix.addr().0);
        mem.store(at + 1, pair(self.vpc.0, len));
    }
}

/// A vSwitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VSwitch {
    /// Its id.
    pub id: VSwitchId,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its CIDR.
    pub cidr: Prefix,
    /// The table bound to it.
    pub table: TableId,
}

impl Record for VSwitch {
    const WORDS: u32 = 3;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> VSwitch {
        let (w0, w2) = (mem.load(at), mem.load(at + 2));
        VSwitch {
            id: VSwitchId(half(w0, true)),
            vpc: VpcId(half(w0, false)),
            cidr: prefix(mem.load(at + 1), w2 & 0xFF),
            table: TableId(half(w2, true)),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.vpc.0));
        mem.store(at + 1, self.cidr.addr().0);
        mem.store(at + 2, pair(self.table.0, self.cidr.len().into()));
    }
}

/// That an object belongs to a VPC: an index, which follows from the other records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) vpc: VpcId,
    pub(crate) id: Id,
}

impl Member {
    /// The keys of a VPC's objects of a kind.
    pub(crate) fn keys(vpc: VpcId, kind: Kind) -> core::ops::RangeInclusive<u64> {
        let low = Member { vpc, id: Id { kind, number: 0 } }.key();
        low..=low | 0xFFFF
    }
}

impl Record for Member {
    const WORDS: u32 = 2;
    const HASHED: u32 = 0;
    const KEY: Key = Key::Member;

    fn key(&self) -> u64 {
        u64::from(self.vpc.0) << 32 | u64::from(self.id.to_word())
    }

    fn read(mem: Words<'_>, at: u32) -> Member {
        let id = Id::from_word(mem.load(at)).unwrap_or(NextHop::NOWHERE.id());
        Member { vpc: VpcId(half(mem.load(at + 1), false)), id }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, self.id.to_word());
        mem.store(at + 1, u32::from(self.vpc.0));
    }
}

/// What a route table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TableKind {
    /// Made with the VPC; the default of its vSwitches.
    System,
    /// Custom, for vSwitches.
    VSwitch,
    /// For the IPv4 gateway: where packets from the Internet go.
    Gateway,
}

/// A route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: TableId,
    /// Its VPC.
    pub vpc: VpcId,
    /// What it is for.
    pub kind: TableKind,
}

impl Record for RouteTable {
    const WORDS: u32 = 2;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> RouteTable {
        let w0 = mem.load(at);
        let kind = match mem.load(at + 1) {
            0 => TableKind::System,
            1 => TableKind::VSwitch,
            _ => TableKind::Gateway,
        };
        RouteTable { id: TableId(half(w0, true)), vpc: VpcId(half(w0, false)), kind }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.vpc.0));
        let kind = match self.kind {
            TableKind::System => 0,
            TableKind::VSwitch => 1,
            TableKind::Gateway => 2,
        };
        mem.store(at + 1, kind);
    }
}

/// The status of an IPv4 gateway. All but `Created` are transitional: an operation has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Settled.
    Created,
    /// A create has begun.
    Creating,
    /// An enable has begun.
    Activating,
    /// An update, associate or dissociate has begun.
    Modifying,
    /// A delete has begun.
    Deleting,
}

impl Status {
    /// The name as the console writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Created => "Created",
            Status::Creating => "Creating",
            Status::Activating => "Activating",
            Status::Modifying => "Modifying",
            Status::Deleting => "Deleting",
        }
    }
}

/// An IPv4 gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id.
    pub id: GatewayId,
    /// Its VPC.
    pub vpc: VpcId,
    /// Whether it is enabled; the VPC's mode is Centralized then, and only then.
    pub enabled: bool,
    /// The gateway table bound to it.
    pub table: Option<TableId>,
    /// The operation that has begun.
    pub begun: Option<GatewayOperation>,
}

/// Gateway records are copied whole, so the operation is stored by parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GatewayRecord {
    pub(crate) id: GatewayId,
    pub(crate) vpc: VpcId,
    state: u32,
    tables: [u16; 10],
}

const ENABLED: u32 = 1 << 8;
const BOUND: u32 = 1 << 9;

impl From<&Gateway> for GatewayRecord {
    fn from(gateway: &Gateway) -> GatewayRecord {
        let mut record = GatewayRecord {
            id: gateway.id,
            vpc: gateway.vpc,
            state: if gateway.enabled { ENABLED } else { 0 },
            tables: [0; 10],
        };
        if let Some(table) = gateway.table {
            record.state |= BOUND | u32::from(table.0) << 16;
        }
        // Number of the operation in the low 4 bits, its count or flag in the next 4.
        let mut tables: Vec<TableId, 10> = Vec::new();
        record.state |= match &gateway.begun {
            None => 0,
            Some(GatewayOperation::Create { .. }) => 1,
            Some(GatewayOperation::Enable { tables: named, .. }) => {
                let _ = tables.extend_from_slice(named);
                2 | u32::try_from(named.len()).unwrap_or(0) << 4
            }
            Some(GatewayOperation::Update(_)) => 3,
            Some(GatewayOperation::Delete { public, .. }) => 4 | u32::from(*public) << 4,
            Some(GatewayOperation::Associate { table, .. }) => {
                let _ = tables.push(*table);
                5
            }
            Some(GatewayOperation::Dissociate { table, .. }) => {
                let _ = tables.push(*table);
                6
            }
        };
        for (slot, table) in record.tables.iter_mut().zip(&tables) {
            *slot = table.0;
        }
        record
    }
}

impl From<GatewayRecord> for Gateway {
    fn from(record: GatewayRecord) -> Gateway {
        let gateway = record.id;
        let count = usize::try_from(field(record.state, 4, 4)).unwrap_or(0);
        let first = TableId(record.tables.first().copied().unwrap_or(0));
        let begun = match record.state & 0xF {
            1 => Some(GatewayOperation::Create { gateway, vpc: record.vpc }),
            2 => {
                let tables = gather(record.tables.iter().take(count).map(|&n| TableId(n)));
                Some(GatewayOperation::Enable { gateway, tables })
            }
            3 => Some(GatewayOperation::Update(gateway)),
            4 => Some(GatewayOperation::Delete { gateway, public: count == 1 }),
            5 => Some(GatewayOperation::Associate { table: first, gateway }),
            6 => Some(GatewayOperation::Dissociate { table: first, gateway }),
            _ => None,
        };
        let table = (record.state & BOUND != 0).then_some(TableId(half(record.state, true)));
        let enabled = record.state & ENABLED != 0;
        Gateway { id: gateway, vpc: record.vpc, enabled, table, begun }
    }
}

impl Gateway {
    /// The status that the begun operation shows.
    pub fn status(&self) -> Status {
        match self.begun {
            None => Status::Created,
            Some(GatewayOperation::Create { .. }) => Status::Creating,
            Some(GatewayOperation::Enable { .. }) => Status::Activating,
            Some(GatewayOperation::Delete { .. }) => Status::Deleting,
            Some(
                GatewayOperation::Update(_)
                | GatewayOperation::Associate { .. }
                | GatewayOperation::Dissociate { .. },
            ) => Status::Modifying,
        }
    }
}

impl Record for GatewayRecord {
    const WORDS: u32 = 7;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> GatewayRecord {
        let w0 = mem.load(at);
        let mut tables = [0; 10];
        for (n, table) in (0..).zip(tables.iter_mut()) {
            *table = half(mem.load(at + 2 + n / 2), n % 2 == 0);
        }
        GatewayRecord {
            id: GatewayId(half(w0, true)),
            vpc: VpcId(half(w0, false)),
            state: mem.load(at + 1),
            tables,
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.vpc.0));
        mem.store(at + 1, self.state);
        for (n, two) in (0..).zip(self.tables.chunks_exact(2)) {
            if let &[high, low] = two {
                mem.store(at + 2 + n, pair(high, low));
            }
        }
    }
}

/// Something with a private address in a vSwitch: an instance, a network interface, a NAT gateway or
/// an internal load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// An `i-`, `eni-`, `ngw-` or `lb-` id.
    pub id: Id,
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// Its private address.
    pub address: Addr,
    /// Whether it forwards packets that are not its own.
    pub forward: bool,
    /// Whether it is a NAT gateway of bind mode MultiBinded.
    pub multi_binded: bool,
}

impl Record for Interface {
    const WORDS: u32 = 3;
    const KEY: Key = Key::Id;

    fn key(&self) -> u64 {
        self.id.to_word().into()
    }

    fn read(mem: Words<'_>, at: u32) -> Interface {
        let w2 = mem.load(at + 2);
        Interface {
            id: Id::from_word(mem.load(at)).unwrap_or(NextHop::NOWHERE.id()),
            vswitch: VSwitchId(half(w2, true)),
            address: Addr(mem.load(at + 1)),
            forward: field(w2, 0, 1) == 1,
            multi_binded: field(w2, 1, 1) == 1,
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, self.id.to_word());
        mem.store(at + 1, self.address.0);
        let flags = u16::from(self.forward) | u16::from(self.multi_binded) << 1;
        mem.store(at + 2, pair(self.vswitch.0, flags));
    }
}

/// What kind of public address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PublicKind {
    /// An elastic address.
    Eip,
    /// An elastic anycast address.
    Anycast,
    /// Made with an instance, dies with it, never unbound.
    Static,
}

/// A public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// Its id.
    pub id: EipId,
    /// The address.
    pub address: Addr,
    /// What kind it is.
    pub kind: PublicKind,
    /// How it is bound.
    pub mode: EipMode,
    /// What it is bound to.
    pub target: Option<Id>,
}

impl Record for PublicAddress {
    const WORDS: u32 = 3;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> PublicAddress {
        let w0 = mem.load(at);
        PublicAddress {
            id: EipId(half(w0, true)),
            address: Addr(mem.load(at + 1)),
            kind: match field(w0, 0, 4) {
                0 => PublicKind::Eip,
                1 => PublicKind::Anycast,
                _ => PublicKind::Static,
            },
            mode: match field(w0, 4, 4) {
                0 => EipMode::Nat,
                1 => EipMode::Binded,
                _ => EipMode::MultiBinded,
            },
            target: Id::from_word(mem.load(at + 2)),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        let kind = match self.kind {
            PublicKind::Eip => 0,
            PublicKind::Anycast => 1,
            PublicKind::Static => 2,
        };
        let mode = match self.mode {
            EipMode::Nat => 0,
            EipMode::Binded => 1,
            EipMode::MultiBinded => 2,
        };
        mem.store(at, pair(self.id.0, kind | mode << 4));
        mem.store(at + 1, self.address.0);
        mem.store(at + 2, self.target.map_or(0, Id::to_word));
    }
}

/// A source translation of a NAT gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnatEntry {
    /// The NAT gateway.
    pub nat: NatGatewayId,
    /// The source prefix.
    pub prefix: Prefix,
    /// The public address.
    pub eip: EipId,
}

impl SnatEntry {
    pub(crate) fn key_of(nat: NatGatewayId, prefix: Prefix) -> u64 {
        u64::from(nat.0) << 48 | u64::from(prefix.addr().0) << 8 | u64::from(prefix.len())
    }

    /// The keys of a NAT gateway's entries.
    pub(crate) fn keys(nat: NatGatewayId) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(nat.0) << 48;
        low..=low | 0xFFFF_FFFF_FFFF
    }
}

impl Record for SnatEntry {
    const WORDS: u32 = 3;
    const KEY: Key = Key::Source;

    fn key(&self) -> u64 {
        SnatEntry::key_of(self.nat, self.prefix)
    }

    fn read(mem: Words<'_>, at: u32) -> SnatEntry {
        let w0 = mem.load(at);
        SnatEntry {
            nat: NatGatewayId(half(w0, true)),
            prefix: prefix(mem.load(at + 1), mem.load(at + 2)),
            eip: EipId(half(w0, false)),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.nat.0, self.eip.0));
        mem.store(at + 1, self.prefix.addr().0);
        mem.store(at + 2, self.prefix.len().into());
    }
}

/// A port forwarding of a NAT gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardEntry {
    /// The NAT gateway.
    pub nat: NatGatewayId,
    /// The public address.
    pub eip: EipId,
    /// What is forwarded.
    pub protocol: ForwardProtocol,
    /// The public port, 0 for `any`.
    pub public_port: u16,
    /// The private address.
    pub address: Addr,
    /// The private port, 0 for `any`.
    pub private_port: u16,
}

impl ForwardProtocol {
    /// The IP protocol number; 0 for `any`.
    pub const fn number(self) -> u8 {
        match self {
            ForwardProtocol::Any => 0,
            ForwardProtocol::Tcp => 6,
            ForwardProtocol::Udp => 17,
        }
    }
}

impl ForwardEntry {
    pub(crate) fn key_of(
        nat: NatGatewayId,
        eip: EipId,
        protocol: ForwardProtocol,
        public_port: u16,
    ) -> u64 {
        let ends = u64::from(nat.0) << 48 | u64::from(eip.0) << 32;
        ends | u64::from(protocol.number()) << 16 | u64::from(public_port)
    }

    /// The keys of a NAT gateway's entries.
    pub(crate) fn keys(nat: NatGatewayId) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(nat.0) << 48;
        low..=low | 0xFFFF_FFFF_FFFF
    }

    /// The keys of a NAT gateway's entries for one public address.
    pub(crate) fn keys_of(nat: NatGatewayId, eip: EipId) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(nat.0) << 48 | u64::from(eip.0) << 32;
        low..=low | 0xFFFF_FFFF
    }
}

impl Record for ForwardEntry {
    const WORDS: u32 = 4;
    const KEY: Key = Key::Port;

    fn key(&self) -> u64 {
        ForwardEntry::key_of(self.nat, self.eip, self.protocol, self.public_port)
    }

    fn read(mem: Words<'_>, at: u32) -> ForwardEntry {
        let (w0, w1) = (mem.load(at), mem.load(at + 1));
        ForwardEntry {
            nat: NatGatewayId(half(w0, true)),
            eip: EipId(half(w0, false)),
            protocol: match mem.load(at + 3) {
                6 => ForwardProtocol::Tcp,
                17 => ForwardProtocol::Udp,
                _ => ForwardProtocol::Any,
            },
            public_port: half(w1, true),
            address: Addr(mem.load(at + 2)),
            private_port: half(w1, false),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.nat.0, self.eip.0));
        mem.store(at + 1, pair(self.public_port, self.private_port));
        mem.store(at + 2, self.address.0);
        mem.store(at + 3, self.protocol.number().into());
    }
}

/// A load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its id.
    pub id: LoadBalancerId,
    /// Where it stands.
    pub place: BalancerPlace,
}

impl LoadBalancer {
    /// Whether it stands outside the VPC.
    pub const fn is_internet(&self) -> bool {
        matches!(self.place, BalancerPlace::Internet { .. })
    }
}

impl From<Interface> for LoadBalancer {
    fn from(host: Interface) -> LoadBalancer {
        let place = BalancerPlace::Internal { vswitch: host.vswitch, address: host.address };
        LoadBalancer { id: LoadBalancerId(host.id.number), place }
    }
}

impl From<InternetBalancer> for LoadBalancer {
    fn from(balancer: InternetBalancer) -> LoadBalancer {
        let place = BalancerPlace::Internet { vpc: balancer.vpc, address: balancer.address };
        LoadBalancer { id: balancer.id, place }
    }
}

/// An internet load balancer. Internal ones are [`Interface`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InternetBalancer {
    pub(crate) id: LoadBalancerId,
    pub(crate) vpc: VpcId,
    pub(crate) address: Addr,
}

impl Record for InternetBalancer {
    const WORDS: u32 = 2;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> InternetBalancer {
        let w0 = mem.load(at);
        InternetBalancer {
            id: LoadBalancerId(half(w0, true)),
            vpc: VpcId(half(w0, false)),
            address: Addr(mem.load(at + 1)),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.vpc.0));
        mem.store(at + 1, self.address.0);
    }
}

pub(super) fn prefix(addr: u32, len: u32) -> Prefix {
    Prefix::new_truncated(Addr(addr), u8::try_from(len).unwrap_or(32))
}

/// Two ids in a word.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
pub(super) const fn pair(high: u16, low: u16) -> u32 {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    u32::from_be_bytes([a, b, c, d])
}
