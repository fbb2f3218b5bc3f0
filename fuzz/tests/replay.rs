//! Replays the committed corpora, so that every toolchain checks what fuzzing has found.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&corpus)
        .unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} is empty", corpus.display());
    for input in inputs {
        let data = fs::read(&input).expect("a readable input");
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&data))) {
            eprintln!("the input was {}", input.display());
            resume_unwind(panic);
        }
    }
}

#[test]
fn lpm_ops() {
    replay("lpm_ops", sekisho_fuzz::lpm_ops);
}

#[test]
fn region_ops() {
    replay("region_ops", sekisho_fuzz::region_ops);
}

#[test]
fn resolve() {
    replay("resolve", sekisho_fuzz::resolve);
    println!("{} verdicts compared", sekisho_fuzz::verdicts());
    assert!(sekisho_fuzz::verdicts() > 0);
}

#[test]
fn console() {
    replay("console", sekisho_fuzz::console);
}

#[test]
fn packet() {
    replay("packet", sekisho_fuzz::packet);
    let met: Vec<_> = sekisho_fuzz::packets().collect();
    println!("{met:#?}");
    // Every step, and every reason of a drop.
    let unmet: Vec<_> = met.iter().filter(|(_, count)| *count == 0).collect();
    assert!(unmet.is_empty(), "{unmet:?}");
}

#[test]
fn flows() {
    replay("flows", sekisho_fuzz::flows);
}

#[test]
fn c_abi() {
    replay("c_abi", sekisho_fuzz::c_abi);
}
