//! Snapshots: a configuration as the steps that rebuild it, in frames.
//!
//! ```text
//! chunk 0, chunk 1, … chunk n-1, end
//! ```
//!
//! Each chunk says which snapshot it is of and which of its chunks; the end says how many chunks and
//! steps there are, and a digest of the steps. What has been loaded has to give the same steps again. A snapshot is loaded into an empty region
//! beside the one that is in use, which the caller then puts in its place: the old one serves until
//! then, and goes on serving if a byte is wrong.

use super::Error;
use super::frame::{self, Frame, HEADER, Kind, MAX_FRAME, MAX_PAYLOAD, TRAILER};
use super::record::Position;
use super::wire::{exact, put, take};
use crate::region::Region;
use crate::region::rebuild::{Replay, Step, Steps};

/// How large a snapshot is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Size {
    /// Frames, the end included.
    pub frames: u32,
    /// Steps in all chunks.
    pub steps: u32,
    /// Bytes of all frames.
    pub bytes: usize,
}

/// Gives a region's snapshot to `sink`, frame by frame: the same bytes for the same configuration
/// and position. Ends at the first error of the sink.
pub fn save(
    region: &Region<'_>,
    position: Position,
    mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Size, Error> {
    let mut frames = Frames::new(region, position);
    while let Some(frame) = frames.next()? {
        sink(frame)?;
    }
    Ok(frames.size)
}

/// The bytes that [`save`] would give.
pub fn size(region: &Region<'_>, position: Position) -> Size {
    save(region, position, |_| Ok(())).unwrap_or_default()
}

/// A snapshot, frame by frame.
pub(super) struct Frames<'r, 'm> {
    steps: Steps<'r, 'm>,
    /// The step that the last chunk had no room for.
    waiting: Option<Step>,
    position: Position,
    size: Size,
    digest: Digest,
    has_ended: bool,
    buffer: [u8; MAX_FRAME],
}

impl<'r, 'm> Frames<'r, 'm> {
    pub(super) fn new(region: &'r Region<'m>, position: Position) -> Frames<'r, 'm> {
        Frames {
            steps: region.steps(),
            waiting: None,
            position,
            size: Size::default(),
            digest: Digest::new(),
            has_ended: false,
            buffer: [0; MAX_FRAME],
        }
    }

    /// The next frame; `None` behind the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.has_ended {
            return Ok(None);
        }
        let (kind, used) = match self.collect()? {
            Some(used) => (Kind::Chunk, used),
            None => (Kind::End, self.end()?),
        };
        self.has_ended = kind == Kind::End;
        let frame = frame::write(kind, &mut self.buffer, |_| Ok(used))?;
        self.size.frames = self.size.frames.saturating_add(1);
        self.size.bytes = self.size.bytes.saturating_add(frame.len());
        Ok(Some(frame))
    }

    /// Collects steps into the payload of a chunk, as many as it has room for; `None` if there are no
    /// more.
    fn collect(&mut self) -> Result<Option<usize>, Error> {
        let payload = self.buffer.get_mut(HEADER..MAX_FRAME - TRAILER).ok_or(Error::Full)?;
        let begin = put(&(self.position, self.size.frames), payload)?.len();
        let mut used = begin;
        while let Some(step) = self.waiting.take().or_else(|| self.steps.next()) {
            let room = payload.get_mut(used..).ok_or(Error::Full)?;
            match put(&step, room) {
                Ok(written) => {
                    self.digest.add(written);
                    used += written.len();
                    self.size.steps = self.size.steps.saturating_add(1);
                }
                Err(Error::Full) if used > begin => {
                    self.waiting = Some(step);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(used).filter(|_| used > begin))
    }

    fn end(&mut self) -> Result<usize, Error> {
        let Size { frames, steps, .. } = self.size;
        let end = End { position: self.position, chunks: frames, steps, digest: self.digest.0 };
        end.fill(self.buffer.get_mut(HEADER..).ok_or(Error::Full)?)
    }
}

/// FNV-1a over the bytes of all steps.
struct Digest(u64);

impl Digest {
    const fn new() -> Digest {
        Digest(0xCBF2_9CE4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    /// The digest of the steps that a region gives.
    #[inline(never)]
    fn of(region: &Region<'_>) -> Result<Digest, Error> {
        let (mut digest, mut scratch) = (Digest::new(), [0; MAX_PAYLOAD]);
        for step in region.steps() {
            digest.add(put(&step, &mut scratch)?);
        }
        Ok(digest)
    }
}

/// What the last frame says.
pub(super) struct End {
    pub(super) position: Position,
    chunks: u32,
    pub(super) steps: u32,
    digest: u64,
}

impl End {
    fn fill(&self, payload: &mut [u8]) -> Result<usize, Error> {
        Ok(put(&(self.position, self.chunks, self.steps, self.digest), payload)?.len())
    }

    pub(super) fn of(frame: &Frame<'_>) -> Result<End, Error> {
        let (position, chunks, steps, digest) = exact(frame.payload)?;
        Ok(End { position, chunks, steps, digest })
    }
}

/// How far a snapshot has been loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// More frames are to come.
    More,
    /// The frame had come before; nothing was done.
    Past,
    /// This was the last frame: the region holds the configuration of this position.
    Done(Position),
}

/// Loads a snapshot into an empty region, frame by frame.
///
/// Frames may come twice. Any error but [`Error::Gap`] empties the region again, and the snapshot
/// has to come from its beginning; after a gap, the missing frame may still come. A loader that is
/// dropped before the end leaves the region empty.
#[derive(Debug)]
pub struct Loader<'r, 'm> {
    replay: Option<Replay<'r, 'm>>,
    /// The snapshot whose chunks have come.
    position: Option<Position>,
    chunks: u32,
    steps: u32,
}

impl<'r, 'm> Loader<'r, 'm> {
    /// Starts to load into an empty region.
    pub fn new(region: &'r mut Region<'m>) -> Result<Loader<'r, 'm>, Error> {
        let replay = region.replay().ok_or(Error::NotEmpty)?;
        Ok(Loader { replay: Some(replay), position: None, chunks: 0, steps: 0 })
    }

    /// Starts to load into an empty region that is to take the place of `old`: what a flow table has
    /// seen of the old one's VPCs is not taken for something of this one's.
    pub fn beside(region: &'r mut Region<'m>, old: &Region<'_>) -> Result<Loader<'r, 'm>, Error> {
        if !region.is_empty() {
            return Err(Error::NotEmpty);
        }
        region.succeed(old);
        Loader::new(region)
    }

    /// Takes the next frame. Behind the last one, or behind an error, only a new loader does.
    pub fn frame(&mut self, bytes: &[u8]) -> Result<Progress, Error> {
        let taken = frame::only(bytes).and_then(|frame| self.take(&frame));
        match taken {
            Ok(Progress::Done(_)) => {
                if let Some(replay) = self.replay.take() {
                    replay.finish();
                }
            }
            Ok(_) | Err(Error::Gap(_)) => {}
            Err(_) => self.replay = None,
        }
        taken
    }

    /// Takes a whole snapshot: its frames in order, and nothing else. The region is empty after an error.
    pub fn whole(mut self, mut bytes: &[u8]) -> Result<Position, Error> {
        loop {
            let (frame, behind) = frame::first(bytes)?;
            if frame.kind == Kind::End && !behind.is_empty() {
                return Err(Error::TrailingBytes);
            }
            match self.frame(frame.bytes)? {
                Progress::Done(position) => return Ok(position),
                Progress::More => bytes = behind,
                Progress::Past => return Err(Error::Malformed),
            }
        }
    }

    /// The rebuilt records, before any table is compiled, to go on with.
    pub(super) fn into_replay(self) -> Option<Replay<'r, 'm>> {
        self.replay
    }

    /// As [`Loader::frame`], for a caller that drops the loader at an error.
    pub(super) fn take(&mut self, frame: &Frame<'_>) -> Result<Progress, Error> {
        match frame.kind {
            Kind::Chunk => self.chunk(frame),
            Kind::End => self.end(&End::of(frame)?),
            _ => Err(Error::Malformed),
        }
    }

    /// Whether the chunk of that number is the next one of this snapshot. The beginning of a later
    /// snapshot, or of one of another history, takes the place of what has come.
    fn turn(&mut self, position: Position, number: u32) -> Result<bool, Error> {
        match self.position {
            Some(loading) if loading == position => {}
            Some(Position { history, sequence })
                if history == position.history && sequence > position.sequence =>
            {
                return Ok(false);
            }
            _ if number != 0 => return Err(Error::Gap(0)),
            _ => {
                self.replay.as_mut().ok_or(Error::NotEmpty)?.restart();
                (self.position, self.chunks, self.steps) = (Some(position), 0, 0);
            }
        }
        match number.cmp(&self.chunks) {
            core::cmp::Ordering::Less => Ok(false),
            core::cmp::Ordering::Equal => Ok(true),
            core::cmp::Ordering::Greater => Err(Error::Gap(self.chunks.into())),
        }
    }

    fn chunk(&mut self, frame: &Frame<'_>) -> Result<Progress, Error> {
        let ((position, number), mut steps) = take::<(Position, u32)>(frame.payload)?;
        if !self.turn(position, number)? {
            return Ok(Progress::Past);
        }
        if steps.is_empty() {
            return Err(Error::Malformed);
        }
        let replay = self.replay.as_mut().ok_or(Error::NotEmpty)?;
        while !steps.is_empty() {
            let read = take::<Step>(steps);
            let (step, rest) = read.as_ref().map_err(|error| *error)?;
            replay.step(step).map_err(Error::Refused)?;
            self.steps = self.steps.saturating_add(1);
            steps = rest;
        }
        self.chunks = self.chunks.saturating_add(1);
        Ok(Progress::More)
    }

    #[inline(never)]
    fn end(&mut self, end: &End) -> Result<Progress, Error> {
        // An end is behind all chunks, and its turn is that of the chunk that does not come.
        if !self.turn(end.position, end.chunks)? {
            return match self.position == Some(end.position) {
                // Fewer chunks than have come of this snapshot.
                true => Err(Error::Malformed),
                false => Ok(Progress::Past),
            };
        }
        if end.steps != self.steps {
            return Err(Error::Malformed);
        }
        let replay = self.replay.as_mut().ok_or(Error::NotEmpty)?;
        if Digest::of(replay.region())?.0 != end.digest {
            return Err(Error::Mismatch);
        }
        Ok(Progress::Done(end.position))
    }
}
