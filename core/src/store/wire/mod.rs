//! Commands as bytes. Each format version has a table of its own, which only ever grows at its end, from
//! and to the one [`Command`](crate::region::Command) of this program.
//!
//! The bytes are those of postcard, whose reader reads the numbers. What they make up is read and written
//! here, a call a field: deriving that takes five times the code, and in places more stack than all else.
//! Errors wait until the end, so that none is looked for between fields. Tests compare with what is derived.

mod fields;
#[cfg(test)]
#[path = "oracle_tests.rs"]
mod oracle;
#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
mod v1;

use super::Error;

/// Something that is stored.
pub(super) trait Wire: Sized {
    fn put(&self, to: &mut Writer<'_>);

    /// Reads it. After a failure it is something or other.
    fn take(from: &mut Reader<'_>) -> Self;
}

/// Writes a value to the front of `into`.
pub(super) fn put<'b, T: Wire>(value: &T, into: &'b mut [u8]) -> Result<&'b [u8], Error> {
    let room = into.len();
    let mut writer = Writer { place: Place::Into(&mut *into), failed: false };
    value.put(&mut writer);
    let left = match writer.place {
        Place::Into(rest) if !writer.failed => rest.len(),
        _ => return Err(Error::Full),
    };
    into.get(..room - left).ok_or(Error::Full)
}

/// Reads a value from the front of some bytes, written in the one way in which [`put`] writes it, and gives
/// what is behind it.
#[inline(never)]
pub(super) fn take<T: Wire>(bytes: &[u8]) -> Result<(T, &[u8]), Error> {
    let mut reader = Reader { rest: bytes, failed: false };
    let value = T::take(&mut reader);
    // Postcard takes others too, and a set its members in any order.
    let mut writer = Writer { place: Place::Same(bytes), failed: reader.failed };
    if !writer.failed {
        value.put(&mut writer);
    }
    if writer.failed { Err(Error::Malformed) } else { Ok((value, reader.rest)) }
}

/// Reads a value that is all of the bytes.
pub(super) fn exact<T: Wire>(bytes: &[u8]) -> Result<T, Error> {
    match take(bytes)? {
        (value, []) => Ok(value),
        _ => Err(Error::Malformed),
    }
}

/// Where bytes go.
enum Place<'b> {
    /// To the front of these.
    Into(&'b mut [u8]),
    /// Nowhere: they have to be the same as those at the front of these.
    Same(&'b [u8]),
}

/// Writes fields one behind the other.
pub(super) struct Writer<'b> {
    place: Place<'b>,
    failed: bool,
}

impl Writer<'_> {
    #[inline(never)]
    fn byte(&mut self, byte: u8) {
        match &mut self.place {
            Place::Into(rest) => match core::mem::take(rest).split_first_mut() {
                Some((first, behind)) => (*first, *rest) = (byte, behind),
                None => self.failed = true,
            },
            Place::Same(rest) => match rest.split_first() {
                Some((first, behind)) if *first == byte => *rest = behind,
                _ => self.failed = true,
            },
        }
    }

    /// Seven bits a byte, the lowest first; all but the last have the highest bit.
    #[inline(never)]
    fn number(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low & 0x7F);
            }
            self.byte(low | 0x80);
        }
    }

    #[inline(never)]
    fn short(&mut self, value: u16) {
        self.number(value.into());
    }
}

/// Reads fields one behind the other.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
    failed: bool,
}

impl Reader<'_> {
    fn fail(&mut self) {
        self.failed = true;
    }
}

/// What postcard reads.
macro_rules! read {
    ($($name:ident: $number:ty)*) => {
        impl Reader<'_> {
            $(#[inline(never)]
            fn $name(&mut self) -> $number {
                match postcard::take_from_bytes(self.rest) {
                    Ok((value, rest)) => {
                        self.rest = rest;
                        value
                    }
                    Err(_) => {
                        self.failed = true;
                        0
                    }
                }
            })*
        }
    };
}
read! { byte: u8 short: u16 word: u32 long: u64 }
