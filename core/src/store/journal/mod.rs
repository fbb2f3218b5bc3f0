//! A region's state on storage: its snapshot, and the journal of its changes since.
//!
//! A command is judged, written and synced, and then applied. When a sector is full, or after so many
//! records, the state is written into the next sector, which is sealed and then counts; the old one
//! is erased. The sectors take turns, so they wear evenly.

mod mount;
mod sectors;

use super::feed::Feed;
use super::follower::Request;
use super::frame::{Kind, MAX_FRAME};
use super::record::{Position, Record, Turn};
use super::snapshot;
use super::storage::Storage;
use super::{ApplyError, Error};
use crate::region::{Command, Region};
use sectors::{Seal, Sectors};

pub use mount::{Recovery, survey};

/// Records after which the state is written anew, unless the caller says otherwise.
pub const COMPACT_AFTER: u32 = 1000;

/// The state of a region on storage. All changes of the region go through here; after one that did not,
/// the next is refused as [`Error::Bypassed`] until [`Journal::compact`] has written the state anew.
#[derive(Debug)]
pub struct Journal<S> {
    sectors: Sectors<S>,
    feed: Feed,
    /// The sector that counts, and its seal.
    live: u32,
    seal: Seal,
    /// Where the next record goes.
    at: u32,
    /// Records behind the snapshot.
    records: u32,
    compact_after: u32,
    /// What is behind the last record has not been erased, or may not be.
    torn: bool,
    /// A sector that has been replaced, or has failed to be the next, may have a seal.
    stale: bool,
}

/// What a follower was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Served {
    /// So many records.
    Records(u32),
    /// A snapshot.
    Snapshot(snapshot::Size),
}

impl<S: Storage> Journal<S> {
    /// Sets after how many records the state is written anew, if a sector does not fill before.
    pub fn compact_after(&mut self, records: u32) {
        self.compact_after = records.max(1);
    }

    /// Where the region stands.
    pub const fn position(&self) -> Position {
        self.feed.position()
    }

    /// Ends the journal; the state stays on the storage.
    pub fn into_storage(self) -> S {
        self.sectors.into_storage()
    }

    /// How often the state has been written anew.
    pub const fn generation(&self) -> u32 {
        self.seal.generation
    }

    /// Carries a command out, once it is on the storage to stay. One that is refused, or changes
    /// nothing of the configuration, is not written.
    pub fn apply(&mut self, region: &mut Region<'_>, command: &Command) -> Result<(), ApplyError> {
        self.apply_and_send(region, command, |_| {})
    }

    /// As [`Journal::apply`]; what has been written is given to `send`, for followers.
    pub fn apply_and_send(
        &mut self,
        region: &mut Region<'_>,
        command: &Command,
        send: impl FnOnce(&[u8]),
    ) -> Result<(), ApplyError> {
        let mut buffer = self.sectors.erased();
        let Some(length) = self.feed.record(region, command, &mut buffer)? else {
            return self.feed.mark(region, command);
        };
        self.append(region, &buffer, length)?;
        send(buffer.get(..length).unwrap_or(&[]));
        self.feed.make(region, command)
    }

    /// Takes a record of the one that this region follows: writes it and makes its change, if its
    /// turn has come.
    pub fn receive(&mut self, region: &mut Region<'_>, frame: &[u8]) -> Result<Turn, Error> {
        let Some(command) = self.feed.next(region, frame)? else { return Ok(Turn::Past) };
        let mut buffer = self.sectors.erased();
        buffer.get_mut(..frame.len()).ok_or(Error::Full)?.copy_from_slice(frame);
        self.append(region, &buffer, frame.len())?;
        self.feed.follow(region, &command)
    }

    /// Makes a region that was loaded from a snapshot of this position the state that counts, as a
    /// follower does that has fallen behind.
    pub fn adopt(&mut self, region: &Region<'_>, position: Position) -> Result<(), Error> {
        self.settle()?;
        self.write_anew(region, position)?;
        self.feed = Feed::new(position);
        self.feed.saw(region);
        // It counts. If this fails, it is tried again before anything else is written.
        let _ = self.settle();
        Ok(())
    }

    /// Writes the state into the next sector now. If the region has been changed past the journal, that
    /// counts as one change more, so that followers are given a snapshot.
    pub fn compact(&mut self, region: &Region<'_>) -> Result<(), Error> {
        let position = self.position();
        let known = self.feed.knows(region).is_ok();
        self.adopt(region, if known { position } else { position.next()? })
    }

    /// Gives a follower what it asks for: the records behind its position, as far as the journal has
    /// them, or else a snapshot.
    pub fn serve(
        &mut self,
        region: &Region<'_>,
        request: &Request,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Served, Error> {
        let Position { history, sequence } = self.position();
        let kept = self.seal.position.sequence..=sequence;
        match request.position {
            Some(from) if from.history == history && kept.contains(&from.sequence) => {
                self.give_records(from.sequence, sink).map(Served::Records)
            }
            _ => snapshot::save(region, self.position(), &mut sink).map(Served::Snapshot),
        }
    }

    fn give_records(
        &mut self,
        after: u64,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<u32, Error> {
        let mut given = 0;
        let mut at = self.sectors.body().saturating_add(self.seal.body);
        while at < self.at {
            let mut buffer = [0; MAX_FRAME];
            let frame = self.sectors.read(self.live, at, &mut buffer)?.ok_or(Error::Corrupt)?;
            if frame.kind != Kind::Record {
                return Err(Error::Corrupt);
            }
            if Record::of(&frame)?.position.sequence > after {
                sink(frame.bytes)?;
                given += 1;
            }
            let length = frame.bytes.len();
            at = at.saturating_add(self.sectors.padded(length));
        }
        Ok(given)
    }

    /// Writes a record behind the last one, first making room if there is none.
    fn append(
        &mut self,
        region: &Region<'_>,
        buffer: &[u8; MAX_FRAME],
        length: usize,
    ) -> Result<(), Error> {
        self.settle()?;
        let end = self.at.saturating_add(self.sectors.padded(length));
        let is_full = end > self.sectors.geometry.sector_size;
        if self.torn || is_full || self.records >= self.compact_after {
            match self.compact(region) {
                // A state that has outgrown a snapshot of its own still takes what fits.
                Err(Error::StorageFull) if !self.torn && !is_full => {}
                compacted => compacted?,
            }
            self.settle()?;
        }
        // Until it is there to stay, nobody knows what is there.
        self.torn = true;
        let end = match self.sectors.write(self.live, self.at, buffer, length) {
            // Nothing was written.
            Err(Error::StorageFull) => {
                self.torn = false;
                return Err(Error::StorageFull);
            }
            written => written?,
        };
        self.sectors.sync()?;
        (self.at, self.torn) = (end, false);
        self.records = self.records.saturating_add(1);
        Ok(())
    }

    /// Writes a state into the next sector and makes that count.
    fn write_anew(&mut self, region: &Region<'_>, position: Position) -> Result<(), Error> {
        let after = self.live.saturating_add(1);
        let next = if after < self.sectors.geometry.sectors { after } else { 0 };
        let generation = self.seal.generation.checked_add(1).ok_or(Error::StorageFull)?;
        // If this fails, its seal may be there all the same.
        self.stale = true;
        self.seal = self.sectors.put_state(next, region, position, generation)?;
        self.live = next;
        self.at = self.sectors.body().saturating_add(self.seal.body);
        (self.records, self.torn) = (0, false);
        Ok(())
    }

    /// Takes the seals away of sectors that have been replaced, or that failed to be the next. Before that nothing is written into
    /// the one that counts: if its seal were damaged, the state would be an older one.
    fn settle(&mut self) -> Result<(), Error> {
        if !self.stale {
            return Ok(());
        }
        for sector in (0..self.sectors.geometry.sectors).filter(|&sector| sector != self.live) {
            if self.sectors.seal(sector)?.is_some() {
                self.sectors.erase(sector)?;
            }
        }
        self.stale = false;
        Ok(())
    }
}
