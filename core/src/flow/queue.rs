//! Flows of a class in order of their last packet. All of a class have the same time-out, so the first
//! of a queue is both the next to end and the least recently used. Where flows never go for others the
//! order is one of grains of time, and a flow may be cleared away a grain after its end.

use super::config::{Head, header};
use crate::memory::Words;

/// The classes of flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    TcpTransitory,
    TcpEstablished,
    /// UDP and other protocols whose opener has not sent again after an answer.
    UdpOneWay,
    UdpBothWays,
    Icmp,
}

pub(super) const QUEUES: u32 = 5;

impl Class {
    pub(super) const ALL: [Class; 5] = [
        Class::TcpTransitory,
        Class::TcpEstablished,
        Class::UdpOneWay,
        Class::UdpBothWays,
        Class::Icmp,
    ];

    pub(super) const fn is_transitory(self) -> bool {
        matches!(self, Class::TcpTransitory | Class::UdpOneWay | Class::Icmp)
    }

    pub(super) const fn number(self) -> u32 {
        match self {
            Class::TcpTransitory => 0,
            Class::TcpEstablished => 1,
            Class::UdpOneWay => 2,
            Class::UdpBothWays => 3,
            Class::Icmp => 4,
        }
    }
}

/// The queues: the links of all flows, by number from 1, and the ends of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queues<'m> {
    pub(super) mem: Words<'m>,
    pub(super) head: Head<'m>,
    /// Two words a flow: the one before it and the one behind it.
    pub(super) links: u32,
}

impl Queues<'_> {
    fn link(&self, flow: u32) -> u32 {
        self.links.wrapping_add(flow.wrapping_sub(1).wrapping_mul(2))
    }

    fn link_behind(&self, flow: u32) -> u32 {
        self.link(flow).wrapping_add(1)
    }

    fn ends(class: Class) -> u32 {
        header::QUEUE_ENDS + 2 * class.number()
    }

    /// The flow whose last packet is the longest ago; 0 is none.
    pub(super) fn first(&self, class: Class) -> u32 {
        self.mem.load(Self::ends(class))
    }

    /// Whether a flow is the last of its queue already.
    pub(super) fn is_last(&self, class: Class, flow: u32) -> bool {
        Words(self.head).load(Self::ends(class) + 1) == flow
    }

    /// The flow before one in its queue; 0 is none.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn before(&self, flow: u32) -> u32 {
        self.mem.load(self.link(flow))
    }

    /// The flow behind one in its queue; 0 is none.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn behind(&self, flow: u32) -> u32 {
        self.mem.load(self.link_behind(flow))
    }

    pub(super) fn push(&self, class: Class, flow: u32) {
        let (mem, ends) = (self.mem, Self::ends(class));
        let last = mem.load(ends + 1);
        mem.store(self.link(flow), last);
        mem.store(self.link_behind(flow), 0);
        match last {
            0 => mem.store(ends, flow),
            last => mem.store(self.link_behind(last), flow),
        }
        mem.store(ends + 1, flow);
    }

    /// Makes a flow of a queue the last of it.
    #[inline]
    pub(super) fn move_last(&self, class: Class, flow: u32) {
        if !self.is_last(class, flow) {
            self.remove(class, flow);
            self.push(class, flow);
        }
    }

    pub(super) fn remove(&self, class: Class, flow: u32) {
        let (mem, ends) = (self.mem, Self::ends(class));
        let (before, behind) = (mem.load(self.link(flow)), mem.load(self.link_behind(flow)));
        match before {
            0 => mem.store(ends, behind),
            before => mem.store(self.link(before) + 1, behind),
        }
        match behind {
            0 => mem.store(ends + 1, before),
            behind => mem.store(self.link(behind), before),
        }
    }
}
