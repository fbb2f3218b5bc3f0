//! What can be asked for on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use super::cases::{KINDS, Kind, Mode};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
What packets cost by what is done to them, all in one run.

  --only NAME,...      cases whose names begin so (default: all)
  --repetitions N      (default: 9)
  --packets N          in each run of a case (default: 1000000)
  --csv FILE           write the figures there; with --flood, the flood's
  --counts FILE        instructions a packet to show beside: lines of a case, a mode and a figure
  --count CASE MODE N  pass N packets (MODE: single or burst) and stop, for callgrind
  --flood              instead: 10 million new flows against 10,000 established ones
  --list               name the cases and stop
  --help
";

/// What to run, and how large.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) only: Vec<String>,
    pub(crate) repetitions: usize,
    pub(crate) packets: usize,
    pub(crate) csv: Option<PathBuf>,
    pub(crate) counts: Option<PathBuf>,
    pub(crate) count: Option<(Kind, Mode, usize)>,
    pub(crate) flood: bool,
    pub(crate) list: bool,
    pub(crate) help: bool,
}

/// Reads the arguments, of which the first is the program.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, String> {
    read(arguments).map_err(|error| error.to_string())
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, lexopt::Error> {
    let mut options = Options {
        only: Vec::new(),
        repetitions: 9,
        packets: 1_000_000,
        csv: None,
        counts: None,
        count: None,
        flood: false,
        list: false,
        help: false,
    };
    let mut parser = lexopt::Parser::from_iter(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => {
                options.only = parser.value()?.string()?.split(',').map(String::from).collect();
            }
            Long("repetitions") => options.repetitions = parser.value()?.parse()?,
            Long("packets") => options.packets = parser.value()?.parse()?,
            Long("csv") => options.csv = Some(parser.value()?.into()),
            Long("counts") => options.counts = Some(parser.value()?.into()),
            Long("count") => {
                let kind = parser.value()?.parse_with(kind)?;
                let mode = parser.value()?.parse_with(mode)?;
                options.count = Some((kind, mode, parser.value()?.parse()?));
            }
            Long("flood") => options.flood = true,
            Long("list") => options.list = true,
            Long("help") | Short('h') => options.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    if options.repetitions == 0 || options.packets == 0 {
        return Err("at least one repetition and one packet".into());
    }
    Ok(options)
}

/// A case by its whole name.
pub(crate) fn kind(name: &str) -> Result<Kind, String> {
    let found = KINDS.iter().find(|kind| kind.name == name);
    found.copied().ok_or_else(|| format!("there is no case {name:?}"))
}

/// A mode by its name.
pub(crate) fn mode(name: &str) -> Result<Mode, String> {
    let found = Mode::ALL.into_iter().find(|mode| mode.name() == name);
    found.ok_or_else(|| format!("there is no mode {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        parse(["packets"].into_iter().chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn options_are_read() {
        let options = parsed("--only null,snat-out --packets 64 --csv a.csv").unwrap();
        assert_eq!((options.only.len(), options.packets), (2, 64));
        assert_eq!(options.csv, Some("a.csv".into()));
        let (kind, mode, packets) = parsed("--count snat-in-1k burst 320").unwrap().count.unwrap();
        assert_eq!((kind.name, mode, packets), ("snat-in-1k", Mode::Burst, 320));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in ["--count nobody single 1", "--count null-1k often 1", "--packets 0", "file"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
