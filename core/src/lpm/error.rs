//! Why a table operation is refused.

use core::fmt;

/// Why a table operation was refused; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LpmError {
    /// The arena holds as many routes or tables as it was made for, or has no room for more.
    CapacityExceeded,
    /// No table has this handle.
    NoSuchTable,
    /// The table has no such prefix.
    NotFound,
    /// Values have 31 bits.
    ValueTooLarge,
    /// Memory waits for readers; try again when each has announced that it looks at nothing.
    Busy,
    /// Only an empty table can be loaded.
    NotEmpty,
    /// The table has the prefix already.
    AlreadyThere,
    /// Routes to load are not strictly ascending by address, then length.
    NotSorted,
}

impl fmt::Display for LpmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LpmError::CapacityExceeded => "capacity exceeded",
            LpmError::NoSuchTable => "no such table",
            LpmError::NotFound => "no such prefix",
            LpmError::ValueTooLarge => "value over 31 bits",
            LpmError::Busy => "memory waits for readers",
            LpmError::NotEmpty => "the table is not empty",
            LpmError::AlreadyThere => "the prefix is there already",
            LpmError::NotSorted => "routes are not in order",
        })
    }
}

impl core::error::Error for LpmError {}
