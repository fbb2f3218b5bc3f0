//! The console on a host: command lines in, answers out.
//!
//! ```text
//! cargo run --release --example console -- scenario.console
//! echo 'create-vpc vpc-1 vtb-1 10.0.0.0/16' | cargo run --release --example console -- --strict
//! cargo run --release --example console -- --strict --quiet policy.console   # with `expect` lines
//! ```

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;
use std::sync::atomic::AtomicU32;

use sekisho::console::{MAX_LINE, Status, run};
use sekisho::limits::Profile;
use sekisho::region::Region;

#[path = "support/expect.rs"]
mod expect;

use expect::Checker;

const HELP: &str = "\
Reads Sekisho console lines from FILE, or from standard input, and writes the answers.

Usage: console [--strict] [--quiet] [FILE]

  --strict  exit with 1 if a line that no `expect` line follows answered `error`
  --quiet   write no answers, only what differs from what was expected
  --help    print this

An `expect` line says what the line before it must have answered: the first one its status line,
each further one a body line, in order, `expect no ...` that there is none. `*` stands for anything.

  send i-1 8.8.8.8
  expect egress public=47.0.0.1 path=13
  explain receive 8.8.8.8 47.0.0.1
  expect drop NO_INGRESS_ROUTE
  expect remedy *
  expect no advice *

What differs is reported on standard error, packets with their explanation, and the exit code is 1.
Exits 2 if the arguments are wrong or FILE cannot be read. FILE `-` is standard input.
";

fn main() -> ExitCode {
    let (mut strict, mut quiet) = (false, false);
    let mut file: Option<OsString> = None;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--strict") => strict = true,
            Some("--quiet") => quiet = true,
            Some("--help" | "-h") => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            Some(option) if option.starts_with('-') && option != "-" => {
                eprint!("console: unknown option {option}\n\n{HELP}");
                return ExitCode::from(2);
            }
            _ if file.is_some() => {
                eprint!("console: more than one file\n\n{HELP}");
                return ExitCode::from(2);
            }
            _ => file = Some(argument),
        }
    }
    let file = file.filter(|path| path != "-");
    let name = file.as_ref().map_or("standard input".into(), |path| path.display().to_string());
    let input: Box<dyn Read> = match file {
        Some(path) => match File::open(&path) {
            Ok(file) => Box::new(file),
            Err(error) => {
                eprintln!("console: {name}: {error}");
                return ExitCode::from(2);
            }
        },
        None => Box::new(io::stdin()),
    };
    let output: Box<dyn Write> =
        if quiet { Box::new(io::sink()) } else { Box::new(io::stdout().lock()) };
    match serve(BufReader::new(input), output, &name) {
        Ok(Tally { refused, unmet }) if unmet > 0 || (strict && refused > 0) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        // Whoever read the answers has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("console: {error}");
            ExitCode::from(2)
        }
    }
}

/// What became of the lines.
struct Tally {
    /// Lines that answered `error`, and no `expect` line followed.
    refused: u64,
    /// Expectations that were not met.
    unmet: u64,
}

/// Answers every line of `input` from one fresh region of the large profile, and reports what differs
/// from what was expected.
fn serve(mut input: BufReader<impl Read>, output: impl Write, name: &str) -> io::Result<Tally> {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE)
        .map_err(|error| io::Error::other(format!("cannot initialise: {error:?}")))?;
    let mut output = io::BufWriter::new(output);
    let (mut checker, mut refused, mut refused_last) = (Checker::default(), 0, false);
    let (mut line, mut answer) = (Vec::new(), String::new());
    let mut number = 0;
    while read_line(&mut input, &mut line)? {
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let words = expect::words(&text);
        if words == "expect" || words.starts_with("expect ") {
            refused -= u64::from(std::mem::take(&mut refused_last));
            if let Err(report) = checker.expect(&words["expect".len()..]) {
                output.flush()?;
                eprint!("{name}:{number}: {words}\n{report}{}", explained(&mut region, &checker));
            }
            continue;
        }
        answer.clear();
        if let Ok(status) = run(&mut region, &line, &mut answer)
            && status != Status::Silent
        {
            refused_last = matches!(status, Status::Refused(_));
            refused += u64::from(refused_last);
        }
        checker.answered(number, &text, &answer);
        output.write_all(answer.as_bytes())?;
        // Whoever waits for an answer before the next line must get it.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    let Checker { met, unmet, .. } = checker;
    if met + unmet > 0 {
        eprintln!("{name}: {met} of {} expectations met", met + unmet);
    }
    Ok(Tally { refused, unmet })
}

/// How the verdict on the packet asked about last came about.
fn explained(region: &mut Region<'_>, checker: &Checker) -> String {
    let mut answer = String::new();
    if let Some(packet) = checker.packet() {
        let _ = run(region, format!("explain {packet}").as_bytes(), &mut answer);
    }
    let body = answer.lines().skip(1).take_while(|line| !line.starts_with("  back"));
    body.map(|line| format!("  {line}\n")).collect()
}

/// Reads a line into `line`; false at the end of input. Of a line that is too long, only as much
/// is kept as it takes to see that.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    const KEPT: u64 = MAX_LINE as u64 + 2;
    line.clear();
    input.by_ref().take(KEPT).read_until(b'\n', line)?;
    if line.len() as u64 == KEPT && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(!line.is_empty())
}
