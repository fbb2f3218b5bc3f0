//! Lines to typed commands and queries. Any bytes are taken; nothing is allocated.

use heapless::Vec;

use crate::addr::{
    Addr, EipId, Id, Kind, Prefix, RouterInterfaceId, TableId, VpcId, parse_decimal,
};
use crate::answers::Property;
use crate::console::verbs;
use crate::region::{Command, Error, MAX_ECMP_MEMBERS, NextHop};
use crate::resolve::Flow;

/// The longest line in bytes, its comment counted, its line ending not.
pub const MAX_LINE: usize = 512;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A change of the configuration.
    Command(Command),
    /// A change that is only tried.
    DryRun(Command),
    /// A change of which every verdict that it would change is asked.
    Diff(Command),
    /// The way to an enabled gateway of a VPC, and back.
    Readiness(VpcId),
    /// A question, which changes nothing.
    Query(Query),
    /// [`Query::Send`] or [`Query::Receive`], to be explained.
    Explain(Query),
}

/// A question about the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// What happens to a packet that an interface sends.
    Send {
        /// The sender: an `i-`, `eni-` or `lb-` id.
        from: Id,
        /// The destination address.
        destination: Addr,
        /// The source address; `None` is the sender's own.
        source: Option<Addr>,
        /// The rest of the packet.
        probe: Probe,
    },
    /// What happens to a packet from the Internet.
    Receive {
        /// The source address.
        source: Addr,
        /// The public address that it is sent to.
        public: Addr,
        /// The rest of the packet.
        probe: Probe,
    },
    /// The longest match of an address in a table.
    Lookup {
        /// The table.
        table: TableId,
        /// The address.
        addr: Addr,
    },
    /// The state of one object, never of an external kind.
    Show(Id),
    /// The objects of a kind, in the region or in one VPC.
    List {
        /// The kind, never an external one.
        kind: Kind,
        /// The VPC, or `None` for the whole region.
        vpc: Option<VpcId>,
    },
    /// What packets have been counted.
    Counters {
        /// The public address, or `None` for everything.
        eip: Option<EipId>,
    },
    /// Every way between a VPC and the Internet.
    Audit(VpcId),
    /// Whether a property of all packets holds.
    Prove(Property),
    /// How full the region is.
    Capacity,
    /// The hash of the configuration.
    Hash,
}

/// The facts of a `send` or `receive` beside its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The IP protocol number.
    pub protocol: u8,
    /// The source port.
    pub source_port: u16,
    /// The destination port.
    pub destination_port: u16,
    /// Which side opened the flow.
    pub flow: Flow,
}

impl Default for Probe {
    /// The first packet of an HTTPS connection.
    fn default() -> Probe {
        Probe { protocol: 6, source_port: 40000, destination_port: 443, flow: Flow::New }
    }
}

/// Reads one line, with or without its line ending; `None` is a blank line or a comment.
///
/// Form only: no object is looked up. The first fault answers, in this order: the length of the
/// line, the verb, the number of positional words, each of them, each option, and then what takes
/// several words to see. Bytes that are not UTF-8 make a bad word, except in a comment.
pub fn parse(line: &[u8]) -> Result<Option<Line>, Error> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // A line feed in the middle would hide the rest of the input behind a comment.
    if line.len() > MAX_LINE || line.contains(&b'\n') {
        return Err(Error::InvalidCommand);
    }
    let text = line.split(|&byte| byte == b'#').next().unwrap_or_default();
    let mut words = Words { rest: text, options: &[], seen: 0 };
    match words.next_word() {
        None => Ok(None),
        Some(verb) => verbs::parse(verb, words).map(Some),
    }
}

/// The words of a line that are not read yet.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a [u8],
    /// The options that the verb takes; a `*` at the end of a name allows repetition.
    options: &'static [&'static str],
    /// One bit for each option met.
    seen: u32,
}

impl<'a> Words<'a> {
    /// The next word of either sort.
    pub(super) fn next_word(&mut self) -> Option<&'a [u8]> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = self.rest.iter().position(|byte| !is_space(byte))?;
        let (_, word) = self.rest.split_at_checked(start)?;
        let end = word.iter().position(is_space).unwrap_or(word.len());
        let (word, rest) = word.split_at_checked(end)?;
        self.rest = rest;
        Some(word)
    }

    /// The next positional word as text; `None` at the first option or the end.
    fn next_positional(&mut self) -> Option<Result<&'a str, Error>> {
        let mut ahead = *self;
        let word = ahead.next_word().filter(|word| !word.contains(&b'='))?;
        *self = ahead;
        Some(core::str::from_utf8(word).map_err(|_| Error::InvalidParameter))
    }

    /// Counts the positional words left.
    pub(super) fn positional_words(mut self) -> usize {
        let mut count = 0;
        while self.next_positional().is_some() {
            count += 1;
        }
        count
    }

    /// Declares the options of the verb, before any is read.
    pub(super) fn take_options(&mut self, options: &'static [&'static str]) {
        self.options = options;
    }

    /// A positional word, read by `read`; `None` from it is `fault`. So are bad bytes.
    fn positional<T>(
        &mut self,
        fault: Error,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Error> {
        match self.next_positional() {
            None => Err(Error::InvalidCommand),
            Some(word) => word.ok().and_then(read).ok_or(fault),
        }
    }

    /// An optional positional word.
    pub(super) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Words<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut ahead = *self;
        match ahead.next_positional() {
            None => Ok(None),
            Some(_) => read(self).map(Some),
        }
    }

    /// An id of one kind.
    pub(super) fn id<T>(&mut self, kind: Kind, make: fn(u16) -> T) -> Result<T, Error> {
        self.id_of(&[kind]).map(|id| make(id.number))
    }

    /// An id of one of several kinds.
    pub(super) fn id_of(&mut self, kinds: &[Kind]) -> Result<Id, Error> {
        self.positional(Error::InvalidParameter, |word| {
            Id::parse(word).filter(|id| kinds.contains(&id.kind))
        })
    }

    /// An id of a kind that objects are made of.
    pub(super) fn object(&mut self) -> Result<Id, Error> {
        self.positional(Error::InvalidParameter, |word| {
            Id::parse(word).filter(|id| !id.kind.is_external())
        })
    }

    /// A kind that objects are made of, by its text prefix.
    pub(super) fn kind(&mut self) -> Result<Kind, Error> {
        self.positional(Error::InvalidParameter, |word| {
            Kind::parse(word).filter(|kind| !kind.is_external())
        })
    }

    /// A canonical prefix.
    pub(super) fn prefix(&mut self) -> Result<Prefix, Error> {
        self.positional(Error::IllegalCidrBlock, Prefix::parse)
    }

    /// An address.
    pub(super) fn addr(&mut self) -> Result<Addr, Error> {
        self.positional(Error::IllegalCidrBlock, Addr::parse)
    }

    /// A next hop.
    pub(super) fn next_hop(&mut self) -> Result<NextHop, Error> {
        self.positional(Error::InvalidParameter, read_next_hop)
    }

    /// A next hop, or `local`, which is `None`.
    pub(super) fn next_hop_or_local(&mut self) -> Result<Option<NextHop>, Error> {
        self.positional(Error::InvalidParameter, |word| match word {
            "local" => Some(None),
            _ => read_next_hop(word).map(Some),
        })
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T, Error> {
        self.positional(Error::InvalidParameter, |word| choose(word, choices))
    }

    /// `on` or `off`.
    pub(super) fn on_off(&mut self) -> Result<bool, Error> {
        self.choice(ON_OFF)
    }

    /// A port number, 0 to 65535.
    pub(super) fn port(&mut self) -> Result<u16, Error> {
        self.positional(Error::InvalidParameter, read_port)
    }

    /// The next option. An unknown one, a repeated one and a bare word are refused.
    pub(super) fn option(&mut self) -> Result<Option<Opt<'a>>, Error> {
        let Some(word) = self.next_word() else { return Ok(None) };
        let equals = word.iter().position(|&byte| byte == b'=').ok_or(Error::InvalidParameter)?;
        let (key, value) = word.split_at_checked(equals).ok_or(Error::InvalidParameter)?;
        let mut bit = 1;
        for &name in self.options {
            let once = name.strip_suffix('*').unwrap_or(name);
            if once.as_bytes() == key {
                if self.seen & bit != 0 && once == name {
                    return Err(Error::InvalidParameter);
                }
                self.seen |= bit;
                return Ok(Some(Opt { key: once, value: value.get(1..).unwrap_or_default() }));
            }
            bit <<= 1;
        }
        Err(Error::InvalidParameter)
    }
}

/// The values of an on|off word.
const ON_OFF: &[(&str, bool)] = &[("on", true), ("off", false)];

/// An option whose name the verb knows.
pub(super) struct Opt<'a> {
    /// Its name.
    pub(super) key: &'static str,
    value: &'a [u8],
}

impl Opt<'_> {
    fn read<T>(&self, fault: Error, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        core::str::from_utf8(self.value).ok().and_then(read).ok_or(fault)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Error> {
        self.read(Error::InvalidParameter, |value| choose(value, choices))
    }

    /// `on` or `off`.
    pub(super) fn on_off(&self) -> Result<bool, Error> {
        self.choice(ON_OFF)
    }

    /// A canonical prefix.
    pub(super) fn prefix(&self) -> Result<Prefix, Error> {
        self.read(Error::IllegalCidrBlock, Prefix::parse)
    }

    /// An address.
    pub(super) fn addr(&self) -> Result<Addr, Error> {
        self.read(Error::IllegalCidrBlock, Addr::parse)
    }

    /// A port number, 0 to 65535.
    pub(super) fn port(&self) -> Result<u16, Error> {
        self.read(Error::InvalidParameter, read_port)
    }

    /// The two parts around the first colon.
    pub(super) fn pair(&self) -> Result<(Opt<'_>, Opt<'_>), Error> {
        let colon = self.value.iter().position(|&byte| byte == b':');
        let halves = colon.and_then(|colon| self.value.split_at_checked(colon));
        let (left, right) = halves.ok_or(Error::InvalidParameter)?;
        let right = right.get(1..).unwrap_or_default();
        Ok((Opt { key: self.key, value: left }, Opt { key: self.key, value: right }))
    }

    /// An id of one kind.
    pub(super) fn id<T>(&self, kind: Kind, make: fn(u16) -> T) -> Result<T, Error> {
        self.read(Error::InvalidParameter, |value| {
            Id::parse(value).filter(|id| id.kind == kind).map(|id| make(id.number))
        })
    }
}

/// An id, or 2 to 16 different `ri-` ids joined by `+`.
fn read_next_hop(word: &str) -> Option<NextHop> {
    if !word.as_bytes().contains(&b'+') {
        return NextHop::new(Id::parse(word)?);
    }
    let mut members: Vec<RouterInterfaceId, MAX_ECMP_MEMBERS> = Vec::new();
    for member in word.as_bytes().split(|&byte| byte == b'+') {
        let id = Id::parse(core::str::from_utf8(member).ok()?)?;
        if id.kind != Kind::RouterInterface {
            return None;
        }
        members.push(RouterInterfaceId(id.number)).ok()?;
    }
    NextHop::ecmp(&members)
}

fn read_port(word: &str) -> Option<u16> {
    u16::try_from(parse_decimal(word, 65535)?).ok()
}

fn choose<T: Copy>(word: &str, choices: &[(&str, T)]) -> Option<T> {
    choices.iter().find(|(name, _)| *name == word).map(|&(_, value)| value)
}

#[cfg(test)]
#[path = "property_tests.rs"]
mod property_tests;
#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
