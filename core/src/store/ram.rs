//! Storage in memory: for tests, and for memory that keeps its content over a reset.

use super::Error;
use super::storage::{Geometry, Storage, StorageFault};
use crate::memory::index;

/// Sectors in a slice of bytes. A write needs erased bytes, as flash does.
///
/// ```
/// use sekisho::store::{Geometry, Journal, Position, Ram};
/// use sekisho::{Memory, limits::Profile, region::Region};
///
/// static MEMORY: Memory<{ Profile::FIRMWARE.footprint() }> = Memory::new();
/// let mut region = Region::init(&MEMORY, &Profile::FIRMWARE)?;
/// let mut bytes = [0xFF; 2 * 4096];
/// let geometry = Geometry { sectors: 2, sector_size: 4096, write_size: 4, erased: 0xFF };
/// let storage = Ram::new(&mut bytes, geometry)?;
/// let mut journal = Journal::format(storage, &region, Position::start(1))?;
/// let options = sekisho::region::RegionOptions { blackout: Some(true), ..Default::default() };
/// journal.apply(&mut region, &sekisho::region::Command::Region(options))?;
/// assert_eq!(journal.position().sequence, 1);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ram<'b> {
    bytes: &'b mut [u8],
    geometry: Geometry,
}

/// What went wrong: outside the sectors, or not erased.
const OUTSIDE: StorageFault = StorageFault(1);
const NOT_ERASED: StorageFault = StorageFault(2);

impl<'b> Ram<'b> {
    /// Sectors over these bytes, as they are.
    pub fn new(bytes: &'b mut [u8], geometry: Geometry) -> Result<Ram<'b>, Error> {
        let needed = index(geometry.sectors).checked_mul(index(geometry.sector_size));
        match needed {
            Some(needed) if needed <= bytes.len() => Ok(Ram { bytes, geometry }),
            _ => Err(Error::BadGeometry),
        }
    }

    fn part(&mut self, sector: u32, at: u32, length: usize) -> Result<&mut [u8], StorageFault> {
        let size = index(self.geometry.sector_size);
        let start = index(sector).checked_mul(size).ok_or(OUTSIDE)?;
        let sector = self.bytes.get_mut(start..).and_then(|rest| rest.get_mut(..size));
        let part = sector.and_then(|sector| sector.get_mut(index(at)..));
        part.and_then(|part| part.get_mut(..length)).ok_or(OUTSIDE)
    }
}

impl Storage for Ram<'_> {
    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        into.copy_from_slice(self.part(sector, at, into.len())?);
        Ok(())
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        let erased = self.geometry.erased;
        let part = self.part(sector, at, bytes.len())?;
        if part.iter().any(|&byte| byte != erased) {
            return Err(NOT_ERASED);
        }
        part.copy_from_slice(bytes);
        Ok(())
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        let (erased, size) = (self.geometry.erased, index(self.geometry.sector_size));
        self.part(sector, 0, size)?.fill(erased);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        Ok(())
    }
}
