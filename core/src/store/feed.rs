//! Counting changes, and writing them down before they are made.

use super::frame::MAX_FRAME;
use super::record::{Position, Record, Turn};
use super::{ApplyError, Error};
use crate::region::written::Written;
use crate::region::{Command, Region};

/// Applies commands to a region and writes each change down first, for those who have no storage but
/// followers. [`Journal`](super::Journal) does it with storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    position: Position,
    /// How many changes the region had seen when it was seen last; `None` before the first time.
    seen: Option<u32>,
}

impl Feed {
    /// Counts on from a position.
    pub const fn new(position: Position) -> Feed {
        Feed { position, seen: None }
    }

    /// Notes that the region stands at this position now.
    pub(super) fn saw(&mut self, region: &Region<'_>) {
        self.seen = Some(region.changes());
    }

    /// Whether all changes since then have been made through here.
    pub(super) fn knows(&self, region: &Region<'_>) -> Result<(), Error> {
        match self.seen {
            Some(seen) if seen != region.changes() => Err(Error::Bypassed),
            _ => Ok(()),
        }
    }

    /// Where the region stands.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Judges a command, gives its record to `write`, and applies it if that has worked. A command
    /// that is refused, or changes nothing of the configuration, is not written.
    pub fn apply(
        &mut self,
        region: &mut Region<'_>,
        command: &Command,
        write: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) -> Result<(), ApplyError> {
        let mut buffer = [0; MAX_FRAME];
        match self.record(region, command, &mut buffer)? {
            None => self.mark(region, command),
            Some(length) => {
                write(buffer.get(..length).unwrap_or(&[]))?;
                self.make(region, command)
            }
        }
    }

    /// Judges a command and makes its record at the front of `into`; `None` if it changes nothing of
    /// the configuration.
    pub(super) fn record(
        &self,
        region: &mut Region<'_>,
        command: &Command,
        into: &mut [u8],
    ) -> Result<Option<usize>, ApplyError> {
        self.knows(region)?;
        let next = || self.position.next();
        Ok(match region.written(command)? {
            Written::Nothing => None,
            Written::Itself => Some(Record::encode(next()?, command, into)?.len()),
            Written::As(other) => Some(Record::encode(next()?, &other, into)?.len()),
        })
    }

    /// Makes a change that has been judged and written.
    pub(super) fn make(
        &mut self,
        region: &mut Region<'_>,
        command: &Command,
    ) -> Result<(), ApplyError> {
        self.position = self.position.next()?;
        self.mark(region, command)
    }

    /// Applies a command of which nothing is written.
    pub(super) fn mark(
        &mut self,
        region: &mut Region<'_>,
        command: &Command,
    ) -> Result<(), ApplyError> {
        let applied = region.apply(command);
        self.saw(region);
        Ok(applied?)
    }

    /// The command of another's record, judged, if its turn has come; `None` if that is past.
    pub(super) fn next(
        &self,
        region: &mut Region<'_>,
        frame: &[u8],
    ) -> Result<Option<Command>, Error> {
        let record = Record::decode(frame)?;
        if self.position.judge(&record)? == Turn::Past {
            return Ok(None);
        }
        self.knows(region)?;
        // Whatever is written changes the configuration here as it did there.
        match region.written(&record.command).map_err(Error::Refused)? {
            Written::Itself => Ok(Some(record.command)),
            Written::Nothing | Written::As(_) => Err(Error::Malformed),
        }
    }

    /// Makes the change of [`Feed::next`].
    pub(super) fn follow(
        &mut self,
        region: &mut Region<'_>,
        command: &Command,
    ) -> Result<Turn, Error> {
        self.position = self.position.next()?;
        let applied = region.apply(command);
        self.saw(region);
        applied.map_err(Error::Refused)?;
        Ok(Turn::Next)
    }
}
