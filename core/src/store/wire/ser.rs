//! Values to postcard's bytes. The crate's own writer counts its way through arrays with indices, which
//! panic as far as a compiler that saves space can see; reading is the crate's.

use postcard::Error;
use serde::Serialize;
use serde::ser::{self, Impossible};

/// Writes plain data to the front of some bytes.
pub(super) struct Writer<'b> {
    rest: &'b mut [u8],
}

impl<'b> Writer<'b> {
    pub(super) fn new(into: &'b mut [u8]) -> Writer<'b> {
        Writer { rest: into }
    }

    /// How many bytes have not been written to.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self, byte: u8) -> Result<(), Error> {
        let (first, rest) =
            core::mem::take(&mut self.rest).split_first_mut().ok_or(Error::SerializeBufferFull)?;
        *first = byte;
        self.rest = rest;
        Ok(())
    }

    /// Seven bits a byte, the lowest first; all but the last have the highest bit.
    fn varint(&mut self, mut value: u64) -> Result<(), Error> {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low & 0x7F);
            }
            self.byte(low | 0x80)?;
        }
    }
}

/// What nothing that is stored has.
macro_rules! none_of {
    ($($name:ident($type:ty))*) => {$(
        fn $name(self, _: $type) -> Result<(), Error> {
            Err(Error::WontImplement)
        }
    )*};
}

impl ser::Serializer for &mut Writer<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    none_of! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
    }

    fn is_human_readable(&self) -> bool {
        false
    }
    fn collect_str<T: core::fmt::Display + ?Sized>(self, _: &T) -> Result<(), Error> {
        Err(Error::WontImplement)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(Error::WontImplement)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.byte(value.into())
    }
    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.byte(value)
    }
    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.varint(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.varint(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.varint(value)
    }
    fn serialize_none(self) -> Result<(), Error> {
        self.byte(0)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.byte(1)?;
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
    ) -> Result<(), Error> {
        self.varint(variant.into())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.varint(variant.into())?;
        value.serialize(self)
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Error> {
        let length = length.ok_or(Error::SerializeSeqLengthUnknown)?;
        self.varint(u64::try_from(length).map_err(|_| Error::SerializeBufferFull)?)?;
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.varint(variant.into())?;
        Ok(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.varint(variant.into())?;
        Ok(self)
    }
}

/// Parts follow one another with nothing between them.
macro_rules! parts {
    ($($part:ident: $method:ident($($key:ty)?))*) => {$(
        impl ser::$part for &mut Writer<'_> {
            type Ok = ();
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Error> {
                value.serialize(&mut **self)
            }
            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )*};
}
parts! {
    SerializeSeq: serialize_element()
    SerializeTuple: serialize_element()
    SerializeTupleStruct: serialize_field()
    SerializeTupleVariant: serialize_field()
    SerializeStruct: serialize_field(&'static str)
    SerializeStructVariant: serialize_field(&'static str)
}

#[cfg(test)]
mod tests {
    use super::super::put;
    use heapless::Vec;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Named {
        flag: bool,
        short: u16,
        list: Vec<Shape, 3>,
    }

    #[derive(Clone, Serialize)]
    enum Shape {
        Unit,
        One(u32),
        Pair(u8, Option<u64>),
        Fields { at: (u16, u32), name: [u8; 2] },
    }

    /// Byte for byte what the crate writes, in room for exactly that and in none that is smaller.
    fn same<T: Serialize>(value: &T) {
        let (mut ours, mut theirs) = ([0; 256], [0; 256]);
        let want = postcard::to_slice(value, &mut theirs).unwrap();
        assert_eq!(put(value, &mut ours).unwrap(), want);
        let length = want.len();
        assert!(put(value, &mut ours[..length]).is_ok());
        for room in 0..length {
            assert!(put(value, &mut ours[..room]).is_err());
        }
    }

    #[test]
    fn bytes_are_postcards() {
        for bits in 0..64 {
            for near in [u64::MAX, 0, 1] {
                let value = (1_u64 << bits).wrapping_add(near);
                let [a, b, ..] = value.to_le_bytes();
                let (short, word) = (u16::from_le_bytes([a, b]), value as u32);
                same(&(value, word, short, a));
                same(&Shape::One(word));
                same(&Shape::Pair(a, Some(value)));
                same(&Shape::Fields { at: (short, word), name: [a, b] });
                let list = [Shape::Unit, Shape::Pair(b, None), Shape::One(word)];
                for length in 0..=list.len() {
                    let list = Vec::from_slice(&list[..length]).unwrap();
                    same(&Named { flag: value & 1 == 1, short, list });
                }
            }
        }
        assert!(put(&"text", &mut [0; 99]).is_err());
        assert!(put(&-1_i32, &mut [0; 99]).is_err());
    }
}
