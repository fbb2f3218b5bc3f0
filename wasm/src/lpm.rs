//! A table of routes in memory of its own.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Config, Lpm, LpmError, Root, TableHandle};
use wasm_bindgen::prelude::*;

/// An arena with one table.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Routes {
    memory: Box<[AtomicU32]>,
    table: TableHandle,
}

#[wasm_bindgen]
impl Routes {
    /// An empty table for so many routes, with a root of 16 bits.
    #[wasm_bindgen(constructor)]
    pub fn new(max_routes: u32) -> Result<Routes, JsError> {
        let config = Config::new(max_routes, 1).roots16(1);
        let memory = super::words(config.footprint())?;
        let table = Lpm::init_with(&memory, &config)?.create_table_with(Root::Bits16)?;
        Ok(Routes { memory, table })
    }

    fn lpm(&self) -> Result<Lpm<'_>, JsError> {
        Lpm::attach(&self.memory).map_err(JsError::from)
    }

    /// Fills the empty table with routes that ascend by address, then length: three words each, the
    /// address, the length and the value.
    pub fn load(&self, words: &[u32]) -> Result<(), JsError> {
        let mut routes = Vec::with_capacity(words.len() / 3);
        for route in words.chunks_exact(3) {
            if let [address, len, value] = *route {
                routes.push((Prefix::new(Addr(address), u8::try_from(len)?)?, value));
            }
        }
        self.lpm()?.load(self.table, &routes).map_err(JsError::from)
    }

    /// Adds a route or replaces its value; gives the value replaced.
    pub fn insert(&self, route: &str, value: u32) -> Result<Option<u32>, JsError> {
        Ok(self.lpm()?.insert(self.table, prefix(route)?, value)?)
    }

    /// Takes a route out and gives its value; nothing if there is none.
    pub fn remove(&self, route: &str) -> Result<Option<u32>, JsError> {
        match self.lpm()?.remove(self.table, prefix(route)?) {
            Ok(value) => Ok(Some(value)),
            Err(LpmError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The longest match of an address, as `prefix value`, or nothing.
    pub fn lookup(&self, address: &str) -> Result<Option<String>, JsError> {
        let address = Addr::parse(address).ok_or_else(|| JsError::new("not an address"))?;
        let found = self.lpm()?.lookup(self.table, address);
        Ok(found.map(|(prefix, value)| format!("{prefix} {value}")))
    }

    /// Looks many addresses up: a value each, `0xFFFFFFFF` where no route matches.
    pub fn find(&self, addresses: &[u32], out: &mut [u32]) -> Result<(), JsError> {
        self.lpm()?.view().find_bulk(self.table, addresses, ByteOrder::Host, out);
        Ok(())
    }

    /// How many routes there are.
    pub fn count(&self) -> Result<u32, JsError> {
        Ok(self.lpm()?.len(self.table).unwrap_or(0))
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.memory)
    }
}

fn prefix(text: &str) -> Result<Prefix, JsError> {
    Prefix::parse(text).ok_or_else(|| JsError::new("not a canonical prefix"))
}
