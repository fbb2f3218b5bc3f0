//! What answers about every packet ask of a world: who is in it, and how far an answer reaches.

use super::{Host, World, ecmp_set, exact, nat, world};
use crate::addr::{Addr, GwlbId, Id, Kind, Prefix, VSwitchId, half};
use crate::region::NextHop;
use crate::trie::{after, first, same_until};

impl World<'_> {
    /// Whether another world has the same hosts, owners and public addresses: it shares them.
    pub(crate) fn has_hosts_of(&self, other: &World<'_>) -> bool {
        self.second(world::HOSTS) == other.second(world::HOSTS)
    }

    /// Whether another world, of the same hosts, decides alike about packets that find the same
    /// entries.
    pub(crate) fn decides_as(&self, other: &World<'_>) -> bool {
        let options = |world: &World<'_>| world.state() & !crate::trie::LINK;
        let mut gwlb = None;
        let mut same_gwlbs = || {
            // Both have those of the same endpoints.
            while let Some(number) = self.key_after(self.gwlbs(), gwlb) {
                let id = GwlbId(half(number, false));
                if self.passes(id) != other.passes(id) {
                    return false;
                }
                gwlb = Some(number);
            }
            true
        };
        options(self) == options(other)
            && self.third(world::CLASSES) == other.third(world::CLASSES)
            && self.gateway_table() == other.gateway_table()
            && self.after().is_none()
            && other.after().is_none()
            && same_gwlbs()
    }

    /// The next host behind an id, by kind and number.
    pub(crate) fn host_after(&self, id: Option<Id>) -> Option<Id> {
        let root = self.second(world::HOSTS);
        Id::from_word(self.key_after(root, id.map(Id::to_word))?)
    }

    /// The next public address behind one.
    pub(crate) fn public_after(&self, public: Option<Addr>) -> Option<Addr> {
        self.key_after(self.third(world::PUBLICS), public.map(|public| public.0)).map(Addr)
    }

    /// The next NAT gateway behind one.
    #[inline(never)]
    pub(crate) fn nat_after(&self, nat: Option<Id>) -> Option<Id> {
        // All before the first NAT gateway are of lower kinds.
        let last = Id { kind: Kind::PublicAddress, number: u16::MAX };
        self.host_after(nat.or(Some(last))).filter(|id| id.kind == Kind::NatGateway)
    }

    fn key_after(&self, root: u32, key: Option<u32>) -> Option<u32> {
        let next = match key {
            Some(key) => after(&self.pool, root, Prefix::host(Addr(key))),
            None => first(&self.pool, root),
        };
        next.map(|(prefix, _)| prefix.addr().0)
    }

    /// The next protocol and port behind a key that a NAT gateway answers for a private address.
    pub(crate) fn answered_port_after(&self, nat: &Host, private: Addr, key: u32) -> Option<u32> {
        self.port_after(self.nat_root(nat, nat::OUT), private, key)
    }

    /// The next protocol and port behind a key that a NAT gateway forwards of a public address.
    pub(crate) fn forwarded_port_after(&self, nat: &Host, public: Addr, key: u32) -> Option<u32> {
        self.port_after(self.nat_root(nat, nat::IN), public, key)
    }

    fn port_after(&self, root: u32, address: Addr, key: u32) -> Option<u32> {
        self.key_after(exact(&self.pool, root, address.0)?, Some(key))
    }

    /// Whether a NAT gateway forwards something to a private address.
    pub(crate) fn is_forwarded_to(&self, nat: &Host, private: Addr) -> bool {
        exact(&self.pool, self.nat_root(nat, nat::OUT), private.0).is_some()
    }

    /// The last address up to which classes and owners of addresses stay as they are.
    pub(crate) fn known_until(&self, address: Addr) -> Addr {
        self.classed_until(address).min(same_until(&self.pool, self.second(world::OWNERS), address))
    }

    /// The last address up to which classes stay as they are.
    pub(crate) fn classed_until(&self, address: Addr) -> Addr {
        same_until(&self.pool, self.third(world::CLASSES), address)
    }

    /// The most intervals that addresses can fall into: each cell of the pool is a node of one trie at most,
    /// and begins or ends two.
    pub(crate) fn most_intervals(&self) -> u32 {
        self.pool.capacity().saturating_mul(2).saturating_add(2)
    }

    /// The last address up to which a vSwitch's table has the same entry.
    pub(crate) fn routed_until(&self, vswitch: VSwitchId, address: Addr) -> Addr {
        same_until(&self.pool, self.table_of(vswitch).unwrap_or(0), address)
    }

    /// The last source up to which every NAT gateway has the same entry.
    pub(crate) fn translated_until(&self, source: Addr) -> Addr {
        let mut until = Addr(u32::MAX);
        let mut nat = self.nat_after(None);
        while let Some(id) = nat {
            if let Some(host) = self.host(id) {
                let root = self.nat_root(&host, nat::SNAT);
                until = until.min(same_until(&self.pool, root, source));
            }
            nat = self.nat_after(Some(id));
        }
        until
    }

    /// The members of an equal-cost set.
    pub(crate) fn set(&self, link: u32) -> Option<NextHop> {
        ecmp_set(&self.pool, link)
    }
}
