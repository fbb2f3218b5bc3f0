//! Table operations against a scanned list.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sekisho_fuzz::lpm_ops(data));
