//! Commands as bytes. Each format version has enums of its own, which only ever grow at their ends,
//! and conversions from and to the one [`Command`](crate::region::Command) of this program.

mod convert;
mod ser;
mod types;
pub(super) mod v1;

use serde::{Serialize, de::DeserializeOwned};

use super::Error;
use super::frame::MAX_PAYLOAD;

/// Writes a value as postcard bytes to the front of `into`.
pub(super) fn put<'b, T: Serialize>(value: &T, into: &'b mut [u8]) -> Result<&'b [u8], Error> {
    let room = into.len();
    let mut writer = ser::Writer::new(into);
    // The one thing that can fail is the room: every value here is plain data.
    value.serialize(&mut writer).map_err(|_| Error::Full)?;
    let length = room - writer.left();
    into.get(..length).ok_or(Error::Full)
}

/// Reads a value from the front of postcard bytes and gives what is behind it.
///
/// Not every encoding that decodes is the one that [`put`] makes: whoever needs that compares.
pub(super) fn take<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Error> {
    postcard::take_from_bytes(bytes).map_err(|_| Error::Malformed)
}

/// Reads a value that is all of the bytes, written in the one way in which [`put`] writes it.
pub(super) fn exact<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let (value, rest) = take::<T>(bytes)?;
    let mut scratch = [0; MAX_PAYLOAD];
    if !rest.is_empty() || put(&value, &mut scratch)? != bytes {
        return Err(Error::Malformed);
    }
    Ok(value)
}
