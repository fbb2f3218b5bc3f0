//! Compiled forwarding state: the one thing that the control plane writes and packets read.
//!
//! Each VPC has a *world*: roots of tries in the region's pool that hold everything a packet of
//! that VPC can meet. A committed change builds a new world beside the old one, sharing what did
//! not change, and publishes it with one store of the VPC's world word. A packet loads that word
//! once, so it sees one world, never a mixture.
//!
//! ```text
//! region   hosts: sender -> VPC slot         publics: public address -> VPC slot
//! world    mode, the region's options, epoch, gateway table, what a begun operation would change
//!          gwlbs:    GWLB of an endpoint -> its healthy appliances, or that packets pass uninspected
//!          tables:   route table -> root     switches: vSwitch -> root of its bound table
//!          hosts:    interface, NAT, load balancer, endpoint, group -> facts
//!          owners:   private address -> interface, NAT, internal load balancer
//!          publics:  public address -> target
//!          classes:  prefix -> PRIV, MARTIAN
//! ```

mod extent;

use crate::sync::Ordering;

use crate::addr::{
    Addr, ApplianceId, EndpointId, GwlbId, Id, Kind, Prefix, RouterInterfaceId, TableId, VSwitchId,
    field, half,
};
use crate::limits::gather;
use crate::memory::Words;
use crate::region::layout;
use crate::region::{MAX_ECMP_MEMBERS, MAX_ENABLE_TABLES, NextHop, Origin, RouteEntry};
use crate::trie::{Matches, Pool, lookup};

/// 100.64.0.0/10: the cloud's own services.
pub(crate) const SERVICE_PREFIX: Prefix = Prefix::new_truncated(Addr::new(100, 64, 0, 0), 10);

/// Ranges that are private destinations in every VPC.
pub(crate) const PRIVATE: [Prefix; 4] = [
    Prefix::new_truncated(Addr::new(10, 0, 0, 0), 8),
    SERVICE_PREFIX,
    Prefix::new_truncated(Addr::new(172, 16, 0, 0), 12),
    Prefix::new_truncated(Addr::new(192, 168, 0, 0), 16),
];

/// Ranges that are not on the Internet.
pub(crate) const MARTIAN: [Prefix; 9] = [
    Prefix::new_truncated(Addr::new(0, 0, 0, 0), 8),
    Prefix::new_truncated(Addr::new(10, 0, 0, 0), 8),
    SERVICE_PREFIX,
    Prefix::new_truncated(Addr::new(127, 0, 0, 0), 8),
    Prefix::new_truncated(Addr::new(169, 254, 0, 0), 16),
    Prefix::new_truncated(Addr::new(172, 16, 0, 0), 12),
    Prefix::new_truncated(Addr::new(192, 168, 0, 0), 16),
    Prefix::new_truncated(Addr::new(224, 0, 0, 0), 4),
    Prefix::new_truncated(Addr::new(240, 0, 0, 0), 4),
];

/// A class of the `classes` trie: a private destination.
pub(crate) const CLASS_PRIVATE: u32 = 1;
/// A class of the `classes` trie: not on the Internet.
pub(crate) const CLASS_MARTIAN: u32 = 2;

/// How a VPC reaches the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// A public address means direct access.
    Direct,
    /// Every packet obeys the route tables.
    Centralized,
    /// No Internet at all.
    PrivateOnly,
}

impl Mode {
    pub(crate) const fn number(self) -> u32 {
        match self {
            Mode::Direct => 0,
            Mode::Centralized => 1,
            Mode::PrivateOnly => 2,
        }
    }

    /// The mode that a private delete of the gateway leaves: one that was never enabled leaves a
    /// Direct VPC Direct.
    pub(crate) const fn after_private_delete(self) -> Mode {
        match self {
            Mode::Direct => Mode::Direct,
            Mode::Centralized | Mode::PrivateOnly => Mode::PrivateOnly,
        }
    }

    pub(crate) const fn from_number(number: u32) -> Mode {
        match number {
            0 => Mode::Direct,
            1 => Mode::Centralized,
            _ => Mode::PrivateOnly,
        }
    }
}

/// The words of a world's three cells: the first is published, and links to the others.
pub(crate) mod world {
    pub(crate) const EPOCH: u32 = 0;
    /// The root of the GWLB map, and above it the mode and the options that packets meet.
    pub(crate) const STATE: u32 = 1;
    pub(crate) const SECOND: u32 = 2;
    pub(crate) const THIRD: u32 = 3;

    pub(crate) const MODE_SHIFT: u32 = 26;
    pub(crate) const DELIVER_LOCAL: u32 = 1 << 28;
    pub(crate) const CLB_RESTRICTED: u32 = 1 << 29;

    pub(crate) const TABLES: u32 = 0;
    pub(crate) const SWITCHES: u32 = 1;
    pub(crate) const HOSTS: u32 = 2;
    pub(crate) const OWNERS: u32 = 3;

    pub(crate) const PUBLICS: u32 = 0;
    pub(crate) const CLASSES: u32 = 1;
    pub(crate) const GATEWAY_TABLE: u32 = 2;
    /// Where blackout is on: what a begun operation's commit would change. While a world is built:
    /// the root of the trie at hand.
    pub(crate) const AFTER: u32 = 3;
}

/// The words of the cell that tells what a begun operation's commit would change.
pub(crate) mod after {
    pub(crate) const MODE: u32 = 0;
    /// The gateway's id word, and whether its entries go.
    pub(crate) const GATEWAY: u32 = 1;
    pub(crate) const WITHOUT: u32 = 1 << 31;
    /// The root of the table bound to the gateway then.
    pub(crate) const BOUND: u32 = 2;
    /// A chain of cells, three roots of tables each, that get a default route to the gateway.
    pub(crate) const DEFAULTS: u32 = 3;
}

/// The words of a host's cell.
pub(crate) mod host {
    /// The address; for an endpoint its GWLB, for a group its active endpoint.
    pub(crate) const ADDRESS: u32 = 0;
    /// The vSwitch in the high half, flags in the low one.
    pub(crate) const PLACE: u32 = 1;
    pub(crate) const PUBLIC: u32 = 2;
    /// For a NAT gateway: the link to its cell.
    pub(crate) const NAT: u32 = 3;

    pub(crate) const FORWARDS: u32 = 1;
    pub(crate) const HAS_PUBLIC: u32 = 2;
    /// A load balancer outside the VPC.
    pub(crate) const INTERNET: u32 = 4;
    /// A group without a usable member.
    pub(crate) const DOWN: u32 = 8;
}

/// The words of a NAT gateway's cell: roots of tries.
pub(crate) mod nat {
    /// Source prefix → public address.
    pub(crate) const SNAT: u32 = 0;
    /// Public address → protocol and public port → forward cell.
    pub(crate) const IN: u32 = 1;
    /// Private address → protocol and private port → forward cell.
    pub(crate) const OUT: u32 = 2;
}

/// The words of a forward cell.
pub(crate) mod forward {
    /// The public address' id and the public port: what the lowest of several is told by.
    pub(crate) const ORDER: u32 = 0;
    pub(crate) const PUBLIC: u32 = 1;
    pub(crate) const PRIVATE: u32 = 2;
    /// 0 for `any`, which keeps the packet's port.
    pub(crate) const PRIVATE_PORT: u32 = 3;
}

/// The words of the head cell of an equal-cost set; its members lie two a word in the others.
pub(crate) mod ecmp {
    pub(crate) const COUNT: u32 = 0;
    pub(crate) const LOW: u32 = 1;
    pub(crate) const HIGH: u32 = 2;
}

/// The value of a GWLB: 0 where packets do not pass, a flag, or the link to a chain of cells with
/// the numbers of its healthy appliances, ascending. A cell's first word has the next cell's link
/// and how many numbers the cell has; they lie two a word in the others.
pub(crate) mod gwlb {
    /// No appliance is healthy, and packets pass uninspected.
    pub(crate) const UNINSPECTED: u32 = 1 << 26;
    pub(crate) const COUNT_SHIFT: u32 = 26;
    /// Appliances of a cell.
    pub(crate) const MEMBERS: u32 = 6;
}

/// The value of a compiled route: a next hop's id word, the link to an equal-cost set, or a flag,
/// and the origin.
pub(crate) mod route {
    pub(crate) const ID: u32 = (1 << 24) - 1;
    pub(crate) const LINK: u32 = crate::trie::LINK;
    pub(crate) const SERVICE: u32 = 1 << 26;
    pub(crate) const ECMP: u32 = 1 << 27;
    pub(crate) const CUSTOM: u32 = 1 << 28;
    pub(crate) const DYNAMIC: u32 = 1 << 29;
    /// The link to a cell of two values: that of an entry to the gateway, and that of the Dynamic
    /// entry which takes its place when the gateway's entries go.
    pub(crate) const WAITING: u32 = 1 << 30;
}

/// Where a compiled route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Local,
    Service,
    Hop(Id),
    /// The link to a set of router interfaces.
    Ecmp(u32),
}

/// What the tables know of an interface, NAT gateway or load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) address: Addr,
    pub(crate) vswitch: VSwitchId,
    pub(crate) forwards: bool,
    pub(crate) public: Option<Addr>,
    /// A load balancer outside the VPC, whose address is public.
    pub(crate) is_internet: bool,
    nat: u32,
}

impl Host {
    /// What stands in a vSwitch and passes on a packet that is not its own.
    pub(crate) fn passing_on(address: Addr, vswitch: VSwitchId) -> Host {
        Host { address, vswitch, forwards: true, public: None, is_internet: false, nat: 0 }
    }
}

/// A port forwarding that a packet has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forward {
    order: u32,
    pub(crate) public: Addr,
    pub(crate) private: Addr,
    /// `None` keeps the packet's port.
    pub(crate) private_port: Option<u16>,
}

impl Forward {
    /// The public port; `None` keeps the packet's port.
    pub(crate) fn public_port(&self) -> Option<u16> {
        Some(half(self.order, false)).filter(|&port| port != 0)
    }
}

/// The most entries of a table that match: one a length, and a default route to come.
const MAX_MATCHES: usize = 34;

/// The compiled tables of a region, for judging packets.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'m> {
    mem: Words<'m>,
    pool: Pool<'m>,
}

impl<'m> Tables<'m> {
    pub(crate) fn new(mem: Words<'m>, pool: Pool<'m>) -> Tables<'m> {
        Tables { mem, pool }
    }

    /// The world in a slot, as of now.
    pub(crate) fn world(&self, slot: u32) -> Option<World<'m>> {
        match self.mem.acquire(layout::WORLDS.checked_add(slot)?) {
            0 => None,
            link => Some(World::read(self.pool, link)),
        }
    }

    /// The epoch of the world in a slot, as of now: all that a packet of a known flow asks for.
    #[inline(always)]
    pub(crate) fn epoch_at(&self, slot: u32) -> Option<u32> {
        match self.mem.acquire(layout::WORLDS.checked_add(slot)?) {
            0 => None,
            link => Some(self.pool.mem.load(self.pool.at(link) + world::EPOCH)),
        }
    }

    fn shared(&self, root: u32, key: u32) -> Option<u32> {
        exact(&self.pool, self.mem.acquire(root), key)
    }

    /// The slot of the VPC that an interface, NAT gateway, load balancer or endpoint is in.
    pub(crate) fn slot_of(&self, id: Id) -> Option<u32> {
        self.shared(layout::HOSTS_ROOT, id.to_word())
    }

    /// The slot of the VPC that a public address is bound in.
    pub(crate) fn slot_of_public(&self, address: Addr) -> Option<u32> {
        self.shared(layout::PUBLICS_ROOT, address.0)
    }

    /// Whether an interface or endpoint may have been brought packets from the Internet to a public
    /// address: it forwards, and is in that address' VPC.
    pub(crate) fn may_bring(&self, at: Id, public: Addr) -> bool {
        let forwards = || match at.kind {
            Kind::Endpoint => true,
            _ => self.world_of(at).and_then(|w| w.host(at)).is_some_and(|host| host.forwards),
        };
        self.slot_of_public(public).is_none_or(|slot| self.slot_of(at) == Some(slot) && forwards())
    }

    /// How often the slots of interfaces may have changed.
    pub(crate) fn moves(&self) -> u32 {
        self.mem.acquire(layout::MOVES)
    }

    /// The world of the VPC that an interface, NAT gateway, load balancer or endpoint is in.
    pub(crate) fn world_of(&self, id: Id) -> Option<World<'m>> {
        self.world(self.slot_of(id)?)
    }

    /// The address of an instance, network interface, NAT gateway or load balancer.
    pub fn address_of(&self, id: Id) -> Option<Addr> {
        // An endpoint has none.
        let id = Some(id).filter(|id| id.kind != Kind::Endpoint)?;
        Some(self.world_of(id)?.host(id)?.address)
    }

    /// Whether there is an interface, NAT gateway, load balancer or endpoint of this id.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.world_of(id).is_some_and(|world| world.facts(id).is_some())
    }

    /// How often the VPC of an interface, load balancer or endpoint has changed; flows judged in another epoch are stale.
    pub fn epoch_of(&self, id: Id) -> Option<u32> {
        Some(self.world_of(id)?.epoch())
    }
}

/// One VPC's forwarding state at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World<'m> {
    pool: Pool<'m>,
    first: u32,
    second: u32,
    third: u32,
    pub(crate) mode: Mode,
    /// The cell of the begun operation whose commit this world foresees, or 0.
    foreseen: u32,
    /// Whether a begun operation counts for nothing.
    is_settled: bool,
}

impl<'m> World<'m> {
    pub(crate) fn read(pool: Pool<'m>, link: u32) -> World<'m> {
        let first = pool.at(link);
        World {
            pool,
            first,
            second: pool.at(pool.mem.load(first + world::SECOND)),
            third: pool.at(pool.mem.load(first + world::THIRD)),
            mode: Mode::from_number(field(
                pool.mem.load(first + world::STATE),
                world::MODE_SHIFT,
                2,
            )),
            foreseen: 0,
            is_settled: false,
        }
    }

    fn state(&self) -> u32 {
        self.pool.mem.load(self.first + world::STATE)
    }

    /// The root of the GWLB map.
    pub(crate) fn gwlbs(&self) -> u32 {
        self.state() & crate::trie::LINK
    }

    /// Whether packets pass a GWLB, inspected or not.
    pub(crate) fn passes(&self, gwlb: GwlbId) -> bool {
        exact(&self.pool, self.gwlbs(), gwlb.0.into()).is_some_and(|value| value != 0)
    }

    /// The healthy appliance of a GWLB that a flow meets, by a hash that both its directions have:
    /// the one of the highest weight, so that only the flows of one that fails move. `None` where
    /// packets do not pass, or pass uninspected.
    pub(crate) fn appliance(&self, gwlb: GwlbId, hash: u32) -> Option<ApplianceId> {
        let mut best: Option<(u32, u16)> = None;
        let mut last = None;
        for number in Appliances::of(&self.pool, exact(&self.pool, self.gwlbs(), gwlb.0.into())?) {
            // Numbers grow; in damaged memory they may not, and the walk must end.
            if last >= Some(number) {
                break;
            }
            last = Some(number);
            let weight = mix(hash ^ mix(u32::from(number) + 1));
            // Of equal weights the lower number's counts.
            if best.is_none_or(|(highest, _)| weight > highest) {
                best = Some((weight, number));
            }
        }
        best.map(|(_, number)| ApplianceId(number))
    }

    /// Whether the gateway restricts internal load balancers.
    pub(crate) fn clb_restricted(&self) -> bool {
        self.state() & world::CLB_RESTRICTED != 0
    }

    /// Whether unsolicited packets are delivered where no gateway table is bound.
    pub(crate) fn deliver_local(&self) -> bool {
        self.state() & world::DELIVER_LOCAL != 0
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.pool.mem.load(self.first + world::EPOCH)
    }

    /// The world as the begun operation's commit would leave it, where packets are to be judged by
    /// both.
    pub(crate) fn after(&self) -> Option<World<'m>> {
        let foreseen = self.third(world::AFTER);
        if foreseen == 0 || self.is_settled {
            return None;
        }
        let mode = Mode::from_number(self.pool.mem.load(self.pool.at(foreseen) + after::MODE));
        Some(World { mode, foreseen, ..*self })
    }

    /// The world as an abort of the begun operation would leave it.
    pub(crate) fn settled(self) -> World<'m> {
        World { is_settled: true, ..self }
    }

    fn foreseen(&self, word: u32) -> u32 {
        self.pool.mem.load(self.pool.at(self.foreseen) + word)
    }

    /// A root of the second cell.
    pub(crate) fn second(&self, word: u32) -> u32 {
        self.pool.mem.load(self.second + word)
    }

    /// A root of the third cell.
    pub(crate) fn third(&self, word: u32) -> u32 {
        self.pool.mem.load(self.third + word)
    }

    /// The root of a table of the VPC.
    pub(crate) fn table(&self, table: TableId) -> Option<u32> {
        exact(&self.pool, self.second(world::TABLES), table.0.into())
    }

    /// The root of the table bound to a vSwitch.
    pub(crate) fn table_of(&self, vswitch: VSwitchId) -> Option<u32> {
        exact(&self.pool, self.second(world::SWITCHES), vswitch.0.into())
    }

    /// The root of the table bound to the gateway.
    pub(crate) fn gateway_table(&self) -> Option<u32> {
        let root = match self.foreseen {
            0 => self.third(world::GATEWAY_TABLE),
            _ => self.foreseen(after::BOUND),
        };
        Some(root).filter(|&root| root != 0)
    }

    fn facts(&self, id: Id) -> Option<u32> {
        let cell = exact(&self.pool, self.second(world::HOSTS), id.to_word())?;
        Some(self.pool.at(cell))
    }

    pub(crate) fn host(&self, id: Id) -> Option<Host> {
        let (at, mem) = (self.facts(id)?, self.pool.mem);
        let place = mem.load(at + host::PLACE);
        let has_public = place & host::HAS_PUBLIC != 0;
        Some(Host {
            address: Addr(mem.load(at + host::ADDRESS)),
            vswitch: VSwitchId(half(place, true)),
            forwards: place & host::FORWARDS != 0,
            public: has_public.then(|| Addr(mem.load(at + host::PUBLIC))),
            is_internet: place & host::INTERNET != 0,
            nat: mem.load(at + host::NAT),
        })
    }

    /// An endpoint's vSwitch and GWLB.
    pub(crate) fn endpoint(&self, id: Id) -> Option<(VSwitchId, GwlbId)> {
        let (at, mem) = (self.facts(id)?, self.pool.mem);
        let gwlb = GwlbId(half(mem.load(at + host::ADDRESS), false));
        Some((VSwitchId(half(mem.load(at + host::PLACE), true)), gwlb))
    }

    /// The appliance behind an endpoint that a flow meets; `None` where it passes uninspected.
    pub(crate) fn inspector(&self, endpoint: Id, hash: u32) -> Option<ApplianceId> {
        let (_, gwlb) = self.endpoint(endpoint)?;
        self.appliance(gwlb, hash)
    }

    /// A group's active endpoint, and whether neither member can be used.
    pub(crate) fn group(&self, id: Id) -> Option<(Id, bool)> {
        let (at, mem) = (self.facts(id)?, self.pool.mem);
        let active = EndpointId(half(mem.load(at + host::ADDRESS), false));
        Some((active.id(), mem.load(at + host::PLACE) & host::DOWN != 0))
    }

    /// A member of an equal-cost set, by a hash of the packet.
    pub(crate) fn member(&self, set: u32, hash: u32) -> Id {
        let (at, mem) = (self.pool.at(set), self.pool.mem);
        let count = mem.load(at + ecmp::COUNT).min(16);
        // The high half of the product: a number below the count.
        let product = u64::from(hash) * u64::from(count);
        let index = u32::try_from(product >> 32).unwrap_or(0);
        RouterInterfaceId(member(&self.pool, set, index)).id()
    }

    /// The interface or NAT gateway that owns a private address.
    pub(crate) fn owner(&self, address: Addr) -> Option<Id> {
        Id::from_word(exact(&self.pool, self.second(world::OWNERS), address.0)?)
    }

    /// The public address bound to the interface that owns a private address. A NAT gateway's
    /// addresses are not its own.
    pub(crate) fn public_of(&self, address: Addr) -> Option<Addr> {
        let owner = self.owner(address)?;
        if owner.kind == Kind::NatGateway { None } else { self.host(owner)?.public }
    }

    /// What a public address is bound to.
    pub(crate) fn target(&self, public: Addr) -> Option<Id> {
        Id::from_word(exact(&self.pool, self.third(world::PUBLICS), public.0)?)
    }

    fn class(&self, address: Addr) -> u32 {
        lookup(&self.pool, self.third(world::CLASSES), address).map_or(0, |(_, class)| class)
    }

    /// Whether the VPC treats an address as a private destination.
    pub(crate) fn is_private(&self, address: Addr) -> bool {
        self.class(address) & CLASS_PRIVATE != 0
    }

    /// Whether an address is not on the Internet, seen from the VPC.
    pub(crate) fn is_martian(&self, address: Addr) -> bool {
        self.class(address) & CLASS_MARTIAN != 0
    }

    /// The longest match of a table.
    #[inline(always)]
    pub(crate) fn route(&self, root: u32, address: Addr) -> Option<Target> {
        if self.foreseen != 0 {
            return self.foreseen_route(root, address);
        }
        lookup(&self.pool, root, address).map(|(_, value)| target(&self.pool, value))
    }

    /// The longest match once the begun operation is committed.
    fn foreseen_route(&self, root: u32, address: Addr) -> Option<Target> {
        let longest = self.foreseen_matches(root, address).last();
        longest.map(|(_, value)| target(&self.pool, value))
    }

    /// The matches once the begun operation is committed, shortest first: with what waits behind the
    /// gateway's entries in their place, or with a default route to it where none was.
    fn foreseen_matches(
        &self,
        root: u32,
        address: Addr,
    ) -> impl Iterator<Item = (Prefix, u32)> + use<'m> {
        let gateway = self.foreseen(after::GATEWAY);
        let own = gateway & !after::WITHOUT;
        let gone = Id::from_word(own).map(Target::Hop).filter(|_| gateway != own);
        let default = (Prefix::DEFAULT, own | route::CUSTOM);
        let default = Some(default).filter(|_| gone.is_none() && self.gets_default(root));
        let pool = self.pool;
        let matches = Matches::below(pool, root, address).filter_map(move |(prefix, value)| {
            let stays = gone.is_none_or(|gone| target(&pool, value) != gone);
            let left = if stays { Some(value) } else { waiting(&pool, value) };
            left.map(|left| (prefix, left))
        });
        default.into_iter().chain(matches)
    }

    /// The entries of a table that match, longest first.
    pub(crate) fn matching(
        &self,
        root: u32,
        address: Addr,
    ) -> impl Iterator<Item = RouteEntry> + use<'m> {
        let pool = self.pool;
        let mut found: heapless::Vec<(Prefix, u32), MAX_MATCHES> = match self.foreseen {
            0 => gather(Matches::below(pool, root, address).take(MAX_MATCHES)),
            _ => gather(self.foreseen_matches(root, address).take(MAX_MATCHES)),
        };
        core::iter::from_fn(move || found.pop())
            .map(move |(prefix, value)| entry(&pool, prefix, value))
    }

    fn gets_default(&self, root: u32) -> bool {
        let mut next = self.foreseen(after::DEFAULTS);
        for _ in 0..MAX_ENABLE_TABLES {
            let Some([a, b, c, link]) = self.pool.mem.quad(self.pool.at(next)) else { break };
            if next == 0 {
                break;
            }
            if [a, b, c].into_iter().any(|word| word.load(Ordering::Relaxed) == root) {
                return true;
            }
            next = link.load(Ordering::Relaxed);
        }
        false
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    fn nat_root(&self, nat: &Host, word: u32) -> u32 {
        self.pool.mem.load(self.pool.at(nat.nat) + word)
    }

    /// The public address that a NAT gateway gives to a source, by the longest prefix.
    #[inline(always)]
    pub(crate) fn snat(&self, nat: &Host, source: Addr) -> Option<Addr> {
        self.snat_match(nat, source).map(|(_, public)| public)
    }

    /// The same with the prefix.
    #[inline(always)]
    pub(crate) fn snat_match(&self, nat: &Host, source: Addr) -> Option<(Prefix, Addr)> {
        let root = self.nat_root(nat, nat::SNAT);
        lookup(&self.pool, root, source).map(|(prefix, public)| (prefix, Addr(public)))
    }

    /// The forwarding of a public address' port.
    pub(crate) fn forward_in(
        &self,
        nat: &Host,
        public: Addr,
        protocol: u8,
        port: u16,
    ) -> Option<Forward> {
        let ports = exact(&self.pool, self.nat_root(nat, nat::IN), public.0)?;
        self.forward(ports, forward_key(protocol, port))
            .or_else(|| self.forward(ports, forward_key(0, 0)))
    }

    /// The forwarding that a packet from a private address and port answers: of several the one of
    /// the lowest public address' id, then the lowest public port.
    pub(crate) fn forward_out(
        &self,
        nat: &Host,
        private: Addr,
        protocol: u8,
        port: u16,
    ) -> Option<Forward> {
        let ports = exact(&self.pool, self.nat_root(nat, nat::OUT), private.0)?;
        let one = self.forward(ports, forward_key(protocol, port));
        let any = self.forward(ports, forward_key(0, 0));
        match (&one, &any) {
            (Some(one), Some(any)) if one.order <= any.order => Some(*one),
            _ => any.or(one),
        }
    }

    fn forward(&self, ports: u32, key: u32) -> Option<Forward> {
        let at = self.pool.at(exact(&self.pool, ports, key)?);
        let word = |n| self.pool.mem.load(at + n);
        let port = half(word(forward::PRIVATE_PORT), false);
        Some(Forward {
            order: word(forward::ORDER),
            public: Addr(word(forward::PUBLIC)),
            private: Addr(word(forward::PRIVATE)),
            private_port: (port != 0).then_some(port),
        })
    }
}

/// The key of a protocol and port; 0 and 0 for `any`. Other protocols than TCP and UDP, which no
/// entry names, have keys of their own.
pub(crate) fn forward_key(protocol: u8, port: u16) -> u32 {
    u32::from(protocol) << 16 | u32::from(port)
}

/// A member of an equal-cost set by its place in it.
pub(crate) fn member(pool: &Pool<'_>, set: u32, index: u32) -> u16 {
    let link = pool.mem.load(pool.at(set) + if index < 8 { ecmp::LOW } else { ecmp::HIGH });
    half(pool.mem.load(pool.at(link) + index % 8 / 2), index.is_multiple_of(2))
}

/// The numbers of the appliances below a GWLB's value.
struct Appliances<'p> {
    pool: &'p Pool<'p>,
    link: u32,
    index: u32,
}

impl<'p> Appliances<'p> {
    fn of(pool: &'p Pool<'p>, value: u32) -> Appliances<'p> {
        let link = if value & gwlb::UNINSPECTED == 0 { value } else { 0 };
        Appliances { pool, link, index: 0 }
    }
}

impl Iterator for Appliances<'_> {
    type Item = u16;
    fn next(&mut self) -> Option<u16> {
        let mem = self.pool.mem;
        if self.index == gwlb::MEMBERS {
            let head = mem.load(self.pool.at(self.link));
            (self.link, self.index) = (head & crate::trie::LINK, 0);
        }
        let at = self.pool.at(self.link);
        if self.link == 0 || self.index >= mem.load(at) >> gwlb::COUNT_SHIFT {
            return None;
        }
        let number = half(mem.load(at + 1 + self.index / 2), self.index.is_multiple_of(2));
        self.index += 1;
        Some(number)
    }
}

/// MurmurHash3's final mix: every bit of the answer depends on every bit.
pub(crate) const fn mix(mut hash: u32) -> u32 {
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85EB_CA6B);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}

#[inline(always)]
fn target(pool: &Pool<'_>, mut value: u32) -> Target {
    if value & (route::ECMP | route::WAITING) != 0 {
        if value & route::WAITING == 0 {
            return Target::Ecmp(value & route::LINK);
        }
        value = pool.mem.load(pool.at(value & route::LINK));
    }
    match Id::from_word(value & route::ID) {
        Some(id) => Target::Hop(id),
        None if value & route::SERVICE != 0 => Target::Service,
        None => Target::Local,
    }
}

/// What takes an entry's place when the gateway's entries go.
pub(crate) fn waiting(pool: &Pool<'_>, value: u32) -> Option<u32> {
    (value & route::WAITING != 0).then(|| pool.mem.load(pool.at(value & route::LINK) + 1))
}

/// A compiled route as people see it.
pub(crate) fn entry(pool: &Pool<'_>, prefix: Prefix, value: u32) -> RouteEntry {
    let next_hop = match target(pool, value) {
        Target::Hop(id) => NextHop::new(id),
        Target::Ecmp(set) => ecmp_set(pool, set),
        Target::Local | Target::Service => None,
    };
    let origin = match value & (route::CUSTOM | route::DYNAMIC) {
        0 => Origin::System,
        route::CUSTOM => Origin::Custom,
        _ => Origin::Dynamic,
    };
    RouteEntry { prefix, next_hop, origin }
}

fn ecmp_set(pool: &Pool<'_>, set: u32) -> Option<NextHop> {
    let count = pool.mem.load(pool.at(set) + ecmp::COUNT);
    let mut members = [RouterInterfaceId(0); MAX_ECMP_MEMBERS];
    for (index, slot) in (0..count).zip(members.iter_mut()) {
        *slot = RouterInterfaceId(member(pool, set, index));
    }
    NextHop::ecmp(members.get(..usize::try_from(count).ok()?)?)
}

/// The value of a 32-bit key.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
fn exact(pool: &Pool<'_>, root: u32, key: u32) -> Option<u32> {
    lookup(pool, root, Addr(key)).filter(|(prefix, _)| prefix.len() == 32).map(|(_, value)| value)
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
