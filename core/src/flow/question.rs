//! What the table would say of a packet, without any change to it.

use super::config::header;
use super::facts::{Entry, Facts, Part, facts_seen};
use super::fragments::time_at;
use super::judge::about_carried;
use super::key::Key;
use super::record::{Flow, Sender};
use super::table::FlowTable;
use crate::addr::Id;
use crate::packet::{Origin, View};
use crate::resolve;
use crate::tables::Tables;

impl FlowTable<'_> {
    /// Whether [`FlowTable::process`], if it got this packet now, would judge it as one that opens a flow
    /// or as an answer; `None` if it would not judge it, as it is no packet or comes from what does not
    /// exist.
    ///
    /// With that [`Tables::egress`] and [`Tables::ingress`] give the packet's whole verdict, with its paths
    /// and hops. Ask before the packet is processed, as that rewrites it. Nothing changes in the table.
    ///
    /// ```
    /// use sekisho::addr::Id;
    /// use sekisho::flow::{Config, FlowTable};
    /// use sekisho::packet::{Next, Origin, Place, View};
    /// use sekisho::resolve::{Action, Flow, Header};
    /// # use sekisho::{console, limits::Profile, region::Region};
    /// # const CONFIG: Config = Config::new(64);
    /// # static REGION: sekisho::Memory<{ Profile::FIRMWARE.footprint() }> = sekisho::Memory::new();
    /// # static FLOWS: sekisho::Memory<{ CONFIG.footprint() }> = sekisho::Memory::new();
    /// # let mut region = Region::init(&REGION, &Profile::FIRMWARE)?;
    /// # for line in [
    /// #     "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    /// #     "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    /// #     "create-instance i-1 vsw-1 10.0.0.10",
    /// #     "allocate-eip eip-1 47.0.0.1",
    /// #     "associate-eip eip-1 i-1",
    /// #     "create-ipv4-gateway ipv4gw-1 vpc-1",
    /// #     "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1",
    /// # ] {
    /// #     let mut answer = String::new();
    /// #     let _ = console::run(&mut region, line.as_bytes(), &mut answer);
    /// #     assert_eq!(answer, "ok\n", "{line}");
    /// # }
    /// # let mut flows = FlowTable::init(&FLOWS, &CONFIG)?;
    /// # let now_ms = 0;
    /// # let mut packet = [
    /// #     0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x60, 0xB8, 10, 0, 0, 10, 8, 8, 8, 8, //
    /// #     15, 160, 0, 53, 0, 8, 0, 0,
    /// # ];
    /// // A query of i-1, whose public address is 47.0.0.1, and its answer.
    /// let host = Id::parse("i-1").unwrap();
    /// let from = Origin::Interface(Place::from_id(host).unwrap());
    /// let tables = region.tables();
    /// assert_eq!(flows.flow_of(&tables, from, &packet, now_ms), Some(Flow::New));
    /// assert_eq!(flows.process(&tables, from, &mut packet, now_ms), Some(Next::Internet));
    /// # let _ = packet;
    /// # let packet = [
    /// #     0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x3B, 0xC1, 8, 8, 8, 8, 47, 0, 0, 1, //
    /// #     0, 53, 15, 160, 0, 8, 0, 0,
    /// # ];
    /// let flow = flows.flow_of(&tables, Origin::Internet, &packet, now_ms).unwrap();
    /// assert_eq!(flow, Flow::Reply);
    /// let view = View::new(&packet).unwrap();
    /// let ends = view.ends();
    /// let header = Header {
    ///     source: ends.source,
    ///     destination: ends.destination,
    ///     protocol: view.protocol(),
    ///     source_port: ends.source_port,
    ///     destination_port: ends.destination_port,
    /// };
    /// // Nobody but who answers comes in without a gateway table.
    /// assert_eq!(tables.ingress(&header, flow).action, Action::Deliver { target: host });
    /// assert!(matches!(tables.ingress(&header, Flow::New).action, Action::Drop(_)));
    /// # Ok::<(), sekisho::MemoryError>(())
    /// ```
    pub fn flow_of(
        &self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &[u8],
        now: u64,
    ) -> Option<resolve::Flow> {
        let now = time_at(self.mem, header::CLOCK, now);
        let view = View::new(bytes).ok()?;
        let entry = Entry::of(from, |word| tables.slot_of(Id::from_word(word)?))?;
        let facts = facts_seen(&self.fragments(), &view, &entry, now);
        let look = |key: &Key| self.look(key, now);
        let facts = about_carried(&entry, &facts, look).unwrap_or(facts);
        let is_reply = self.is_reply(tables, &entry, &facts, now)?;
        Some(if is_reply { resolve::Flow::Reply } else { resolve::Flow::New })
    }

    /// Whether a packet answers a flow, which is still the one that it was.
    fn is_reply(
        &self,
        tables: &Tables<'_>,
        entry: &Entry,
        facts: &Facts,
        now: u64,
    ) -> Option<bool> {
        let found = match facts.part {
            Part::Unknown | Part::Stray => None,
            _ => self.look(&facts.key, now),
        };
        let answered =
            found.filter(|(flow, sender)| *sender == Sender::Answerer && !facts.reopens(flow));
        let Some((flow, sender)) = answered else { return Some(false) };
        let judged = self.way_of(tables, entry, facts, &flow, sender)?.judged;
        // A drop ends no flow.
        Some(!self.differs(&flow, sender, &judged))
    }

    /// As [`FlowTable::find`], but a flow that is over stays.
    fn look(&self, key: &Key, now: u64) -> Option<(Flow<'_>, Sender)> {
        let found = self.find_by(self.hash(key), key);
        found.filter(|(flow, _)| !self.is_over(flow.was(flow.protocol()), now))
    }
}
