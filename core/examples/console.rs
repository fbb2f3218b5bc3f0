//! The console on a host: command lines in, answers out.
//!
//! ```text
//! cargo run --release --example console -- scenario.console
//! echo 'create-vpc vpc-1 vtb-1 10.0.0.0/16' | cargo run --release --example console -- --strict
//! cargo run --release --example console -- --firmware scenario.console
//! ```

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;
use std::sync::atomic::AtomicU32;

use sekisho::console::{MAX_LINE, Status, run};
use sekisho::limits::Profile;
use sekisho::region::Region;

const HELP: &str = "\
Reads Sekisho console lines from FILE, or from standard input, and writes the answers.

Usage: console [--strict] [--firmware] [FILE]

  --strict    exit with 1 if any line answered `error`
  --firmware  answer from a region of the firmware profile, not of the large one
  --help      print this

Exits 2 if the arguments are wrong or FILE cannot be read. FILE `-` is standard input.
";

fn main() -> ExitCode {
    let mut strict = false;
    let mut profile = Profile::LARGE;
    let mut file: Option<OsString> = None;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--strict") => strict = true,
            Some("--firmware") => profile = Profile::FIRMWARE,
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
    match serve(&profile, BufReader::new(input), io::stdout().lock()) {
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

/// Answers every line of `input` from one fresh region of this profile.
fn serve(
    profile: &Profile,
    mut input: BufReader<impl Read>,
    output: impl Write,
) -> io::Result<Tally> {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(profile)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, profile)
        .map_err(|error| io::Error::other(format!("cannot initialise: {error:?}")))?;
    let mut output = io::BufWriter::new(output);
    let mut tally = Tally { refused: 0 };
    let (mut line, mut answer) = (Vec::new(), String::new());
    while read_line(&mut input, &mut line)? {
        answer.clear();
        if let Ok(Status::Refused(_)) = run(&mut region, &line, &mut answer) {
            tally.refused += 1;
        }
        output.write_all(answer.as_bytes())?;
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
