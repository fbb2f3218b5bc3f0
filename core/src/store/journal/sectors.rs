//! Frames in the sectors of a storage.
//!
//! ```text
//!  0            seal room       seal room + body                            sector size
//!  +------+-----+---------- - - ----------+--------+--------+-- - - --+-----------+
//!  | seal | era | snapshot: chunks, end   | record | record | …       | erased    |
//!  +------+-----+---------- - - ----------+--------+--------+-- - - --+-----------+
//! ```
//!
//! Every frame begins at a multiple of the unit of writing, and erased bytes fill the rest of its
//! last unit. The seal is written when everything behind it has been synced.

use crate::region::Region;
use crate::store::Error;
use crate::store::frame::{self, Frame, HEADER, Kind, MAX_FRAME};
use crate::store::record::Position;
use crate::store::snapshot::Frames;
use crate::store::storage::{Geometry, Storage};
use crate::store::wire::{exact, put};

/// A storage, read and written by frames.
#[derive(Debug)]
pub(super) struct Sectors<S> {
    storage: S,
    pub(super) geometry: Geometry,
}

/// What makes a sector count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// The sector with the highest one counts.
    pub(super) generation: u32,
    /// Where the snapshot behind the seal stands.
    pub(super) position: Position,
    /// The bytes of the snapshot in the sector.
    pub(super) body: u32,
}

/// Bytes that a seal has at most.
const SEAL: u32 = 64;
/// The least that a sector can have.
const MIN_SECTOR: u32 = 1024;

impl<S: Storage> Sectors<S> {
    pub(super) fn new(storage: S) -> Result<Sectors<S>, Error> {
        let geometry = storage.geometry();
        let Geometry { sectors, sector_size, write_size, .. } = geometry;
        let unit = write_size.is_power_of_two() && write_size <= 512;
        let size = (MIN_SECTOR..=u32::MAX / 2).contains(&sector_size);
        if sectors < 2 || !unit || !size || !sector_size.is_multiple_of(write_size) {
            return Err(Error::BadGeometry);
        }
        Ok(Sectors { storage, geometry })
    }

    /// The length that so many bytes take.
    pub(super) fn padded(&self, length: usize) -> u32 {
        self.unit_up(u32::try_from(length).unwrap_or(u32::MAX / 4))
    }

    /// Where the snapshot begins.
    pub(super) fn body(&self) -> u32 {
        self.unit_up(SEAL)
    }

    /// The next beginning of a unit, whose length is a power of two.
    fn unit_up(&self, at: u32) -> u32 {
        let last = self.geometry.write_size.saturating_sub(1);
        at.saturating_add(last) & !last
    }

    /// A buffer of erased bytes.
    pub(super) fn erased(&self) -> [u8; MAX_FRAME] {
        [self.geometry.erased; MAX_FRAME]
    }

    /// Writes the frame at the front of a buffer of erased bytes; gives the place behind it.
    pub(super) fn write(
        &mut self,
        sector: u32,
        at: u32,
        buffer: &[u8; MAX_FRAME],
        length: usize,
    ) -> Result<u32, Error> {
        let padded = self.padded(length);
        let end = at.saturating_add(padded);
        if end > self.geometry.sector_size {
            return Err(Error::StorageFull);
        }
        let bytes = buffer.get(..crate::memory::index(padded)).ok_or(Error::Full)?;
        self.storage.write(sector, at, bytes)?;
        Ok(end)
    }

    /// Gives the storage back.
    pub(super) fn into_storage(self) -> S {
        self.storage
    }

    pub(super) fn sync(&mut self) -> Result<(), Error> {
        Ok(self.storage.sync()?)
    }

    pub(super) fn erase(&mut self, sector: u32) -> Result<(), Error> {
        self.storage.erase(sector)?;
        self.sync()
    }

    /// Reads what stands at a place, if it is a whole frame.
    ///
    /// A frame that is whole and cannot be understood is an error: it is no torn write.
    pub(super) fn read<'b>(
        &mut self,
        sector: u32,
        at: u32,
        buffer: &'b mut [u8; MAX_FRAME],
    ) -> Result<Option<Frame<'b>>, Error> {
        let room = self.geometry.sector_size.saturating_sub(at);
        let room = crate::memory::index(room).min(MAX_FRAME);
        let Some(header) = buffer.get_mut(..HEADER.min(room)) else { return Ok(None) };
        self.storage.read(sector, at, header)?;
        let needed = match frame::first(header) {
            Err(Error::Truncated(needed)) if needed <= room => needed,
            _ => return Ok(None),
        };
        let Some(rest) = buffer.get_mut(HEADER..needed) else { return Ok(None) };
        self.storage.read(sector, at + HEADER_WORD, rest)?;
        // A header alone says how long its frame is; now all of it is here.
        match frame::first(buffer.get(..needed).unwrap_or(&[])) {
            Ok((frame, _)) => Ok(Some(frame)),
            Err(Error::Corrupt | Error::Truncated(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The seal of a sector, if it has one. One whose room holds anything else was torn when it was
    /// written, or is damaged, and is none.
    pub(super) fn seal(&mut self, sector: u32) -> Result<Option<Seal>, Error> {
        let mut buffer = [0; MAX_FRAME];
        let Some(Frame { kind: Kind::Seal, payload, bytes }) = self.read(sector, 0, &mut buffer)?
        else {
            return Ok(None);
        };
        let (generation, position, body) = exact(payload)?;
        let behind = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let seal = Seal { generation, position, body };
        Ok(self.is_blank(sector, behind, self.body())?.then_some(seal))
    }

    /// Makes a sector count.
    fn put_seal(&mut self, sector: u32, seal: &Seal) -> Result<(), Error> {
        let Seal { generation, position, body } = *seal;
        let mut buffer = self.erased();
        let frame = frame::write(Kind::Seal, &mut buffer, |payload| {
            Ok(put(&(generation, position, body), payload)?.len())
        })?;
        let length = frame.len();
        self.write(sector, 0, &buffer, length)?;
        self.sync()
    }

    /// Writes a state into a sector and makes that count.
    pub(super) fn put_state(
        &mut self,
        sector: u32,
        region: &Region<'_>,
        position: Position,
        generation: u32,
    ) -> Result<Seal, Error> {
        let begin = self.body();
        if begin.saturating_add(self.needed(region, position)?) > self.geometry.sector_size {
            return Err(Error::StorageFull);
        }
        if !self.is_blank(sector, 0, self.geometry.sector_size)? {
            self.erase(sector)?;
        }
        let mut at = begin;
        let mut frames = Frames::new(region, position);
        while let Some(frame) = frames.next()? {
            let mut buffer = self.erased();
            buffer.get_mut(..frame.len()).ok_or(Error::Full)?.copy_from_slice(frame);
            at = self.write(sector, at, &buffer, frame.len())?;
        }
        self.sync()?;
        let seal = Seal { generation, position, body: at - begin };
        self.put_seal(sector, &seal)?;
        Ok(seal)
    }

    /// The bytes that a state takes. Apart, as what makes its frames is large.
    #[inline(never)]
    fn needed(&self, region: &Region<'_>, position: Position) -> Result<u32, Error> {
        let mut needed = 0_u32;
        let mut frames = Frames::new(region, position);
        while let Some(frame) = frames.next()? {
            needed = needed.saturating_add(self.padded(frame.len()));
        }
        Ok(needed)
    }

    /// Whether a part of a sector reads as erased.
    pub(super) fn is_blank(&mut self, sector: u32, from: u32, to: u32) -> Result<bool, Error> {
        let erased = self.geometry.erased;
        let mut buffer = [0; MAX_FRAME];
        let mut at = from;
        while at < to {
            let part = crate::memory::index(to - at).min(MAX_FRAME);
            let Some(bytes) = buffer.get_mut(..part) else { return Ok(false) };
            self.storage.read(sector, at, bytes)?;
            if bytes.iter().any(|&byte| byte != erased) {
                return Ok(false);
            }
            at = at.saturating_add(u32::try_from(part).unwrap_or(u32::MAX));
        }
        Ok(true)
    }

    /// Whether a whole frame that is looked for begins anywhere in a sector from a place on. One that
    /// cannot be understood is looked for always.
    pub(super) fn finds(
        &mut self,
        sector: u32,
        from: u32,
        is_it: impl Fn(&Frame<'_>) -> bool,
    ) -> Result<bool, Error> {
        let [first, ..] = frame::MAGIC;
        let unit = crate::memory::index(self.geometry.write_size);
        let mut buffer = [0; MAX_FRAME];
        let mut at = self.unit_up(from);
        while at < self.geometry.sector_size {
            let part = crate::memory::index(self.geometry.sector_size - at).min(MAX_FRAME);
            let Some(bytes) = buffer.get_mut(..part) else { return Ok(false) };
            self.storage.read(sector, at, bytes)?;
            for (n, &byte) in (at..).zip(bytes.iter()).step_by(unit.max(1)) {
                if byte != first {
                    continue;
                }
                let mut frame = [0; MAX_FRAME];
                match self.read(sector, n, &mut frame) {
                    Ok(None) => {}
                    Ok(Some(frame)) if !is_it(&frame) => {}
                    Err(Error::Storage(fault)) => return Err(Error::Storage(fault)),
                    Ok(Some(_)) | Err(_) => return Ok(true),
                }
            }
            at = at.saturating_add(u32::try_from(part).unwrap_or(u32::MAX));
        }
        Ok(false)
    }
}

/// [`HEADER`] as an offset.
const HEADER_WORD: u32 = 8;
const _: () = assert!(HEADER == 8);
