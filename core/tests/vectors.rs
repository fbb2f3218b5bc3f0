//! Replays the golden console files in `tests/vectors/`, each in a fresh region of the large
//! profile, and compares every answer byte for byte.
//!
//! A file is lines: `> ` and a command line; after it the lines of its answer as they are; lines
//! that start with `#` and empty lines are comments. A line that is refused, tried or only asks
//! must also leave the hash of the configuration as it was, but for a refused `commit`, which is an
//! abort. `SEKISHO_BLESS=1` writes the answers that were given into the files instead of comparing;
//! read the difference before keeping it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;

use sekisho::console::{Line, Status, parse, run};
use sekisho::limits::Profile;
use sekisho::region::Region;

#[test]
fn golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "console"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no golden files in {}", folder.display());

    let bless = std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1");
    let mut report = String::new();
    for file in &files {
        let expected = fs::read_to_string(file).unwrap();
        let mut faults = String::new();
        let given = replay(&expected, &mut faults);
        if bless && given != expected {
            fs::write(file, &given).unwrap();
        } else {
            compare(&expected, &given, &mut faults);
        }
        if !faults.is_empty() {
            writeln!(report, "{}:\n{faults}", file.display()).unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// The file with the answers that a fresh region gives. Comments stay where they are.
fn replay(file: &str, faults: &mut String) -> String {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    let mut given = String::new();
    for (number, line) in (1..).zip(file.lines()) {
        if let Some(command) = line.strip_prefix("> ") {
            writeln!(given, "{line}").unwrap();
            let before = region.hash();
            let status = run(&mut region, command.as_bytes(), &mut given).unwrap();
            let changes = matches!(parse(command.as_bytes()), Ok(Some(Line::Command(_))));
            let may_change = changes && status == Status::Done || command.starts_with("commit ");
            if !may_change && region.hash() != before {
                writeln!(faults, "line {number}: not done, and yet something changed").unwrap();
            }
        } else if line.is_empty() || line.starts_with('#') {
            writeln!(given, "{line}").unwrap();
        }
    }
    given
}

/// Writes each command whose answer differs, with its line number and both answers.
fn compare(expected: &str, given: &str, faults: &mut String) {
    let (expected, given) = (answers(expected), answers(given));
    assert_eq!(expected.len(), given.len(), "replay keeps every command");
    for (expected, given) in expected.iter().zip(&given) {
        if expected.lines != given.lines {
            writeln!(faults, "line {}: {}", expected.number, expected.command).unwrap();
            for line in &expected.lines {
                writeln!(faults, "  expected {line}").unwrap();
            }
            for line in &given.lines {
                writeln!(faults, "  given    {line}").unwrap();
            }
        }
    }
}

struct Answer<'a> {
    number: usize,
    command: &'a str,
    lines: Vec<&'a str>,
}

fn answers(file: &str) -> Vec<Answer<'_>> {
    let mut answers: Vec<Answer<'_>> = Vec::new();
    for (number, line) in (1..).zip(file.lines()) {
        if line.starts_with("> ") {
            answers.push(Answer { number, command: line, lines: Vec::new() });
        } else if !line.is_empty() && !line.starts_with('#') {
            let answer = answers.last_mut().unwrap_or_else(|| panic!("line {number}: {line}"));
            answer.lines.push(line);
        }
    }
    answers
}

/// The answers that hold numbers of the profile or the hash have a shape, not golden bytes.
#[test]
fn capacity_and_hash() {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    let mut ask = |line: &str| {
        let mut answer = String::new();
        let status = run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(status, Status::Done, "{line}: {answer}");
        assert!(answer.ends_with('\n'), "{line}");
        answer
    };

    let hash = |answer: String| {
        let digits =
            answer.strip_prefix("ok hash=").unwrap().strip_suffix('\n').unwrap().to_owned();
        assert_eq!(digits.len(), 16, "{digits}");
        assert!(digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{digits}");
        digits
    };
    let empty = hash(ask("hash"));
    let before = ask("capacity");
    ask("create-vpc vpc-1 vtb-1 10.0.0.0/16");
    assert_ne!(hash(ask("hash")), empty);
    let during = ask("capacity");
    ask("delete-vpc vpc-1");
    assert_eq!(hash(ask("hash")), empty);
    let after = ask("capacity");

    let (before, during, after) = (usage(&before), usage(&during), usage(&after));
    let vpcs = |lines: &[Usage]| lines.iter().find(|line| line.max == 8).cloned().unwrap();
    for (now, used, high) in [(&before, 0, 0), (&during, 1, 1), (&after, 0, 1)] {
        assert_eq!((vpcs(now).used, vpcs(now).high), (used, high), "{now:?}");
        for (one, first) in now.iter().zip(&before) {
            assert_eq!((&one.name, one.max), (&first.name, first.max));
            assert!(one.used <= one.high && one.high <= one.max, "{one:?}");
        }
        assert_eq!(now.len(), before.len());
    }
}

/// The hash is of the configuration, however it was reached: making and deleting leaves no trace,
/// nor do probes that change no role.
#[test]
fn the_hash_is_of_the_configuration() {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    let mut apply = |line: &str| {
        let mut answer = String::new();
        let status = run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(status, Status::Done, "{line}: {answer}");
        region.hash()
    };
    for line in [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-nat-gateway ngw-1 vsw-1 10.0.0.20",
        "allocate-eip eip-1 47.0.0.1",
        "associate-eip eip-1 ngw-1",
        "create-gwlb gwlb-1",
        "create-gwlb-endpoint ep-1 vsw-1 gwlb-1",
        "create-gwlb-endpoint ep-2 vsw-1 gwlb-1",
        "create-route-entry vtb-1 21.0.0.0/8 peer-1",
    ] {
        apply(line);
    }
    for (make, delete) in [
        ("create-route-entry vtb-1 20.0.0.0/8 ri-1+ri-2", "delete-route-entry vtb-1 20.0.0.0/8"),
        ("announce-route vtb-1 20.0.0.0/8 ri-1+ri-2", "withdraw-route vtb-1 20.0.0.0/8"),
        ("announce-route vtb-1 21.0.0.0/8 vpn-1", "withdraw-route vtb-1 21.0.0.0/8"),
        (
            "create-forward-entry ngw-1 eip-1 tcp 80 10.0.0.10 80",
            "delete-forward-entry ngw-1 eip-1 tcp 80",
        ),
        (
            "create-forward-entry ngw-1 eip-1 any 0 10.0.0.10 0",
            "delete-forward-entry ngw-1 eip-1 any 0",
        ),
        ("create-load-balancer lb-1 internal vsw-1 10.0.0.30", "delete-load-balancer lb-1"),
        ("create-load-balancer lb-1 internet vpc-1 47.0.0.9", "delete-load-balancer lb-1"),
        ("create-gwlb gwlb-2 fail-open=on", "delete-gwlb gwlb-2"),
        ("register-appliance gwlb-1 app-1", "deregister-appliance app-1"),
        ("create-gwlb-endpoint ep-3 vsw-1 gwlb-1", "delete-gwlb-endpoint ep-3"),
        ("create-route-target-group rtg-1 ep-1 ep-2", "delete-route-target-group rtg-1"),
    ] {
        let before = apply("hash");
        assert_ne!(apply(make), before, "{make}");
        assert_eq!(apply(delete), before, "{delete}");
    }

    apply("register-appliance gwlb-1 app-1");
    let healthy = apply("create-route-target-group rtg-1 ep-1 ep-2");
    assert_ne!(apply("set-appliance app-1 unhealthy"), healthy);
    assert_eq!(apply("set-appliance app-1 healthy"), healthy);
    for probe in ["ep-1 fail", "ep-1 fail", "ep-1 ok", "ep-2 fail", "ep-2 fail", "ep-2 fail"] {
        assert_eq!(apply(&format!("report-probe rtg-1 {probe}")), healthy, "{probe}");
    }
    assert_ne!(apply("switch-active rtg-1"), healthy);
    // The report finds the active member abnormal, and changes the roles back.
    assert_eq!(apply("report-probe rtg-1 ep-1 ok"), healthy);
}

/// A writer that takes a number of bytes and then fails.
struct Full(usize);

impl Write for Full {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
        Ok(())
    }
}

/// The failure of the output is told apart from a refusal, wherever in the answer it comes.
#[test]
fn an_output_that_takes_no_more() {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::FIRMWARE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::FIRMWARE).unwrap();
    assert!(run(&mut region, b"create-vpc vpc-1 vtb-1 10.0.0.0/16", &mut Full(0)).is_err());
    // It was applied all the same.
    for line in [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "list vpc",
        "show vtb-1",
        "capacity",
        "counters",
        "hash",
    ] {
        let mut answer = String::new();
        let status = run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(
            status == Status::Done,
            line != "create-vpc vpc-1 vtb-1 10.0.0.0/16",
            "{answer}"
        );
        for room in 0..answer.len() {
            assert!(run(&mut region, line.as_bytes(), &mut Full(room)).is_err(), "{line} {room}");
        }
        assert_eq!(run(&mut region, line.as_bytes(), &mut Full(answer.len())), Ok(status));
    }
    assert_eq!(run(&mut region, b"# silent", &mut Full(0)), Ok(Status::Silent));
}

#[derive(Clone, Debug)]
struct Usage {
    name: String,
    used: u32,
    max: u32,
    high: u32,
}

fn usage(answer: &str) -> Vec<Usage> {
    let mut lines = answer.lines();
    assert_eq!(lines.next(), Some("ok"));
    lines
        .map(|line| {
            let words: Vec<&str> = line.strip_prefix("  ").unwrap().split(' ').collect();
            let [name, used, max, high] = words[..] else { panic!("{line}") };
            let number = |word: &str, key| word.strip_prefix(key).unwrap().parse().unwrap();
            Usage {
                name: name.to_owned(),
                used: number(used, "used="),
                max: number(max, "max="),
                high: number(high, "high="),
            }
        })
        .collect()
}
