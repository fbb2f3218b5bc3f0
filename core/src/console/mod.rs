//! The console language: one line in, one answer out, byte for byte the same everywhere.
//!
//! ```text
//! create-vpc vpc-1 vtb-1 10.0.0.0/16          # ok
//! create-vswitch vsw-1 vpc-1 10.0.0.0/24      # ok
//! create-instance i-1 vsw-1 10.0.0.10         # ok
//! allocate-eip eip-1 47.0.0.1                 # ok
//! associate-eip eip-1 i-1                     # ok
//! send i-1 8.8.8.8                            # egress public=47.0.0.1 path=15
//! ```
//!
//! [`crate::docs::console`] has every line and its answer, [`crate::docs::behaviour`] what they do.
//! Every command is one [`crate::region::Command`], so whatever a line can do, a program can.

mod answer;
mod counters;
mod explain;
mod outline;
mod parse;
mod plan;
pub(crate) mod print;
mod script;
mod verbs;
mod whole;

use core::fmt;

use self::answer::Failure;
use crate::region::{Command, Error, Region};

pub use counters::Counters;
pub use outline::outline;
pub use parse::{Line, MAX_LINE, Probe, Query, parse};
pub use script::script;
pub(crate) use script::write_operation;

/// How a line was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Status {
    /// Nothing was written: the line was blank or a comment.
    Silent,
    /// The command was applied, or the question answered.
    Done,
    /// `error <Name>` was written, and nothing changed.
    Refused(Error),
}

/// Reads one line, does what it says, and writes the answer, each line of it ended by `\n`.
///
/// The line may carry its line ending. Fails only if `out` does; a command is applied all the same.
/// No packets have been counted; [`run_with`] knows of some.
pub fn run(
    region: &mut Region<'_>,
    line: &[u8],
    out: &mut dyn fmt::Write,
) -> Result<Status, fmt::Error> {
    run_with(region, line, &[], out)
}

/// As [`run`], for a region whose packets pass through flow tables: `counters` answers what those have
/// counted, together.
///
/// ```
/// # use sekisho::{Memory, console, flow::{Config, FlowTable}, limits::Profile, region::Region};
/// # use sekisho::packet::Origin;
/// # static REGION: Memory<{ Profile::FIRMWARE.footprint() }> = Memory::new();
/// # static FLOWS: Memory<{ Config::new(64).footprint() }> = Memory::new();
/// let mut region = Region::init(&REGION, &Profile::FIRMWARE)?;
/// let mut flows = FlowTable::init(&FLOWS, &Config::new(64))?;
/// flows.process(&region.tables(), Origin::Internet, &mut [0; 20], 0);
/// let mut answer = String::new();
/// let _ = console::run_with(&mut region, b"counters", &[flows.watch()], &mut answer)?;
/// assert!(answer.ends_with("  drop MALFORMED packets=1 bytes=20\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_with(
    region: &mut Region<'_>,
    line: &[u8],
    counters: &dyn Counters,
    out: &mut dyn fmt::Write,
) -> Result<Status, fmt::Error> {
    // The line is not moved, and what answers it not inlined: each takes stack of its own.
    let parsed = parse(line);
    let answered = match &parsed {
        Ok(None) => return Ok(Status::Silent),
        Ok(Some(Line::Command(command))) => apply(region, command, out),
        Ok(Some(Line::DryRun(command))) => plan::answer(region, command, out),
        Ok(Some(Line::Diff(command))) => whole::diff(region, command, out),
        Ok(Some(Line::Readiness(vpc))) => whole::readiness(region, *vpc, out),
        Ok(Some(Line::Query(query))) => answer::answer(region, *query, counters, out),
        Ok(Some(Line::Explain(query))) => explain::answer(region, *query, out),
        Err(error) => Err(Failure::Refused(*error)),
    };
    match answered {
        Ok(()) => Ok(Status::Done),
        Err(Failure::Refused(error)) => {
            writeln!(out, "error {error}")?;
            Ok(Status::Refused(error))
        }
        Err(Failure::Write(error)) => Err(error),
    }
}

#[inline(never)]
fn apply(
    region: &mut Region<'_>,
    command: &Command,
    out: &mut dyn fmt::Write,
) -> Result<(), Failure> {
    region.apply(command)?;
    Ok(out.write_str("ok\n")?)
}
