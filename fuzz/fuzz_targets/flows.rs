//! Packets against the flow table's twin.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sekisho_fuzz::flows(data));
