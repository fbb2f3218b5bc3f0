//! Replays the committed corpora, so that every toolchain checks what fuzzing has found.

use std::collections::BTreeMap;
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

/// As many files and bytes as README.md says at most.
#[test]
fn corpora_are_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("README.md");
    let (_, said) = readme.split_once("stay small**, under ").expect("what it says");
    let mut numbers = said.split(' ').filter_map(|word| word.parse::<u64>().ok());
    let most = [numbers.next().expect("files"), 1000 * numbers.next().expect("kilobytes")];
    let (mut files, mut bytes) = (0, 0);
    for target in fs::read_dir(root.join("corpus")).expect("corpora") {
        for input in fs::read_dir(target.expect("a folder").path()).expect("a corpus") {
            files += 1;
            bytes += input.and_then(|input| input.metadata()).expect("an input").len();
        }
    }
    println!("{files} files, {bytes} bytes");
    assert!(files < most[0] && bytes < most[1], "{files} files, {bytes} bytes; {most:?} are said");
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
    let calls = BTreeMap::from_iter(sekisho_fuzz::c_calls());
    for (name, [all, successes]) in &calls {
        println!("{name}: {all} calls, {successes} with success");
    }
    let functions = functions_of_the_header();
    assert!(functions.len() > 90, "the header is not read as it is written: {functions:?}");
    let succeeds = |name: &&String| calls.get(name.as_str()).is_some_and(|[_, some]| *some > 0);
    let unmet: Vec<_> = functions.iter().filter(|name| !succeeds(name)).collect();
    assert!(unmet.is_empty(), "never called with success: {unmet:?}");
}

/// The functions that `include/sekisho.h` declares, each at the beginning of a line.
fn functions_of_the_header() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/sekisho.h");
    let header = fs::read_to_string(&path).expect("the header");
    let declared = header.lines().filter_map(|line| {
        line.starts_with(|first: char| first.is_ascii_lowercase()).then_some(())?;
        let (before, _) = line.split_once('(')?;
        let name = before.rsplit([' ', '*']).next()?;
        name.starts_with("sekisho_").then(|| name.to_owned())
    });
    declared.collect()
}

#[test]
fn snapshot_and_journal() {
    replay("snapshot", sekisho_fuzz::snapshot);
    replay("journal", sekisho_fuzz::journal);
    let [loaded, applied, mounted] = sekisho_fuzz::survived();
    println!("{loaded} snapshots loaded, {applied} records applied, {mounted} storages mounted");
    assert!(loaded > 1 && applied > 20 && mounted > 4);
}
