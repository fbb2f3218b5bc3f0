//! Hostile sequences of calls through the C interface.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sekisho_fuzz::c_abi(data));
