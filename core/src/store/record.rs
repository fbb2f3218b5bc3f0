//! Records of a journal: a command with its place in the order of all.

use super::Error;
use super::frame::{self, Kind};
use super::wire::{exact, put};
use crate::region::Command;

/// Where a configuration stands in the history of changes that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Position {
    /// Which history: a number that the caller chose when the region was made, so that two regions
    /// whose changes were counted apart are not taken for one.
    pub history: u32,
    /// How many changes there have been. The first has number 1.
    pub sequence: u64,
}

impl Position {
    /// The beginning of a history.
    pub const fn start(history: u32) -> Position {
        Position { history, sequence: 0 }
    }

    /// Where the next change leads; [`Error::HistoryFull`] behind the last one that can be counted.
    pub const fn next(self) -> Result<Position, Error> {
        match self.sequence.checked_add(1) {
            Some(sequence) => Ok(Position { history: self.history, sequence }),
            None => Err(Error::HistoryFull),
        }
    }

    /// Whether a record is the next one.
    pub fn judge(self, record: &Record) -> Result<Turn, Error> {
        let Position { history, sequence } = record.position;
        if history != self.history {
            return Err(Error::ForeignHistory);
        }
        match self.next() {
            Ok(next) if sequence > next.sequence => Err(Error::Gap(next.sequence)),
            Ok(next) if sequence == next.sequence => Ok(Turn::Next),
            _ => Ok(Turn::Past),
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Turn {
    /// The record is the next one.
    Next,
    /// The record's change has been made.
    Past,
}

/// A change of the configuration, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The position behind the change.
    pub position: Position,
    /// The change.
    pub command: Command,
}

impl Record {
    /// Makes the frame of a record at the front of `into`.
    #[inline(never)]
    pub fn encode<'b>(
        position: Position,
        command: &Command,
        into: &'b mut [u8],
    ) -> Result<&'b [u8], Error> {
        // Not as a record, which would take a copy of the command.
        frame::write(Kind::Record, into, |payload| {
            let begin = put(&position, payload)?.len();
            let behind = payload.get_mut(begin..).ok_or(Error::Full)?;
            Ok(begin + put(command, behind)?.len())
        })
    }

    /// Reads a frame that is a record.
    pub fn decode(bytes: &[u8]) -> Result<Record, Error> {
        Record::of(&frame::only(bytes)?)
    }

    /// The record that a frame holds.
    #[inline(never)]
    pub fn of(frame: &frame::Frame<'_>) -> Result<Record, Error> {
        if frame.kind != Kind::Record {
            return Err(Error::Malformed);
        }
        exact(frame.payload)
    }
}
