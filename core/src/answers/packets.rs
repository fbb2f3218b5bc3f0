//! Which packets a line is about.

use core::fmt;

use super::range::Range;
use super::sides::Sides;
use crate::addr::{Addr, Decimal, Id};
use crate::resolve::{Flow, Header};
use crate::text::Word;

/// The protocol and port that a line names, or none.
pub(super) type Port = Option<(u8, u16)>;

/// What a sender sends, or what comes to a public address.
#[derive(Clone, Copy)]
pub(super) enum About {
    Sent(Id),
    Received(Addr),
}

/// Several hosts that are judged as one.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    pub(super) first: Id,
    /// Where the others are found.
    pub(super) sides: Option<&'a Sides<'a>>,
}

impl Who<'_> {
    pub(super) fn one(id: Id) -> Who<'static> {
        Who { first: id, sides: None }
    }

    /// Their ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        let others = self.sides.map(|sides| sides.following(self.first).skip(1));
        core::iter::once(self.first).chain(others.into_iter().flatten())
    }
}

impl fmt::Debug for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        for id in self.ids().skip(1) {
            say!(f, ",", id)?;
        }
        Ok(())
    }
}

/// Writes which packets a line is about.
pub(super) fn write_packets(
    f: &mut fmt::Formatter<'_>,
    ranges: &[Range],
    public: Option<Addr>,
    flow: Option<Flow>,
    port: Option<(u8, u16)>,
) -> fmt::Result {
    f.write_str(if public.is_some() { "in" } else { "out" })?;
    let mut before = " ";
    for range in ranges {
        say!(f, Word(before), range)?;
        before = ",";
    }
    if let Some(public) = public {
        say!(f, " public=", public)?;
    }
    match flow {
        None => {}
        Some(Flow::New) => f.write_str(" flow=new")?,
        Some(Flow::Reply) => f.write_str(" flow=reply")?,
    }
    let Some((protocol, port)) = port else { return Ok(()) };
    let name = Word(if protocol == 17 { "udp" } else { "tcp" });
    let side = Word(if public.is_some() { "dport" } else { "sport" });
    say!(f, " proto=", name, " ", side, "=", Decimal(port.into()))
}

/// The packets of a kind, but for the remote address.
#[derive(Clone, Copy)]
pub(super) struct Packets {
    pub(super) flow: Flow,
    /// The protocol and port that a line names; `None`: those that no entry names.
    pub(super) port: Option<(u8, u16)>,
}

impl Packets {
    /// A packet to or from a remote address. ICMP is what no entry names.
    pub(super) fn header(&self, source: Addr, destination: Addr, is_sent: bool) -> Header {
        let (protocol, port) = self.port.unwrap_or((1, 0));
        let (source_port, destination_port) = if is_sent { (port, 0) } else { (0, port) };
        Header { source, destination, protocol, source_port, destination_port }
    }
}

/// The protocol and port of a forward key.
pub(super) fn port_of(key: u32) -> (u8, u16) {
    let [_, protocol, high, low] = key.to_be_bytes();
    (protocol, u16::from_be_bytes([high, low]))
}
