//! A file as storage: what has been synced is on the disk, and one process at a time has it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sekisho::store::{Geometry, Storage, StorageFault};

/// Room in each sector for the largest state of the large profile, and a journal as long.
const SECTOR_SIZE: u32 = 8 * 1024 * 1024;

/// Two sectors in a file. The space is taken as it is used.
#[derive(Debug)]
pub(crate) struct FileStorage {
    file: File,
}

const GEOMETRY: Geometry =
    Geometry { sectors: 2, sector_size: SECTOR_SIZE, write_size: 1, erased: 0x00 };

impl FileStorage {
    /// Opens the file, or makes it; refused while another process has it.
    pub(crate) fn open(path: &Path) -> io::Result<FileStorage> {
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process has it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let size = u64::from(GEOMETRY.sectors) * u64::from(SECTOR_SIZE);
        if file.metadata()?.len() != size {
            // Only a file that was just made is empty; what is neither is somebody else's.
            if file.metadata()?.len() != 0 {
                return Err(io::Error::other("not a store: its size is another"));
            }
            file.set_len(size)?;
            file.sync_all()?;
            // The name, too, has to be there after a loss of power; elsewhere a folder is no file.
            if cfg!(unix) {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            }
        }
        Ok(FileStorage { file })
    }
}

fn place(sector: u32, at: u32) -> u64 {
    u64::from(sector) * u64::from(SECTOR_SIZE) + u64::from(at)
}

fn fault(error: io::Error) -> StorageFault {
    StorageFault(error.raw_os_error().unwrap_or(-1))
}

impl Storage for FileStorage {
    fn geometry(&self) -> Geometry {
        GEOMETRY
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        let place = SeekFrom::Start(place(sector, at));
        self.file.seek(place).and_then(|_| self.file.read_exact(into)).map_err(fault)
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        let place = SeekFrom::Start(place(sector, at));
        self.file.seek(place).and_then(|_| self.file.write_all(bytes)).map_err(fault)
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        // What has been written since the last time, in pieces; the rest is zero already.
        let (zeros, mut piece) = ([0; 64 * 1024], [0; 64 * 1024]);
        for at in (0..SECTOR_SIZE).step_by(zeros.len()) {
            self.read(sector, at, &mut piece)?;
            if piece != zeros {
                self.write(sector, at, &zeros)?;
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        self.file.sync_data().map_err(fault)
    }
}
