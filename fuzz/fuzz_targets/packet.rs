//! Packets of any form through a small flow table.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sekisho_fuzz::packet(data));
