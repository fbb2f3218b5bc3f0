//! The steps of an explanation.

use core::fmt;

use crate::addr::{Addr, ApplianceId, Decimal, Id, Prefix, TableId, VSwitchId, VpcId};
use crate::region::RouteEntry;
use crate::region::objects::Mode;
use crate::resolve::{DropReason, Flow, Header, Skipped, Verdict};

use super::remedy::Remedy;

/// A packet that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The instance, network interface or load balancer that sends it; `None`: the Internet.
    pub from: Option<Id>,
    /// Its facts as it is sent.
    pub header: Header,
    /// Which side opened its flow.
    pub flow: Flow,
}

/// Whose way a step is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The answer's, not the packet's own.
    pub back: bool,
    /// In the configuration as it will be when the begun operation is committed.
    pub after: bool,
}

/// What a public address is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The interface, NAT gateway or load balancer.
    pub id: Id,
    /// Its private address; an internet load balancer's own.
    pub address: Addr,
}

/// Why a destination is private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// A primary or secondary CIDR of the VPC holds it.
    Cidr,
    /// A user CIDR does.
    UserCidr,
    /// A range that is private in every VPC does.
    Fixed,
}

/// Why an entry that matches does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The winner is longer.
    Shorter,
    /// The automatic entry of this destination has been given another next hop.
    Overridden,
    /// A Dynamic entry, while a Custom one has its destination.
    Candidate,
}

/// How a NAT gateway has found its translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// By the SNAT entry of this prefix.
    Snat(Prefix),
    /// By a DNAT entry.
    Dnat,
}

/// Which of a packet's hops do not lie on its answer's way, or the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asymmetry {
    /// The packet passes the hop, its answer does not.
    MissingBack(Id),
    /// The answer passes the hop, the packet does not.
    MissingThere(Id),
    /// The answer has another public address than the packet was sent to.
    Public {
        /// The one that the packet was sent to.
        there: Addr,
        /// The one that the answer has.
        back: Addr,
    },
    /// The answer is dropped, or ends elsewhere than the packet came from.
    End,
}

/// The rule that decides a step, by its place in [`crate::docs::behaviour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// "Outgoing packets", the step of that number.
    Out(u8),
    /// "Incoming packets", the step of that number.
    In(u8),
    /// "Incoming packets", *Arrive*.
    Arrive,
    /// "Outgoing packets", NAT gateways.
    Nat,
    /// "Outgoing packets", "Loops".
    Loop,
    /// "Outgoing packets", "Martians".
    Martian,
    /// "Route tables": an entry whose next hop cannot be used still wins.
    Unusable,
    /// "Changes under traffic".
    Blackout,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Out(step) => say!(f, "out-", Decimal((*step).into())),
            Rule::In(step) => say!(f, "in-", Decimal((*step).into())),
            Rule::Arrive => f.write_str("arrive"),
            Rule::Nat => f.write_str("nat"),
            Rule::Loop => f.write_str("loop"),
            Rule::Martian => f.write_str("martian"),
            Rule::Unusable => f.write_str("unusable"),
            Rule::Blackout => f.write_str("blackout"),
        }
    }
}

/// One step of an explanation, in the order in which things happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The packet, where it starts.
    From {
        /// The packet.
        packet: Packet,
        /// Of one from the Internet: what the public address is bound to, if anything.
        target: Option<Target>,
        /// The VPC and its mode, where there is one.
        vpc: Option<(VpcId, Mode)>,
    },
    /// Whether its destination is private, and by what; of outgoing packets.
    Range(Option<(Prefix, Range)>),
    /// A table is not asked.
    Skip {
        /// The table, if there is one to name.
        table: Option<TableId>,
        /// Why.
        why: Skipped,
        /// The rule.
        rule: Rule,
    },
    /// What the table that is not asked would have answered.
    Would(RouteEntry),
    /// A table is asked.
    Ask {
        /// The table.
        table: TableId,
        /// For this address.
        destination: Addr,
        /// As the table of this vSwitch or IPv4 gateway.
        of: Id,
        /// The rule.
        rule: Rule,
    },
    /// The entry that decides.
    Win(RouteEntry),
    /// An entry that matches and does not decide.
    Lose(RouteEntry, Loss),
    /// No entry matches.
    Miss,
    /// Through an interface.
    Interface {
        /// The interface.
        hop: Id,
        /// Where the packet goes on.
        next: VSwitchId,
    },
    /// Through an endpoint.
    Endpoint {
        /// The endpoint.
        hop: Id,
        /// Where the packet goes on.
        next: VSwitchId,
        /// The group whose active endpoint it is.
        group: Option<Id>,
        /// The appliance that the flow meets, `Some(None)` if packets pass uninspected; `None` if
        /// the flow's host is not known.
        appliance: Option<Option<ApplianceId>>,
    },
    /// Through a NAT gateway, outwards.
    Translate {
        /// The NAT gateway.
        hop: Id,
        /// Where the packet goes on; `None` if it leaves there.
        next: Option<VSwitchId>,
        /// Its new source.
        source: Addr,
        /// The public address chosen.
        public: Addr,
        /// By what.
        by: Mapping,
    },
    /// Through a NAT gateway, inwards.
    Forward {
        /// The NAT gateway.
        hop: Id,
        /// Where the packet goes on.
        next: VSwitchId,
        /// Its new destination.
        destination: Addr,
        /// Its new destination port.
        port: u16,
    },
    /// It is dropped.
    Stop {
        /// Why.
        reason: DropReason,
        /// At this object.
        at: Option<Id>,
        /// The rule.
        rule: Rule,
    },
    /// A command that ends the drop.
    Remedy(Remedy),
    /// What to do about the drop, where no single command is known that ends it.
    Advice(&'static str),
    /// The verdict on the packet's answer.
    Back(Verdict),
    /// No verdict on the answer, which starts outside the model.
    BackOutside,
    /// No verdict on the answer, whose host only a flow table knows.
    BackUnknown,
    /// The answer comes back the same way.
    Symmetric,
    /// It does not.
    Asymmetric(Asymmetry),
}
