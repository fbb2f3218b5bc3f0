//! Compiled forwarding state: the one thing that the control plane writes and packets read.
//!
//! Each VPC has a *world*: roots of tries in the region's pool that hold everything a packet of
//! that VPC can meet. A committed change builds a new world beside the old one, sharing what did
//! not change, and publishes it with one store of the VPC's world word. A packet loads that word
//! once, so it sees one world, never a mixture.
//!
//! ```text
//! region   hosts: interface -> VPC slot      publics: public address -> VPC slot
//! world    mode, epoch, gateway table
//!          tables:   route table -> root     switches: vSwitch -> root of its bound table
//!          hosts:    interface, NAT -> facts owners:   private address -> interface, NAT
//!          publics:  public address -> target
//!          classes:  prefix -> PRIV, MARTIAN
//! ```

use crate::addr::{Addr, Id, Kind, Prefix, TableId, VSwitchId};
use crate::lpm::{Pool, lookup};
use crate::memory::Words;
use crate::region::layout;
use crate::region::{NextHop, Origin, RouteEntry};

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
    pub(crate) const MODE: u32 = 1;
    pub(crate) const SECOND: u32 = 2;
    pub(crate) const THIRD: u32 = 3;

    pub(crate) const TABLES: u32 = 0;
    pub(crate) const SWITCHES: u32 = 1;
    pub(crate) const HOSTS: u32 = 2;
    pub(crate) const OWNERS: u32 = 3;

    pub(crate) const PUBLICS: u32 = 0;
    pub(crate) const CLASSES: u32 = 1;
    pub(crate) const GATEWAY_TABLE: u32 = 2;
    /// The root of a table while it is built.
    pub(crate) const SCRATCH: u32 = 3;
}

/// The words of a host's cell.
pub(crate) mod host {
    pub(crate) const ADDRESS: u32 = 0;
    /// The vSwitch in the high half, flags in the low one.
    pub(crate) const PLACE: u32 = 1;
    pub(crate) const PUBLIC: u32 = 2;
    /// For a NAT gateway: the root of source prefix → public address.
    pub(crate) const SNAT: u32 = 3;

    pub(crate) const FORWARDS: u32 = 1;
    pub(crate) const HAS_PUBLIC: u32 = 2;
}

/// The value of a compiled route: a next hop's id word, or a flag, and the origin.
pub(crate) mod route {
    pub(crate) const SERVICE: u32 = 1 << 24;
    pub(crate) const CUSTOM: u32 = 1 << 25;
    pub(crate) const ID: u32 = (1 << 24) - 1;
}

/// Where a compiled route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Local,
    Service,
    Hop(Id),
}

/// What the tables know of an interface or NAT gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) address: Addr,
    pub(crate) vswitch: VSwitchId,
    pub(crate) forwards: bool,
    pub(crate) public: Option<Addr>,
    snat: u32,
}

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

    fn shared(&self, root: u32, key: u32) -> Option<u32> {
        exact(&self.pool, self.mem.acquire(root), key)
    }

    /// The world of the VPC that an interface or NAT gateway is in.
    pub(crate) fn world_of(&self, id: Id) -> Option<World<'m>> {
        self.world(self.shared(layout::HOSTS_ROOT, id.to_word())?)
    }

    /// The world of the VPC that a public address is bound in.
    pub(crate) fn world_of_public(&self, address: Addr) -> Option<World<'m>> {
        self.world(self.shared(layout::PUBLICS_ROOT, address.0)?)
    }

    /// Whether unsolicited packets are delivered where no gateway table is bound.
    pub(crate) fn deliver_local(&self) -> bool {
        self.mem.load(layout::OPTIONS) & layout::DELIVER_LOCAL != 0
    }

    /// The private address of an instance, network interface or NAT gateway.
    pub fn address_of(&self, id: Id) -> Option<Addr> {
        Some(self.world_of(id)?.host(id)?.address)
    }

    /// How often the VPC of an interface has changed; flows judged in another epoch are stale.
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
}

impl<'m> World<'m> {
    pub(crate) fn read(pool: Pool<'m>, link: u32) -> World<'m> {
        let first = pool.at(link);
        World {
            pool,
            first,
            second: pool.at(pool.mem.load(first + world::SECOND)),
            third: pool.at(pool.mem.load(first + world::THIRD)),
            mode: Mode::from_number(pool.mem.load(first + world::MODE)),
        }
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.pool.mem.load(self.first + world::EPOCH)
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
        Some(self.third(world::GATEWAY_TABLE)).filter(|&root| root != 0)
    }

    pub(crate) fn host(&self, id: Id) -> Option<Host> {
        let cell = exact(&self.pool, self.second(world::HOSTS), id.to_word())?;
        let (at, mem) = (self.pool.at(cell), self.pool.mem);
        let place = mem.load(at + host::PLACE);
        let has_public = place & host::HAS_PUBLIC != 0;
        Some(Host {
            address: Addr(mem.load(at + host::ADDRESS)),
            vswitch: VSwitchId(u16::try_from(place >> 16).unwrap_or(0)),
            forwards: place & host::FORWARDS != 0,
            public: has_public.then(|| Addr(mem.load(at + host::PUBLIC))),
            snat: mem.load(at + host::SNAT),
        })
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
    pub(crate) fn route(&self, root: u32, address: Addr) -> Option<Target> {
        lookup(&self.pool, root, address).map(|(_, value)| target(value))
    }

    /// The public address that a NAT gateway gives to a source, by the longest prefix.
    pub(crate) fn snat(&self, nat: &Host, source: Addr) -> Option<Addr> {
        lookup(&self.pool, nat.snat, source).map(|(_, public)| Addr(public))
    }
}

fn target(value: u32) -> Target {
    match Id::from_word(value & route::ID) {
        Some(id) => Target::Hop(id),
        None if value & route::SERVICE != 0 => Target::Service,
        None => Target::Local,
    }
}

/// A compiled route as people see it.
pub(crate) fn entry(prefix: Prefix, value: u32) -> RouteEntry {
    let next_hop = Id::from_word(value & route::ID).and_then(NextHop::new);
    let origin = if value & route::CUSTOM != 0 { Origin::Custom } else { Origin::System };
    RouteEntry { prefix, next_hop, origin }
}

/// The value of a 32-bit key.
fn exact(pool: &Pool<'_>, root: u32, key: u32) -> Option<u32> {
    lookup(pool, root, Addr(key)).filter(|(prefix, _)| prefix.len() == 32).map(|(_, value)| value)
}
