//! Lines to typed commands and queries. Any bytes are taken; nothing is allocated.

use heapless::Vec;

use crate::addr::{
    Addr, EipId, Id, Kind, Prefix, RouterInterfaceId, TableId, VpcId, parse_decimal, split_once,
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
    if line.len() > MAX_LINE || has_byte(line, b'\n') {
        return Err(Error::InvalidCommand);
    }
    let text = line.split(|&byte| byte == b'#').next().unwrap_or_default();
    let mut words = Words::new(text);
    match words.next_word() {
        None => Ok(None),
        Some(verb) => verbs::parse(verb, words).map(Some),
    }
}

/// The words of a line that are not read yet.
///
/// A word that is not what it should be leaves a fault, and something to go on with: the first fault
/// is what answers, so whoever reads the words need not look at each.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a [u8],
    /// What is read next instead of a word: the value of an option.
    value: Option<&'a [u8]>,
    /// The options that the verb takes; a `*` at the end of a name allows repetition.
    options: &'static [&'static str],
    /// One bit for each option met.
    seen: u32,
    fault: Option<Error>,
}

/// What stands for a word that was no id.
const NOBODY: Id = Id { kind: Kind::Vpc, number: 0 };

impl<'a> Words<'a> {
    fn new(rest: &'a [u8]) -> Words<'a> {
        Words { rest, value: None, options: &[], seen: 0, fault: None }
    }

    /// Notes a fault, unless there has been one before.
    pub(super) fn fail(&mut self, fault: Error) {
        self.fault = self.fault.or(Some(fault));
    }

    /// The first fault.
    pub(super) fn fault(&self) -> Option<Error> {
        self.fault
    }

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

    /// The next positional word; `None` at the first option or the end.
    fn next_positional(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let word = ahead.next_word().filter(|word| !has_byte(word, b'='))?;
        *self = ahead;
        Some(word)
    }

    /// Counts the positional words left.
    pub(super) fn positional_words(mut self) -> usize {
        let mut count = 0;
        while self.next_positional().is_some() {
            count += 1;
        }
        count
    }

    /// Whether there is another positional word.
    pub(super) fn has_more(mut self) -> bool {
        self.next_positional().is_some()
    }

    /// Declares the options of the verb, before any is read.
    pub(super) fn take_options(&mut self, options: &'static [&'static str]) {
        self.options = options;
    }

    /// The next option, whose value is what is read next. An unknown one, a repeated one and a bare
    /// word are faults; after one there are no more.
    pub(super) fn option(&mut self) -> Option<&'static str> {
        if self.fault.is_some() {
            return None;
        }
        let word = self.next_word()?;
        let (key, value) = split_once(word, b'=').unwrap_or_default();
        let mut bit = 1;
        for &name in self.options {
            let once = name.strip_suffix("*").unwrap_or(name);
            if once.as_bytes() == key && (self.seen & bit == 0 || once != name) {
                self.seen |= bit;
                self.value = Some(value);
                return Some(once);
            }
            bit <<= 1;
        }
        self.fail(Error::InvalidParameter);
        None
    }

    /// The parts of an option's value around the first colon, to be [read](Words::reading) apart.
    pub(super) fn halves(&mut self) -> (&'a [u8], &'a [u8]) {
        let halves = split_once(self.value.take().unwrap_or_default(), b':');
        halves.unwrap_or_else(|| {
            self.fail(Error::InvalidParameter);
            Default::default()
        })
    }

    /// These words, with one before them.
    pub(super) fn reading(&mut self, value: &'a [u8]) -> &mut Words<'a> {
        self.value = Some(value);
        self
    }

    /// The value of the option just met, or the next positional word.
    pub(super) fn word(&mut self) -> &'a [u8] {
        let word = self.value.take().or_else(|| self.next_positional());
        self.or_fault(word, Error::InvalidCommand, &[])
    }

    /// What was read, or something to go on with and a fault.
    fn or_fault<T>(&mut self, read: Option<T>, fault: Error, instead: T) -> T {
        read.unwrap_or_else(|| {
            self.fail(fault);
            instead
        })
    }

    /// The number of an id of one kind.
    #[inline(never)]
    pub(super) fn id(&mut self, kind: Kind) -> u16 {
        self.id_of(&[kind]).number
    }

    /// An id of one of several kinds.
    #[inline(never)]
    pub(super) fn id_of(&mut self, kinds: &[Kind]) -> Id {
        let id = Id::parse_bytes(self.word()).filter(|id| kinds.contains(&id.kind));
        self.or_fault(id, Error::InvalidParameter, NOBODY)
    }

    /// An id of a kind that objects are made of.
    pub(super) fn object(&mut self) -> Id {
        let id = Id::parse_bytes(self.word()).filter(|id| !id.kind.is_external());
        self.or_fault(id, Error::InvalidParameter, NOBODY)
    }

    /// A kind that objects are made of, by its text prefix.
    pub(super) fn kind(&mut self) -> Kind {
        let kind = Kind::parse_bytes(self.word()).filter(|kind| !kind.is_external());
        self.or_fault(kind, Error::InvalidParameter, NOBODY.kind)
    }

    /// A canonical prefix.
    #[inline(never)]
    pub(super) fn prefix(&mut self) -> Prefix {
        let prefix = Prefix::parse_bytes(self.word());
        self.or_fault(prefix, Error::IllegalCidrBlock, Prefix::DEFAULT)
    }

    /// An address.
    #[inline(never)]
    pub(super) fn addr(&mut self) -> Addr {
        let addr = Addr::parse_bytes(self.word());
        self.or_fault(addr, Error::IllegalCidrBlock, Addr(0))
    }

    /// A next hop.
    pub(super) fn next_hop(&mut self) -> NextHop {
        let word = self.word();
        self.hop(word)
    }

    /// A next hop, or `local`, which is `None`.
    pub(super) fn next_hop_or_local(&mut self) -> Option<NextHop> {
        let word = self.word();
        if word == b"local" { None } else { Some(self.hop(word)) }
    }

    fn hop(&mut self, word: &[u8]) -> NextHop {
        self.or_fault(read_next_hop(word), Error::InvalidParameter, NextHop::NOWHERE)
    }

    /// One of several words; the first stands for a word that is none of them.
    pub(super) fn choice<T: Copy>(&mut self, first: (&str, T), others: &[(&str, T)]) -> T {
        let word = self.word();
        let is_it = |(name, _): &(&str, T)| name.as_bytes() == word;
        let other = || others.iter().copied().find(is_it);
        let chosen = Some(first).filter(is_it).or_else(other).map(|(_, value)| value);
        self.or_fault(chosen, Error::InvalidParameter, first.1)
    }

    /// Which of two words it is.
    #[inline(never)]
    pub(super) fn either(&mut self, no: &str, yes: &str) -> bool {
        let word = self.word();
        let is_yes = word == yes.as_bytes();
        if !is_yes && word != no.as_bytes() {
            self.fail(Error::InvalidParameter);
        }
        is_yes
    }

    /// `on` or `off`.
    #[inline(never)]
    pub(super) fn on_off(&mut self) -> bool {
        self.either("off", "on")
    }

    /// A port number, 0 to 65535.
    #[inline(never)]
    pub(super) fn port(&mut self) -> u16 {
        let port = parse_decimal(self.word(), 65535).and_then(|port| u16::try_from(port).ok());
        self.or_fault(port, Error::InvalidParameter, 0)
    }
}

/// Whether the byte is among them. What `contains` brings along looks at words of memory at once.
fn has_byte(bytes: &[u8], byte: u8) -> bool {
    split_once(bytes, byte).is_some()
}

/// An id, or 2 to 16 different `ri-` ids joined by `+`.
fn read_next_hop(word: &[u8]) -> Option<NextHop> {
    if !has_byte(word, b'+') {
        return NextHop::new(Id::parse_bytes(word)?);
    }
    let mut members: Vec<RouterInterfaceId, MAX_ECMP_MEMBERS> = Vec::new();
    for member in word.split(|&byte| byte == b'+') {
        let id = Id::parse_bytes(member)?;
        if id.kind != Kind::RouterInterface {
            return None;
        }
        members.push(RouterInterfaceId(id.number)).ok()?;
    }
    NextHop::ecmp(&members)
}

#[cfg(test)]
#[path = "property_tests.rs"]
mod property_tests;
#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
