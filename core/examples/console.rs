//! The console on a host: command lines in, answers out.
//!
//! ```text
//! cargo run --release --example console -- scenario.console
//! echo 'create-vpc vpc-1 vtb-1 10.0.0.0/16' | cargo run --release --example console -- --strict
//! cargo run --release --example console -- --store border.state
//! ```

#[path = "support/file.rs"]
mod file;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicU32;

use file::FileStorage;
use sekisho::console::{Line, MAX_LINE, Status, parse, run};
use sekisho::limits::Profile;
use sekisho::region::Region;
use sekisho::store::{ApplyError, Error, Journal, Position};

const HELP: &str = "\
Reads Sekisho console lines from FILE, or from standard input, and writes the answers.

Usage: console [--strict] [--store STORE] [FILE]

  --strict       exit with 1 if any line answered `error`
  --store STORE  keep the state in the file STORE; each `ok` is on the disk
  --help         print this

Exits 2 if the arguments are wrong, FILE cannot be read, or STORE cannot be used. FILE `-` is
standard input.
";

fn main() -> ExitCode {
    let mut strict = false;
    let mut file: Option<OsString> = None;
    let mut store: Option<OsString> = None;
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--strict") => strict = true,
            Some("--store") if store.is_none() => match arguments.next() {
                Some(path) => store = Some(path),
                None => {
                    eprint!("console: --store names no file\n\n{HELP}");
                    return ExitCode::from(2);
                }
            },
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
    let input: Box<dyn Read> = match file {
        Some(path) if path != "-" => match File::open(&path) {
            Ok(file) => Box::new(file),
            Err(error) => {
                eprintln!("console: {}: {error}", path.display());
                return ExitCode::from(2);
            }
        },
        _ => Box::new(io::stdin()),
    };
    match serve(BufReader::new(input), io::stdout().lock(), store.as_deref().map(Path::new)) {
        Ok(Tally { refused: 0 }) => ExitCode::SUCCESS,
        Ok(_) if strict => ExitCode::FAILURE,
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
    /// Lines that answered `error`.
    refused: u64,
}

/// The state in a file, as far as there is one.
type Kept = Option<Journal<FileStorage>>;

/// Opens a store and brings its state into the region.
fn open(path: &Path, region: &mut Region<'_>) -> io::Result<Journal<FileStorage>> {
    let named = |error: &dyn fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
    let storage = || FileStorage::open(path).map_err(|error| named(&error));
    match Journal::mount(storage()?, region) {
        Ok((journal, recovery)) => {
            let sequence = recovery.position.sequence;
            let cut = if recovery.cut { "; a torn record was cut" } else { "" };
            eprintln!("console: {}: {sequence} changes{cut}", path.display());
            Ok(journal)
        }
        Err(Error::Unformatted) => {
            // Which history it is tells it from other stores.
            let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
            let history = (now ^ (now >> 32)) as u32;
            let made = Journal::format(storage()?, region, Position::start(history));
            made.map_err(|error| named(&error))
        }
        Err(error) => Err(named(&error)),
    }
}

/// Answers a line; a change is stored first, if there is a store.
fn answer(
    region: &mut Region<'_>,
    kept: &mut Kept,
    line: &[u8],
    answer: &mut String,
) -> io::Result<Status> {
    let ran = match (kept, parse(line)) {
        (Some(journal), Ok(Some(Line::Command(command)))) => {
            match journal.apply(region, &command) {
                Ok(()) => {
                    answer.push_str("ok\n");
                    Ok(Status::Done)
                }
                Err(ApplyError::Refused(error)) => {
                    answer.push_str(&format!("error {error}\n"));
                    Ok(Status::Refused(error))
                }
                Err(ApplyError::NotStored(error)) => return Err(io::Error::other(error)),
            }
        }
        _ => run(region, line, answer),
    };
    ran.map_err(io::Error::other)
}

/// Answers every line of `input` from one region of the large profile, fresh or from the store.
fn serve(
    mut input: BufReader<impl Read>,
    output: impl Write,
    store: Option<&Path>,
) -> io::Result<Tally> {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE)
        .map_err(|error| io::Error::other(format!("cannot initialise: {error:?}")))?;
    let mut kept: Kept = store.map(|path| open(path, &mut region)).transpose()?;
    let mut output = io::BufWriter::new(output);
    let mut tally = Tally { refused: 0 };
    let (mut line, mut text) = (Vec::new(), String::new());
    while read_line(&mut input, &mut line)? {
        text.clear();
        if let Status::Refused(_) = answer(&mut region, &mut kept, &line, &mut text)? {
            tally.refused += 1;
        }
        output.write_all(text.as_bytes())?;
        // Whoever waits for an answer before the next line must get it.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(tally)
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
