//! What a journal is kept on.

/// Storage of two or more sectors, as flash memory has: a sector is erased whole, and bytes that
/// have been erased are written once.
///
/// An implementation may lose power at any byte. It then holds, of the write or the erasure that was
/// under way, the bytes up to there, and anything behind them; and of what was written since the last
/// [`Storage::sync`], any part. What has been synced is there.
pub trait Storage {
    /// How large it is. It does not change.
    fn geometry(&self) -> Geometry;

    /// Reads bytes of a sector.
    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault>;

    /// Writes bytes of a sector that have been erased; `at` and the length are multiples of the unit
    /// of writing.
    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault>;

    /// Erases a sector.
    fn erase(&mut self, sector: u32) -> Result<(), StorageFault>;

    /// Returns once everything that was written or erased is there to stay.
    fn sync(&mut self) -> Result<(), StorageFault>;
}

impl<S: Storage + ?Sized> Storage for &mut S {
    fn geometry(&self) -> Geometry {
        (**self).geometry()
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        (**self).read(sector, at, into)
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        (**self).write(sector, at, bytes)
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        (**self).erase(sector)
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        (**self).sync()
    }
}

/// How a storage is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Geometry {
    /// How many sectors there are: 2 or more. They are used in turn.
    pub sectors: u32,
    /// Bytes of a sector: at least 1024, and a multiple of the unit of writing. The configuration's
    /// snapshot and some of the journal have to fit into one.
    pub sector_size: u32,
    /// Bytes that are written together: a power of two, at most 512.
    pub write_size: u32,
    /// What erased bytes read as, 0xFF for most.
    pub erased: u8,
}

/// The storage could not do it: the implementation's own number for why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StorageFault(pub i32);
