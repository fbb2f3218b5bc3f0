//! Followers: regions that make the changes of another one.
//!
//! ```text
//!            control plane                              dataplane
//!  command -> Journal or Feed -- records --> receive: Next | Past | Gap
//!                  ^                                           |
//!                  +--------------- request <------------------+
//!                  +--- records from there, or a snapshot ---->  Loader, beside
//! ```
//!
//! Records and frames of snapshots may come twice, late, in another order, or not at all: what has
//! been made is passed over, what is missing is asked for.

use super::Error;
use super::feed::Feed;
use super::frame::{self, Kind};
use super::record::{Position, Turn};
use super::wire::{exact, put};
use crate::region::Region;

/// A follower without storage: a region that makes another's changes, each exactly once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    feed: Option<Feed>,
}

impl Follower {
    /// A follower that knows nothing yet: it needs a snapshot.
    pub const fn new() -> Follower {
        Follower { feed: None }
    }

    /// A follower whose region is at this position, as [`Loader`](super::snapshot::Loader) says when
    /// a snapshot has been loaded.
    pub const fn at(position: Position) -> Follower {
        Follower { feed: Some(Feed::new(position)) }
    }

    /// Where its region stands; `None` before the first snapshot.
    pub fn position(&self) -> Option<Position> {
        self.feed.map(|feed| feed.position())
    }

    /// Takes a record and makes its change, if its turn has come. After an error, [`Request`] what
    /// is missing; the region is as before.
    pub fn receive(&mut self, region: &mut Region<'_>, frame: &[u8]) -> Result<Turn, Error> {
        let feed = self.feed.as_mut().ok_or(Error::Gap(0))?;
        match feed.next(region, frame)? {
            None => Ok(Turn::Past),
            Some(command) => feed.follow(region, &command),
        }
    }
}

/// What a follower asks for: everything behind a position, or a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request {
    /// Where the follower stands; `None` asks for a snapshot.
    pub position: Option<Position>,
}

impl Request {
    /// Makes the frame of a request at the front of `into`.
    pub fn encode<'b>(&self, into: &'b mut [u8]) -> Result<&'b [u8], Error> {
        frame::write(Kind::Request, into, |payload| Ok(put(&self.position, payload)?.len()))
    }

    /// Reads a frame that is a request.
    pub fn decode(bytes: &[u8]) -> Result<Request, Error> {
        let frame = frame::only(bytes)?;
        if frame.kind != Kind::Request {
            return Err(Error::Malformed);
        }
        Ok(Request { position: exact(frame.payload)? })
    }
}
