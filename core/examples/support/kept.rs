//! A region whose state may be kept in a file.

use std::fmt;
use std::io;
use std::path::Path;

use sekisho::console::{Line, Status, parse, run};
use sekisho::region::Region;
use sekisho::store::{ApplyError, Error, Journal, Position};

#[path = "file.rs"]
mod file;

use file::FileStorage;

/// The state in a file, as far as there is one.
pub(crate) type Kept = Option<Journal<FileStorage>>;

/// Opens a store and brings its state into the region.
pub(crate) fn open(path: &Path, region: &mut Region<'_>) -> io::Result<Journal<FileStorage>> {
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
pub(crate) fn answer(
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
