//! Frames: what every format version has in common.
//!
//! ```text
//!  0          4         5      6        8                  8+n     12+n
//!  +----------+---------+------+--------+------- - - ------+--------+
//!  | "SKSR"   | version | kind | n      | payload, n bytes | CRC-32 |
//!  +----------+---------+------+--------+------- - - ------+--------+
//!    magic      u8        u8     u16 LE                      u32 LE, of all bytes before it
//! ```
//!
//! A frame has at most 512 bytes, in every version, and its checksum is judged before its version:
//! what says that it is of a newer version is that, and not a version that a flipped bit made.

use crc::{CRC_32_ISO_HDLC, Crc};

use super::Error;

/// What every frame begins with.
pub const MAGIC: [u8; 4] = *b"SKSR";
/// The format version that is written, and the newest that is read.
pub const FORMAT: u8 = 1;
/// The most bytes of a frame.
pub const MAX_FRAME: usize = 512;
/// Bytes before the payload.
pub const HEADER: usize = 8;
/// Bytes behind the payload.
pub const TRAILER: usize = 4;
/// The most bytes of a payload.
pub const MAX_PAYLOAD: usize = MAX_FRAME - HEADER - TRAILER;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Kind {
    /// A command of a journal.
    Record,
    /// Some steps of a snapshot.
    Chunk,
    /// The end of a snapshot.
    End,
    /// What makes a sector of a storage the one that counts.
    Seal,
    /// What a follower asks for.
    Request,
}

impl Kind {
    /// The byte of the kind.
    pub const fn number(self) -> u8 {
        match self {
            Kind::Record => 1,
            Kind::Chunk => 2,
            Kind::End => 3,
            Kind::Seal => 4,
            Kind::Request => 5,
        }
    }

    const fn from_number(number: u8) -> Option<Kind> {
        match number {
            1 => Some(Kind::Record),
            2 => Some(Kind::Chunk),
            3 => Some(Kind::End),
            4 => Some(Kind::Seal),
            5 => Some(Kind::Request),
            _ => None,
        }
    }
}

/// A whole frame whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'b> {
    /// What it holds.
    pub kind: Kind,
    /// What it says.
    pub payload: &'b [u8],
    /// All of its bytes.
    pub bytes: &'b [u8],
}

/// Reads the frame at the front of some bytes and gives what is behind it.
pub fn first(bytes: &[u8]) -> Result<(Frame<'_>, &[u8]), Error> {
    let begun = bytes.iter().zip(&MAGIC).all(|(byte, magic)| byte == magic);
    if !begun {
        return Err(Error::Corrupt);
    }
    let Some((&[_, _, _, _, version, kind, low, high], behind)) =
        bytes.split_first_chunk::<HEADER>()
    else {
        return Err(Error::Truncated(HEADER + TRAILER));
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    if length > MAX_PAYLOAD {
        return Err(Error::Corrupt);
    }
    let size = HEADER + length + TRAILER;
    let truncated = Error::Truncated(size);
    let (payload, behind) = behind.split_at_checked(length).ok_or(truncated)?;
    let (&checksum, rest) = behind.split_first_chunk::<TRAILER>().ok_or(truncated)?;
    let (frame, _) = bytes.split_at_checked(size).ok_or(truncated)?;
    let (checked, _) = bytes.split_at_checked(HEADER + length).ok_or(truncated)?;
    if CRC.checksum(checked) != u32::from_le_bytes(checksum) {
        return Err(Error::Corrupt);
    }
    match version {
        // There has never been a version 0.
        0 => Err(Error::Corrupt),
        1 => {
            let kind = Kind::from_number(kind).ok_or(Error::Malformed)?;
            Ok((Frame { kind, payload, bytes: frame }, rest))
        }
        newer => Err(Error::NewerVersion(newer)),
    }
}

/// Reads bytes that are one frame and nothing else.
pub fn only(bytes: &[u8]) -> Result<Frame<'_>, Error> {
    match first(bytes)? {
        (frame, []) => Ok(frame),
        _ => Err(Error::TrailingBytes),
    }
}

/// Makes a frame at the front of `into`: `fill` writes the payload and gives its length.
pub(super) fn write(
    kind: Kind,
    into: &mut [u8],
    fill: impl FnOnce(&mut [u8]) -> Result<usize, Error>,
) -> Result<&[u8], Error> {
    let room = into.len().min(MAX_FRAME).saturating_sub(TRAILER);
    let payload = into.get_mut(HEADER..room).ok_or(Error::Full)?;
    let length = fill(payload)?;
    let size = u16::try_from(length).map_err(|_| Error::Full)?.to_le_bytes();
    let ([m0, m1, m2, m3], [low, high]) = (MAGIC, size);
    let header = [m0, m1, m2, m3, FORMAT, kind.number(), low, high];
    *into.first_chunk_mut::<HEADER>().ok_or(Error::Full)? = header;
    let (checked, behind) = into.split_at_mut_checked(HEADER + length).ok_or(Error::Full)?;
    let checksum = CRC.checksum(checked).to_le_bytes();
    *behind.first_chunk_mut::<TRAILER>().ok_or(Error::Full)? = checksum;
    into.get(..HEADER + length + TRAILER).ok_or(Error::Full)
}
