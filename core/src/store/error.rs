//! What can go wrong with bytes and with storage.

use core::fmt;

use super::storage::StorageFault;
use crate::region;

/// Why bytes were not accepted, or nothing could be stored. Whatever it is, the region that was
/// given is as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The bytes are the beginning of a frame that has this many.
    Truncated(usize),
    /// No frame begins here, or a bit of it has changed.
    Corrupt,
    /// Something stands behind the one frame that was expected.
    TrailingBytes,
    /// The frame is whole and of a format version that this program does not know.
    NewerVersion(u8),
    /// The frame is whole, but it does not say what such a frame can say.
    Malformed,
    /// The frame is of another history: of a region that was made on its own.
    ForeignHistory,
    /// The frame follows one that has not come: this is the sequence number that is missing, or the
    /// number of the missing frame of a snapshot.
    Gap(u64),
    /// The region refuses what the frame says: a capacity is smaller, or the configuration is not
    /// the one that it was written for.
    Refused(region::Error),
    /// All frames were whole and accepted, and yet the configuration is not the one that was saved.
    Mismatch,
    /// The region has been changed in another way than through this journal or feed: what follows
    /// would not be what it says. Another region is noticed if it has seen another number of changes.
    Bypassed,
    /// The region to load into holds a configuration.
    NotEmpty,
    /// The buffer is too small.
    Full,
    /// The storage holds no state and no part of one.
    Unformatted,
    /// The state does not fit into a sector.
    StorageFull,
    /// The history has as many changes as can be counted; begin another one.
    HistoryFull,
    /// The geometry of the storage cannot be used: there are fewer than two sectors, or their size or
    /// the unit of writing is out of range.
    BadGeometry,
    /// The storage could not do it.
    Storage(StorageFault),
    /// The caller's sink took no more.
    Output,
}

impl Error {
    /// The name, as C and the documentation have it.
    pub const fn name(self) -> &'static str {
        match self {
            Error::Truncated(_) => "Truncated",
            Error::Corrupt => "Corrupt",
            Error::TrailingBytes => "TrailingBytes",
            Error::NewerVersion(_) => "NewerVersion",
            Error::Malformed => "Malformed",
            Error::ForeignHistory => "ForeignHistory",
            Error::Gap(_) => "Gap",
            Error::Refused(error) => error.name(),
            Error::Mismatch => "Mismatch",
            Error::Bypassed => "Bypassed",
            Error::NotEmpty => "NotEmpty",
            Error::Full => "Full",
            Error::Unformatted => "Unformatted",
            Error::StorageFull => "StorageFull",
            Error::HistoryFull => "HistoryFull",
            Error::BadGeometry => "BadGeometry",
            Error::Storage(_) => "Storage",
            Error::Output => "Output",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::Truncated(needed) => write!(f, "truncated: the frame has {needed} bytes"),
            Error::Corrupt => f.write_str("corrupt: no whole frame begins here"),
            Error::TrailingBytes => f.write_str("bytes behind the frame"),
            Error::NewerVersion(version) => {
                write!(f, "format version {version} is newer than {}", super::frame::FORMAT)
            }
            Error::Malformed => f.write_str("malformed: a whole frame that makes no sense"),
            Error::ForeignHistory => f.write_str("a frame of another history"),
            Error::Gap(missing) => write!(f, "a frame has not come: {missing}"),
            Error::Refused(error) => write!(f, "refused by the region: {error}"),
            Error::Mismatch => f.write_str("the configuration is not the one that was saved"),
            Error::Bypassed => f.write_str("the region was changed past the journal"),
            Error::NotEmpty => f.write_str("the region to load into is not empty"),
            Error::Full => f.write_str("the buffer is too small"),
            Error::Unformatted => f.write_str("the storage holds no state"),
            Error::StorageFull => f.write_str("the state does not fit into a sector"),
            Error::HistoryFull => f.write_str("the history has as many changes as can be counted"),
            Error::BadGeometry => f.write_str("the geometry of the storage cannot be used"),
            Error::Storage(StorageFault(code)) => write!(f, "the storage failed: {code}"),
            Error::Output => f.write_str("the sink took no more"),
        }
    }
}

impl core::error::Error for Error {}

impl From<StorageFault> for Error {
    fn from(fault: StorageFault) -> Error {
        Error::Storage(fault)
    }
}

/// Why a command was not carried out. The region is as before, but for a refused commit, which has
/// aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ApplyError {
    /// The region refused it.
    Refused(region::Error),
    /// It could not be stored. Whether it is there when the storage is mounted the next time is not
    /// known, unless another command has been stored before that: then it is not.
    NotStored(Error),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Refused(error) => error.fmt(f),
            ApplyError::NotStored(error) => write!(f, "not stored: {error}"),
        }
    }
}

impl core::error::Error for ApplyError {}

impl From<region::Error> for ApplyError {
    fn from(error: region::Error) -> ApplyError {
        ApplyError::Refused(error)
    }
}

impl From<Error> for ApplyError {
    fn from(error: Error) -> ApplyError {
        ApplyError::NotStored(error)
    }
}
