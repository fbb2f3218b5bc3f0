//! Packets against the twin.

#![no_main]

/// Every so many verdicts their number is printed.
const STEP: u64 = 1_000_000;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let before = sekisho_fuzz::verdicts();
    sekisho_fuzz::resolve(data);
    let after = sekisho_fuzz::verdicts();
    if before / STEP != after / STEP {
        eprintln!("verdicts compared: {after}");
    }
});
