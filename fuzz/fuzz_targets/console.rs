//! Arbitrary lines on a small world.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sekisho_fuzz::console(data));
