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

    /// Where the next change leads.
    pub const fn next(self) -> Position {
        Position { history: self.history, sequence: self.sequence.saturating_add(1) }
    }

    /// Whether a record is the next one.
    pub fn judge(self, record: &Record) -> Result<Turn, Error> {
        let Position { history, sequence } = record.position;
        if history != self.history {
            Err(Error::ForeignHistory)
        } else if sequence <= self.sequence {
            Ok(Turn::Past)
        } else if record.position == self.next() {
            Ok(Turn::Next)
        } else {
            Err(Error::Gap(self.next().sequence))
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
    pub fn of(frame: &frame::Frame<'_>) -> Result<Record, Error> {
        if frame.kind != Kind::Record {
            return Err(Error::Malformed);
        }
        exact(frame.payload)
    }
}
