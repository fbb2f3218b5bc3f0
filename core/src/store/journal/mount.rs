//! The beginning of a journal, and its recovery.

use super::sectors::{Seal, Sectors};
use super::{COMPACT_AFTER, Journal};
use crate::region::rebuild::Replay;
use crate::region::{Command, Region};
use crate::store::Error;
use crate::store::feed::Feed;
use crate::store::frame::{Frame, Kind, MAX_FRAME};
use crate::store::record::{Position, Record};
use crate::store::snapshot::{End, Loader, Progress};
use crate::store::storage::Storage;

/// What was found when a storage was mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Recovery {
    /// Where the region stands.
    pub position: Position,
    /// Records that were replayed behind the snapshot.
    pub records: u32,
    /// The last record was torn or damaged, and has been cut.
    pub cut: bool,
    /// What kept the storage from being put in order again, if anything. Nothing is lost by that: the
    /// next change tries again, and is not made before it has worked.
    pub pending: Option<Error>,
}

/// Where a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tail {
    position: Position,
    at: u32,
    records: u32,
    torn: bool,
}

impl<S: Storage> Journal<S> {
    /// Makes a storage hold this region's configuration, which stands at this position, and nothing
    /// else. What it held is lost.
    pub fn format(
        storage: S,
        region: &Region<'_>,
        position: Position,
    ) -> Result<Journal<S>, Error> {
        let mut sectors = Sectors::new(storage)?;
        for sector in 0..sectors.geometry.sectors {
            if !sectors.is_blank(sector, 0, sectors.geometry.sector_size)? {
                sectors.erase(sector)?;
            }
        }
        let seal = sectors.put_state(0, region, position, 1)?;
        let at = sectors.body().saturating_add(seal.body);
        let mut feed = Feed::new(seal.position);
        feed.saw(region);
        Ok(Journal {
            sectors,
            feed,
            live: 0,
            seal,
            at,
            records: 0,
            compact_after: COMPACT_AFTER,
            torn: false,
            stale: false,
        })
    }

    /// Brings the state on a storage into an empty region. A record at the end that is torn or
    /// damaged is cut; anything else that is damaged is an error, and the region stays empty.
    ///
    /// [`Error::Unformatted`] if no state was ever there, or its format was cut short.
    pub fn mount(storage: S, region: &mut Region<'_>) -> Result<(Journal<S>, Recovery), Error> {
        // Told whatever the storage holds: after any other error the region is empty.
        if !region.is_empty() {
            return Err(Error::NotEmpty);
        }
        let mut sectors = Sectors::new(storage)?;
        let (live, seal) = newest(&mut sectors)?;
        let mut replay = load(&mut sectors, live, &seal, region)?;
        let Tail { position, at, records, torn } =
            read_records(&mut sectors, live, &seal, |command| {
                replay.command(command).map_err(Error::Refused)
            })?;
        let mut journal = Journal {
            sectors,
            feed: Feed::new(position),
            live,
            seal,
            at,
            records,
            compact_after: COMPACT_AFTER,
            torn,
            stale: true,
        };
        let settled = journal.settle().and_then(|()| match torn {
            true => journal.compact(replay.region()),
            false => Ok(()),
        });
        replay.finish();
        journal.feed.saw(region);
        Ok((journal, Recovery { position, records, cut: torn, pending: settled.err() }))
    }
}

/// Reads a storage through as [`Journal::mount`] would, frame by frame, without a region and without
/// writing: where a mount would arrive, if every command is accepted.
pub fn survey(storage: impl Storage) -> Result<Recovery, Error> {
    let mut sectors = Sectors::new(storage)?;
    let (live, seal) = newest(&mut sectors)?;
    read_snapshot(&mut sectors, live, &seal, |frame| match frame.kind {
        Kind::Chunk => Ok(Progress::More),
        Kind::End => Ok(Progress::Done(End::of(frame)?.position)),
        _ => Err(Error::Malformed),
    })?;
    let tail = read_records(&mut sectors, live, &seal, |_| Ok(()))?;
    let Tail { position, records, torn, .. } = tail;
    Ok(Recovery { position, records, cut: torn, pending: None })
}

/// The sector that counts.
#[inline(never)]
fn newest<S: Storage>(sectors: &mut Sectors<S>) -> Result<(u32, Seal), Error> {
    let mut newest: Option<(u32, Seal)> = None;
    for sector in 0..sectors.geometry.sectors {
        let Some(seal) = sectors.seal(sector)? else { continue };
        match newest {
            Some((_, other)) if other.generation == seal.generation => return Err(Error::Corrupt),
            Some((_, other)) if other.generation > seal.generation => {}
            _ => newest = Some((sector, seal)),
        }
    }
    if let Some(newest) = newest {
        return Ok(newest);
    }
    // A seal may have been damaged, or a format cut short. Of an empty region that leaves no step
    // and no record.
    for sector in 0..sectors.geometry.sectors {
        let begin = sectors.body();
        if sectors.finds(sector, begin, |frame| !is_end_of_nothing(frame))? {
            return Err(Error::Corrupt);
        }
    }
    Err(Error::Unformatted)
}

/// Whether a frame is what the snapshot of a region ends with that nothing has happened to.
fn is_end_of_nothing(frame: &Frame<'_>) -> bool {
    let is_start = |end: End| end.steps == 0 && end.position.sequence == 0;
    frame.kind == Kind::End && End::of(frame).is_ok_and(is_start)
}

/// Loads the snapshot of a sector.
#[inline(never)]
fn load<'r, 'm, S: Storage>(
    sectors: &mut Sectors<S>,
    live: u32,
    seal: &Seal,
    region: &'r mut Region<'m>,
) -> Result<Replay<'r, 'm>, Error> {
    let mut loader = Loader::new(region)?;
    read_snapshot(sectors, live, seal, |frame| loader.take(frame))?;
    loader.into_replay().ok_or(Error::Corrupt)
}

/// Gives the frames of a sector's snapshot to `take`, until that is done.
#[inline(never)]
fn read_snapshot<S: Storage>(
    sectors: &mut Sectors<S>,
    live: u32,
    seal: &Seal,
    mut take: impl FnMut(&Frame<'_>) -> Result<Progress, Error>,
) -> Result<(), Error> {
    let begin = sectors.body();
    let mut at = begin;
    loop {
        let mut buffer = [0; MAX_FRAME];
        let frame = sectors.read(live, at, &mut buffer)?.ok_or(Error::Corrupt)?;
        let progress = take(&frame)?;
        let length = frame.bytes.len();
        let end = at.saturating_add(sectors.padded(length));
        if !sectors.is_blank(live, at.saturating_add(word(length)), end)? {
            return Err(Error::Corrupt);
        }
        at = end;
        match progress {
            Progress::More => {}
            Progress::Done(position) if position == seal.position && at - begin == seal.body => {
                return Ok(());
            }
            Progress::Past | Progress::Done(_) => return Err(Error::Corrupt),
        }
    }
}

/// Gives the commands of the records behind a snapshot to `make`, up to the last whole one.
#[inline(never)]
fn read_records<S: Storage>(
    sectors: &mut Sectors<S>,
    live: u32,
    seal: &Seal,
    mut make: impl FnMut(&Command) -> Result<(), Error>,
) -> Result<Tail, Error> {
    let at = sectors.body().saturating_add(seal.body);
    let mut tail = Tail { position: seal.position, at, records: 0, torn: false };
    let size = sectors.geometry.sector_size;
    while tail.at < size {
        let mut buffer = [0; MAX_FRAME];
        let Some(frame) = sectors.read(live, tail.at, &mut buffer)? else { break };
        let record = Record::of(&frame);
        let record = record.as_ref().map_err(|error| *error)?;
        if tail.position.next() != Ok(record.position) {
            return Err(Error::Corrupt);
        }
        make(&record.command)?;
        let length = frame.bytes.len();
        let behind = tail.at.saturating_add(word(length));
        tail.position = record.position;
        tail.records = tail.records.saturating_add(1);
        tail.at = tail.at.saturating_add(sectors.padded(length));
        if !sectors.is_blank(live, behind, tail.at)? {
            tail.torn = true;
            break;
        }
    }
    // What was erased and never written is clean.
    if !sectors.is_blank(live, tail.at, size)? {
        tail.torn = true;
        if sectors.finds(live, tail.at, |_| true)? {
            return Err(Error::Corrupt);
        }
    }
    Ok(tail)
}

fn word(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
